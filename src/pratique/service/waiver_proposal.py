"""Proposing a waiver out of a decision record: what is waived, where, until when, and on which conditions."""

from dataclasses import dataclass, replace
from datetime import datetime

from pratique.attest.waiver import (
    WAIVER_FORM,
    Act,
    Over,
    Scope,
    Terms,
    VoidedIf,
    check_terms,
)
from pratique.errors import Absent, Refused
from pratique.policy.environment import EnvironmentRules
from pratique.policy.result import CheckFinding, OnFailure
from pratique.policy.schema import suggestion
from pratique.policy.waiver import covers, overlap, severity_of, why_beyond_limits
from pratique.policy.waiver_rules import WaiverRules
from pratique.promotion.governance import WaiverProposed
from pratique.promotion.record import Record
from pratique.promotion.states import Promotion
from pratique.promotion.waiver_standing import WaiverStanding
from pratique.service.review_queue import record_of
from pratique.service.scribe import Scribe
from pratique.service.signatory import Signatory
from pratique.service.waiver import by_prefix, terms_of
from pratique.service.waiver_signing import about_terms, hear_waiver, of_waiver
from pratique.service.word import speak
from pratique.service.workspace import Workspace
from pratique.storage.transaction import Transaction, View
from pratique.values.ids import Kind, build_id
from pratique.values.names import Actor, Environment

NEVER_VOID = VoidedIf()


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants waived: a finding of one check in a promotion's decision record."""

    promotion: str
    check: str
    term: str
    over: Over
    applications: tuple[str, ...]
    base: str | None
    expires: datetime
    justification: str
    comment: str
    owner: str | None = None
    ticket: str | None = None
    controls: tuple[str, ...] = ()
    renews: str | None = None
    voided_if: VoidedIf = NEVER_VOID


def propose(workspace: Workspace, wish: Wish, signatory: Signatory) -> str:
    """Have the terms of a waiver signed by its proposer, and record them; return its id.

    Raises:
        Absent: No such promotion, check or finding.
        Refused: The policy waives nothing like it, or there was a waiver for it that this one must renew.
        Unverified: The signature is not the proposer's.
    """
    workspace.store.read(workspace.directory).expect(signatory.actor)
    terms = workspace.store.read(lambda view: _terms(workspace, view, wish, signatory.actor))
    identifier = workspace.store.transact(lambda tx: build_id(Kind.WAIVER, tx.now, tx.chance(10)))
    state = of_waiver(identifier, Act.PROPOSE, terms)
    spoken = speak(workspace, WAIVER_FORM, wish.comment, signatory, state)

    def command(tx: Transaction) -> str:
        statement = hear_waiver(workspace, tx, spoken, Act.PROPOSE)
        _check_renewal(workspace.waivers(tx), statement.terms)
        proposed = WaiverProposed(
            waiver=identifier,
            by=statement.by,
            terms=statement.terms.digest,
            check=statement.terms.check,
            term=statement.terms.term,
            severity=statement.terms.severity,
            expires=statement.terms.expires,
            renewal_of=statement.terms.renewal_of,
            nonce=statement.nonce,
            comment=statement.comment,
        )
        Scribe(tx, statement.by, about_terms(statement.terms)).append(proposed, spoken.item)
        return identifier

    return workspace.store.transact(command)


def _terms(workspace: Workspace, view: View, wish: Wish, proposer: Actor) -> Terms:
    promotion = view.promotions.by_prefix(wish.promotion)
    record, rules = record_of(workspace, promotion), workspace.bundle(view).rules(promotion.to)
    limits = _limits(rules)
    finding = _finding(record, wish, rules)
    renewed = by_prefix(workspace, view, wish.renews) if wish.renews else None
    terms = Terms(
        proposed_by=proposer,
        check=wish.check,
        term=wish.term,
        environment=promotion.to,
        scope=_scope(wish, promotion),
        severity=finding.severity,
        justification=wish.justification,
        controls=wish.controls,
        owner=wish.owner,
        ticket=wish.ticket,
        not_before=view.now,
        expires=wish.expires,
        renewal_of=renewed.waiver if renewed else None,
        renewals=terms_of(workspace, renewed).renewals + 1 if renewed else 0,
        voided_if=wish.voided_if,
    )
    check_terms(terms)
    _check_controls(terms, rules)
    beyond = why_beyond_limits(terms, limits, severity_of(terms.severity))
    if beyond is not None:
        raise Refused(f"waiver: {beyond}")
    return terms


def _limits(rules: EnvironmentRules) -> WaiverRules:
    if rules.waivers is None:
        raise Refused(f"waiver: nothing can be waived in {rules.name}: the policy has no 'waivers' there")
    return rules.waivers


def _finding(record: Record, wish: Wish, rules: EnvironmentRules) -> CheckFinding:
    rule = next((rule for rule in rules.checks if rule.id == wish.check), None)
    result = next((result for result in record.decision.checks if result.id == wish.check), None)
    if rule is None or result is None:
        known = [each.id for each in rules.checks]
        raise Absent(f"waiver: {rules.name} has no check {wish.check!r}{suggestion(wish.check, known)}")
    if "*" in wish.term and rule.outcome is OnFailure.BLOCK:
        raise Refused(f"waiver: the check {rule.id} blocks, so every finding is named in full; leave out the '*'")
    probe = replace(_PROBE, check=wish.check, term=wish.term)
    for finding in result.findings:
        if (
            finding.term == wish.term
            or covers(probe, rule, finding, ())
            or wish.term.startswith(f"{finding.term}@")
        ):
            return finding
    terms = [finding.term for finding in result.findings]
    raise Absent(f"waiver: the check {rule.id} found nothing {wish.term!r}{suggestion(wish.term, terms)}")


_PROBE = Terms(
    proposed_by=Actor("person:nobody"),
    check="",
    term="",
    environment=Environment("none"),
    scope=Scope(Over.COMPONENT),
    severity=None,
    justification="none",
    controls=(),
    owner=None,
    ticket=None,
    not_before=datetime.min,
    expires=datetime.max,
    renewal_of=None,
    renewals=0,
    voided_if=NEVER_VOID,
)


def _scope(wish: Wish, promotion: Promotion) -> Scope:
    if wish.over is Over.DIGEST:
        return Scope(Over.DIGEST, image=promotion.image)
    if wish.over is Over.BASE:
        return Scope(Over.BASE, base=wish.base)
    return Scope(Over.COMPONENT, applications=wish.applications or (promotion.application,))


def _check_controls(terms: Terms, rules: EnvironmentRules) -> None:
    known = [str(rule.id) for rule in rules.checks]
    for control in terms.controls:
        if control not in known or control == terms.check:
            raise Absent(
                f"waiver: expected another check of {rules.name} as a control, found {control!r}"
                f"{suggestion(control, known)}"
            )


def _check_renewal(standing: tuple[WaiverStanding, ...], terms: Terms) -> None:
    """Return if no earlier waiver was granted for the same thing that this one does not say it renews."""
    place = (terms.check, terms.environment)
    earlier = [
        one
        for one in standing
        if one.grants and (one.proposed.check, one.environment) == place and overlap(one.proposed.term, terms.term)
    ]
    if earlier and terms.renewal_of != earlier[-1].waiver:
        raise Refused(
            f"waiver: {earlier[-1].waiver} was granted for the same finding; say --renews {earlier[-1].waiver}"
        )
