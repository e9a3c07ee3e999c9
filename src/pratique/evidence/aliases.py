"""One name for a vulnerability that several databases name differently.

Source: OSV schema, "aliases" (same vulnerability, other database); ``related`` and ``upstream`` are not aliases
and must not come here. A CVE is never an alias of another CVE: where a chain of aliases joins two, each keeps its
name, so that no report can make one vulnerability disappear behind another.
"""

from collections.abc import Iterable


class Aliases:
    """The closure of every alias that any report stated."""

    def __init__(self, stated: Iterable[tuple[str, ...]]) -> None:
        """Take groups of names: how a report calls a vulnerability, then its aliases. Their order changes nothing."""
        self._parent: dict[str, str] = {}
        for group in stated:
            first, *others = group
            self._join(first, first)
            for name in others:
                if not (is_cve(first) and is_cve(name)):
                    self._join(first, name)
        self._names: dict[str, list[str]] = {}
        for name in sorted(self._parent):
            self._names.setdefault(self._root(name), []).append(name)
        # A chain may join very many: of each only the first name and two CVEs are needed, to tell one from several.
        self._told = {root: (names[0], [*filter(is_cve, names)][:2]) for root, names in self._names.items()}

    def names(self, name: str) -> tuple[str, ...]:
        """Return every name that is joined with this one, itself included, sorted."""
        return tuple(self._names[self._root(name)]) if name in self._parent else (name,)

    def canonical(self, name: str, direct: tuple[str, ...]) -> str:
        """Return the name to use for a vulnerability: a CVE where exactly one is known, else its own.

        Args:
            name: How the report calls it.
            direct: The aliases that the same report states for it.
        """
        if is_cve(name):
            return name
        stated = [alias for alias in direct if is_cve(alias)]
        if stated:
            return min(stated, key=_order)
        told = [self._told[self._root(one)] if one in self._parent else (one, []) for one in (name, *direct)]
        known = {alias for _, joined in told for alias in joined}
        if not known:
            return min(first for first, _ in told)
        return min(known) if len(known) == 1 else name

    def _root(self, name: str) -> str:
        self._parent.setdefault(name, name)
        path = []
        while self._parent[name] != name:
            path.append(name)
            name = self._parent[name]
        for passed in path:
            self._parent[passed] = name
        return name

    def _join(self, one: str, other: str) -> None:
        self._parent[self._root(other)] = self._root(one)


def is_cve(name: str) -> bool:
    """Tell whether this is a CVE's name."""
    return name.startswith("CVE-")


def proper(name: str) -> str:
    """Return a name as its database writes it; some tools write a CVE's in lower case."""
    return name.upper() if name[:4].upper() == "CVE-" else name


def _order(name: str) -> tuple[str, int, str]:
    _, year, *number = name.split("-", 2)
    return year, len("".join(number)), name  # CVE-2024-999 before CVE-2024-10000
