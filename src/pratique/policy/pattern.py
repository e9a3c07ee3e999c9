"""Patterns for names in policies: ``*`` is any text within one path segment, ``**`` any text at all.

``git+https://git.example/shop/*`` therefore names the repositories of one group, and never one of a sub-group.
Matching takes time in proportion to pattern × text, whatever an attacker writes into the text.
"""

from enum import Enum, auto
from typing import Self

from pratique.errors import Malformed
from pratique.values.dataclass import dataclass

MAX_LENGTH = 512  # a pattern is written by hand; longer than this, it is a mistake


class _Wild(Enum):
    SEGMENT = auto()
    ANY = auto()


@dataclass(frozen=True, slots=True, order=True)
class Pattern:
    """A name in which stars stand for text; letter case counts."""

    text: str

    def __str__(self) -> str:
        return self.text

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a pattern.

        Raises:
            Malformed: It is empty, too long, or holds white space, a control character or ``***``.
        """
        if not text or len(text) > MAX_LENGTH or not text.isprintable() or " " in text or "***" in text:
            raise Malformed(
                f"pattern: expected 1 to {MAX_LENGTH} characters without spaces, stars single or double, "
                f"found {text[:80]!r}"
            )
        return cls(text)

    def matches(self, name: str) -> bool:
        """Tell whether the whole name fits."""
        before, star, after = self.text.partition("*")
        if not star or not name.startswith(before):
            return name == self.text
        if after in ("", "*"):  # the usual pattern, answered without walking the name
            return bool(after) or "/" not in name[len(before) :]
        return _walk(_parts(self.text), name)


def _walk(parts: tuple[str | _Wild, ...], name: str) -> bool:
    places = _rest({0}, parts)
    for letter in name:
        places = _rest({_step(place, parts, letter) for place in places} - {-1}, parts)
    return len(parts) in places


def _parts(text: str) -> tuple[str | _Wild, ...]:
    found: list[str | _Wild] = []
    for letter in text:
        if letter == "*" and found and found[-1] is _Wild.SEGMENT:
            found[-1] = _Wild.ANY
        else:
            found.append(_Wild.SEGMENT if letter == "*" else letter)
    return tuple(found)


def _step(place: int, parts: tuple[str | _Wild, ...], letter: str) -> int:
    """Return where reading this letter leads, or -1 where it leads nowhere."""
    part = parts[place] if place < len(parts) else None
    if part is _Wild.ANY or (part is _Wild.SEGMENT and letter != "/"):
        return place
    return place + 1 if part == letter else -1


def _rest(places: set[int], parts: tuple[str | _Wild, ...]) -> set[int]:
    """Add the places reached when a star stands for nothing more."""
    reached = set(places)
    for start in places:
        place = start
        while place < len(parts) and isinstance(parts[place], _Wild):
            place += 1
            reached.add(place)
    return reached


def any_matches(patterns: tuple[Pattern, ...], name: str) -> bool:
    """Tell whether one of the patterns fits; without patterns, none does."""
    return any(pattern.matches(name) for pattern in patterns)
