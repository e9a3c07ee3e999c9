"""Plain values ⇄ frozen dataclasses, by their types alone; what is not declared is refused.

A closed schema in one reader: an unknown key, a word of another kind or a missing key is a :class:`Misfit` that
names its place, and a likely spelling where there is one. A field that equals its default is not written, so that
a later version can add a field without changing the digest of a document that does not use it; a default is
therefore part of the document's version and never changes.

What a field may be: a word of :mod:`.words`, ``bool``, an enum of texts, a ``Literal`` text, another dataclass, a
union of dataclasses told apart by a tag, a tuple of any of these, or any of these ``| None``.
"""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any, Final, Literal, TypeVar, get_args, get_origin, get_type_hints

from pratique.errors import Malformed
from pratique.policy.words import RENDERERS, WORDS, Word
from pratique.values.canonical import Json

T = TypeVar("T")
Path = tuple[str | int, ...]
"""The keys and positions that lead to a value."""

TAG: Final = {"tag": True}
"""Field metadata: a ``Literal`` that is always written, and tells the classes of a union apart."""


class Misfit(Malformed):
    """A value does not fit where it stands."""

    def __init__(self, path: Path, problem: str, also: Path | None = None) -> None:
        self.path = path
        self.problem = problem
        self.also = also
        """Another place without which there would be no problem."""
        super().__init__(f"{dotted(path)}: {problem}" if path else problem)

    def below(self, *path: str | int) -> "Misfit":
        """Return the same problem as it is told from further up."""
        return Misfit((*path, *self.path), self.problem, None if self.also is None else (*path, *self.also))


class UnknownKey(Misfit):
    """A key that nothing declares; ``path`` ends in it."""


def dotted(path: Path) -> str:
    """Write a path for people, ``environments.prod.checks.3``."""
    return ".".join(str(part) for part in path)


def suggestion(found: str, known: Iterable[str]) -> str:
    """Return ``; did you mean 'x'?``, or the known words where none is near."""
    words = sorted(known)
    near = difflib.get_close_matches(found, words, n=1, cutoff=0.6)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; expected one of: {', '.join(words)}" if words else ""


def key(name: str) -> dict[str, Any]:
    """Field metadata: the key in the document, where it is no Python name."""
    return {"key": name}


def one_is_enough() -> dict[str, Any]:
    """Field metadata: one item of this tuple may be written without the list around it; it is never rendered so."""
    return {"alone": True}


def keyed_by(name: str) -> dict[str, Any]:
    """Field metadata: this tuple is written as a mapping, whose keys are this field of its items."""
    return {"keyed_by": name}


def decode(kind: type[T], value: object, path: Path = ()) -> T:
    """Return the dataclass that this plain value spells.

    Raises:
        Misfit: It spells none; the error says where and why.
    """
    decoded: T = _decode_fields(kind, value, path, {})
    return decoded


def encode(value: object) -> Json:
    """Return the plain value that spells this one; :func:`decode` of it is equal."""
    if render := RENDERERS.get(type(value)):
        rendered: Json = render(value)
        return rendered
    if is_dataclass(value):
        return _encode_fields(value, ())
    if isinstance(value, tuple):
        return [encode(item) for item in value]
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, bool | int | str):
        return value
    raise TypeError(f"{type(value).__name__} cannot stand in a document")


@dataclass(frozen=True, slots=True)
class Slot:
    """One field of a class, as a document sees it."""

    attribute: str
    hint: Any
    default: Any
    keyed_by: str | None
    tag: bool
    alone: bool = False

    def writes(self, value: object) -> bool:
        """Tell whether a document writes this value."""
        return self.tag or self.default is MISSING or value != self.default


@cache
def slots(kind: Any) -> Mapping[str, Slot]:
    """Return the fields of a class by the keys under which documents write them."""
    hints = get_type_hints(kind)
    return {
        found.metadata.get("key", found.name): Slot(
            found.name,
            hints[found.name],
            found.default,
            found.metadata.get("keyed_by"),
            found.metadata.get("tag", False),
            found.metadata.get("alone", False),
        )
        for found in fields(kind)
    }


def _encode_fields(value: Any, without: tuple[str, ...]) -> Json:
    kind: Any = type(value)
    return {
        name: _encode_slot(slot, getattr(value, slot.attribute))
        for name, slot in slots(kind).items()
        if slot.attribute not in without and slot.writes(getattr(value, slot.attribute))
    }


def _encode_slot(slot: Slot, value: Any) -> Json:
    if slot.keyed_by is None:
        return encode(value)
    return {str(getattr(item, slot.keyed_by)): _encode_fields(item, (slot.keyed_by,)) for item in value}


def _decode_fields(kind: Any, value: object, path: Path, given: Mapping[str, Any]) -> Any:
    mapping = _mapping(value, path)
    asked = {name: slot for name, slot in slots(kind).items() if slot.attribute not in given}
    _refuse_unknown(mapping, asked, path)
    found = dict(given)
    for name, slot in asked.items():
        if name in mapping:
            found[slot.attribute] = _decode_slot(slot, mapping[name], (*path, name))
        elif slot.default is MISSING or slot.tag:
            raise Misfit(path, f"the key {name!r} is missing")
    try:
        return kind(**found)
    except Misfit as error:  # the class itself refuses a combination, and says where from its own point of view
        raise error.below(*path) from error
    except Malformed as error:
        raise Misfit(path, str(error)) from error


def _refuse_unknown(mapping: Mapping[str, object], known: Mapping[str, Slot], path: Path) -> None:
    for name in mapping:
        if name not in known:
            raise UnknownKey((*path, name), f"unknown key {name!r}{suggestion(name, known)}")


def _decode_slot(slot: Slot, value: object, path: Path) -> Any:
    if slot.alone and isinstance(value, str):
        return (_decode(get_args(slot.hint)[0], value, path),)
    if slot.keyed_by is None:
        return _decode(slot.hint, value, path)
    kind = get_args(slot.hint)[0]
    hint = next(inner.hint for inner in slots(kind).values() if inner.attribute == slot.keyed_by)
    return tuple(
        _decode_fields(kind, item, (*path, name), {slot.keyed_by: _decode(hint, name, (*path, name))})
        for name, item in sorted(_mapping(value, path).items())
    )


def _decode(hint: Any, value: object, path: Path) -> Any:
    if hint in WORDS:
        return _decode_word(WORDS[hint], value, path)
    if hint is bool:
        return _of_type(bool, "true or false", value, path)
    if is_dataclass(hint):
        return _decode_fields(hint, value, path, {})
    if get_origin(hint) is not None:
        return _decode_composed(hint, value, path)
    return hint(_choice(tuple(choice.value for choice in hint), value, path))


def _decode_composed(hint: Any, value: object, path: Path) -> Any:
    if get_origin(hint) is Literal:
        return _choice(get_args(hint), value, path)
    if get_origin(hint) is tuple:
        items = _of_type(list, "a list", value, path)
        return tuple(_decode(get_args(hint)[0], item, (*path, place)) for place, item in enumerate(items))
    return _decode_union(hint, value, path)


def _decode_word(word: Word, value: object, path: Path) -> Any:
    if type(value) not in word.raw:
        quotes = "; put it in quotes" if str in word.raw and isinstance(value, bool | int | Decimal) else ""
        raise Misfit(path, f"expected {word.expected}, found {_found(value)}{quotes}")
    try:
        return word.parse(value)
    except Malformed as error:
        raise Misfit(path, str(error)) from error


def _decode_union(hint: Any, value: object, path: Path) -> Any:
    kinds = [kind for kind in get_args(hint) if kind is not type(None)]
    if len(kinds) == 1:
        return _decode(kinds[0], value, path)
    tags = {tag_of(kind)[1]: kind for kind in kinds}
    name = tag_of(kinds[0])[0]
    mapping = _mapping(value, path)
    if name not in mapping:
        raise _untagged(name, tags, mapping, path)
    chosen = _choice(tuple(tags), mapping[name], (*path, name))
    return _decode_fields(tags[chosen], value, path, {})


def _untagged(name: str, tags: Iterable[str], mapping: Iterable[str], path: Path) -> Misfit:
    for near in difflib.get_close_matches(name, mapping, n=1):
        return UnknownKey((*path, near), f"unknown key {near!r}; did you mean {name!r}?")
    return Misfit(path, f"the key {name!r} is missing; expected one of: {', '.join(sorted(tags))}")


def tag_of(kind: Any) -> tuple[str, str]:
    """Return the key and the word by which a class of a union is told from the others."""
    return next((name, get_args(slot.hint)[0]) for name, slot in slots(kind).items() if slot.tag)


def _choice(choices: tuple[str, ...], value: object, path: Path) -> str:
    if isinstance(value, str) and value in choices:
        return value
    hint = suggestion(value, choices) if isinstance(value, str) else f"; expected one of: {', '.join(choices)}"
    raise Misfit(path, f"{_found(value)} is not known here{hint}")


def _mapping(value: object, path: Path) -> Mapping[str, Any]:
    mapping: Mapping[str, Any] = _of_type(dict, "a mapping", value, path)
    return mapping


def _of_type(kind: type, expected: str, value: object, path: Path) -> Any:
    if type(value) is not kind:
        raise Misfit(path, f"expected {expected}, found {_found(value)}")
    return value


def _found(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case int() | Decimal():
            return f"the number {value}"
        case str():
            return f"the text {value[:80]!r}"
        case list():
            return "a list"
        case _:
            return "a mapping"
