"""The demonstration: ``python -m demo``. Three real images ask for production; everything stays in build/demo."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from demo import story
from demo.images import Name
from demo.pipeline import Pipeline
from demo.stage import BUILD, Stage, alias_of, make_keys, set_up
from demo.teller import Teller, Untrue
from pratique.errors import PratiqueError
from pratique.signing.keyfile import read_key
from pratique.values.digest import Digest

_PATIENCE_SECONDS = 30


def main() -> int:
    """Tell the story and return 0 if every word of it was true."""
    try:
        _tell()
    except (Untrue, PratiqueError) as error:
        print(f"\ndemo: this should not have happened: {error}", file=sys.stderr)
        return 1
    return 0


def _tell() -> None:
    stage = set_up()
    teller = Teller(stage.workspace)
    story.found(teller, stage, lambda: make_keys(stage))
    images = _deliver(teller, stage)
    with _worker(teller):
        told = story.Told(teller, stage, images)
        story.fast_track(told)
        story.refused(told)
        promotion = story.slow_track(told)
        story.proof(told, promotion)
        story.trail(told)
        story.look_around(teller, stage)


def _deliver(teller: Teller, stage: Stage) -> dict[Name, Digest]:
    """Have CI build every image, and say what it made."""
    teller.say(
        "CI builds three images from published packages, and hangs on each a bill of materials (syft), "
        "provenance, who wrote it and the results of its unit tests, all signed with CI's key. The same "
        "sources give the same bytes."
    )
    pipeline = Pipeline(stage.layout, read_key(stage.ci_key), alias_of("dan"))
    images = {}
    for name in (Name.FIXED, Name.STALE, Name.MIDDLING):
        start = time.monotonic()
        images[name] = pipeline.deliver(name)
        teller.line(f"{name.value:9} {images[name]}  {time.monotonic() - start:.1f} s")
    return images


@contextmanager
def _worker(teller: Teller) -> Iterator[None]:
    """Have a worker run in the background while the story goes on, and end it afterwards."""
    teller.say("A worker does, in the background, what promotions wait for.")
    worker = teller.begin(BUILD / "worker.log", "worker")
    try:
        yield
        if worker.poll() is not None:
            raise Untrue(f"expected the worker to run until the end, found exit code {worker.returncode}")
    finally:
        worker.terminate()
        try:
            worker.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()


if __name__ == "__main__":
    sys.exit(main())
