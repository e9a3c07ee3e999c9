"""What is asserted about an image or its behaviour, attribute by attribute.

Source: in-toto attestation predicates SCAI 0.3, runtime-trace 0.1, SVR 0.2; SLSA VSA 1; our ``runtime-report/v1``.
"""

from dataclasses import dataclass
from datetime import datetime

from pratique.values.digest import Digest


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of the subject, such as ``WITH_STACK_PROTECTION`` or ``setuid-files``."""

    name: str
    value: str | None
    """Canonical JSON of its conditions, where it states any."""
    target: str | None
    evidence: tuple[Digest, ...] = ()


@dataclass(frozen=True, slots=True)
class Attributes:
    """A SCAI report."""

    producer: str | None
    attributes: tuple[Attribute, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Another verifier's word: a SLSA verification summary or a simple verification result."""

    verifier: str | None
    at: datetime | None
    policy: str | None
    passed: bool | None
    """``None`` where the result is no word of the specification."""
    levels: tuple[str, ...]
    resource: str | None = None


@dataclass(frozen=True, slots=True)
class Alerts:
    """How often a monitor raised an alarm; the severities are brought onto our scale, in lower case."""

    by_severity: tuple[tuple[str, int], ...]

    @property
    def total(self) -> int:
        """Every alert, whatever its severity."""
        return sum(count for _, count in self.by_severity)


@dataclass(frozen=True, slots=True)
class RuntimeReport:
    """What a monitor or prober saw of an image while it ran (``runtime-report/v1``).

    Attributes:
        producer: The tool.
        environment: Where it ran, as written; ``None`` where the report does not say.
        started: When it began to look.
        ended: When it stopped.
        alerts: ``None`` where the report does not say whether there were any.
        restarts: ``None`` where nobody counted.
        observed: How many events of each kind a trace holds, for example ``network``.
    """

    producer: str | None
    environment: str | None
    started: datetime | None
    ended: datetime | None
    alerts: Alerts | None
    restarts: int | None
    observed: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Scorecard:
    """An OpenSSF Scorecard of a repository: checks with scores of 0 to 10, -1 where it could not tell."""

    repository: str | None
    commit: str | None
    created: datetime | None
    score: str | None
    checks: tuple[tuple[str, int], ...]
