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
    on_missing_evidence: OnUnknown = OnUnknown.FAIL
    on_check_error: OnUnknown = OnUnknown.HOLD
    evidence_wait: timedelta = timedelta(0)
    """How long a promotion waits for evidence that is still missing before it is judged without."""

    def __post_init__(self) -> None:
        if self.timezone != UTC:
            problem = (
                f"expected UTC, or nothing, found {self.timezone}; durations are counted and days begin in UTC"
            )
            raise Misfit(("timezone",), problem)

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
