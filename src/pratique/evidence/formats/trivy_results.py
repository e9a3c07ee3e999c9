"""What Trivy finds besides vulnerable packages: weak settings, secrets and licences.

Source: aquasecurity/trivy, pkg/types/report.go, misconfiguration.go, secret.go and license.go (Apache-2.0). A class
that no part of the report names was not looked for, and gives no fact.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pratique.evidence.facts.results import Result, ResultKind, ResultLevel, Results
from pratique.evidence.facts.scan import Severity
from pratique.evidence.lookup import Notes, table_at, tables_at, text_at
from pratique.evidence.severity import parse_severity

PRODUCER = "trivy"
_LEVELS = {
    Severity.CRITICAL: ResultLevel.ERROR,
    Severity.HIGH: ResultLevel.ERROR,
    Severity.MEDIUM: ResultLevel.WARNING,
    Severity.LOW: ResultLevel.NOTE,
    Severity.NEGLIGIBLE: ResultLevel.NOTE,
    Severity.NONE: ResultLevel.NONE,
}
_HELD = frozenset({"PASS", "EXCEPTION"})

Table = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Class:
    """One class of results: how the report names it, where its entries are, and how one is read."""

    kind: ResultKind
    names: frozenset[str]
    key: str
    modified: str
    """Its name among the findings that somebody silenced."""
    read: Callable[[Table, str | None, str | None], Result]


def read_other_classes(results: list[Table], version: str | None, notes: Notes) -> tuple[Results, ...]:
    """Return one fact for each class that the report looked for.

    Args:
        results: The report's ``Results``.
        version: The tool's version.
        notes: What was not understood so far.
    """
    found = []
    for kind in _CLASSES:
        looked = [result for result in results if text_at(result, "Class") in kind.names or result.get(kind.key)]
        if looked:
            entries = tuple(entry for result in looked for entry in _entries(result, kind, notes))
            found.append(Results(kind.kind, PRODUCER, version, entries + _silenced(results, kind, notes)))
    return tuple(found)


def _entries(result: Table, kind: _Class, notes: Notes) -> list[Result]:
    target = text_at(result, "Target")
    return [kind.read(entry, target, None) for entry in tables_at(result, kind.key, notes)]


def _silenced(results: list[Table], kind: _Class, notes: Notes) -> tuple[Result, ...]:
    return tuple(
        kind.read(table_at(entry, "Finding"), text_at(result, "Target"), silence(entry))
        for result in results
        for entry in tables_at(result, "ExperimentalModifiedFindings", notes)
        if entry.get("Type") == kind.modified
    )


def silence(entry: Table) -> str:
    """Return how a finding was silenced, in the words of the report."""
    said = (text_at(entry, "Status"), text_at(entry, "Source"), text_at(entry, "Statement"))
    return ": ".join(part for part in said if part) or "silenced"


def level_of(severity: object) -> ResultLevel:
    """Return the level of a severity word; an unknown one is a warning, never nothing."""
    known = parse_severity(severity)
    return ResultLevel.WARNING if known is None else _LEVELS[known]


def _misconfiguration(entry: Table, target: str | None, suppressed: str | None) -> Result:
    held = text_at(entry, "Status") in _HELD
    cause = table_at(entry, "CauseMetadata")
    return Result(
        rule=text_at(entry, "ID") or text_at(entry, "AVDID") or "",
        level=ResultLevel.NONE if held else level_of(entry.get("Severity")),
        severity=text_at(entry, "Severity"),
        message=text_at(entry, "Message") or text_at(entry, "Title"),
        place=_at(target, cause.get("StartLine")),
        suppressed=suppressed,
    )


def _secret(entry: Table, target: str | None, suppressed: str | None) -> Result:
    return Result(
        rule=text_at(entry, "RuleID") or "",
        level=level_of(entry.get("Severity")),
        severity=text_at(entry, "Severity"),
        message=text_at(entry, "Title"),  # never "Match", which may show the secret
        place=_at(target, entry.get("StartLine")),
        suppressed=suppressed,
    )


def _licence(entry: Table, target: str | None, suppressed: str | None) -> Result:
    place = text_at(entry, "FilePath") or text_at(entry, "PkgName") or target
    return Result(
        rule=text_at(entry, "Name") or "",
        level=level_of(entry.get("Severity")),
        severity=text_at(entry, "Severity"),
        message=text_at(entry, "Category"),
        place=place,
        suppressed=suppressed,
    )


def _at(target: str | None, line: object) -> str | None:
    return f"{target}:{line}" if target and type(line) is int and line > 0 else target


_CLASSES = (
    _Class(
        ResultKind.MISCONFIGURATION,
        frozenset({"config"}),
        "Misconfigurations",
        "misconfiguration",
        _misconfiguration,
    ),
    _Class(ResultKind.DISCLOSURE, frozenset({"secret"}), "Secrets", "secret", _secret),
    _Class(ResultKind.LICENCE, frozenset({"license", "license-file"}), "Licenses", "license", _licence),
)
