"""What holds for every check of an environment: what missing evidence and failed judgements count as."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, assert_never

from pratique.policy.result import OnUnknown, Outcome
from pratique.policy.schema import Misfit
from pratique.policy.words import UTC, Zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of a policy; none of them can turn missing evidence into a pass."""

    timezone: Zone = UTC
    """Whose clocks on the wall weekly freezes, working hours and moments without ``Z`` mean."""
    on_missing_evidence: OnUnknown = OnUnknown.FAIL
    on_check_error: OnUnknown = OnUnknown.HOLD
    evidence_wait: timedelta = timedelta(0)
    """How long a promotion waits for evidence that is still missing before it is judged without."""
    max_evidence_age: timedelta | None = None
    """Reports about vulnerabilities that are older count as missing; without a word, age does not matter here."""

    def __post_init__(self) -> None:
        if self.max_evidence_age is not None and self.max_evidence_age <= timedelta(0):
            raise Misfit(
                ("max_evidence_age",), "expected a time, found none; no evidence could ever be young enough"
            )

    def counts_as(self, outcome: Outcome) -> Outcome:
        """Return ``pass``, ``warn``, ``review`` or ``block``: what this outcome means for the promotion."""
        match outcome:
            case Outcome.UNKNOWN:
                return self.on_missing_evidence.outcome
            case Outcome.ERROR:
                return self.on_check_error.outcome
            case Outcome.PASS | Outcome.WARN | Outcome.REVIEW | Outcome.BLOCK:
                return outcome
            case _:
                assert_never(outcome)


USUAL: Final = Settings()
"""What holds where a policy says nothing."""
