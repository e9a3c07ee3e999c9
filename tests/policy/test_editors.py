"""The schema that editors are given says what the reader demands, and nothing that it does not."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.policy.builders import files
from tests.policy.json_schema import valid
from tests.policy.test_new_words import GATE

from pratique.policy.editors import application_schema, gate_schema
from pratique.policy.lists import take_lists, write_out
from pratique.policy.marked import parse_marked
from pratique.policy.schema import Misfit, UnknownKey, decode
from pratique.policy.source import ApplicationText, GateText
from pratique.service.policy_words import classes, meanings

GATE_SCHEMA = gate_schema(meanings())
APPLICATION_SCHEMA = application_schema(meanings())
Path = tuple[str | int, ...]


def read(text: str) -> Any:
    return parse_marked(text, "f.yaml").value


def without_lists(name: str) -> Any:
    texts = files(name)
    gate, lists = take_lists(parse_marked(texts["gate.yaml"], "gate.yaml"), texts, "gate.yaml")
    return write_out(gate, lists).value


DOCUMENTS = [
    (GateText, GATE_SCHEMA, read(GATE)),
    (GateText, GATE_SCHEMA, without_lists("shop")),
    (GateText, GATE_SCHEMA, without_lists("harbour")),
    (ApplicationText, APPLICATION_SCHEMA, read(files()["applications/shop.yaml"])),
]


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places(item, (*path, key))


def changed(document: Any, path: Path, made: Any, *, key: str | None = None) -> Any:
    """Put something in a place; or, with ``key``, under another key beside it."""
    if not path:
        return made
    whole = copy.deepcopy(document)
    place = whole
    for part in path[:-1]:
        place = place[part]
    place[key or path[-1]] = made
    return whole


def refused(kind: type, value: Any) -> Misfit | None:
    try:
        decode(kind, value)
    except Misfit as error:
        return error
    return None


@pytest.mark.parametrize("which", range(4))
def test_what_is_right_is_right_for_editors(which: int) -> None:
    _, schema, document = DOCUMENTS[which]
    assert valid(schema, document)


def test_lists_and_their_names_are_right_for_editors() -> None:
    assert valid(GATE_SCHEMA, read(files()["gate.yaml"]))
    assert not valid(GATE_SCHEMA, read(files()["gate.yaml"]) | {"lists": {"builders": "x"}})


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(min_value=-3, max_value=200)
    | st.sampled_from(["", "a", "1d", "dev", "all_pass", "block", "group:a", "0.5", "2027-05-01", "two words"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["id", "a", "name"]), inner),
    max_leaves=4,
)


def test_all_documents_are_right_for_the_reader() -> None:
    assert [refused(kind, document) for kind, _, document in DOCUMENTS] == [None] * len(DOCUMENTS)


@given(st.data())
def test_what_the_reader_takes_no_editor_marks(data: st.DataObject) -> None:
    kind, schema, document = data.draw(st.sampled_from(DOCUMENTS))
    path = data.draw(st.sampled_from(list(places(document))))
    value = changed(document, path, data.draw(JSON))
    if refused(kind, value) is None:
        assert valid(schema, value)


@given(st.data())
def test_a_key_that_the_reader_does_not_know_every_editor_marks(data: st.DataObject) -> None:
    kind, schema, document = data.draw(st.sampled_from(DOCUMENTS))
    path = data.draw(st.sampled_from([path for path in places(document) if path and isinstance(path[-1], str)]))
    value = changed(document, path, data.draw(JSON), key="surprise")
    error = refused(kind, value)
    if isinstance(error, UnknownKey):
        assert not valid(schema, value)


@given(st.data())
def test_a_value_of_another_shape_every_editor_marks(data: st.DataObject) -> None:
    kind, schema, document = data.draw(st.sampled_from(DOCUMENTS))
    path = data.draw(st.sampled_from(list(places(document))))
    value = changed(document, path, data.draw(st.sampled_from([None, True, 7, [], {}, [[]], {"a": 1}])))
    error = refused(kind, value)
    shape = ("expected a mapping", "expected a list", "expected true or false", "found nothing", "is missing")
    if error is not None and any(words in error.problem for words in shape):
        assert not valid(schema, value)


def test_every_class_has_a_name_of_its_own() -> None:
    found = {*classes(GateText), *classes(ApplicationText)}
    assert len({kind.__name__ for kind in found}) == len(found)


def test_every_class_says_what_it_is_for() -> None:
    told = meanings()
    assert [kind.__name__ for kind in classes(GateText) if not told.get((kind.__name__, None))] == []
    assert told["SlowTrack", "reason"] == "What an approval must say."
    assert told["SignatureRule", "relax"].startswith("Why this rule may be looser")
