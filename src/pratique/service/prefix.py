"""Finding the one thing that somebody means by the beginning of its id."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from pratique.errors import Absent, Conflict
from pratique.values.ids import Kind

T = TypeVar("T")


def only(kind: Kind, prefix: str, every: Iterable[T], identify: Callable[[T], str]) -> T:
    """Return the one whose id begins so; the kind's own letters may be left out.

    Raises:
        Absent: None does.
        Conflict: Several do.
    """
    what = kind.name.lower()
    start = prefix if prefix.startswith(f"{kind}_") else f"{kind}_{prefix}"
    found = [one for one in every if identify(one).startswith(start)]
    if not found:
        raise Absent(
            f"{what}: expected an id or the beginning of one, found {prefix[:80]!r}; see `pratique {what} list`"
        )
    if len(found) > 1:
        first, second = map(identify, found[:2])
        raise Conflict(f"{what} {prefix[:80]!r}: fits {first} and {second}; write more of it")
    return found[0]
