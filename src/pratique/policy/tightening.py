"""When a child environment's rule is at least as tight as the one it inherits.

Every field of a rule that may differ says in its metadata which direction is tighter; a field that says nothing
must stay equal. So a new field is protected before anybody thinks about it.
"""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from enum import StrEnum
from typing import Any

Tight = Callable[[Any, Any], bool]
"""Called with the parent's and the child's value; tells whether the child's is at least as tight."""


def tighter(direction: Tight) -> dict[str, Any]:
    """Field metadata: which direction is tighter."""
    return {"tighter": direction}


def lower(parent: Any, child: Any) -> bool:
    """An upper bound: lower is tighter, and no bound is loosest."""
    return parent is None or (child is not None and bool(child <= parent))


def higher(parent: Any, child: Any) -> bool:
    """A lower bound: higher is tighter, and no bound is loosest."""
    return parent is None or (child is not None and bool(child >= parent))


def demands_more(parent: tuple[Any, ...], child: tuple[Any, ...]) -> bool:
    """What must be there, or is forbidden: more is tighter."""
    return set(parent) <= set(child)


def allows_less(parent: tuple[Any, ...], child: tuple[Any, ...]) -> bool:
    """What is allowed: less is tighter, and an empty list allows everything."""
    return not parent or (bool(child) and set(child) <= set(parent))


def trusts_less(parent: tuple[Any, ...], child: tuple[Any, ...]) -> bool:
    """Whose word counts in the image's favour: fewer is tighter, and an empty list trusts nobody."""
    return set(child) <= set(parent)


def watches_more(parent: tuple[Any, ...], child: tuple[Any, ...]) -> bool:
    """What a check looks at: more is tighter, and an empty list looks at everything."""
    return not child or (bool(parent) and set(parent) <= set(child))


def same_or_unset(parent: Any, child: Any) -> bool:
    """An option whose absence is tightest."""
    return child is None or child == parent


def one_of(*loosest_first: StrEnum) -> Tight:
    """Return a direction in which the words stand from the loosest to the tightest."""

    def tight(parent: Any, child: Any) -> bool:
        return loosest_first.index(child) >= loosest_first.index(parent)

    return tight


def loosened(parent: Any, child: Any) -> tuple[str, ...]:
    """Return the names of the fields in which ``child`` is looser than ``parent``; both are of one class."""
    found: list[str] = []
    for each in fields(parent):
        before, after = getattr(parent, each.name), getattr(child, each.name)
        if before == after or each.name == "relax":
            continue
        direction: Tight | None = each.metadata.get("tighter")
        if direction:
            found += [] if direction(before, after) else [each.name]
        elif is_dataclass(before) and type(before) is type(after):
            found += [f"{each.name}.{name}" for name in loosened(before, after)]
        else:
            found.append(each.name)
    return tuple(found)
