"""Signatures: enough of the named services and identities signed a statement about this very image.

What the statement says does not matter here; that it names this digest, and that the signature holds, does. A key's
signature is verified from the bytes each time. An identity in a certificate counts by the word of this installation,
which verified it when it was handed in, and every answer that rests on one says so.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from pratique.errors import Malformed
from pratique.evidence.facts.identity import Certified
from pratique.evidence.model import Bound, Evidence
from pratique.policy.checks.certificates import NOT_REPEATED, CertificateHolder, verified_here
from pratique.policy.checks.rule import CheckRule, answer, listed, signed_by, sum_up, weigh
from pratique.policy.facts import Facts
from pratique.policy.result import CheckFinding, CheckResult, Outcome
from pratique.policy.schema import TAG, Misfit
from pratique.policy.tightening import higher, one_of, tighter, trusts_less
from pratique.policy.words import Positive, Service


class InLog(StrEnum):
    """Whether a public log must have the signature."""

    OPTIONAL = "optional"
    REQUIRED = "required"


_IN_LOG = one_of(InLog.OPTIONAL, InLog.REQUIRED)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureRule(CheckRule):
    """At least ``min`` of these services and identities signed."""

    check: Literal["signature"] = field(default="signature", metadata=TAG)
    keys: tuple[Service, ...] = field(default=(), metadata=tighter(trusts_less))
    identities: tuple[CertificateHolder, ...] = field(default=(), metadata=tighter(trusts_less))
    """Holders of certificates, such as a workflow that an issuer vouches for."""
    min: Positive = field(default=Positive(1), metadata=tighter(higher))
    transparency_log: InLog = field(default=InLog.OPTIONAL, metadata=tighter(_IN_LOG))
    """Where ``required``, only certificates count: their entry in a log was verified. A key's signature shows none."""

    def __post_init__(self) -> None:
        if self.transparency_log is InLog.REQUIRED and self.keys:
            problem = (
                "expected no keys beside 'transparency_log: required': of a key's signature no entry is verified"
            )
            raise Misfit(("keys",), f"{problem}; name 'identities', or ask for keys in a check of their own")
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
    certified = tuple(each for each in facts.of(Certified) if verified_here(*each, rule.identities))
    names = sorted({f"{one.identity} (certified by {one.issuer})" for one, _ in certified})
    counts = (("min", int(rule.min)), ("signers", len(holders)), *((("certified", len(names)),) * bool(names)))
    if len(holders) + len(names) >= rule.min:
        told = f"signed by {listed((*holders, *names))}" + (f", {NOT_REPEATED}" if names else "")
        digests = [each.piece.digest for each in (*signed, *(each for _, each in certified))]
        return answer(rule, Outcome.PASS, told, counts=counts, evidence=digests)
    missing = " or ".join((*(key for key in rule.keys if key not in holders), *map(str, rule.identities)))
    total = len(holders) + len(names)
    message = f"{total} of at least {rule.min} signatures: none by {missing} holds{_others(statements)}"
    failed = rule.outcome.outcome if statements else Outcome.UNKNOWN
    weighed = weigh(rule, facts, ((failed, CheckFinding("signature", message)),))
    return answer(
        rule,
        sum_up(weighed.standing),
        "; ".join((message, *weighed.told)),
        remedy=f"let {missing} sign a statement about {facts.subject}, and {_order(rule)}",
        findings=weighed.findings,
        counts=(*counts, *weighed.counts),
        evidence=[each.piece.digest for each in statements],
    )


def _order(rule: SignatureRule) -> str:
    if not rule.identities:
        return "add it as evidence"
    return "add it as evidence, or with `pratique evidence identity --record` where a certificate signed it"


def _others(statements: tuple[Evidence, ...]) -> str:
    others = sorted({signer.holder for each in statements for signer in each.signers})
    return f"; what is here is signed by {listed(others)}" if others else "; nobody in the directory signed it"
