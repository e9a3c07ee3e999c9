"""The rules of one environment, complete: what it inherits and what the whole policy sets are already in it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from pratique.errors import Malformed
from pratique.policy.check import Rule
from pratique.policy.freeze import Freeze, refuse_freezes_twice
from pratique.policy.moments import Moment
from pratique.policy.role import RoleRules
from pratique.policy.schema import Misfit, Path, encode, key, keyed_by, suggestion
from pratique.policy.settings import USUAL, Settings
from pratique.policy.surroundings import WORST_PLACE, RiskContext
from pratique.policy.tracks import Tracks
from pratique.policy.waiver_rules import WaiverRules
from pratique.policy.words import Count, Role, Text
from pratique.values.canonical import canonical
from pratique.values.digest import Digest
from pratique.values.names import Environment

NOBODY: Final = Count(0)
_IDENTITY = ("signature", "provenance")


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
    freeze: tuple[Freeze, ...] = ()
    waivers: WaiverRules | None = None
    """Without a word, nothing can be waived here."""
    roles: tuple[RoleRules, ...] = field(default=(), metadata=keyed_by("name"))
    """What the policy says of the roles that this environment names."""
    risk: RiskContext = WORST_PLACE
    effective_on: Moment | None = None
    """The whole policy comes into force not before then; until then, the one before holds."""
    require_witnesses: Count = NOBODY
    """So many witnesses of the trust root must have cosigned the ledger before anything is sealed here."""

    def __post_init__(self) -> None:
        refuse_twice(self.checks)
        refuse_freezes_twice(self.freeze)
        for problem in _unknown_checks(self):
            raise problem
        if not self.tracks.fast and not self.tracks.slow:
            raise Malformed(f"environment {self.name}: has no track, so nothing could ever enter; add 'tracks'")
        if self.name in self.predecessors:
            raise Malformed(f"environment {self.name}: comes from itself")

    @property
    def named_roles(self) -> tuple[tuple[Path, Role], ...]:
        """Every role that these rules name, and the path to where."""
        return tuple(_roles(self.tracks, self.waivers))

    @property
    def digest(self) -> Digest:
        """What reviews bind to: SHA-256 of the canonical JSON of these rules with the environment's name."""
        return Digest.of(canonical({"environment": self.name, "rules": encode(self)}))


def _roles(tracks: Tracks, waivers: WaiverRules | None) -> Iterator[tuple[Path, Role]]:
    ways = (
        *(("slow", tracks.slow), ("rollback", tracks.rollback)),
        *(("emergency", tracks.emergency), ("adopt", tracks.adopt)),
    )
    for track, found in ways:
        for place, approval in enumerate(found.approvals if found else ()):
            yield ("tracks", track, "approvals", place, "role"), approval.role
    if tracks.slow and tracks.slow.escalate:
        yield ("tracks", "slow", "escalate", "to"), tracks.slow.escalate.to
    for place, granter in enumerate(waivers.who if waivers else ()):
        yield ("waivers", "who", place, "role"), granter.role


def _unknown_checks(rules: EnvironmentRules) -> Iterator[Misfit]:
    known = {str(rule.id) for rule in rules.checks}
    for path, named in _named_checks(rules):
        if named not in known:
            yield Misfit(path, f"{rules.name} has no check {named!r}{suggestion(named, known)}")
    emergency = rules.tracks.emergency
    for rule in rules.checks if emergency else ():
        if emergency and rule.check in _IDENTITY and rule.id not in emergency.never:
            problem = f"expected the {rule.check} check {rule.id!r} here; who made an image is never skipped"
            yield Misfit(("tracks", "emergency", "never"), problem)


def _named_checks(rules: EnvironmentRules) -> Iterator[tuple[Path, str]]:
    emergency, adopt, waivers = rules.tracks.emergency, rules.tracks.adopt, rules.waivers
    lists = (
        (("tracks", "emergency", "skippable"), emergency.skippable if emergency else ()),
        (("tracks", "emergency", "never"), emergency.never if emergency else ()),
        (("tracks", "adopt", "never"), adopt.never if adopt else ()),
        (("waivers", "never"), waivers.never if waivers else ()),
    )
    yield from (((*path, place), name) for path, names in lists for place, name in enumerate(names))


def refuse_twice(checks: tuple[Rule, ...]) -> None:
    """Return if every check has its own id, or raise ``Misfit``."""
    seen: set[str] = set()
    for rule in checks:
        if rule.id in seen:
            raise Misfit(
                ("checks", rule.id, "id"), f"{rule.id!r} stands twice; history needs one check for each id"
            )
        seen.add(rule.id)
