"""Asking that an image enter an environment: who may ask for what, and what is unique.

Source: decisions.md, "Who counts" and "Life of a promotion". A request is a statement signed by a person or by a
service with the use ``request``; without a signature it is taken only where nobody's rules exclude the requester.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

from pratique.attest.request import REQUEST_FORM, Request, Way
from pratique.attest.verify import TrustedKeys
from pratique.attest.word import open_word
from pratique.errors import Conflict, Refused
from pratique.policy.application import Application, ApplicationImage
from pratique.policy.approval import Separation
from pratique.policy.document import Bundle
from pratique.policy.environment import EnvironmentRules
from pratique.policy.facts import Arrival
from pratique.policy.tracks import AdoptTrack, EmergencyTrack
from pratique.promotion.adoption import check_adoption
from pratique.promotion.directory import Directory
from pratique.promotion.happenings import Commitment, PromotionRequested, Track
from pratique.promotion.release import Release
from pratique.promotion.states import Promotion, State
from pratique.promotion.steps import PromotionSuperseded
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.moment import render_moment

MAX_AGE = timedelta(hours=24)
"""How long after it was issued a signed request may be handed in."""
CLOCK_SKEW = timedelta(minutes=5)
"""How far a signer's clock may run ahead of the database's."""

_SUPERSEDED = frozenset({State.GATHERING, State.JUDGING, State.REMEDIATION, State.REVIEW, State.FAILED})


@dataclass(frozen=True, slots=True)
class Asked:
    """A request and how it came.

    ``envelope`` is the digest of what was signed, None where nothing was; ``supersedes`` the older promotion that
    the requester says shall give way although people have voted on it.
    """

    request: Request
    envelope: Digest | None
    supersedes: str | None = None

    @property
    def image(self) -> Digest:
        """The digest that shall be promoted."""
        return self.request.images[0]

    @property
    def each(self) -> "tuple[Asked, ...]":
        """What is asked for each image of a release, as if it were asked for alone."""
        return tuple(replace(self, request=one) for one in self.request.each)


@dataclass(frozen=True, slots=True)
class InForce:
    """What holds when somebody asks: the policy, the directory, the moment."""

    bundle: Bundle
    directory: Directory
    now: datetime


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger knows of the image and of the place it asks for."""

    arrivals: tuple[Arrival, ...]
    of_image: tuple[Promotion, ...]
    """Every promotion of this digest, ended ones included."""
    at_place: tuple[Promotion, ...]
    """Every open promotion of this application and image name to this environment."""
    voted: frozenset[str] = frozenset()
    """The releases at this place on which people have voted, on whichever part."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """What to record: the request, and the promotions whose place it takes."""

    requested: PromotionRequested
    superseded: tuple[tuple[Promotion, PromotionSuperseded], ...]


def open_request(content: bytes, directory: Directory, *, now: datetime, index: int) -> Asked:
    """Return a signed request once it is known who signed it.

    Args:
        content: The envelope's bytes.
        directory: The version in force.
        now: The moment it is handed in.
        index: The index in the ledger that it would have.

    Raises:
        Malformed: The envelope or the statement breaks its form.
        Unverified: Nobody who may ask has signed it, or its requester is somebody else.
        Refused: It is too old, or from the future.
    """
    request = open_word(content, REQUEST_FORM, keys_to_ask(directory, index))
    if not now - MAX_AGE <= request.issued_at <= now + CLOCK_SKEW:
        issued = render_moment(request.issued_at)
        raise Refused(
            f"request: issued at {issued}; expected within the last {MAX_AGE.days * 24} hours; sign anew"
        )
    return Asked(request, Digest.of(content))


def keys_to_ask(directory: Directory, index: int) -> TrustedKeys:
    """Return the keys that may sign a request, and take one back: people's, and those of services for this use."""
    return (*directory.people_keys(index), *directory.service_keys("request"))


def expect_whole(request: Request, application: Application) -> None:
    """Return if a request names every image of the application that has a place in that environment.

    Raises:
        Refused: It leaves one out: several images are a release, which goes whole or not at all.
    """
    wanted = {image.name for image in application.images if image.goes_to(request.to)}
    left_out = sorted(wanted - {one.image for one in request.each})
    if left_out:
        raise Refused(
            f"request: the images of {application.name} enter {request.to} together, all or nothing; expected "
            f"{', '.join(sorted(wanted))}, found no {', '.join(left_out)}; name every image in one request"
        )


def consider_request(
    asked: Asked, found: InForce, known: Known, *, new: str, release: Release | None = None
) -> Accepted:
    """Return what to record of a request that the rules allow.

    Args:
        asked: A signed request from :func:`open_request`, or an unsigned one; of a release, one of ``each``.
        found: What is in force.
        known: What the ledger knows.
        new: The identifier that the new promotion will have.
        release: The release that it is a part of.

    Raises:
        Refused: The rules do not allow it; the message says which.
        Absent: The policy knows no such application, image, environment or destination.
        Conflict: The same promotion is open, or an older one has votes, or the request was used before.
    """
    request = asked.request
    rules = found.bundle.rules(request.to)
    application = found.bundle.application(request.application)
    image = application.image(request.image)
    destination = image.destination(request.to)
    _check_signed(asked, rules)
    if request.way is Way.ADOPT:
        check_adoption(request, rules, destination.repository)
    else:
        _check_emergency(request, rules)
        _check_way(request, rules, image, known)
    _check_unique(asked, known, release)
    return Accepted(
        PromotionRequested(
            generation=1,
            image_name=request.image,
            source=str(request.source),
            from_=request.from_,
            to=request.to,
            destination=str(destination.repository),
            policy=found.bundle.digest,
            rules=rules.digest,
            directory=found.directory.digest,
            requester=request.requester,
            signed=asked.envelope is not None,
            nonce=request.nonce,
            supersedes=asked.supersedes,
            comment=Commitment(request.comment) if request.comment else None,
            track=Track(request.way) if request.way else None,
            release=release,
        ),
        tuple(_superseded(asked, known, new)),
    )


def _check_signed(asked: Asked, rules: EnvironmentRules) -> None:
    asking = (rules.tracks.slow, _asked_for(asked.request.way, rules))
    if asked.envelope is None and any(one and Separation.REQUESTER in one.separation for one in asking):
        raise Refused(
            f"request: {rules.name} keeps the requester from approving, so it must be known who asks; "
            "expected a signed request, found an unsigned one; sign it with --key"
        )


def _asked_for(way: Way | None, rules: EnvironmentRules) -> EmergencyTrack | AdoptTrack | None:
    match way:
        case None:
            return None
        case Way.EMERGENCY:
            return rules.tracks.emergency
        case Way.ADOPT:
            return rules.tracks.adopt
        case _:
            assert_never(way)


def _check_emergency(request: Request, rules: EnvironmentRules) -> None:
    if request.way is not Way.EMERGENCY:
        return
    if rules.tracks.emergency is None:
        raise Refused(f"request: {rules.name} has no emergency track; ask without --emergency")
    if request.comment is None:
        raise Refused("request: an emergency needs words: say with --comment what burns")


def _check_way(request: Request, rules: EnvironmentRules, image: ApplicationImage, known: Known) -> None:
    allowed = ", ".join(rules.predecessors)
    if request.from_ is None and allowed:
        raise Refused(
            f"request: {rules.name} is entered from {allowed}; expected one of these in from, found none"
        )
    if request.from_ is not None and request.from_ not in rules.predecessors:
        raise Refused(f"request: {rules.name} is entered from {allowed or 'outside'}, found from {request.from_}")
    if request.from_ is not None and request.from_ not in {arrival.environment for arrival in known.arrivals}:
        raise Refused(f"request: this digest was never in {request.from_}; promote it there first")
    if request.source.digest not in (None, request.images[0]):
        raise Refused(f"request: the source names {request.source.digest}, the request is for {request.images[0]}")
    _check_source(request, image)


def _check_source(request: Request, image: ApplicationImage) -> None:
    repository = request.source.repository
    before = image.destination(request.from_).repository if request.from_ else None
    if repository != before and not image.accepts(repository):
        accepted = ", ".join((*([str(before)] if before else []), *map(str, image.accept)))
        raise Refused(f"request: the policy accepts {image.name} from {accepted}, found {repository}")


def _check_unique(asked: Asked, known: Known, release: Release | None) -> None:
    for promotion in known.of_image:
        if promotion.nonce == asked.request.nonce:
            raise Conflict(f"request: it was used before, for {promotion.id}; sign a new one")
    for promotion in known.at_place:
        if promotion.image == asked.image and not _gives_way(promotion, release):
            raise Conflict(
                f"request: {promotion.id} already asks for this and is {promotion.state}; retry that one"
            )


def _gives_way(older: Promotion, release: Release | None) -> bool:
    """Tell whether an older promotion of the same image belongs to a release of other images, whose place is taken."""
    if older.release is None or release is None or older.state not in _SUPERSEDED:
        return False
    return {part.image for part in older.release.parts} != {part.image for part in release.parts}


def _superseded(asked: Asked, known: Known, new: str) -> Iterator[tuple[Promotion, PromotionSuperseded]]:
    for older in known.at_place:
        if older.state not in _SUPERSEDED:
            continue  # approved and on its way: the new one waits its turn
        whole = older.release.id if older.release else older.id
        if (older.reviews or whole in known.voted) and asked.supersedes not in _names(older):
            raise Conflict(f"request: people have voted on {whole}; say --supersede {whole}, or withdraw it")
        yield (
            older,
            PromotionSuperseded(new, f"a newer request for {older.image_name} in {older.to} took its place"),
        )


def _names(older: Promotion) -> set[str]:
    """Return the names by which somebody may say that a promotion shall give way: its own, or its release's."""
    if older.release is None:
        return {older.id}
    return {older.release.id, *(part.promotion for part in older.release.parts)}
