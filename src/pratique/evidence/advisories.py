"""Imported advisories, ready to be looked up by package."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from pratique.evidence.aliases import is_cve, proper
from pratique.evidence.ecosystem import Ecosystem, Installed
from pratique.evidence.formats.osv import Advisory, Affected, parse_advisory, parse_records


@dataclass(frozen=True, slots=True)
class Advisories:
    """Advisories in force, found by ecosystem and name.

    ``left_out`` says what the imported files held that is not here, with counts.
    """

    by_package: dict[tuple[Ecosystem, str], tuple[tuple[Advisory, Affected], ...]]
    ecosystems: frozenset[Ecosystem]
    newest: datetime | None
    left_out: tuple[str, ...] = ()
    cves: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The CVEs that a vulnerability is, by any other name that an advisory in force gives it."""

    def about(self, package: Installed) -> tuple[tuple[Advisory, Affected], ...]:
        """Return what concerns this package, in some version."""
        places = dict.fromkeys((package.ecosystem, Ecosystem(package.ecosystem.name)))
        keys = [(place, name) for place in places for name in package.names]
        return tuple(found for key in keys for found in self.by_package.get(key, ()))

    def covers(self, ecosystem: Ecosystem) -> bool:
        """Tell whether there is any advisory for this ecosystem."""
        return ecosystem in self.ecosystems


@lru_cache(maxsize=2)  # thousands of judgements are made by one snapshot
def read_advisories(*files: bytes) -> Advisories:
    """Return the advisories of these files; their order changes nothing.

    Args:
        files: OSV records as :func:`pratique.evidence.formats.osv.parse_records` accepts them.

    Raises:
        Malformed: A file is no JSON.
    """
    records = [record for content in files for record in parse_records(content)]
    read = [parse_advisory(record) for record in _settled(records)]
    return index([one for one in read if one], strangers=read.count(None))


def index(advisories: Iterable[Advisory], strangers: int = 0) -> Advisories:
    """Return these advisories, ready to match: of each name the newest record, unless that withdraws it.

    Args:
        advisories: Records; of two with one name and one moment, the one in force and then the later one counts.
        strangers: How many records were none of OSV.
    """
    given = sorted(advisories, key=_age)
    newest = {advisory.identifier: advisory for advisory in given}
    in_force = [newest[name] for name in sorted(newest) if not newest[name].withdrawn]
    by_package: dict[tuple[Ecosystem, str], list[tuple[Advisory, Affected]]] = {}
    for advisory in in_force:
        for affected in advisory.affected:
            by_package.setdefault((affected.ecosystem, affected.name), []).append((advisory, affected))
    left_out = {
        "not an OSV record": strangers,
        "replaced by a newer record": len(given) - len(newest),
        "withdrawn": len(newest) - len(in_force),
    }
    return Advisories(
        by_package={key: tuple(found) for key, found in by_package.items()},
        ecosystems=frozenset(ecosystem for ecosystem, _ in by_package),
        newest=max((advisory.modified for advisory in given if advisory.modified), default=None),
        left_out=tuple(f"{why} ({count})" for why, count in left_out.items() if count),
        cves=_cves(in_force),
    )


def _cves(advisories: list[Advisory]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for advisory in advisories:
        names = frozenset(map(proper, (advisory.identifier, *advisory.aliases)))
        cves = frozenset(filter(is_cve, names))
        for name in names - cves if cves else ():
            found[name] = found.get(name, frozenset()) | cves
    return found


def _settled(records: list[Any]) -> list[Any]:
    """Return the records so that their order says nothing: only where two have one name, it could."""
    named: dict[str, list[Any]] = {}
    for record in records:
        named.setdefault(str(record.get("id")) if isinstance(record, dict) else "", []).append(record)
    return [one for name in sorted(named) for one in _ordered(named[name])]


def _ordered(records: list[Any]) -> list[Any]:
    return records if len(records) == 1 else sorted(records, key=_text)


def _text(record: Any) -> str:
    return json.dumps(record, sort_keys=True)


def _age(advisory: Advisory) -> tuple[datetime, bool]:
    return advisory.modified or datetime.min.replace(tzinfo=UTC), not advisory.withdrawn
