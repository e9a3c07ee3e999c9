"""Signatures: enough of the named services and identities signed a statement about this very image.

What the statement says does not matter here; that it names this digest, and that the signature holds, does. A key's
signature is verified from the bytes each time. An identity in a certificate counts by the word of this installation,
which verified it when it was handed in, and every answer that rests on one says so.
"""

from dataclasses import dataclass, field
from typing import Literal

from pratique.errors import Malformed
from pratique.evidence.facts.identity import Certified
from pratique.evidence.model import Bound, Evidence, Parse
from pratique.evidence.surface.claim import MEASURER
from pratique.policy.checks.rule import CheckRule, answer, listed, signed_by
from pratique.policy.facts import Facts
from pratique.policy.pattern import Pattern
from pratique.policy.result import CheckFinding, CheckResult, Outcome
from pratique.policy.schema import TAG, Misfit
from pratique.policy.tightening import higher, tighter, trusts_less
from pratique.policy.words import Positive, Service

NOT_REPEATED = "not re-verified offline"


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateHolder:
    """Whose certificates count: who vouches for the name, and the name, as patterns."""

    issuer: Pattern
    identity: Pattern

    def __str__(self) -> str:
        return f"{self.identity} of {self.issuer}"

    def matches(self, certified: Certified) -> bool:
        """Tell whether both names fit."""
        return self.issuer.matches(certified.issuer) and self.identity.matches(certified.identity)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureRule(CheckRule):
    """At least ``min`` of these services and identities signed."""

    check: Literal["signature"] = field(default="signature", metadata=TAG)
    keys: tuple[Service, ...] = field(default=(), metadata=tighter(trusts_less))
    identities: tuple[CertificateHolder, ...] = field(default=(), metadata=tighter(trusts_less))
    """Holders of certificates, such as a workflow that an issuer vouches for."""
    min: Positive = field(default=Positive(1), metadata=tighter(higher))

    def __post_init__(self) -> None:
        if not self.keys and not self.identities:
            raise Misfit(("keys",), "expected at least one service or identity whose signature counts, found none")
        if not self.identities and self.min > len(set(self.keys)):
            raise Malformed(f"min is {self.min}, but only {len(set(self.keys))} services are named in keys")


def judge_signature(rule: SignatureRule, facts: Facts) -> CheckResult:
    """Pass where enough signed; every service and every identity counts once.

    An image that nobody known signed is ``unknown``; one that others signed, or too few, fails.
    """
    statements = tuple(each for each in facts.evidence if each.bound is Bound.STATEMENT)
    signed = tuple(each for each in statements if signed_by(each, rule.keys))
    holders = sorted({signer.holder for each in signed for signer in each.signers} & set(rule.keys))
    certified = tuple(each for each in facts.of(Certified) if _counts(rule, *each))
    names = sorted({f"{one.identity} (certified by {one.issuer})" for one, _ in certified})
    counts = (("min", int(rule.min)), ("signers", len(holders)), *((("certified", len(names)),) * bool(names)))
    if len(holders) + len(names) >= rule.min:
        told = f"signed by {listed((*holders, *names))}" + (f", {NOT_REPEATED}" if names else "")
        digests = [each.piece.digest for each in (*signed, *(each for _, each in certified))]
        return answer(rule, Outcome.PASS, told, counts=counts, evidence=digests)
    missing = " or ".join((*(key for key in rule.keys if key not in holders), *map(str, rule.identities)))
    total = len(holders) + len(names)
    message = f"{total} of at least {rule.min} signatures: none by {missing} holds{_others(statements)}"
    return answer(
        rule,
        rule.outcome.outcome if statements else Outcome.UNKNOWN,
        message,
        remedy=f"let {missing} sign a statement about {facts.subject}, and {_order(rule)}",
        findings=(CheckFinding("signature", message),),
        counts=counts,
        evidence=[each.piece.digest for each in statements],
    )


def _counts(rule: SignatureRule, certified: Certified, evidence: Evidence) -> bool:
    """Tell whether this installation itself verified a certificate of one of these holders."""
    ours = evidence.bound is Bound.STATEMENT and any(by.holder == MEASURER for by in evidence.signers)
    whole = evidence.reading.parse is Parse.OK
    return ours and whole and any(holder.matches(certified) for holder in rule.identities)


def _order(rule: SignatureRule) -> str:
    if not rule.identities:
        return "add it as evidence"
    return "add it as evidence, or with `pratique evidence identity --record` where a certificate signed it"


def _others(statements: tuple[Evidence, ...]) -> str:
    others = sorted({signer.holder for each in statements for signer in each.signers})
    return f"; what is here is signed by {listed(others)}" if others else "; nobody in the directory signed it"
