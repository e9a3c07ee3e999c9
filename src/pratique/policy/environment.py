"""The rules of one environment, complete: what it inherits and what the whole policy sets are already in it."""

from dataclasses import dataclass, field
from enum import StrEnum

from pratique.errors import Malformed
from pratique.policy.check import Rule
from pratique.policy.schema import Misfit, encode, key
from pratique.policy.settings import USUAL, Settings
from pratique.policy.tracks import Tracks
from pratique.policy.words import Text
from pratique.values.canonical import canonical
from pratique.values.digest import Digest
from pratique.values.names import Environment


class Enforcement(StrEnum):
    """What a gate does with an image that it does not pass."""

    BLOCK = "block"
    WARN = "warn"
    """It is let in, marked as admitted; no outcome is rewritten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentRules:
    """Everything that decides whether an image may enter this environment."""

    name: Environment
    predecessors: tuple[Environment, ...] = field(metadata=key("from"))
    """Environments from which an image may come; where empty, it enters here."""
    enforcement: Enforcement = Enforcement.BLOCK
    relax: Text | None = None
    """Why this environment is looser than the one it was made from."""
    checks: tuple[Rule, ...]
    tracks: Tracks
    settings: Settings = USUAL

    def __post_init__(self) -> None:
        refuse_twice(self.checks)
        if not self.tracks.fast and not self.tracks.slow:
            raise Malformed(f"environment {self.name}: has no track, so nothing could ever enter; add 'tracks'")
        if self.name in self.predecessors:
            raise Malformed(f"environment {self.name}: comes from itself")

    @property
    def digest(self) -> Digest:
        """What reviews bind to: SHA-256 of the canonical JSON of these rules with the environment's name."""
        return Digest.of(canonical({"environment": self.name, "rules": encode(self)}))


def refuse_twice(checks: tuple[Rule, ...]) -> None:
    """Return if every check has its own id, or raise ``Misfit``."""
    seen: set[str] = set()
    for rule in checks:
        if rule.id in seen:
            raise Misfit(
                ("checks", rule.id, "id"), f"{rule.id!r} stands twice; history needs one check for each id"
            )
        seen.add(rule.id)
