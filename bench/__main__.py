"""Every speed, one line each: ``python -m bench``. What falls short is said, and fails ``make show``, not this."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench import (
    copying,
    judging,
    ledger,
    opa,
    promoting,
    published,
    reading,
    registry,
    replaying,
    starting,
    surface,
    watching,
)
from bench.figure import Figure
from bench.shop import prove


def figures(folder: Path) -> Iterator[Figure]:
    """Measure one after the other, in an empty folder on the disk that counts."""
    yield starting.help_page()
    yield from reading.figures()  # while little lies in memory, as where files are inspected
    shop, proved = prove(folder / "shop")
    yield starting.verify(proved.proof, proved.trust_root)
    judged = judging.twenty_checks()
    yield judged.judgement
    yield judged.everything
    yield from opa.against_opa(folder / "opa")
    yield replaying.recorded_decisions()
    yield watching.matching()
    yield watching.crowded()
    yield promoting.fast_track(shop)
    yield from ledger.events(folder / "ledger")
    yield ledger.frontier()
    yield from published.figures(folder / "published")
    copied = copying.against_skopeo(folder)
    if copied:
        yield copied
    yield from registry.figures(folder / "registry")
    yield from surface.figures(folder / "surface")


def main() -> None:
    """Print every figure as it is measured."""
    print("ratio to a yardstick in the same run; medians of rounds that take turns\n")
    with tempfile.TemporaryDirectory(prefix="pratique-bench-") as folder:
        for figure in figures(Path(folder)):
            print(figure.line, flush=True)


if __name__ == "__main__":
    main()
