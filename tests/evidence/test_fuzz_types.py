"""Every field of real documents, with a value of another type: a reading comes back, whichever field it was."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.evidence.files import expected

from pratique.evidence.read import read
from pratique.evidence.summary import summarise

FOLDERS = (
    *("cyclonedx-json", "spdx-json", "spdx3-json", "syft-json", "trivy-json", "grype-json", "osv-scanner-json"),
    *("sarif", "openvex", "csaf", "osv", "kev-epss", "scorecard", "trivy-operator", "intoto-statement"),
    *("slsa-provenance", "gcb-provenance", "sigstore-bundle"),
)
SHORT = 40_000  # bytes; a longer file repeats what a shorter one has
JUNK: tuple[Any, ...] = (["x"], {"x": ["y"]}, "\x1b", 10**400)

Path_ = tuple[str | int, ...]


def places(value: Any, at: Path_ = ()) -> Iterator[Path_]:
    """Every place in a document, of an array only the first one."""
    yield at
    inside: Any = (
        value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    )
    for key, child in inside:
        yield from places(child, (*at, key))


def replaced(value: Any, at: Path_, by: Any) -> Any:
    """A copy of a document with another value at one place."""
    if not at:
        return by
    copy = value.copy()
    copy[at[0]] = replaced(value[at[0]], at[1:], by)
    return copy


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_field_of_another_type_raises(corpus: Path, folder: str) -> None:
    known: set[Path_] = set()
    for _, content, expectation in expected(corpus, folder):
        if len(content) > SHORT or expectation.get("valid_json") is False or len(known) > 1500:
            continue
        try:
            document = json.loads(content)
        except ValueError:
            continue
        for place in set(places(document)) - known:
            known.add(place)
            for junk in JUNK[len(known) % 2 :: 2]:
                summarise(read(json.dumps(replaced(document, place, junk)).encode(), "application/json"))
    assert known
