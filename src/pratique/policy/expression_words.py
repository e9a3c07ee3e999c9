"""What the library says of an expression's types, in the words of whoever writes policies."""

import re
from collections.abc import Mapping
from typing import Final

_OVERLOAD = re.compile(r"no matching overload for '([^']+)' applied to '\((.*)\)'")
_WORD = re.compile(r"\w+")
_TYPES: Final[Mapping[str, str]] = {
    "bool": "a truth value",
    "int": "a whole number",
    "double": "a decimal",
    "string": "a text",
    "list(string)": "a list of texts",
    "list(int)": "a list of whole numbers",
    "list(double)": "a list of decimals",
}


def in_our_words(told: str) -> str:
    """Return what the library says of types that do not fit as what was found, and what to write instead."""
    found = _OVERLOAD.search(told)
    if not found:
        return told
    sign, types = found[1].strip("_@"), found[2]
    named = " and ".join(_TYPES.get(each, each) for each in re.split(r", (?![^(]*\))", types))
    hint = (
        "; write whole numbers there as decimals, 60.0" if {"double", "int"} <= set(_WORD.findall(types)) else ""
    )
    return f"{sign!r} does not take {named}{hint}"
