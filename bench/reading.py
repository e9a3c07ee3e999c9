"""What reading evidence costs, beside ``json.loads`` of the same real files."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from tests.evidence.files import CORPUS, contents

from bench.figure import AtMost, Figure, in_words, interleaved
from pratique.evidence.read import read

ROUNDS = 5
FORMATS = (
    "cyclonedx-json",
    "spdx-json",
    "spdx3-json",
    "syft-json",
    "trivy-json",
    "grype-json",
    "osv",
    "sarif",
    "csaf",
    "openvex",
)


def figures() -> Iterator[Figure]:
    """Measure each JSON format over its files, and all of them together; nothing where there is no corpus."""
    if not CORPUS.is_dir():
        return
    files = {name: _readable(CORPUS / name) for name in FORMATS}
    yield from (_figure(name, some) for name, some in files.items())
    every = tuple(content for some in files.values() for content in some)
    yield _figure("every JSON format", every, AtMost(2.5))


def _readable(folder: Path) -> tuple[bytes, ...]:
    found = (contents(path) for path in sorted(folder.rglob("*")) if path.is_file())
    return tuple(content for content in found if _is_json(content))


def _is_json(content: bytes) -> bool:
    try:
        json.loads(content)
    except ValueError:
        return False
    return True


def _figure(name: str, files: tuple[bytes, ...], target: AtMost | None = None) -> Figure:
    ours, bare = interleaved(
        ROUNDS,
        partial(_each, lambda content: read(content, "application/json"), files),
        partial(_each, json.loads, files),
    )
    size = sum(map(len, files)) / 1e6
    return Figure(
        f"reading {name}",
        f"{in_words(ours)} for {size:.2g} MB",
        f"json.loads ({in_words(bare)})",
        ours / bare,
        target,
    )


def _each(action: Callable[[bytes], object], files: tuple[bytes, ...]) -> None:
    for content in files:
        action(content)
