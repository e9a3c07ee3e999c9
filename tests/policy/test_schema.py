"""The closed schema: what is declared is read, and nothing else."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.errors import Malformed
from pratique.policy.schema import TAG, Misfit, UnknownKey, decode, encode, key, keyed_by
from pratique.policy.words import Count, Share, Slug


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Circle:
    shape: Literal["circle"] = field(default="circle", metadata=TAG)
    radius: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class Square:
    shape: Literal["square"] = field(default="square", metadata=TAG)
    side: Count = field(default=Count(1))

    def __post_init__(self) -> None:
        if self.side == 13:
            raise Misfit(("side",), "thirteen is refused")
        if self.side == 14:
            raise Malformed("fourteen is refused")


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    name: Slug
    colour: Colour | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    origin: Slug = field(metadata=key("from"))
    shapes: tuple[Circle | Square, ...] = ()
    things: tuple[Named, ...] = field(default=(), metadata=keyed_by("name"))
    wait: timedelta = timedelta(0)
    share: Share | None = None
    loud: bool = False


def problem(value: Any) -> Misfit:
    with pytest.raises(Misfit) as caught:
        decode(Drawing, value)
    return caught.value


def test_a_whole_document_is_read_into_its_types() -> None:
    value = {
        "from": "here",
        "shapes": [{"shape": "square"}, {"shape": "circle", "radius": 2}],
        "things": {"b": {}, "a": {"colour": "red"}},
        "wait": "24h",
        "share": "0.950",
        "loud": True,
    }
    drawing = decode(Drawing, value)
    assert drawing.shapes == (Square(), Circle(radius=Count(2)))
    assert drawing.things == (Named(name=Slug("a"), colour=Colour.RED), Named(name=Slug("b")))
    assert encode(drawing) == {
        "from": "here",
        "shapes": [{"shape": "square"}, {"shape": "circle", "radius": 2}],
        "things": {"a": {"colour": "red"}, "b": {}},
        "wait": "1d",
        "share": "0.95",
        "loud": True,
    }


def test_what_equals_its_default_is_not_written_so_that_later_fields_change_no_digest() -> None:
    assert encode(Drawing(origin=Slug("here"))) == {"from": "here"}


def test_an_unknown_key_is_refused_with_the_likely_one() -> None:
    error = problem({"from": "here", "shaeps": []})
    assert isinstance(error, UnknownKey)
    assert error.path == ("shaeps",)
    assert str(error) == "shaeps: unknown key 'shaeps'; did you mean 'shapes'?"


def test_an_unknown_key_that_resembles_none_lists_them_all() -> None:
    assert "expected one of: from, loud, shapes, share, things, wait" in str(problem({"from": "a", "qqq": 1}))


@pytest.mark.parametrize(
    ("value", "path", "words"),
    [
        ([], (), "expected a mapping, found a list"),
        ({}, (), "the key 'from' is missing"),
        ({"from": 3}, ("from",), "expected a name, found the number 3; put it in quotes"),
        ({"from": None}, ("from",), "expected a name, found nothing"),
        ({"from": "Not A Slug"}, ("from",), "found 'Not A Slug'"),
        ({"from": "a", "loud": "yes"}, ("loud",), "expected true or false, found the text 'yes'"),
        ({"from": "a", "shapes": {}}, ("shapes",), "expected a list, found a mapping"),
        (
            {"from": "a", "shapes": [{}]},
            ("shapes", 0),
            "the key 'shape' is missing; expected one of: circle, square",
        ),
        ({"from": "a", "shapes": [{"shape": "cirlce"}]}, ("shapes", 0, "shape"), "did you mean 'circle'?"),
        ({"from": "a", "shapes": [{"shape": 1}]}, ("shapes", 0, "shape"), "the number 1 is not known here"),
        ({"from": "a", "shapes": [{"shape": "circle"}]}, ("shapes", 0), "the key 'radius' is missing"),
        (
            {"from": "a", "shapes": [{"shape": "circle", "radius": -1}]},
            ("shapes", 0, "radius"),
            "expected a whole number from 0",
        ),
        ({"from": "a", "shapes": [{"shape": "circle", "radius": True}]}, ("shapes", 0, "radius"), "found true"),
        ({"from": "a", "shapes": [{"shape": "square", "side": 13}]}, ("shapes", 0, "side"), "thirteen"),
        ({"from": "a", "shapes": [{"shape": "square", "side": 14}]}, ("shapes", 0), "fourteen"),
        ({"from": "a", "things": {"a": {"colour": "rde"}}}, ("things", "a", "colour"), "did you mean 'red'?"),
        ({"from": "a", "things": {"A": {}}}, ("things", "A"), "found 'A'"),
        ({"from": "a", "things": {"a": {"name": "a"}}}, ("things", "a", "name"), "unknown key 'name'"),
        ({"from": "a", "wait": "2 days"}, ("wait",), "expected a number and one of ms, s, m, h, d"),
        ({"from": "a", "share": "1.5"}, ("share",), "expected a share from 0 to 1"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(value: Any, path: tuple[Any, ...], words: str) -> None:
    error = problem(value)
    assert error.path == path
    assert words in error.problem


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["circle", "here", "1d", "0.5"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["from", "shapes", "things", "wait", "share", "loud", "shape", "a"]), inner
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_value_is_read_or_refused_and_never_anything_else(value: Any) -> None:
    try:
        drawing = decode(Drawing, value)
    except Misfit:
        return
    assert decode(Drawing, encode(drawing)) == drawing
