"""SARIF logs: every result of every run, at the level that counts.

Source: SARIF 2.1.0 (OASIS), sections 3.27.9 ("kind"), 3.27.10 ("level": its own, else an override by the invocation,
else the rule's default, else ``warning``), 3.27.23 ("suppressions"), 3.14.23 ("results": null where the run never
began to look) and 3.52 (how a result names its rule). Version 1.0.0 has levels ``pass`` and ``notApplicable``, which
are kinds since.
"""

import re
from typing import Any

from pratique.evidence.document import Document, json_object
from pratique.evidence.facts.results import Result, ResultKind, ResultLevel, Results
from pratique.evidence.formats.sarif_rules import Rules
from pratique.evidence.lookup import Notes, shown, table_at, tables_at, text_at
from pratique.evidence.model import Reading

FORMAT = "sarif"
_VERSION = re.compile(r"\d+\.\d+(?:\.\d+)?(?:-[\w.-]+)?")
_LEVELS = {level.value: level for level in ResultLevel}
_KINDS = frozenset({"pass", "open", "informational", "notApplicable", "review", "fail"})
_KINDS_OF_1 = {"pass": ResultLevel.NONE, "notApplicable": ResultLevel.NONE}
_NOT_SILENCED = frozenset({"underReview", "rejected"})


def read_sarif(document: Document) -> Reading | None:
    """Return one fact for each run of a SARIF log, or nothing where it is something else."""
    log = json_object(document)
    version = text_at(log, "version") or ""
    named = "sarif" in (text_at(log, "$schema") or "").lower()
    if "runs" not in log or not (named or _VERSION.fullmatch(version)):
        return None
    notes = Notes()
    if not version.startswith(("1.0", "2.")):
        notes.add(f"version: expected 1.0.0 or 2.x, found {shown(version, 20)}")
    runs = tuple(_run(run, notes) for run in tables_at(log, "runs", notes))
    if not runs:
        notes.add("runs: the log holds no run at all")
    return Reading(FORMAT, version or None, notes.parse, notes.reasons, runs)


def _run(run: dict[str, Any], notes: Notes) -> Results:
    tool = table_at(run, "tool")
    driver = table_at(tool, "driver") or tool  # 1.0.0 has no driver
    results: tuple[Result, ...] | None = None
    if run.get("results") is not None:
        rules = Rules(run, notes)
        results = tuple(_result(result, rules, notes) for result in tables_at(run, "results", notes))
    version = text_at(driver, "semanticVersion") or text_at(driver, "version")
    return Results(ResultKind.CODE, text_at(driver, "name"), version, results)


def _result(result: dict[str, Any], rules: Rules, notes: Notes) -> Result:
    identifier, rule = rules.of(result)
    properties = table_at(rule, "properties")
    return Result(
        rule=identifier or "",
        level=_level(result, rule, rules, notes),
        severity=_severity(properties.get("security-severity")),
        message=_message(result, rule),
        place=_place(result, notes),
        suppressed=_silence(result, notes),
    )


def _severity(said: object) -> str | None:
    return str(said) if isinstance(said, str | float | int) and said != "" else None


def _level(result: dict[str, Any], rule: dict[str, Any], rules: Rules, notes: Notes) -> ResultLevel:
    kind = result.get("kind")
    # "If kind has any value other than "fail", then … level SHALL have the value "none"." 3.27.9
    if isinstance(kind, str) and kind != "fail":
        if kind in _KINDS:
            return ResultLevel.NONE
        notes.add(f"kind: {shown(kind, 40)} is in no version of SARIF")
    word = text_at(result, "level") or rules.default_level(result, rule)
    level = _LEVELS.get(word) or _KINDS_OF_1.get(word)
    if level is None:
        notes.add(f"level: {shown(word, 40)} is in no version of SARIF; it counts as a warning")
    return level or ResultLevel.WARNING


def _message(result: dict[str, Any], rule: dict[str, Any]) -> str | None:
    said = result.get("message")
    if isinstance(said, str):  # 1.0.0
        return said
    message = table_at(result, "message")
    if text := text_at(message, "text") or text_at(message, "markdown"):
        return text
    known = table_at(table_at(rule, "messageStrings"), text_at(message, "id") or "")
    return text_at(known, "text")


def _place(result: dict[str, Any], notes: Notes) -> str | None:
    for location in tables_at(result, "locations", notes):
        physical = table_at(location, "physicalLocation") or table_at(location, "resultFile")
        uri = text_at(table_at(physical, "artifactLocation"), "uri") or text_at(physical, "uri")
        line = table_at(physical, "region").get("startLine")
        if uri:
            return f"{uri}:{line}" if isinstance(line, int) else uri
        for logical in tables_at(location, "logicalLocations", notes):
            if name := text_at(logical, "fullyQualifiedName") or text_at(logical, "name"):
                return name
    return None


def _silence(result: dict[str, Any], notes: Notes) -> str | None:
    if result.get("baselineState") == "absent":
        return "it was there before, and is not now"
    said = tables_at(result, "suppressions", notes)
    # "… if any of the suppressions have a status of "underReview" or "rejected", the result … not suppressed" 3.27.23
    if not said or any(text_at(one, "status") in _NOT_SILENCED for one in said):
        return None
    parts = (text_at(said[0], "kind"), text_at(said[0], "justification"))
    return ": ".join(part for part in parts if part) or "silenced"
