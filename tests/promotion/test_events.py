"""Events as bytes: every type comes back as it was, and nothing else is read as one."""

import dataclasses
import json
import types
from datetime import timedelta
from enum import EnumType
from types import ModuleType
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.promotion.builders import NOW, an_object, digest, event, judged

from pratique.errors import Malformed
from pratique.promotion import governance, happenings, intake, signal, steps, upkeep
from pratique.promotion.catalogue import TYPES, Happening, Unknown
from pratique.promotion.events import MAX_BYTES, build_event, parse_event
from pratique.promotion.release import Part, Release
from pratique.promotion.upkeep import PrivateRedacted
from pratique.values.canonical import canonical
from pratique.values.digest import Digest
from pratique.values.names import Actor, Environment

ACTORS = st.sampled_from([Actor("person:ann"), Actor("service:ci")])
WORDS: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(max_size=20),
    int: st.integers(0, 2**53 - 1),
    bool: st.booleans(),
    Digest: st.binary(max_size=2).map(Digest.of),
    Actor: ACTORS,
    Environment: st.sampled_from([Environment("prod"), Environment("dev")]),
    type(NOW): st.integers(0, 10**9).map(lambda ms: NOW + timedelta(milliseconds=ms)),
}
PARTS = st.builds(Part, st.text(max_size=20), st.text(max_size=20), WORDS[Digest])
CODES: dict[Any, dict[str, st.SearchStrategy[Any]]] = {
    PrivateRedacted: {"basis": st.from_regex(r"[a-z0-9][a-z0-9.-]{0,62}", fullmatch=True)},
    Release: {"parts": st.lists(PARTS, min_size=2, max_size=3).map(tuple)},
}
"""The fields that hold no text of any kind, by the pattern that they fit."""


def anything(kind: Any) -> st.SearchStrategy[Any]:
    """Return a strategy for any field that a happening has."""
    if kind in WORDS:
        return WORDS[kind]
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        hints = get_type_hints(kind)
        fields = {field.name: anything(hints[field.name]) for field in dataclasses.fields(kind)}
        return st.builds(kind, **{**fields, **CODES.get(kind, {})})
    if get_origin(kind) in (Union, types.UnionType):
        return st.none() | anything(get_args(kind)[0])
    if isinstance(kind, EnumType):
        return st.sampled_from([*kind])
    item = get_args(kind)[0]
    if get_args(item) and get_args(item)[-1] is not Ellipsis:  # a table
        table = st.dictionaries(anything(get_args(item)[0]), anything(get_args(item)[1]), max_size=2)
        return table.map(lambda found: tuple(sorted(found.items())))
    return st.lists(anything(item), max_size=3).map(tuple)


@pytest.mark.parametrize("kind", TYPES.values(), ids=list(TYPES))
@given(data=st.data())
def test_every_event_is_read_back_as_it_was_built(kind: type[Happening], data: st.DataObject) -> None:
    happened = event(data.draw(anything(kind)), objects=(an_object(),))
    content = build_event(happened)
    assert parse_event(content) == happened
    assert build_event(parse_event(content)) == content


@pytest.mark.parametrize("module", [governance, happenings, intake, signal, steps, upkeep])
def test_every_type_that_a_module_defines_is_known_by_its_own_name(module: ModuleType) -> None:
    defined = [kind for kind in vars(module).values() if hasattr(kind, "TYPE")]
    assert defined
    assert [TYPES.get(kind.TYPE) for kind in defined] == defined


def test_what_does_not_apply_is_left_out() -> None:
    content = json.loads(build_event(event(judged(), promotion=None, image=None)))
    assert "promotion" not in content
    assert "image" not in content


def test_an_event_of_a_later_version_is_kept_as_it_is() -> None:
    content = build_event(event(Unknown("storm.forecast/1", '{"because":"clouds","storm":"st"}')))
    assert parse_event(content).data == Unknown("storm.forecast/1", '{"because":"clouds","storm":"st"}')
    assert build_event(parse_event(content)) == content


def test_an_event_larger_than_16_kib_is_refused() -> None:
    with pytest.raises(Malformed, match=f"expected at most {MAX_BYTES} bytes"):
        build_event(event(judged(why=("x" * MAX_BYTES,))))


def tampered(**changes: Any) -> bytes:
    return canonical({**json.loads(build_event(event(judged(), objects=(an_object(),)))), **changes})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (tampered(schema="pratique/event/2"), "event.schema: expected 'pratique/event/1'"),
        (tampered(extra=1), "unexpected 'extra'"),
        (tampered(data=None), "event.data: expected an object"),
        (tampered(data={"generation": -1}), "event.data.generation: expected a whole number"),
        (tampered(id="pr_01"), "identifier: expected ev_"),
        (tampered(actor="ann@example.org"), "event.actor: actor: expected person:<slug>"),
        (tampered(objects=[{"role": "record"}]), r"event.objects\[0\]: expected the key 'sha256'"),
        (b" " + tampered(), "another spelling"),
        (b"[]", "expected a JSON object"),
        (b"{" * 200, "not strict JSON"),
    ],
)
def test_bytes_that_are_no_event_are_refused_with_the_place(content: bytes, message: str) -> None:
    with pytest.raises(Malformed, match=message):
        parse_event(content)


@given(st.binary(max_size=40) | st.text(max_size=20).map(str.encode))
def test_nothing_but_malformed_escapes_the_reader(content: bytes) -> None:
    with pytest.raises(Malformed):
        parse_event(content)


def test_an_object_is_found_by_its_role() -> None:
    happened = event(judged(), objects=(an_object("record"),))
    assert happened.object("record") == an_object("record")
    assert happened.object("seal") is None
    assert an_object("record").digest == digest("record")
