"""What is no mistake in a policy, but nobody needs: lists and roles that nothing names."""

from collections.abc import Iterator, Mapping
from typing import Any

from pratique.policy.document import Bundle
from pratique.policy.lists import FILE, USE
from pratique.policy.marked import parse_marked
from pratique.policy.naming import names
from pratique.policy.words import Role


def remarks(files: Mapping[str, str], bundle: Bundle) -> tuple[str, ...]:
    """Return one line for each list and role of these files that nothing uses, sorted.

    Args:
        files: The texts that ``load`` read.
        bundle: What it returned.
    """
    values = {name: parse_marked(text, name).value for name, text in files.items() if _read(name)}
    gate = values["gate.yaml"]
    lists = {*gate.get("lists", {}), *(own[1] for name in values if (own := FILE.fullmatch(name)))}
    used = {name for value in values.values() for name in _used(value)}
    named = {name for _, _, name in names(bundle, frozenset({Role}))}
    unused = (f"the list {name!r} is used nowhere" for name in lists - used)
    unnamed = (f"the role {name!r} is named nowhere" for name in {*gate.get("roles", {})} - named)
    return tuple(sorted((*unused, *unnamed)))


def _read(name: str) -> bool:
    return name.endswith(".yaml") and not name.startswith("tests/")


def _used(value: Any) -> Iterator[str]:
    if isinstance(value, str) and (use := USE.fullmatch(value)):
        yield use[1]
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _used(item)
