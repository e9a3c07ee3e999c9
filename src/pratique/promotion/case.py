"""A case: everything that one judgement sees, read and verified, and nothing else.

There is one way to make a case, from the inputs that a record names and the bytes behind their digests. The server
judges a case made so, and an auditor makes the same one again from a record.

Pure: no clock, no storage. ``now`` is among the inputs.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from pratique.errors import Absent, Unverified
from pratique.evidence import bind
from pratique.evidence.advisories import Advisories, read_advisories
from pratique.evidence.facts.packages import Sbom
from pratique.evidence.feed import ADVISORIES, EXPLOITED, LIKELIHOODS
from pratique.evidence.match import match
from pratique.evidence.model import Evidence, Piece
from pratique.evidence.threat import Lists, read_lists
from pratique.policy.application import Application
from pratique.policy.document import Bundle
from pratique.policy.environment import EnvironmentRules
from pratique.policy.facts import Facts, Subject, observe
from pratique.promotion.calendar_check import check_calendar
from pratique.promotion.directory import Directory
from pratique.promotion.evidence_set import root_of_evidence
from pratique.promotion.profile import Profile
from pratique.promotion.record import Inputs, Record
from pratique.promotion.waiver import Granted, open_granted
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.reference import parse_reference

Bodies = Mapping[Digest, bytes]
"""The bytes of evidence, feeds and grants of waivers, by digest."""


@dataclass(frozen=True, slots=True)
class _Outside:
    """What is known about vulnerabilities, whatever the image."""

    advisories: Advisories | None
    lists: Lists


@dataclass(frozen=True, slots=True)
class Case:
    """One image that asks to enter one environment; ``platforms`` are the facts of each, by its name."""

    promotion: str
    generation: int
    inputs: Inputs
    application: Application
    rules: EnvironmentRules
    directory: Directory
    platforms: tuple[tuple[str, Facts], ...]
    review_by: date | None = None
    """The day on which the policy is to be looked at again."""
    waivers: tuple[Granted, ...] = ()

    @property
    def facts(self) -> tuple[Facts, ...]:
        """The facts of every platform."""
        return tuple(facts for _, facts in self.platforms)


def build_case(
    promotion: str, generation: int, inputs: Inputs, *, bundle: Bundle, directory: Directory, bodies: Bodies
) -> Case:
    """Return the case that these inputs name.

    Args:
        promotion: Its identifier.
        generation: The attempt, from 1.
        inputs: What the record will name.
        bundle: The policy with the digest that the inputs name.
        directory: The version with the digest that the inputs name.
        bodies: At least the bytes of every piece of evidence and of every feed that the inputs name.

    Raises:
        Unverified: Something has another digest than the inputs name.
        Absent: Bytes are missing, or the policy knows neither the application nor the environment.
        Malformed: The image's source is no reference.
    """
    rules = bundle.rules(inputs.to)
    _check("policy", inputs.policy.digest, bundle.digest)
    _check(f"rules of {inputs.to}", inputs.policy.rules, rules.digest)
    _check("directory", inputs.directory.digest, directory.digest)
    _check("evidence root", inputs.evidence.root, root_of_evidence(inputs.evidence.pieces))
    check_calendar(inputs.calendar, rules, inputs.now)
    evidence = bind.understand(_pieces(inputs, bodies), directory.machine_keys(), _subject(inputs))
    advisories = _advisories(inputs, bodies)
    lists = replace(_lists(inputs, bodies), cves=advisories.cves if advisories else {})
    outside = _Outside(advisories, lists)
    return Case(
        promotion=promotion,
        generation=generation,
        inputs=inputs,
        application=bundle.application(inputs.application),
        rules=rules,
        directory=directory,
        platforms=tuple(
            (platform.platform, _facts(platform.digest, inputs, evidence, outside, rules))
            for platform in inputs.image.platforms
        ),
        review_by=bundle.metadata.review_by,
        waivers=tuple(
            open_granted(used, (_body(grant.envelope, "grant", bodies) for grant in used.grants), directory)
            for used in inputs.waivers
        ),
    )


def case_of(record: Record, *, bundle: Bundle, directory: Directory, bodies: Bodies) -> Case:
    """Return the case that a record judged; arguments and errors as for :func:`build_case`."""
    decision = record.decision
    return build_case(
        decision.promotion,
        decision.generation,
        decision.inputs,
        bundle=bundle,
        directory=directory,
        bodies=bodies,
    )


def bodies_of(inputs: Inputs) -> frozenset[Digest]:
    """Return the digests of everything that a case of these inputs is made from."""
    pieces = (piece.digest for piece in inputs.evidence.pieces)
    feeds = (feed.digest for feed in inputs.feeds)
    grants = (grant.envelope for used in inputs.waivers for grant in used.grants)
    return frozenset((*pieces, *feeds, *grants))


def _check(what: str, expected: Digest, found: Digest) -> None:
    if expected != found:
        raise Unverified(f"{what}: expected {expected}, found {found}")


def _body(digest: Digest, what: str, bodies: Bodies) -> bytes:
    content = bodies.get(digest)
    if content is None:
        raise Absent(f"{what} {digest}: its bytes are not here, so nothing can be judged by them")
    digest.check(content, what)
    return content


def _pieces(inputs: Inputs, bodies: Bodies) -> tuple[Piece, ...]:
    return tuple(
        Piece(
            digest=listed.digest,
            media_type=listed.media_type,
            size=listed.size,
            subject=listed.subject,
            origin=listed.origin,
            content=_body(listed.digest, "evidence", bodies),
        )
        for listed in inputs.evidence.pieces
    )


def _subject(inputs: Inputs) -> bind.ImageSubject:
    platforms = (bind.Platform(one.platform, one.digest, one.config) for one in inputs.image.platforms)
    return bind.ImageSubject(inputs.image.digest, tuple(platforms))


def _advisories(inputs: Inputs, bodies: Bodies) -> Advisories | None:
    files = [_body(feed.digest, "feed", bodies) for feed in inputs.feeds if feed.name.startswith(ADVISORIES)]
    return read_advisories(*files) if files else None


def _lists(inputs: Inputs, bodies: Bodies) -> Lists:
    digests = {feed.name: feed.digest for feed in inputs.feeds}
    exploited, likelihoods = (
        _body(digests[name], "feed", bodies) if name in digests else None for name in (EXPLOITED, LIKELIHOODS)
    )
    return read_lists(exploited, likelihoods)


def _facts(
    subject: Digest, inputs: Inputs, every: tuple[Evidence, ...], outside: _Outside, rules: EnvironmentRules
) -> Facts:
    held, profile = inputs.history.current, inputs.history.current_facts
    judged = Subject(
        platform=subject,
        image=inputs.image.digest,
        repository=str(parse_reference(inputs.image.source).repository),
        now=inputs.now,
        arrivals=inputs.history.arrivals,
        current=(profile or Profile()).as_current(held.digest) if held else None,
        max_evidence_age=rules.settings.max_evidence_age,
    )
    seen = inputs.history.first_seen
    judged = replace(judged, first_seen=None if seen is None else dict(seen))
    own = tuple(sbom for one in every if subject in one.covers for sbom in one.reading.of(Sbom))
    matched = tuple(match(sbom, outside.advisories) for sbom in own) if outside.advisories else ()
    return observe(judged, every, matched, outside.lists)
