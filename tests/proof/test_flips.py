"""Whatever is changed in a proof, it is refused, and never with another error than ``Malformed`` or ``Unverified``."""

import copy
import json
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.promotion.cases import CLEAN, MEDIUM
from tests.proof.builders import Story, approved_story, founded, promoted_story, trust_root

from pratique.attest.vsa import build_vsa
from pratique.errors import Malformed, Unverified
from pratique.promotion.record import Record
from pratique.proof.trust import TrustRoot
from pratique.proof.verify import verify_clearance, verify_promotion
from pratique.values.canonical import Json, canonical

WEIRD: tuple[Json, ...] = (None, True, -1, 2**53 - 1, "", "x", "sha256:" + "0" * 64, [], {}, [[]], [{}], {"x": 1})


@cache
def proof() -> bytes:
    """Return a promotion's proof, cosigned by a witness that the trust root knows and does not ask for."""
    story = promoted_story()
    story.book.witnesses = ("w1",)
    return story.proof()


@cache
def trust() -> TrustRoot:
    return trust_root("w1")


def refuse(content: bytes) -> None:
    with pytest.raises((Malformed, Unverified)):
        verify_promotion(content, trust())


def flipped(content: bytes, place: int, bit: int) -> bytes:
    return content[:place] + bytes([content[place] ^ (1 << bit)]) + content[place + 1 :]


def test_the_proof_holds_as_it_is() -> None:
    assert verify_promotion(proof(), trust()).witnesses


@settings(max_examples=300)
@given(st.integers(0, 10**9), st.integers(0, 7))
def test_a_single_flipped_bit_anywhere_is_refused(place: int, bit: int) -> None:
    refuse(flipped(proof(), place % len(proof()), bit))


def test_a_flipped_bit_in_the_checkpoint_is_refused_wherever_it_is() -> None:
    start = proof().index(b'"checkpoint":"')
    for place in range(start, proof().index(b'"', start + 15)):
        refuse(flipped(proof(), place, place % 8))


@pytest.mark.soak
@pytest.mark.parametrize("bit", range(8))
def test_every_single_bit_is_looked_at(bit: int) -> None:
    for place in range(len(proof())):
        refuse(flipped(proof(), place, bit))


@pytest.mark.parametrize("name", ["entries", "consistency"])
@pytest.mark.parametrize("how", ["dropped", "doubled", "moved", "swapped"])
def test_no_entry_and_no_growth_can_be_dropped_doubled_moved_or_swapped(name: str, how: str) -> None:
    for place in range(1 if how in ("moved", "swapped") else 0, len(json.loads(proof())[name])):
        document = json.loads(proof())
        rearrange(document[name], place, how)
        refuse(canonical(document))


def rearrange(items: list[Any], place: int, how: str) -> None:
    match how:
        case "dropped":
            items.pop(place)
        case "doubled":
            items.insert(place, items[place])
        case "moved":
            items.insert(0, items.pop(place))
        case _:
            one, other = items[place - 1 : place + 1]
            rest = "inclusion" if "inclusion" in one else "proof"
            one[rest], other[rest] = other[rest], one[rest]


def test_no_object_can_be_dropped_or_swapped_for_another() -> None:
    names = sorted(json.loads(proof())["objects"])
    for name, other in zip(names, names[1:] + names[:1], strict=True):
        document = json.loads(proof())
        objects = document["objects"]
        objects[name], objects[other] = objects[other], objects[name]
        refuse(canonical(document))
        del objects[name]
        refuse(canonical(document))


@settings(max_examples=100)
@given(st.integers(0, 10**9), st.sampled_from(WEIRD))
def test_any_other_value_anywhere_in_the_document_is_refused(which: int, value: Json) -> None:
    document = json.loads(proof())
    changed = replaced(document, which, value)
    if changed != document:
        refuse(canonical(changed))


@settings(max_examples=100)
@given(st.binary(max_size=64), st.integers(0, 10**9))
def test_any_bytes_are_refused(garbage: bytes, place: int) -> None:
    refuse(garbage)
    place %= len(proof())
    refuse(proof()[:place] + garbage + proof()[place:] if garbage else proof()[:place])


# A server that writes whatever it likes, and logs it as it should.


def paths(value: Json, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path to every value inside a JSON document."""
    yield path
    if isinstance(value, dict):
        for key in sorted(value):
            yield from paths(value[key], (*path, key))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from paths(item, (*path, place))


def replaced(document: Json, which: int, value: Json) -> Json:
    """Return the document with another value in one place."""
    every = list(paths(document))
    path = every[which % len(every)]
    changed: Any = copy.deepcopy({"": document})
    inside = changed
    for step in ("", *path)[:-1]:
        inside = inside[step]
    inside[("", *path)[-1]] = value
    found: Json = changed[""]
    return found


@cache
def before_the_record(packages: tuple[tuple[str, str], ...]) -> tuple[Story, Record]:
    story = founded(packages=packages)
    story.ask()
    story.gather()
    return story, story.decide()


@settings(max_examples=100)
@given(st.sampled_from([CLEAN, MEDIUM]), st.integers(0, 10**9), st.sampled_from(WEIRD))
def test_any_record_is_verified_or_refused(packages: tuple[tuple[str, str], ...], which: int, value: Json) -> None:
    before, record = before_the_record(packages)
    story = before.branch()
    content = canonical(replaced(json.loads(record.content), which, value))
    story.judge(Record(content, record.decision))
    story.approve()
    with suppress(Malformed, Unverified):
        verify_clearance(story.clearance(), trust())


@cache
def before_the_seal() -> tuple[Story, Json]:
    story = approved_story()
    story.copy()
    return story, json.loads(build_vsa(story.summary()))


@settings(max_examples=100)
@given(st.integers(0, 10**9), st.sampled_from(WEIRD))
def test_any_seal_is_verified_or_refused(which: int, value: Json) -> None:
    before, payload = before_the_seal()
    story = before.branch()
    story.seal(payload=canonical(replaced(payload, which, value)))
    with suppress(Malformed, Unverified):
        verify_promotion(story.proof(), trust())
