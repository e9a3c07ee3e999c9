"""The decision record in a proof, read as far as a proof is held against it.

``promotion.record`` reads a record whole, to judge again. Verifying compares what the record relied on with the
events and the signed policy, and must start fast; so this reads those parts alone, whatever else the record holds.
Its bytes are bound by its digest, which the events name and the reviewers signed.
"""

from collections.abc import Iterator
from datetime import datetime

from pratique.attest.fields import Fields
from pratique.attest.seal import Level
from pratique.errors import Malformed
from pratique.policy.result import Outcome
from pratique.promotion.happenings import Feed, Platform, Track
from pratique.promotion.quorum import Exclusion, Need
from pratique.tlog.tree import leaf_hash, root_of
from pratique.values.canonical import Json, canonical, parse_object
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.names import Actor, parse_actor, parse_group

SCHEMA = "pratique/record/1"
MAX_PEOPLE = 1000  # ours; counting takes memory for each place to fill


@dataclass(frozen=True, slots=True)
class Used:
    """A waiver that the judgement was given: the digest of its terms, and each grant's envelope and index."""

    waiver: str
    terms: Digest
    grants: tuple[tuple[Digest, int], ...]


@dataclass(frozen=True, slots=True)
class Waived:
    """A waiver that the outcome relies on, and the findings that it took out of it."""

    waiver: str
    check: str
    covered: tuple[str, ...]
    expires: datetime


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a judgement relied on, as far as events say the same."""

    now: datetime
    application: str
    image_name: str
    source: str
    image: Digest
    platforms: tuple[Platform, ...]
    from_: str | None
    to: str
    destination: str
    policy: Digest
    rules: Digest
    directory: Digest
    request: Digest | None
    requester: str
    signed: bool
    track: str | None
    evidence_root: Digest
    feeds: tuple[Feed, ...]
    current: Digest | None
    current_record: Digest | None
    """The record that let in what the environment held."""
    arrivals: tuple[tuple[str, datetime, Level], ...]
    """Where the image was, since when, and how it came there."""
    left: datetime | None
    held: frozenset[str] | None
    """The vulnerabilities of what the environment held; None where they were not known."""
    waivers: tuple[Used, ...]
    overtaken: datetime | None
    """When what the environment held was first asked for, where this image is the older of the two."""
    withheld: tuple[str, ...]
    """The holds and recalls on whose account a time elsewhere did not count."""


@dataclass(frozen=True, slots=True)
class Checked:
    """How one check ended, and the terms of what it found."""

    id: str
    check: str
    outcome: Outcome
    terms: tuple[str, ...]
    severities: tuple[str | None, ...]
    """Those of the findings, in the same order."""
    certified: int
    """How many signatures by certificates it counted, which nobody can verify again offline."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A record; ``pieces`` are the frozen evidence as listed, and ``evidence`` the digests of their bytes."""

    digest: Digest
    engine: str
    promotion: str
    generation: int
    inputs: Inputs
    checks: tuple[Checked, ...]
    outcome: Outcome
    risk: str
    track: Track
    needs: tuple[Need, ...]
    separation: tuple[str, ...]
    excluded: tuple[Exclusion, ...]
    review_until: datetime | None
    holds_until: datetime | None
    escalate: tuple[datetime, str] | None
    reason: str
    """What an approval must say: ``code`` or ``text``."""
    pieces: tuple[Json, ...]
    evidence: tuple[Digest, ...]
    waivers: tuple[Waived, ...]

    @property
    def waived_by(self) -> tuple[str, ...]:
        """The waivers that it relies on."""
        return tuple(one.waiver for one in self.waivers)

    @property
    def images(self) -> tuple[Digest, ...]:
        """The image and every platform of it, distinct; what reviewers sign and what is sealed."""
        return tuple(dict.fromkeys((self.inputs.image, *(one.digest for one in self.inputs.platforms))))

    @property
    def terms(self) -> frozenset[tuple[str, str]]:
        """What was found by checks that did not pass: the check's id and the finding's term."""
        failed = (check for check in self.checks if check.outcome is not Outcome.PASS)
        return frozenset((check.id, term) for check in failed for term in check.terms)


def read_record(content: bytes) -> Recorded:
    """Read a record; raises ``Malformed`` where a field is missing or of another type."""
    fields = Fields("record", parse_object(content, "record"))
    if fields.text("schema") != SCHEMA:
        raise Malformed(f"record.schema: expected {SCHEMA!r}, found {fields.text('schema')[:80]!r}")
    inputs, separation = fields.object("inputs"), fields.object("separation")
    pieces = inputs.object("evidence").objects("pieces")
    return Recorded(
        digest=Digest.of(content),
        engine=fields.text("engine"),
        promotion=fields.text("promotion"),
        generation=fields.integer("generation"),
        inputs=_inputs(inputs),
        checks=_checks(fields),
        outcome=fields.member("outcome", Outcome),
        risk=fields.object("risk").text("score"),
        track=fields.object("track").member("name", Track),
        needs=tuple(_needs(fields)),
        separation=separation.texts("rules"),
        excluded=tuple(
            Exclusion(item.parsed("person", parse_actor), item.text("because"))
            for item in separation.objects("excluded")
        ),
        review_until=fields.nullable("review_until", fields.moment),
        holds_until=fields.nullable("holds_until", fields.moment),
        escalate=_escalate(fields.object("escalate")) if fields.has("escalate") else None,
        reason=fields.text("reason") if fields.has("reason") else "code",
        pieces=tuple(piece.values for piece in pieces),
        evidence=tuple(piece.parsed("digest", Digest.parse) for piece in pieces),
        waivers=tuple(_waived(fields)),
    )


def _inputs(fields: Fields) -> Inputs:
    image, policy, request = fields.object("image"), fields.object("policy"), fields.object("request")
    history = fields.object("history")
    current = history.object_or_empty("current")
    return Inputs(
        now=fields.moment("now"),
        application=fields.text("application"),
        image_name=image.text("name"),
        source=image.text("source"),
        image=_digest(image, "digest"),
        platforms=tuple(map(_platform, image.objects("platforms"))),
        from_=fields.nullable("from", fields.text),
        to=fields.text("to"),
        destination=fields.text("destination"),
        policy=_digest(policy, "digest"),
        rules=_digest(policy, "rules"),
        directory=_digest(fields.object("directory"), "digest"),
        request=request.nullable("envelope", lambda name: _digest(request, name)),
        requester=Actor(request.text("requester")),
        signed=_is_signed(request),
        evidence_root=_evidence_root(fields.object("evidence")),
        feeds=tuple(Feed(feed.text("name"), _digest(feed, "digest")) for feed in fields.objects("feeds")),
        current=_digest(current, "digest") if current.values else None,
        current_record=_digest(current, "record") if current.has("record") else None,
        arrivals=tuple(
            (item.text("environment"), item.moment("at"), item.member("level", Level))
            for item in history.objects("arrivals")
        ),
        track=request.text("track") if request.has("track") else None,
        left=history.moment("left") if history.has("left") else None,
        held=_held(history) if current.values else None,
        waivers=tuple(map(_used, fields.objects_or_empty("waivers"))),
        overtaken=history.moment("overtaken") if history.has("overtaken") else None,
        withheld=tuple(sorted({item.text("by") for item in history.objects_or_empty("withheld")})),
    )


def _used(fields: Fields) -> Used:
    grants = tuple((_digest(item, "envelope"), item.integer("index")) for item in fields.objects("grants"))
    return Used(fields.text("waiver"), _digest(fields, "terms"), grants)


def _waived(fields: Fields) -> Iterator[Waived]:
    for item in fields.objects_or_empty("waivers"):
        if item.text("fate") == "applied":
            yield Waived(item.text("waiver"), item.text("check"), item.texts("covered"), item.moment("expires"))


def _checks(fields: Fields) -> tuple[Checked, ...]:
    found = tuple(
        (each.text("term"), each.text_or_empty("severity") or None) for each in fields.objects("findings")
    )
    return tuple(_checked(check, found) for check in fields.objects("checks"))


def _checked(fields: Fields, found: tuple[tuple[str, str | None], ...]) -> Checked:
    places = fields.integers("findings")
    if any(place >= len(found) for place in places):
        raise Malformed(f"{fields.path('findings')}: expected places among the {len(found)} findings")
    return Checked(
        id=fields.text("id"),
        check=fields.text("check"),
        outcome=fields.member("outcome", Outcome),
        terms=tuple(found[place][0] for place in places),
        severities=tuple(found[place][1] for place in places),
        certified=_count(fields, "certified"),
    )


def _count(fields: Fields, name: str) -> int:
    counts = fields.object_or_empty("counts")
    return counts.integer(name) if counts.has(name) else 0


def _escalate(fields: Fields) -> tuple[datetime, str]:
    return fields.moment("at"), fields.text("to")


def _held(history: Fields) -> frozenset[str] | None:
    known = history.object_or_empty("current_facts")
    return frozenset(known.texts("vulnerabilities")) if known.has("vulnerabilities") else None


def _digest(fields: Fields, name: str) -> Digest:
    return fields.parsed(name, Digest.parse)


def _platform(fields: Fields) -> Platform:
    config = _digest(fields, "config") if fields.has("config") else None
    return Platform(fields.text("platform"), _digest(fields, "digest"), config)


def _is_signed(fields: Fields) -> bool:
    signed = fields.values.get("signed")
    if not isinstance(signed, bool):
        raise Malformed(f"{fields.path('signed')}: expected true or false")
    return signed


def _needs(fields: Fields) -> Iterator[Need]:
    for item in fields.objects("approvals"):
        outside = item.parsed("outside", parse_group) if item.has("outside") else None
        number = item.integer("count")
        if not 1 <= number <= MAX_PEOPLE:
            raise Malformed(f"{item.path('count')}: expected 1 to {MAX_PEOPLE} people, found {number}")
        yield Need(
            role=item.text("role"),
            count=number,
            outside=outside,
            because=item.text_or_empty("because") or None,
            members=item.texts("members") if "members" in item.values else (),
            least=item.integer("least") if item.has("least") else 1,
        )


def _evidence_root(fields: Fields) -> Digest:
    """Return the stated root, which must be that of the listed pieces (``promotion.evidence_set``)."""
    leaves = [
        {name: piece.values.get(name) for name in ("digest", "mediaType", "size", "subject")}
        for piece in fields.objects("pieces")
    ]
    root = Digest(root_of(leaf_hash(canonical(leaf)) for leaf in leaves).hex())
    if root != _digest(fields, "root"):
        raise Malformed(f"{fields.path('root')}: expected {root}, the root of the listed pieces")
    return root
