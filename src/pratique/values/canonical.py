"""Canonical JSON (RFC 8785) out, strict JSON (RFC 8259 without its liberties) in.

What is hashed or signed holds no floats: decimals are strings. What is read may come from an attacker, so a
duplicate key, NaN, a lone surrogate, deep nesting or a huge document is refused, not repaired.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from pratique.errors import Malformed

Json = None | bool | int | str | Sequence[Any] | Mapping[str, Any]

MAX_DEPTH = 128  # deepest real evidence file of 1,843 measured nests 31 levels
MAX_BYTES = 128 * 1024 * 1024
MAX_WEIGHT = 384 * 1024 * 1024
"""What the values of one document may weigh in memory, in bytes: with its text, they fit into 512 MiB."""
# What CPython 3.11 was measured to hold for each, at worst: a place in a list, a list, an object, a place in an object,
# and half of a string.
_WEIGHTS = ((",", 60), ("[", 70), ("{", 70), (":", 100), ('"', 15))
_WEIGHTLESS = MAX_WEIGHT // 100  # characters that cannot weigh too much, whatever they are
MAX_SAFE_INTEGER = 2**53 - 1  # RFC 8785 section 3.2.2.3, by way of ECMAScript
_ESCAPED_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def canonical(value: Json) -> bytes:
    """Return the RFC 8785 bytes of a value without floats.

    Raises:
        Malformed: A float, an integer beyond ±(2^53-1), or something that is not JSON.
    """
    try:
        return _write(value).encode() if _check(value) else _sorted_by_unit(value)
    except (UnicodeEncodeError, TypeError, ValueError, RecursionError) as error:
        raise Malformed(f"canonical JSON: {error}") from error


def _sorted_by_unit(value: Json) -> bytes:
    import rfc8785  # rarely needed, and a verifier starts cold

    return rfc8785.dumps(value)


# Python's own writer, in C, escapes strings as RFC 8785 section 3.2.2.2 asks. It sorts by code point instead of by
# UTF-16 unit (section 3.2.3), which is the same where every key is ASCII.
_write = json.JSONEncoder(ensure_ascii=False, sort_keys=True, allow_nan=False, separators=(",", ":")).encode
_LEAVES = frozenset({str, bool, type(None)})


_ARRAYS = frozenset({list, tuple})


def _check(value: Json) -> bool:
    """Refuse what has no canonical form here, and tell whether all keys are ASCII.

    Level by level and class by class, because a record holds tens of thousands of small objects with the same few
    keys.
    """
    plain = True
    level: list[Any] = [value]
    while level:
        kinds: defaultdict[type, list[Any]] = defaultdict(list)
        for item in level:
            kinds[item.__class__].append(item)
        objects = kinds.pop(dict, [])
        plain = plain and "".join(set[str]().union(*objects)).isascii()
        level = [child for item in objects for child in item.values() if child.__class__ not in _LEAVES]
        for kind, items in kinds.items():
            if kind is int:
                _check_numbers(items)
            elif kind in _ARRAYS:
                level += [child for item in items for child in item if child.__class__ not in _LEAVES]
            else:
                plain = plain and not any(isinstance(item, Mapping) for item in items)
                level += [child for item in items for child in _inside(item)]
    return plain


def _check_numbers(numbers: list[int]) -> None:
    for number in (min(numbers), max(numbers)):
        if not -MAX_SAFE_INTEGER <= number <= MAX_SAFE_INTEGER:
            raise Malformed(f"canonical JSON: expected an integer within ±(2^53-1), found {number}")


def _inside(item: Any) -> list[Any]:
    """Return what is inside something of a class that is seldom met, and nothing for a scalar with a form."""
    if isinstance(item, Mapping):
        return list(item.values())
    if isinstance(item, list | tuple):
        return [child for child in item if child.__class__ not in _LEAVES]
    if isinstance(item, float):
        raise Malformed(f"canonical JSON: expected an integer or a decimal string, found the float {item!r}")
    if isinstance(item, int):
        _check_numbers([item])
    return []


def parse_json(content: bytes, what: str, *, max_bytes: int = MAX_BYTES) -> Any:
    """Read one strict JSON document.

    Args:
        content: UTF-8 bytes; a byte order mark is refused.
        what: The name of the document in messages.
        max_bytes: The largest size accepted.

    Raises:
        Malformed: Not JSON, or with duplicate keys, NaN, nesting beyond ``MAX_DEPTH``, or too large.
    """
    if len(content) > max_bytes:
        raise Malformed(f"{what}: expected at most {max_bytes} bytes, found {len(content)}")
    refuse_weight(content, what)
    try:
        value = json.loads(content.decode(), object_pairs_hook=_distinct, parse_constant=_refuse_constant)
        if _ESCAPED_SURROGATE.search(content):
            json.dumps(value, ensure_ascii=False).encode()  # half a pair has no UTF-8, and says so
    except (ValueError, RecursionError) as error:
        raise Malformed(f"{what}: not strict JSON: {error}") from error
    _refuse_depth(value, what)
    return value


def refuse_weight(content: bytes | str, what: str) -> None:
    """Return if the values of a JSON document fit into memory, by a look at its signs alone, else raise ``Malformed``.

    Sixty million bytes of ``[[],[],…`` are two thousand million bytes of lists.
    """
    if len(content) <= _WEIGHTLESS:
        return
    if isinstance(content, bytes):
        weight = sum(content.count(sign.encode()) * each for sign, each in _WEIGHTS)
    else:
        weight = sum(content.count(sign) * each for sign, each in _WEIGHTS)
        weight += 2 * _width(content) * len(content)
    if weight > MAX_WEIGHT:
        raise Malformed(
            f"{what}: expected values that fit into {MAX_WEIGHT >> 20} MiB of memory, found some {weight >> 20} MiB of "
            "them; split it"
        )


def _width(text: str) -> int:
    """Return how many bytes each sign takes, here and in the values, where one of them makes all of them wide."""
    if text.isascii():
        return 0  # which the weights cover
    return text.__sizeof__() // len(text)  # CPython takes 1, 2 or 4 for each, and some for the whole


def parse_object(content: bytes, what: str, *, max_bytes: int = MAX_BYTES) -> dict[str, Any]:
    """Read one strict JSON document whose top level is an object; raises as :func:`parse_json`."""
    value = parse_json(content, what, max_bytes=max_bytes)
    if not isinstance(value, dict):
        raise Malformed(f"{what}: expected a JSON object, found {type(value).__name__}")
    return value


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        (twice, _), *_rest = Counter(key for key, _ in pairs).most_common(1)
        raise ValueError(f"duplicate key {twice[:80]!r}")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _refuse_depth(value: Any, what: str) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for item in level
            if isinstance(item, dict | list)
            for child in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return
    raise Malformed(f"{what}: nested deeper than {MAX_DEPTH} levels")
