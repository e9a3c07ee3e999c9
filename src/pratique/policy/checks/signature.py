"""Signatures: enough of the named services signed a statement about this very image.

What the statement says does not matter here; that it names this digest, and that the signature holds, does.
"""

from dataclasses import dataclass, field
from typing import Literal

from pratique.errors import Malformed
from pratique.evidence.model import Bound, Evidence
from pratique.policy.checks.rule import CheckRule, answer, listed, signed_by
from pratique.policy.facts import Facts
from pratique.policy.result import CheckFinding, CheckResult, Outcome
from pratique.policy.schema import TAG, Misfit
from pratique.policy.tightening import allows_less, higher, tighter
from pratique.policy.words import Positive, Service


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureRule(CheckRule):
    """At least ``min`` of these services signed."""

    check: Literal["signature"] = field(default="signature", metadata=TAG)
    keys: tuple[Service, ...] = field(metadata=tighter(allows_less))
    min: Positive = field(default=Positive(1), metadata=tighter(higher))

    def __post_init__(self) -> None:
        if not self.keys:
            raise Misfit(("keys",), "expected at least one service whose signature counts, found none")
        if self.min > len(set(self.keys)):
            raise Malformed(f"min is {self.min}, but only {len(set(self.keys))} services are named in keys")


def judge_signature(rule: SignatureRule, facts: Facts) -> CheckResult:
    """Pass where enough of the services signed.

    An image that nobody known signed is ``unknown``; one that others signed, or too few, fails.
    """
    statements = tuple(each for each in facts.evidence if each.bound is Bound.STATEMENT)
    signed = tuple(each for each in statements if signed_by(each, rule.keys))
    holders = sorted({signer.holder for each in signed for signer in each.signers} & set(rule.keys))
    counts = (("min", rule.min), ("signers", len(holders)))
    if len(holders) >= rule.min:
        digests = [each.piece.digest for each in signed]
        return answer(rule, Outcome.PASS, f"signed by {listed(holders)}", counts=counts, evidence=digests)
    missing = " or ".join(key for key in rule.keys if key not in holders)
    message = f"{len(holders)} of at least {rule.min} signatures: none by {missing} holds{_others(statements)}"
    return answer(
        rule,
        rule.outcome.outcome if statements else Outcome.UNKNOWN,
        message,
        remedy=f"let {missing} sign a statement about {facts.subject}, and add it as evidence",
        findings=(CheckFinding("signature", message),),
        counts=counts,
        evidence=[each.piece.digest for each in statements],
    )


def _others(statements: tuple[Evidence, ...]) -> str:
    others = sorted({signer.holder for each in statements for signer in each.signers})
    return f"; what is here is signed by {listed(others)}" if others else "; nobody in the directory signed it"
