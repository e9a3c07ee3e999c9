"""Where a version stands among others of its ecosystem, as a key that Python compares by itself.

The orders are those of :mod:`pratique.evidence.versions`, two at a time. Some of them are no orders over everything
that parses: of Maven's ``1``, ``1.sp`` and ``1.0.alpha`` each comes before the next, and the last before the first.
A key is given only to versions among which the order is one, so that sorting and bisecting give the same answer
as comparing each pair; whatever has no key is to be compared pair by pair.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from pratique.evidence.versions import Scheme, parse_version

Key = tuple[Any, ...]
"""Of two keys of one scheme, the lesser one is the earlier version; equal keys are neither."""


@lru_cache(maxsize=65536)
def key(scheme: Scheme, text: str) -> Key | None:
    """Return the version's place in its scheme's order, or nothing where it has none that can be relied on."""
    version = parse_version(scheme, text)
    if version is None or not text.isascii():  # other digits are numbers to some rules and letters to others
        return None
    return _KEYS[scheme](version)


def _pypi(version: Any) -> Key:
    return (version.value,)


def _semantic(version: Any) -> Key:
    value = version.value
    return value.major, value.minor, value.patch, _prerelease(value.prerelease)


def _prerelease(parts: tuple[str, ...]) -> Key:
    """Return an order in which numbers come first, then words, and what has no parts after everything."""
    return tuple((0, int(part)) if part.isdigit() else (1, part) for part in parts) or ((2,),)


def _nuget(version: Any) -> Key:
    value = version.value
    parts = tuple(value.prerelease.split(".")) if value.prerelease else ()
    return value.major, value.minor, value.patch, value.revision, _prerelease(parts)


def _debian(version: Any) -> Key:
    value = version.value
    return value.epoch, _debian_part(value.upstream), _debian_part(value.revision)


_DEBIAN_PIECE = re.compile(r"([^0-9]*)([0-9]*)")
_DEBIAN_END = ((1,), 0)  # an empty word and a zero: as which whatever is over is compared


def _debian_part(text: str) -> Key:
    pieces = _DEBIAN_PIECE.findall(text or "0")[:-1]  # the last one is the empty piece at the end
    return (*((_debian_word(word), int(number or "0")) for word, number in pieces), _DEBIAN_END)


def _debian_word(word: str) -> tuple[int, ...]:
    # "all the letters sort earlier than all the non-letters and so that a tilde sorts before anything, even the
    # end of a part", deb-version(7)
    return (*(0 if sign == "~" else ord(sign) + (0 if sign.isalpha() else 256) for sign in word), 1)


def _rpm(version: Any) -> Key:
    value = version.value
    return value.epoch, _rpm_part(value.version), _rpm_part(value.release)


_RPM_PIECE = re.compile(r"~|\^|[0-9]+|[A-Za-z]+")
_RPM_END: Key = (1,)


def _rpm_part(text: str) -> Key:
    return (*map(_rpm_piece, _RPM_PIECE.findall(text)), _RPM_END)


def _rpm_piece(piece: str) -> Key:
    if piece == "~":
        return (0,)
    if piece == "^":  # more than the end, less than anything else that goes on
        return (2,)
    return (4, int(piece)) if piece.isdigit() else (3, piece)


def _gem(version: Any) -> Key:
    return (*_gem_parts(version.value.canonical_segments), (0,))


def _gem_parts(segments: tuple[int | str, ...]) -> Iterator[Key]:
    """Yield each part that is not zero with how many zeros stand before it: the end counts as zeros for ever."""
    zeros = 0
    for part in segments:
        if part == 0:
            zeros += 1
            continue
        yield (-1, zeros, part) if isinstance(part, str) else (1, -zeros, part)
        zeros = 0


_ALPINE = re.compile(
    r"(?P<numbers>(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))*)(?P<letter>[a-zA-Z]?)"
    r"(?P<suffixes>(?:_(?:alpha|beta|pre|rc|p)[0-9]*)*)(?:-r(?P<revision>[0-9]+))?"
)
_ALPINE_SUFFIX = re.compile(r"_([a-z]+)([0-9]*)")
_ALPINE_RANKS = {"alpha": -4, "beta": -3, "pre": -2, "rc": -1, "p": 1}
_ALPINE_END = (0, 0)


def _alpine(version: Any) -> Key | None:
    """Return a key where no number begins with a zero; others are compared as if they stood behind a point."""
    found = _ALPINE.fullmatch(version.value)
    if found is None:
        return None
    suffixes = _ALPINE_SUFFIX.findall(found["suffixes"])
    ranked = ((_ALPINE_RANKS[word], int(number or "0")) for word, number in suffixes)
    numbers = tuple(map(int, found["numbers"].split(".")))
    return numbers, found["letter"], (*ranked, _ALPINE_END), int(found["revision"] or "0")


_MAVEN = re.compile(
    r"(?P<numbers>[0-9]+(?:\.[0-9]+)*)(?:-?(?P<word>[a-z]+)(?:(?P<dash>-?)(?P<count>[0-9]+))?|-(?P<build>[0-9]+))?"
)
_MAVEN_WORDS = {"alpha": "1", "beta": "2", "milestone": "3", "rc": "4", "cr": "4", "snapshot": "5", "sp": "7"}
_MAVEN_SHORT = {"a": "alpha", "b": "beta", "m": "milestone"}
_MAVEN_NOTHING = frozenset({"final", "ga"})
_MAVEN_RELEASE, _MAVEN_UNKNOWN, _MAVEN_BUILD = "6", "7-", "8"


def _maven(version: Any) -> Key | None:
    """Return a key of the forms ``1.2``, ``1.2-3``, ``1.2-word``, ``1.2-word3`` and ``1.2-word-3``."""
    found = _MAVEN.fullmatch(version.normalized_string.lower())
    if found is None or (found["word"] in _MAVEN_NOTHING and found["count"]):
        return None
    numbers = [int(number) for number in found["numbers"].split(".")]
    while numbers and not numbers[-1]:
        numbers.pop()
    return (*((3, number) for number in numbers), _maven_tail(found))


def _maven_tail(found: re.Match[str]) -> Key:
    """Return what follows the numbers: more numbers (3) are later than it, and the end (1) lies between."""
    word, count = found["word"], int(found["count"] or "0")
    if found["build"] is not None:
        build = int(found["build"])
        return (2, _MAVEN_BUILD, build) if build else (1,)
    if word is None or word in _MAVEN_NOTHING:
        return (1,)
    if found["count"] and not found["dash"]:
        word = _MAVEN_SHORT.get(word, word)
    rank = _MAVEN_WORDS.get(word, _MAVEN_UNKNOWN + word)
    return (0 if rank < _MAVEN_RELEASE else 2, rank, count)


def _none(_version: Any) -> None:
    return None


_KEYS: dict[Scheme, Callable[[Any], Key | None]] = {
    Scheme.ALPINE: _alpine,
    Scheme.ARCH: _none,  # no ecosystem of advisories is ordered so
    Scheme.COMPOSER: _semantic,
    Scheme.DEBIAN: _debian,
    Scheme.GO: _semantic,
    Scheme.MAVEN: _maven,
    Scheme.NUGET: _nuget,
    Scheme.PYPI: _pypi,
    Scheme.RPM: _rpm,
    Scheme.RUBYGEMS: _gem,
    Scheme.SEMVER: _semantic,
}
