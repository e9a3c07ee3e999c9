"""What statements about exploitability (VEX) say about the vulnerabilities of one image.

A statement is laid over a vulnerability where it names the vulnerability, the image, and the package. It never
removes anything: it is shown whoever made it, and a policy says whose word counts. Where it is not sure that a
statement is meant, one that clears a vulnerability is not laid over it.

Source: OpenVEX 0.2.0, sections "The Statement" and "Product"; openvex/go-vex, pkg/vex/statement.go; OpenVEX
attestation guide: of several statements about one vulnerability in one product, the latest holds.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from pratique.evidence.aliases import is_cve, proper
from pratique.evidence.facts.vex import Scope, Vex, VexStatement, VexStatus
from pratique.evidence.model import Assertion, Bound, Evidence, Parse, Vulnerability
from pratique.evidence.product import ImageNames, is_image, is_linked, is_package
from pratique.values.names import Actor

_LATEST = datetime.max.replace(tzinfo=UTC)
# At one and the same moment the statement that says the worst counts.
_WORST = (VexStatus.FIXED, VexStatus.NOT_AFFECTED, VexStatus.UNDER_INVESTIGATION, None, VexStatus.AFFECTED)

Documents = tuple[tuple[Vex, Evidence], ...]


@dataclass(frozen=True, slots=True)
class _Said:
    """A statement, by whom, and every name under which it speaks of its vulnerability."""

    assertion: Assertion
    names: frozenset[str]


def overlay(
    vulnerabilities: tuple[Vulnerability, ...], documents: Documents, image: ImageNames
) -> tuple[Vulnerability, ...]:
    """Return the same vulnerabilities, each with the statements that are about it; their order changes nothing.

    Args:
        vulnerabilities: Those of one image.
        documents: Statements, and the evidence that they came from.
        image: What the image is called.
    """
    by_name: dict[str, list[_Said]] = {}
    for said in _statements(documents):
        for name in said.names:
            by_name.setdefault(name, []).append(said)
    if not by_name:
        return vulnerabilities
    return tuple(_laid_over(vulnerability, by_name, image) for vulnerability in vulnerabilities)


def _statements(documents: Documents) -> Iterable[_Said]:
    for vex, evidence in documents:
        # A signature over words that name no image says nothing about this one, wherever they were hung.
        signed = evidence.signers if evidence.bound is Bound.STATEMENT else ()
        signers = tuple(sorted({one.holder for one in signed}))
        for statement in vex.statements:
            if statement.asserts:
                assertion = Assertion(statement, evidence.piece.digest, evidence.reading.parse, signers)
                yield _Said(assertion, _known_as(statement.vulnerability, statement.aliases))


def _known_as(name: str, aliases: tuple[str, ...]) -> frozenset[str]:
    """Return every name of one vulnerability; one CVE is never another."""
    first, *others = map(proper, (name, *aliases))
    known = (first, *(alias for alias in others if not (is_cve(first) and is_cve(alias))))
    return frozenset(filter(None, known))


def _laid_over(vulnerability: Vulnerability, by_name: dict[str, list[_Said]], image: ImageNames) -> Vulnerability:
    names = {vulnerability.identifier, *vulnerability.aliases}
    found = {
        said.assertion
        for name in names
        for said in by_name.get(name, ())
        if _is_about(said, vulnerability, names, image)
    }
    if not found:
        return vulnerability
    return replace(vulnerability, vex=tuple(sorted(found, key=_order)))


def _is_about(said: _Said, vulnerability: Vulnerability, names: set[str], image: ImageNames) -> bool:
    statement = said.assertion.statement
    # Where one entry of a report stands for several CVEs, clearing one of them clears it not.
    several = {name for name in names if is_cve(name)}
    if _clears(statement):
        if said.names.isdisjoint(vulnerability.certain):
            return False
        if len(several) > 1 and not several <= set(map(proper, (statement.vulnerability, *statement.aliases))):
            return False
    return any(_speaks_of(scope, vulnerability, image) for scope in statement.scoped)


def _speaks_of(scope: Scope, vulnerability: Vulnerability, image: ImageNames) -> bool:
    if is_image(scope, image):
        return not scope.parts or any(is_package(part, vulnerability.written) for part in scope.parts)
    if any(is_linked(name, vulnerability.written, image) for name in scope.names):
        return True
    # A package as the product: what is said of parts of it depends on who else uses them, which nobody told.
    return not scope.parts and any(is_package(name, vulnerability.written) for name in scope.names)


def _clears(statement: VexStatement) -> bool:
    return statement.status is not None and statement.status.clears


def _order(assertion: Assertion) -> tuple[str, str, str, str]:
    statement = assertion.statement
    return str(assertion.evidence), statement.vulnerability, statement.word or "", repr(statement)


def standing(vulnerability: Vulnerability, signers: tuple[Actor, ...], now: datetime) -> Assertion | None:
    """Return the statement that clears a vulnerability, or nothing where none does.

    Among the statements of trusted signers the latest counts. One that cannot clear, because it is invalid or
    nobody trusted signed it, is passed over; one that warns counts as the latest where it does not say when.

    Args:
        vulnerability: With its statements.
        signers: Whose statements count.
        now: The moment of judgement.
    """
    heard = [
        said
        for said in vulnerability.vex
        if set(said.signers) & set(signers) and not (_clears(said.statement) and why_not(said, signers, now))
    ]
    latest = max(heard, key=_recency, default=None)
    return latest if latest and _clears(latest.statement) else None


def _recency(said: Assertion) -> tuple[datetime, int, tuple[str, str, str, str]]:
    return said.statement.at or _LATEST, _WORST.index(said.statement.status), _order(said)


def why_not(said: Assertion, signers: tuple[Actor, ...], now: datetime) -> str | None:
    """Return why a statement cannot clear a vulnerability, or nothing where it can."""
    statement = said.statement
    if not _clears(statement):
        return f"{statement.word} clears nothing"
    if not set(said.signers) & set(signers):
        return f"not signed by {' or '.join(signers)}" if signers else "this policy trusts no signer of statements"
    if said.parse is not Parse.OK:
        return "its document was only partly understood"
    if not statement.is_explained:
        return "not_affected without a justification or impact statement"
    if statement.at is None:
        return "it does not say when it was made"
    return "it is dated in the future" if statement.at > now else None
