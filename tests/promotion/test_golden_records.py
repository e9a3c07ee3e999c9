"""Decisions recorded once are judged again in every run: the same bytes, by the engine that they name."""

from pathlib import Path

import pytest
from tests.promotion.recorded import FOLDER

from pratique.errors import Absent
from pratique.policy.document import parse_bundle
from pratique.promotion.directory import Directory
from pratique.promotion.engines import ENGINES, Materials, reproduce
from pratique.promotion.happenings import Track
from pratique.promotion.record import Record
from pratique.promotion.record_form import parse_record
from pratique.values.digest import Digest

RECORDS = sorted(FOLDER.glob("*.record.json"))


def object_of(digest: Digest) -> bytes:
    path = FOLDER / "objects" / digest.hex
    if not path.is_file():
        raise Absent(f"golden records: expected the object {digest}; write them with tests/promotion/recorded.py")
    return path.read_bytes()


def materials(record: Record) -> Materials:
    inputs = record.decision.inputs
    named = {*(piece.digest for piece in inputs.evidence.pieces), *(feed.digest for feed in inputs.feeds)}
    return Materials(
        parse_bundle(object_of(inputs.policy.digest)),
        Directory.parse(object_of(inputs.directory.digest)),
        {digest: object_of(digest) for digest in named},
    )


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.name.removesuffix(".record.json"))
def test_it_is_judged_again_to_the_byte(path: Path) -> None:
    content = path.read_bytes()
    assert reproduce(content, materials).content == content


def test_there_is_one_of_every_track_and_of_every_engine() -> None:
    decisions = [parse_record(path.read_bytes()).decision for path in RECORDS]
    assert {decision.track.name for decision in decisions} == set(Track)
    assert {decision.engine for decision in decisions} == set(ENGINES)
