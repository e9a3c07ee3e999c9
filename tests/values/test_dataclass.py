"""Our decorator makes the classes that the standard library's makes; each test asks both."""

import copy
import dataclasses
import operator
import pickle
from collections.abc import Callable
from dataclasses import field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.values.dataclass import dataclass as ours

theirs = dataclasses.dataclass


class Parcel:
    """What is shipped."""

    weight: int
    label: str = "none"
    secret: bytes = field(default=b"", repr=False)
    tags: Any = field(default=(), hash=False)
    seen: int = field(default=0, compare=False, metadata={"key": "seenAt"})

    def __post_init__(self) -> None:
        if self.weight < 0:
            raise ValueError("too light")

    @property
    def heavy(self) -> bool:
        return self.weight > 10


class Nothing:
    """No field at all."""


class Spoken:
    """A class that says itself how it looks and what it equals."""

    word: str

    def __repr__(self) -> str:
        return f"<{self.word}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Spoken)

    def __hash__(self) -> int:
        return 7


def made(decorator: Any, plain: type, **how: bool) -> Any:
    """Return a copy of a plain class, decorated."""
    body = {name: value for name, value in vars(plain).items() if name not in ("__dict__", "__weakref__")}
    return decorator(frozen=True, slots=True, **how)(type(plain.__name__, (), body))


OURS, THEIRS = made(ours, Parcel, order=True), made(theirs, Parcel, order=True)
PAIRS = [(made(ours, plain), made(theirs, plain)) for plain in (Parcel, Nothing, Spoken)]
ARGUMENTS = st.tuples(
    st.integers(0, 3), st.sampled_from("ab"), st.binary(max_size=1), st.none(), st.integers(0, 1)
)


@pytest.mark.parametrize(("mine", "other"), PAIRS, ids=lambda kind: str(kind.__name__))
def test_what_a_class_declares_is_the_same(mine: Any, other: Any) -> None:
    names = ["name", "default", "init", "repr", "compare", "hash", "metadata"]
    shapes = [
        [[getattr(one, name) for name in names] for one in dataclasses.fields(kind)] for kind in (mine, other)
    ]
    assert shapes[0] == shapes[1]
    for name in ("__match_args__", "__slots__", "__doc__", "__name__", "__qualname__", "__module__"):
        assert getattr(mine, name) == getattr(other, name)


@given(ARGUMENTS)
def test_an_instance_looks_the_same(given_: tuple[Any, ...]) -> None:
    mine, other = OURS(*given_), THEIRS(*given_)
    assert repr(mine) == repr(other)
    assert hash(mine) == hash(other)
    assert mine.heavy == other.heavy
    assert dataclasses.asdict(mine) == dataclasses.asdict(other)


@given(ARGUMENTS, ARGUMENTS)
def test_two_instances_compare_the_same(first: tuple[Any, ...], second: tuple[Any, ...]) -> None:
    comparable = (*first[:3], 0, first[4]), (*second[:3], 0, second[4])
    for compare in (operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge):
        mine = compare(*(OURS(*one) for one in comparable))
        assert mine == compare(*(THEIRS(*one) for one in comparable))


def test_instances_of_two_classes_with_equal_fields_differ() -> None:
    assert made(ours, Parcel)(1) != made(ours, Parcel)(1)
    with pytest.raises(TypeError):
        operator.lt(OURS(1), made(ours, Parcel)(1))


WAYS: list[Callable[[Any], Any]] = [
    lambda kind: kind(1),
    lambda kind: kind(weight=1),
    lambda kind: kind(1, "a", tags="t"),
    lambda kind: kind(1, seen=2, label="z"),
    lambda kind: kind(),
    lambda kind: kind(label="a"),
    lambda kind: kind(1, weight=1),
    lambda kind: kind(1, colour="red"),
    lambda kind: kind(1, "a", b"", (), 0, 0),
    lambda kind: kind(-1),
    lambda kind: dataclasses.replace(kind(1), label="b"),
    lambda kind: dataclasses.replace(kind(1), weight=-1),
    lambda kind: dataclasses.replace(kind(1), colour="red"),
    lambda kind: setattr(kind(1), "weight", 2),
    lambda kind: delattr(kind(1), "weight"),
    lambda kind: copy.copy(kind(1)),
    lambda kind: copy.deepcopy(kind(1, tags=[1])).tags,
    lambda kind: vars(kind(1)),
]


@pytest.mark.parametrize("way", WAYS)
def test_each_way_of_making_and_breaking_one_ends_the_same(way: Callable[[Any], Any]) -> None:
    def outcome(kind: Any) -> str | type[BaseException]:
        try:
            return repr(way(kind))
        except Exception as error:
            return type(error)

    assert outcome(OURS) == outcome(THEIRS)


def test_a_name_that_is_no_field_cannot_be_set_either() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError, match="colour"):
        OURS(1).colour = "red"


def test_a_pattern_takes_an_instance_apart() -> None:
    match OURS(3, "x"):
        case OURS(weight, label=label):
            assert (weight, label) == (3, "x")
        case _:
            pytest.fail("it did not match")


def test_what_a_class_says_itself_is_kept() -> None:
    mine = PAIRS[2][0]("hush")
    assert repr(mine) == "<hush>"
    assert hash(mine) == 7


@ours(frozen=True, slots=True)
class Sent:
    """One that pickle finds by its name."""

    to: str
    copies: int = 1


def test_one_survives_being_written_down_and_read_back() -> None:
    assert pickle.loads(pickle.dumps(Sent("ann", 2))) == Sent("ann", 2)


def test_a_class_that_may_change_takes_the_standard_decorator() -> None:
    decorator: Any = ours
    with pytest.raises(TypeError, match="standard library"):
        decorator(frozen=False, slots=True)
