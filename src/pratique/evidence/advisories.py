"""Imported advisories, ready to be looked up by package."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pratique.evidence.ecosystem import Ecosystem, Installed
from pratique.evidence.osv import Advisory, Affected, parse_advisory, parse_records


@dataclass(frozen=True, slots=True)
class Advisories:
    """Advisories in force, found by ecosystem and name.

    ``left_out`` says what the imported files held that is not here, with counts.
    """

    by_package: dict[tuple[Ecosystem, str], tuple[tuple[Advisory, Affected], ...]]
    ecosystems: frozenset[Ecosystem]
    newest: datetime | None
    left_out: tuple[str, ...] = ()

    def about(self, package: Installed) -> tuple[tuple[Advisory, Affected], ...]:
        """Return what concerns this package, in some version."""
        everywhere = Ecosystem(package.ecosystem.name)
        found = self.by_package.get((package.ecosystem, package.name), ())
        if everywhere == package.ecosystem:
            return found
        return found + self.by_package.get((everywhere, package.name), ())

    def cover(self, ecosystem: Ecosystem) -> bool:
        """Tell whether there is any advisory for this ecosystem."""
        return ecosystem in self.ecosystems


def read_advisories(*files: bytes) -> Advisories:
    """Return the advisories of these files; their order changes nothing.

    Args:
        files: OSV records as :func:`pratique.evidence.osv.parse_records` accepts them.

    Raises:
        Malformed: A file is no JSON.
    """
    read = [parse_advisory(record) for content in files for record in parse_records(content)]
    left_out = Counter(one for one in read if isinstance(one, str))
    return index(
        (one for one in read if isinstance(one, Advisory)),
        tuple(f"{why} ({count})" for why, count in sorted(left_out.items())),
    )


def index(advisories: Iterable[Advisory], left_out: tuple[str, ...] = ()) -> Advisories:
    """Return these advisories, ready to match."""
    by_package: dict[tuple[Ecosystem, str], list[tuple[Advisory, Affected]]] = {}
    newest: datetime | None = None
    for advisory in sorted(advisories, key=lambda one: one.identifier):
        if advisory.modified and (newest is None or advisory.modified > newest):
            newest = advisory.modified
        for affected in advisory.affected:
            by_package.setdefault((affected.ecosystem, affected.name), []).append((advisory, affected))
    covered = frozenset(ecosystem for ecosystem, _ in by_package)
    return Advisories({key: tuple(value) for key, value in by_package.items()}, covered, newest, left_out)
