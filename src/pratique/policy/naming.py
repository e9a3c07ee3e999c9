"""Every name in a document, and where it stands: found by the types, so that no field is forgotten."""

from collections.abc import Iterator
from dataclasses import is_dataclass
from typing import Any, get_args, get_origin

from pratique.policy.schema import Path, Slot, slots
from pratique.policy.words import WORDS

Named = tuple[Path, Any, str]
"""A path, the kind of word that stands there, and the name itself."""


def names(value: Any, kinds: frozenset[Any], path: Path = ()) -> Iterator[Named]:
    """Yield every name of one of these kinds of words in a dataclass, in the order of its fields."""
    kind: Any = type(value)
    for key, slot in slots(kind).items():
        yield from _in(slot.hint, slot, getattr(value, slot.attribute), kinds, (*path, key))


def _in(hint: Any, slot: Slot, value: Any, kinds: frozenset[Any], path: Path) -> Iterator[Named]:
    if hint in WORDS:
        if hint in kinds and value is not None:
            yield path, hint, value
    elif is_dataclass(value):
        yield from names(value, kinds, path)
    elif get_origin(hint) is tuple:
        for place, item in enumerate(value):
            yield from _in(get_args(hint)[0], slot, item, kinds, (*path, _label(slot, item, place)))
    elif value is not None:
        for inner in get_args(hint):
            yield from _in(inner, slot, value, kinds, path) if inner in WORDS or get_origin(inner) else ()


def _label(slot: Slot, item: Any, place: int) -> str | int:
    if slot.keyed_by:
        return str(getattr(item, slot.keyed_by))
    label = getattr(item, "id", None) or getattr(item, "name", None)
    return str(label) if label else place
