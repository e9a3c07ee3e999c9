"""Predicates that assert properties: SCAI reports, SLSA verification summaries, simple verification results.

Source: in-toto/attestation, spec/predicates/scai.md (0.2 as ``scai/attribute-report``, 0.3 as ``scai``), vsa.md and
svr.md (0.1, 0.2); slsa.dev/verification_summary v0.1, v0.2 and v1.
"""

from typing import Any

from pratique.attest.statement import Statement
from pratique.errors import Malformed
from pratique.evidence.facts.claims import Attribute, Attributes, Verdict
from pratique.evidence.lookup import Notes, moment_of, shown, table_at, tables_at, text_at, texts_at
from pratique.evidence.model import Reading
from pratique.evidence.predicates.reader import Interpret, as_text, loose, noted, version_of
from pratique.values.digest import Digest

_RESULTS = {"PASSED": True, "FAILED": False}


def read_scai(statement: Statement, _: Interpret) -> Reading:
    """Return every attribute, in the report's order; one without a name is noted and left out."""
    predicate, notes = loose(statement), Notes()
    if "attributes" not in predicate:
        notes.add("attributes: expected a list, found none")
    found = [_attribute(entry, notes) for entry in tables_at(predicate, "attributes", notes)]
    facts = Attributes(_name(table_at(predicate, "producer")), tuple(filter(None, found)))
    return noted("scai", facts, notes, version_of(statement.predicate_type))


def _attribute(entry: dict[str, Any], notes: Notes) -> Attribute | None:
    name = text_at(entry, "attribute")
    if name is None:
        notes.add("attributes: an entry has no name")
        return None
    conditions = entry.get("conditions")
    return Attribute(
        name=name,
        value=None if conditions is None else as_text(conditions),
        target=_name(table_at(entry, "target")),
        evidence=_digests(table_at(entry, "evidence")),
    )


def _name(descriptor: dict[str, Any]) -> str | None:
    return text_at(descriptor, "uri") or text_at(descriptor, "name")


def _digests(descriptor: dict[str, Any]) -> tuple[Digest, ...]:
    try:
        return (Digest(text_at(table_at(descriptor, "digest"), "sha256") or ""),)
    except Malformed:  # cut short for print, or none
        return ()


def read_summary(statement: Statement, _: Interpret) -> Reading:
    """Return a SLSA verification summary's verdict."""
    predicate, notes = loose(statement), Notes()
    result = text_at(predicate, "verificationResult") or text_at(predicate, "verification_result")
    if result not in _RESULTS:
        notes.add(f"verificationResult: expected PASSED or FAILED, found {shown(result, 40)}")
    level = text_at(predicate, "policy_level")  # before version 1
    verdict = Verdict(
        verifier=text_at(table_at(predicate, "verifier"), "id"),
        at=moment_of(text_at(predicate, "timeVerified") or text_at(predicate, "time_verified")),
        policy=text_at(table_at(predicate, "policy"), "uri"),
        passed=_RESULTS.get(result or ""),
        levels=texts_at(predicate, "verifiedLevels") or ((level,) if level else ()),
        resource=text_at(predicate, "resourceUri") or text_at(predicate, "resource_uri"),
    )
    return noted("slsa-vsa", verdict, notes, version_of(statement.predicate_type))


def read_simple_result(statement: Statement, _: Interpret) -> Reading:
    """Return the properties that a verifier found to hold; a result without any says nothing."""
    predicate, notes = loose(statement), Notes()
    verifier, properties = table_at(predicate, "verifier"), texts_at(predicate, "properties")
    if not properties:
        notes.add("properties: expected at least one, found none")
    policies = tables_at(verifier, "policies", notes) or [table_at(verifier, "policy")]
    verdict = Verdict(
        verifier=text_at(verifier, "id"),
        at=moment_of(text_at(predicate, "timeCreated")),
        policy=next((name for one in policies if (name := _name(one))), None),
        passed=True if properties else None,
        levels=properties,
    )
    return noted("svr", verdict, notes, version_of(statement.predicate_type))
