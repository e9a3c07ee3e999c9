"""Decision records as bytes: the same decision gives the same ones, and they are read back strictly.

A finding that several checks made is written once, under ``findings``; the checks name it by its place there.
"""

from dataclasses import replace
from typing import Any

from pratique.errors import Malformed
from pratique.policy.result import CheckFinding
from pratique.promotion.form import read, write
from pratique.promotion.record import SCHEMA, Decision, Record
from pratique.values.canonical import canonical, parse_object
from pratique.values.dataclass import dataclass


def build_record(decision: Decision) -> Record:
    """Return the record of a decision."""
    return Record(canonical(_written(decision)), decision)


def _written(decision: Decision) -> dict[str, Any]:
    places: dict[CheckFinding, int] = {}
    named = _placed(decision, places)
    bare = replace(decision, checks=tuple(replace(check, findings=()) for check in decision.checks))
    fields = write(bare)
    for check, found in zip(fields["checks"], named, strict=True):
        check["findings"] = found
    return {**fields, "findings": [write(finding) for finding in places]}


def _placed(decision: Decision, places: dict[CheckFinding, int]) -> list[list[int]]:
    """Return the places of each check's findings, adding those that have none yet."""
    met: dict[int, int] = {}  # many checks hold the same object, and its hash walks every field
    for one in (one for check in decision.checks for one in check.findings):
        if id(one) not in met:
            met[id(one)] = places.setdefault(one, len(places))
    return [[met[id(one)] for one in check.findings] for check in decision.checks]


def _read(fields: dict[str, Any]) -> Decision:
    findings = read(_Findings, {"findings": fields.pop("findings", None)}, "record").findings
    checks = fields.get("checks")
    named = [_named(check, findings) for check in checks] if isinstance(checks, list) else []
    decision = read(Decision, fields, "record")
    found = zip(decision.checks, named, strict=True)
    return replace(decision, checks=tuple(replace(check, findings=each) for check, each in found))


@dataclass(frozen=True, slots=True)
class _Findings:
    """Every finding once, in the order in which the checks first name them."""

    findings: tuple[CheckFinding, ...]


def _named(check: Any, findings: tuple[CheckFinding, ...]) -> tuple[CheckFinding, ...]:
    places = check.pop("findings", None) if isinstance(check, dict) else None
    if not isinstance(places, list) or not all(type(at) is int and 0 <= at < len(findings) for at in places):
        raise Malformed(f"record.checks.findings: expected places among the {len(findings)} findings")
    return tuple(findings[at] for at in places)


def parse_record(content: bytes) -> Record:
    """Read a record.

    Raises:
        Malformed: It breaks the closed form, is not canonical, or is of a schema that this version does not know.
    """
    record = read_record(content, parse_object(content, "record"))
    if canonical(_written(record.decision)) != content:
        raise Malformed("record: expected RFC 8785 bytes, found another spelling of the same record")
    return record


def read_record(content: bytes, fields: dict[str, Any]) -> Record:
    """Return the record that these fields of ``content`` make, however it is spelt.

    For who compares the bytes with those of a judgement anyway; raises ``Malformed`` as :func:`parse_record`.
    """
    if fields.get("schema") != SCHEMA:
        raise Malformed(f"record.schema: expected {SCHEMA!r}, found {str(fields.get('schema'))[:80]!r}")
    return Record(content, _read(fields))
