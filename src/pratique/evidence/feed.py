"""Files of outside knowledge become feeds, and two snapshots of one feed are compared.

A feed of advisories is one OSV record a line, sorted by name, whatever files it came in; the lists of CISA (KEV) and
FIRST (EPSS) stay as they were written. A record that cannot be read is left out and counted: how many, and why, is
for the reader to judge.

Source: OSV schema 1.0 to 1.7; CISA's KEV catalogue; FIRST's EPSS data.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pratique.errors import Malformed
from pratique.evidence.document import JsonDocument, TextDocument, open_document
from pratique.evidence.facts.lists import KnownExploited, Likelihoods
from pratique.evidence.formats.epss import read_epss
from pratique.evidence.formats.kev import read_kev
from pratique.evidence.formats.osv import Advisory, parse_advisory, parse_records
from pratique.evidence.model import Reading
from pratique.evidence.yaml_document import parse_foreign_yaml

ADVISORIES = "advisories"
"""Feeds whose names begin so hold OSV records."""
EXPLOITED = "kev"
LIKELIHOODS = "epss"


@dataclass(frozen=True, slots=True)
class Feed:
    """One snapshot; ``version`` is what its publisher calls it, for advisories the newest change."""

    name: str
    content: bytes
    records: int
    version: str | None


@dataclass(frozen=True, slots=True)
class Changes:
    """How one snapshot differs from the one before; ``gone`` is what vanished without being withdrawn."""

    added: int
    changed: int
    withdrawn: int
    gone: int


class Intake:
    """Gathers files into feeds. Their order changes nothing."""

    def __init__(self, advisories: str = ADVISORIES) -> None:
        """Begin with nothing; ``advisories`` is the name of the feed that OSV records go to."""
        self._name = advisories
        self._records: dict[str, tuple[str, str]] = {}
        self._lists: dict[str, Feed] = {}
        self._left_out: Counter[str] = Counter()

    @property
    def left_out(self) -> tuple[tuple[str, int], ...]:
        """What was not taken in, and how often."""
        return tuple(sorted(self._left_out.items()))

    def leave_out(self, why: str) -> None:
        """Count a file that is not taken in."""
        self._left_out[why] += 1

    def add(self, content: bytes) -> None:
        """Take in one file.

        Raises:
            Malformed: It is none of the three, or there are two different lists of one kind. Nothing of it counts.
        """
        document = None if _begins_lines(content) else open_document(content)
        for name, reading in _lists(document):
            self._add_list(name, reading, content)
            return
        for record in _records(content, document):
            self._add_record(record)

    def feeds(self) -> tuple[Feed, ...]:
        """Return what was taken in, by name."""
        feeds = dict(self._lists)
        if self._records:
            feeds[self._name] = self._advisories()
        return tuple(feeds[name] for name in sorted(feeds))

    def _advisories(self) -> Feed:
        lines = "\n".join(self._records[name][1] for name in sorted(self._records))
        newest = max(modified for modified, _ in self._records.values())
        return Feed(self._name, f"{lines}\n".encode(), len(self._records), newest or None)

    def _add_list(self, name: str, reading: Reading, content: bytes) -> None:
        feed = Feed(name, content, len(entries_of(name, content)), _version(reading))
        if not feed.records:
            raise Malformed(f"{name}: expected a list of vulnerabilities, found an empty one")
        if self._lists.setdefault(name, feed) != feed:
            raise Malformed(f"{name}: expected one list, found two different ones; give the newer one only")
        self._left_out.update(reading.reasons)

    def _add_record(self, record: Any) -> None:
        advisory = parse_advisory(record)
        if advisory is None:
            self.leave_out("not an OSV record")
            return
        line = json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        # The newer of two with one name; of two with one moment, always the same one.
        entry = (advisory.modified.isoformat() if advisory.modified else "", line)
        name = advisory.identifier
        before = self._records.get(name)
        self._records[name] = entry if before is None else max(before, entry)
        if before not in (None, entry):
            self.leave_out("an older record of the same name")


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> Changes:
    """Return how two snapshots differ, each as :func:`entries_of` gives it."""
    common = before.keys() & after.keys()
    changed = [name for name in common if before[name] != after[name]]
    withdrawn = [name for name in changed if _withdrawn(after[name]) and not _withdrawn(before[name])]
    return Changes(
        added=len(after.keys() - before.keys()),
        changed=len(changed) - len(withdrawn),
        withdrawn=len(withdrawn),
        gone=len(before.keys() - after.keys()),
    )


def entries_of(name: str, content: bytes) -> Mapping[str, Any]:
    """Return the entries of a feed by the names of their vulnerabilities.

    Raises:
        Malformed: The content is no feed of this name.
    """
    if name.startswith(ADVISORIES):
        return {record["id"]: record for record in parse_records(content) if parse_advisory(record)}
    for found, reading in _lists(open_document(content)):
        if found == name:
            return {key: value for fact in reading.facts for key, value in _entries(fact)}
    raise Malformed(f"feed {name[:40]!r}: expected its own format, found another")


def ecosystems_of(entries: Mapping[str, Any]) -> frozenset[str]:
    """Return the ecosystems, without releases, that the advisories of a feed speak of; of a list, none."""
    read = (parse_advisory(entry) for entry in entries.values())
    return frozenset(affected.ecosystem.name for one in read if one for affected in one.affected)


def advisories_naming(content: bytes, name: str) -> tuple[Advisory, ...]:
    """Return the advisories of a feed about one vulnerability, under any name that they call it by, withdrawn or not.

    Only the lines that hold a name are read: a question about one vulnerability does not wait for all the others.
    """
    lines = content.splitlines()
    found: dict[str, Advisory] = {}
    known, asked = {name}, set[str]()
    while wanted := known - asked:
        asked |= wanted
        spelled = [json.dumps(one, ensure_ascii=False).encode() for one in wanted]
        for advisory in _reading_only(lines, spelled, wanted):
            found[advisory.identifier] = advisory
            known |= _followed(advisory, known)
    return tuple(found[identifier] for identifier in sorted(found))


def _followed(advisory: Advisory, known: set[str]) -> set[str]:
    """Return the names that lead on; a CVE is never another name of another CVE."""
    names = {advisory.identifier, *advisory.aliases}
    if any(name.startswith("CVE-") for name in known):
        names = {name for name in names if not name.startswith("CVE-")}
    return names


def _reading_only(lines: list[bytes], spelled: list[bytes], wanted: set[str]) -> list[Advisory]:
    chosen = (line for line in lines if any(text in line for text in spelled) or _views(line, wanted))
    read = (parse_advisory(record) for line in chosen for record in parse_records(line))
    return [one for one in read if one and wanted & {one.identifier, *one.aliases}]


def _views(line: bytes, wanted: set[str]) -> bool:
    """Tell whether a distribution's own record about a CVE may stand here, such as ``DEBIAN-CVE-2024-1``."""
    return any(f'-{name}"'.encode() in line for name in wanted if name.startswith("CVE-"))


def _begins_lines(content: bytes) -> bool:
    lines = content[:4_000_000].split(b"\n", 2)
    return len(lines) > 1 and lines[0].rstrip().endswith(b"}") and lines[1].lstrip().startswith(b"{")


def _lists(document: Any) -> list[tuple[str, Reading]]:
    if document is None:
        return []
    found = ((EXPLOITED, read_kev(document)), (LIKELIHOODS, read_epss(document)))
    return [(name, reading) for name, reading in found if reading is not None]


def _records(content: bytes, document: Any) -> list[Any]:
    if document is None:
        return parse_records(content)
    if isinstance(document, TextDocument):
        document = JsonDocument(parse_foreign_yaml(document.text))
    value = document.value if isinstance(document, JsonDocument) else None
    records = value if isinstance(value, list) else [value]
    if not any(isinstance(record, dict) and "id" in record for record in records):
        raise Malformed("feed: expected OSV records, CISA's KEV or FIRST's EPSS list, found something else")
    return records


def _entries(fact: Any) -> list[tuple[str, Any]]:
    match fact:
        case KnownExploited(entries=entries):
            return [(entry.vulnerability, entry) for entry in entries]
        case Likelihoods(scores=scores):
            return [(score[0], score) for score in scores]
        case _:
            return []


def _version(reading: Reading) -> str | None:
    for fact in reading.facts:
        match fact:
            case KnownExploited(version=version):
                return version
            case Likelihoods(model=model, day=day):
                return " ".join(str(part) for part in (model, day) if part) or None
            case _:
                pass
    return None


def _withdrawn(entry: Any) -> bool:
    advisory = parse_advisory(entry) if isinstance(entry, dict) else None
    return advisory is not None and advisory.withdrawn
