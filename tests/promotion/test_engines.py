"""A record is judged again by the engine that made it, and another engine is no accusation."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.promotion.builders import directory
from tests.promotion.cases import CLEAN, HIGH, MEDIUM, advisories, bundle, case, evidence

from pratique.errors import Malformed, Unverified
from pratique.promotion.engines import ENGINES, Materials, reproduce
from pratique.promotion.judge import judge
from pratique.promotion.record import ENGINE, Record
from pratique.values.canonical import canonical
from pratique.values.digest import Digest

PIECES = {"clean": evidence(CLEAN), "high": evidence(HIGH), "medium": evidence(MEDIUM)}
BODIES = {Digest.of(one): one for contents in PIECES.values() for one in (*contents, advisories())}
MATERIALS = Materials(bundle(), directory(), BODIES)
RECORDS = {name: judge(case(contents)) for name, contents in PIECES.items()}


def find(_: Record) -> Materials:
    return MATERIALS


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_the_same_inputs_give_the_same_bytes(name: str) -> None:
    assert reproduce(RECORDS[name].content, find) == RECORDS[name]


def test_a_changed_word_is_named_with_its_place() -> None:
    changed = json.loads(RECORDS["medium"].content)
    changed["checks"][0]["message"] = "nothing to see"
    with pytest.raises(
        Unverified, match=r"another record comes out: record\.checks\[0\]\.message: recorded 'nothing"
    ):
        reproduce(canonical(changed), find)


@given(st.sampled_from(sorted(RECORDS)), st.data())
def test_no_changed_byte_of_what_was_found_is_ever_reproduced(name: str, data: st.DataObject) -> None:
    content = RECORDS[name].content
    at = data.draw(st.integers(0, content.index(b'"generation":') - 1))  # approvals, checks, engine, findings
    flipped = content[:at] + bytes([content[at] ^ (1 << data.draw(st.integers(0, 7)))]) + content[at + 1 :]
    with pytest.raises((Unverified, Malformed)):
        reproduce(flipped, find)


def test_another_engine_is_not_reproducible_here_and_its_form_is_not_read() -> None:
    later = canonical({"schema": "pratique/record/9", "engine": "pratique-engine/9", "verdict": "splendid"})
    with pytest.raises(
        Unverified, match="not reproducible here: pratique-engine/9 judged, this version has"
    ) as told:
        reproduce(later, find)
    assert "tampered" not in str(told.value)


def test_an_old_engine_stays_beside_the_new_one_and_judges_what_it_made() -> None:
    old = json.loads(RECORDS["clean"].content) | {"engine": "pratique-engine/0"}

    def older(record: Record, materials: Materials) -> bytes:
        again = json.loads(ENGINES[ENGINE](record, materials))
        return canonical(again | {"engine": "pratique-engine/0"})

    engines = {**ENGINES, "pratique-engine/0": older}
    assert reproduce(canonical(old), find, engines).decision.engine == "pratique-engine/0"
    assert reproduce(RECORDS["clean"].content, find, engines) == RECORDS["clean"]


def test_a_record_is_held_against_the_policy_that_it_names() -> None:
    other = replace(MATERIALS, bundle=replace(bundle(), applications=()))
    with pytest.raises(Unverified, match="policy: expected"):
        reproduce(RECORDS["clean"].content, lambda _: other)


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"engine":1,"schema":2}', b"\xff"])
def test_what_is_no_record_is_malformed(content: bytes) -> None:
    with pytest.raises(Malformed):
        reproduce(content, find)


def test_the_same_values_in_another_spelling_are_another_record() -> None:
    with pytest.raises(Unverified, match="the same values, spelt otherwise"):
        reproduce(RECORDS["clean"].content + b"\n", find)
