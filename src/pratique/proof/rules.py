"""The rules of one environment, read from the signed policy as far as a proof is held against them.

``policy.document`` reads a policy whole, to judge by it. Verifying only asks who had to decide and which checks
there had to be, and must start in the time that a bare signature check takes; so this reads those parts alone.
What else the policy says is bound by the digest of the rules. A test holds the two against each other.

Defaults are part of the document's version and never change (``policy.schema``).
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from pratique.attest.fields import Fields
from pratique.attest.policy import Changes
from pratique.errors import Absent, Malformed
from pratique.policy.result import OnUnknown, Outcome
from pratique.values.canonical import Json, canonical, parse_object
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.moment import parse_duration
from pratique.values.names import parse_group

SCHEMA = "pratique/policy/1"
MAX_BYTES = 4 * 1024 * 1024
SEPARATION = ("requester", "author", "builder")
"""Whom a policy excludes that does not say."""
KEEP = timedelta(days=90)
"""For how long an image may come back where the policy does not say."""
OVERDUE = timedelta(days=30)
"""How long after ``review_by`` a policy lets anything take the fast track (``policy.freshness``)."""
LASTS = timedelta(hours=72)
"""How long an emergency's seal holds where the policy does not say."""
_ENVIRONMENT = (
    *("from", "enforcement", "relax", "checks", "tracks", "settings", "freeze", "waivers", "roles", "risk"),
    *("effective_on", "require_witnesses"),
)
_SLOW = (
    *("route", "approvals", "separation", "distinct_people", "reason", "window", "hours", "escalate"),
    *("on_timeout", "relax"),
)


@dataclass(frozen=True, slots=True)
class Fast:
    """What the fast track demands; ``all_pass`` where no check may ask for people."""

    all_pass: bool
    risk_at_most: int | None
    first_arrival: bool = False
    conditions: bool = False
    """Whether it asks for more than this, which takes the evidence to tell."""
    """Whether it takes the first image of a name."""


@dataclass(frozen=True, slots=True)
class Slow:
    """Who must approve, as role and number, and whom the policy excludes; also of the other tracks that ask people.

    Whom it asks only under a condition is not among them: that is judged by who judges again.
    """

    approvals: tuple[tuple[str, int], ...]
    separation: tuple[str, ...]
    reason: str = "code"
    conditions: bool = False
    """What an approval must say: ``code`` or ``text``."""


@dataclass(frozen=True, slots=True)
class Emergency:
    """What may be passed over in an emergency, who decides, and for how long the seal holds."""

    people: Slow
    skippable: tuple[str, ...]
    never: tuple[str, ...]
    lasts: timedelta


@dataclass(frozen=True, slots=True)
class Adopt:
    """Which checks stop an adoption, who decides, and for how long the seal holds."""

    people: Slow
    never: tuple[str, ...]
    lasts: timedelta


@dataclass(frozen=True, slots=True)
class Rules:
    """What one environment demands; ``digest`` is that of all its resolved rules.

    ``predecessors`` are the environments that an image comes from, none where it comes from outside.
    ``checks`` are the id and kind of each, in order; ``blocking`` the ids of those whose failure blocks; ``keep`` how
    long after it was last here an image may come back; ``known_exploited`` the ids of those that stop vulnerabilities
    known to be exploited. ``warns`` where the gate lets in what it does not pass. ``witnesses`` must stand behind the
    checkpoint over the approval.
    """

    environment: str
    predecessors: tuple[str, ...]
    fast_until: date
    digest: Digest
    warns: bool
    checks: tuple[tuple[str, str], ...]
    fast: Fast | None
    slow: Slow | None
    rollback: Slow | None
    keep: timedelta
    emergency: Emergency | None
    adopt: Adopt | None
    blocking: tuple[str, ...]
    known_exploited: tuple[str, ...]
    roles: Mapping[str, tuple[tuple[str, ...], int]]
    """Who alone counts in a role, and how many must be able to; a role that is not here is as the directory has it."""
    on_missing: OnUnknown
    on_error: OnUnknown
    witnesses: int
    waivers: Fields | None
    """What may be waived, as the policy writes it; None where nothing can."""
    freezes: tuple[Fields, ...]
    """When it stands still, as the policy writes it."""
    timezone: str
    """Whose clocks a freeze goes by that is not in UTC."""

    def people(self, track: str) -> Slow | None:
        """Return who decides on a track; on one that asks nobody, whom the slow track would ask."""
        match track:
            case "rollback":
                return self.rollback
            case "emergency":
                return self.emergency.people if self.emergency else None
            case "adopt":
                return self.adopt.people if self.adopt else None
            case _:
                return self.slow

    def counts_as(self, outcome: Outcome) -> Outcome:
        """Return what an outcome means for the promotion: ``unknown`` and ``error`` count as the policy says."""
        match outcome:
            case Outcome.UNKNOWN:
                return self.on_missing.outcome
            case Outcome.ERROR:
                return self.on_error.outcome
            case _:
                return outcome


@dataclass(frozen=True, slots=True)
class SignedPolicy:
    """A resolved policy, whose bytes were signed."""

    digest: Digest
    fields: Fields

    def rules(self, environment: str) -> Rules:
        """Return one environment's rules, or raise ``Absent``."""
        environments = self.fields.object("environments")
        if not environments.has(environment):
            raise Absent(f"policy: has no environment {environment!r}")
        return _rules(environment, environments.object(environment), self._fast_until)

    @property
    def _fast_until(self) -> date:
        """The last day on which anything takes the fast track: the policy must have been looked at by then."""
        return self.fields.object("metadata").parsed("review_by", _day) + OVERDUE

    @property
    def changes(self) -> Changes | None:
        """Who may publish its successor without root keys; None: nobody."""
        if not self.fields.has("changes"):
            return None
        asked = self.fields.object("changes").only("approvals").objects("approvals")
        approvals = tuple((item.text("role"), item.integer("count")) for item in asked)
        return Changes(self.fields.object("metadata").parsed("owner", parse_group), approvals)

    def application(self, name: str) -> Mapping[str, Json]:
        """Return everything that the policy says of an application, or nothing where it does not know it."""
        return self.fields.object_or_empty("applications").object_or_empty(name).values

    def destination(self, application: str, image: str, environment: str) -> str:
        """Return where an image goes in an environment, or raise ``Absent``."""
        found = self.fields.object_or_empty("applications").object_or_empty(application)
        for item in found.objects_or_empty("images"):
            if item.text("name") == image:
                place = item.object("destinations").object_or_empty(environment)
                if place.has("repository"):
                    return place.text("repository")
        raise Absent(f"policy: has no destination for {application}, image {image}, in {environment}")


def read_policy(resolved: bytes) -> SignedPolicy:
    """Read a resolved policy; raises ``Malformed`` where it is none."""
    fields = Fields("policy", parse_object(resolved, "policy", max_bytes=MAX_BYTES))
    if fields.text("schema") != SCHEMA:
        raise Malformed(f"policy.schema: expected {SCHEMA!r}, found {fields.text('schema')[:80]!r}")
    return SignedPolicy(Digest.of(resolved), fields)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Malformed(f"expected an ISO date, found {text[:40]!r}") from error


def _rules(environment: str, fields: Fields, fast_until: date) -> Rules:
    fields.only(*_ENVIRONMENT)
    tracks = fields.object("tracks").only("fast", "slow", "rollback", "emergency", "adopt")
    settings = fields.object_or_empty("settings")
    return Rules(
        environment=environment,
        predecessors=fields.texts("from"),
        fast_until=fast_until,
        digest=_digest(environment, fields.values),
        warns=_word(fields, "enforcement", "block", "warn") == "warn",
        checks=tuple((item.text("id"), item.text("check")) for item in fields.objects("checks")),
        fast=_fast(tracks.object("fast")) if tracks.has("fast") else None,
        slow=_slow(tracks.object("slow")) if tracks.has("slow") else None,
        rollback=_rollback(tracks.object("rollback")) if tracks.has("rollback") else None,
        keep=_keep(tracks.object_or_empty("rollback")),
        blocking=tuple(item.text("id") for item in fields.objects("checks") if _blocks(item)),
        emergency=_emergency(tracks.object("emergency")) if tracks.has("emergency") else None,
        adopt=_adopt(tracks.object("adopt")) if tracks.has("adopt") else None,
        roles=dict(_roles(fields.object_or_empty("roles"))),
        known_exploited=tuple(item.text("id") for item in fields.objects("checks") if _is_known_exploited(item)),
        on_missing=OnUnknown(_word(settings, "on_missing_evidence", OnUnknown.FAIL, OnUnknown.HOLD)),
        on_error=OnUnknown(_word(settings, "on_check_error", OnUnknown.HOLD, OnUnknown.FAIL)),
        witnesses=fields.integer("require_witnesses") if fields.has("require_witnesses") else 0,
        waivers=fields.object("waivers") if fields.has("waivers") else None,
        freezes=fields.objects_or_empty("freeze"),
        timezone=settings.text("timezone") if settings.has("timezone") else "UTC",
    )


def _digest(environment: str, values: Mapping[str, Any]) -> Digest:
    # A policy writes its environments as a table, and one environment's rules with its name inside.
    return Digest.of(canonical({"environment": environment, "rules": {**values, "name": environment}}))


def _fast(fields: Fields) -> Fast:
    fields.only("when", "risk_at_most", "also", "first_arrival", "relax")
    return Fast(
        all_pass=_word(fields, "when", "all_pass", "always") == "all_pass",
        risk_at_most=fields.integer("risk_at_most") if fields.has("risk_at_most") else None,
        conditions=fields.has("also"),
        first_arrival=_word(fields, "first_arrival", "slow", "fast") == "fast",
    )


def _slow(fields: Fields) -> Slow:
    fields.only(*_SLOW)
    people = _people(fields, SEPARATION)
    return replace(people, reason=_word(fields, "reason", "code", "text"))


def _rollback(fields: Fields) -> Slow:
    fields.only("approvals", "keep", "separation", "window", "post_mortem", "relax")
    return _people(fields, ())


def _keep(fields: Fields) -> timedelta:
    return fields.parsed("keep", parse_duration) if fields.has("keep") else KEEP


def _blocks(fields: Fields) -> bool:
    return not fields.has("outcome") or fields.text("outcome") == Outcome.BLOCK


def _emergency(fields: Fields) -> Emergency:
    fields.only("approvals", "separation", "skippable", "never", "expires", "window", "post_mortem", "relax")
    return Emergency(
        people=_people(fields, SEPARATION),
        skippable=fields.texts("skippable") if "skippable" in fields.values else (),
        never=fields.texts("never") if "never" in fields.values else (),
        lasts=fields.parsed("expires", parse_duration) if fields.has("expires") else LASTS,
    )


def _adopt(fields: Fields) -> Adopt:
    fields.only("approvals", "expires", "never", "separation", "window", "relax")
    return Adopt(
        people=_people(fields, SEPARATION),
        never=fields.texts("never") if "never" in fields.values else (),
        lasts=fields.parsed("expires", parse_duration),
    )


def _people(fields: Fields, separation: tuple[str, ...]) -> Slow:
    return Slow(
        approvals=tuple(_approvals(fields)),
        separation=fields.texts("separation") if "separation" in fields.values else separation,
        conditions=any(item.has("when") for item in fields.objects("approvals")),
    )


def _roles(fields: Fields) -> Iterator[tuple[str, tuple[tuple[str, ...], int]]]:
    for name in fields.values:
        item = fields.object(name).only("members", "min_size")
        members = item.texts("members") if "members" in item.values else ()
        yield name, (members, item.integer("min_size") if item.has("min_size") else 1)


def _is_known_exploited(fields: Fields) -> bool:
    where = fields.object_or_empty("where")
    return fields.text("check") == "vulnerabilities" and where.values.get("kev") is True


def _approvals(fields: Fields) -> Iterator[tuple[str, int]]:
    for item in fields.objects("approvals"):
        item.only("role", "count", "when")
        if not item.has("when"):
            yield item.text("role"), item.integer("count")


def _word(fields: Fields, name: str, usual: str, other: str) -> str:
    """Return one of two words, the first where nothing is written."""
    found = fields.text(name) if fields.has(name) else str(usual)
    if found not in (usual, other):
        raise Malformed(f"{fields.path(name)}: expected {usual} or {other}, found {found[:80]!r}")
    return found
