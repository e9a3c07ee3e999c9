"""A situation that somebody describes, made into a case: the facts of an image that need not exist.

The tests of a policy are judged by the one judge there is. Only where the facts come from differs: nobody signed
them, so nothing of what comes out is a decision about any image.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from pratique.attest.keykind import KeyKind
from pratique.attest.seal import Level
from pratique.attest.verify import Signed
from pratique.errors import Malformed
from pratique.evidence.facts.lists import Exploited
from pratique.evidence.facts.scan import Scan
from pratique.evidence.match import PRODUCER
from pratique.evidence.model import Bound, Evidence, Facts, Origin, Parse, Piece, Reading
from pratique.evidence.threat import Lists
from pratique.policy.application import ApplicationImage
from pratique.policy.document import Bundle
from pratique.policy.fact_form import read_fact, read_form, read_moment
from pratique.policy.facts import Arrival, Subject, observe
from pratique.policy.schema import Misfit, Path, UnknownKey, suggestion
from pratique.promotion.profile import Profile, profile_of
from pratique.promotion.situation_waiver import IMAGE, read_waivers
from pratique.promotion.waiver import Granted
from pratique.values.canonical import canonical
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.names import Actor, Environment, parse_actor
from pratique.values.reference import Repository, parse_repository

_PIECE = ("kind", "says", "signed_by", "bound", "format", "parse", "covers")
_LISTS = ("kev", "epss")
USUAL, SAME = "usual", "same"
EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything that is known about an image; ``platforms`` are the digests by name."""

    now: datetime
    to: Environment
    application: str
    image_name: str
    source: str
    """Where its source code is."""
    repository: Repository
    """Where the image is asked from."""
    requester: Actor
    platforms: tuple[tuple[str, Digest], ...]
    evidence: tuple[tuple[str, Evidence], ...]
    matched: tuple[tuple[str, Scan], ...]
    lists: Lists
    arrivals: tuple[Arrival, ...] | None
    current: Profile | None
    waivers: tuple[Granted, ...] = ()
    first_seen: tuple[tuple[str, datetime], ...] | None = None
    """When the ledger first met each vulnerability, by term; ``None`` where nobody asked."""
    left: datetime | None = None
    """When this image was last replaced in the environment."""

    @property
    def pieces(self) -> tuple[Evidence, ...]:
        """The evidence without its names."""
        return tuple(piece for _, piece in self.evidence)

    def subject(self, platform: Digest) -> Subject:
        """Return what one platform is judged as."""
        current = self.current.as_current(Digest.of(b"what runs there")) if self.current else None
        seen = None if self.first_seen is None else dict(self.first_seen)
        return Subject(platform, IMAGE, str(self.repository), self.now, self.arrivals, current, seen)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an image is to enter, as far as a case says, and who asks."""

    to: Environment
    application: str | None
    image: str | None
    requester: str
    platforms: tuple[str, ...]


def read_situation(place: Place, facts: Mapping[str, Any], bundle: Bundle) -> Situation:
    """Return the situation that these facts spell.

    Raises:
        Misfit: A fact breaks its form, or the policy has no such image.
        Absent: The policy knows neither the application nor the environment.
    """
    now = read_moment(facts.get("now"), ("now",), now=EPOCH)
    platforms = tuple((name, _digest_of(name, place.platforms)) for name in place.platforms)
    application, image = _image(place, bundle)
    pieces = dict(_pieces(facts.get("evidence", {}), dict(platforms), now))
    found = Situation(
        now=now,
        to=place.to,
        application=application,
        image_name=image.name,
        source=image.source.repository,
        repository=_repository(facts.get("repository"), image, place.to, bundle),
        requester=_actor(place.requester),
        platforms=platforms,
        evidence=tuple((name, piece) for name, piece in pieces.items() if not _is_matcher(piece)),
        matched=tuple((name, scan) for name, piece in pieces.items() for scan in _matched(piece)),
        lists=_lists(facts.get("lists", {})),
        arrivals=_arrivals(facts.get("arrivals"), bundle, place.to, now),
        current=None,
        waivers=tuple(read_waivers(facts.get("waivers"), place.to, application, now)),
        first_seen=_first_seen(facts.get("first_seen"), now),
        left=read_moment(facts["left"], ("left",), now=now) if facts.get("left") else None,
    )
    return replace(found, current=_current(facts.get("current"), found, now))


def _digest_of(platform: str, every: tuple[str, ...]) -> Digest:
    return IMAGE if len(every) == 1 else Digest.of(platform.encode())


def _actor(text: str) -> Actor:
    try:
        return parse_actor(text)
    except Malformed as error:
        raise Misfit(("requester",), str(error)) from error


def _image(place: Place, bundle: Bundle) -> tuple[str, ApplicationImage]:
    if not bundle.applications:
        raise Misfit((), "expected a policy with an application, found none; add applications/*.yaml")
    name = place.application or bundle.applications[0].name
    application = bundle.application(name)
    image = application.image(place.image) if place.image else application.images[0]
    return name, image


def _repository(value: object, image: ApplicationImage, to: Environment, bundle: Bundle) -> Repository:
    """Return where an image is asked from: where the case says, else where it usually is before this environment."""
    before = tuple(one for name in bundle.rules(to).predecessors for one in _places(image, name))
    if value in (None, USUAL):
        usual = (*before, *_accepted(image), *_places(image, to))
        if not usual:
            raise Misfit((), f"where {image.name} comes from cannot be told from the policy; say its repository")
        return usual[0]
    found = _read_repository(value)
    if found not in before and not image.accepts(found):
        accepted = ", ".join(map(str, (*before, *image.accept)))
        raise Misfit(("repository",), f"expected one that {image.name} may come from, {accepted}, found {found}")
    return found


def _read_repository(value: object) -> Repository:
    try:
        return parse_repository(value if isinstance(value, str) else "")
    except Malformed as error:
        raise Misfit(("repository",), f"expected a repository, or the word 'usual': {error}") from error


def _accepted(image: ApplicationImage) -> Iterator[Repository]:
    """Yield the repositories that a policy accepts, with the image's name for every star, as far as that is one."""
    for pattern in image.accept:
        try:
            yield parse_repository(str(pattern).replace("**", "*").replace("*", image.name))
        except Malformed:
            continue  # such as a star for everything


def _places(image: ApplicationImage, environment: str) -> tuple[Repository, ...]:
    return tuple(one.repository for one in image.destinations if one.environment == environment)


# ------------------------------------------------------------------------------------------------- evidence


def _pieces(value: object, platforms: Mapping[str, Digest], now: datetime) -> Iterator[tuple[str, Evidence]]:
    for name, piece in _mapping(value, ("evidence",)).items():
        yield name, _piece(piece, ("evidence", name), platforms, now)


def _piece(value: object, path: Path, platforms: Mapping[str, Digest], now: datetime) -> Evidence:
    said = _mapping(value, path)
    for key in said:
        if key not in _PIECE:
            raise UnknownKey((*path, key), f"unknown key {key[:80]!r}{suggestion(key, _PIECE)}")
    fact = read_fact(str(said.get("kind", "")), said.get("says", {}), path, now=now)
    signers = tuple(_signed(name, (*path, "signed_by")) for name in _texts(said, "signed_by", path, ()))
    covers = tuple(
        platforms.get(name) or _no_platform(name, platforms, (*path, "covers"))
        for name in _texts(said, "covers", path, tuple(platforms))
    )
    content = canonical(
        {"covers": [str(one) for one in covers], "says": repr(fact), "path": [str(part) for part in path]}
    )
    usual = Bound.STATEMENT if signers else Bound.REPORT
    return Evidence(
        piece=Piece(Digest.of(content), "application/json", len(content), IMAGE, Origin.UPLOAD, content),
        reading=Reading(
            format=_text(said, "format", path, "test"),
            format_version=None,
            parse=Parse(_choice(said, "parse", path, tuple(Parse), Parse.OK)),
            reasons=(),
            facts=(fact,),
            about=covers,
        ),
        signers=signers,
        covers=covers,
        bound=Bound(_choice(said, "bound", path, tuple(Bound), usual)),
        because="a test of the policy says so",
    )


def _signed(name: str, path: Path) -> Signed:
    try:
        return Signed(parse_actor(name), f"SHA256:{name}", KeyKind.ECDSA_P256)
    except Malformed as error:
        raise Misfit(path, str(error)) from error


def _no_platform(name: str, platforms: Mapping[str, Digest], path: Path) -> Digest:
    raise Misfit(path, f"the image has no platform {name[:80]!r}{suggestion(name, platforms)}")


def _is_matcher(piece: Evidence) -> bool:
    return any(isinstance(fact, Scan) and fact.producer == PRODUCER for fact in piece.reading.facts)


def _matched(piece: Evidence) -> tuple[Scan, ...]:
    return piece.reading.of(Scan) if _is_matcher(piece) else ()


# ------------------------------------------------------------------------------------------------- the rest


def _lists(value: object) -> Lists:
    said = _mapping(value, ("lists",))
    for key in said:
        if key not in _LISTS:
            raise UnknownKey(("lists", key), f"unknown key {key[:80]!r}{suggestion(key, _LISTS)}")
    exploited = _texts(said, "kev", ("lists",), ()) if "kev" in said else None
    likely = _mapping(said["epss"], ("lists", "epss")) if "epss" in said else None
    return Lists(
        None if exploited is None else {name: Exploited(name, None, None, None) for name in exploited},
        None if likely is None else {name: str(share) for name, share in likely.items()},
    )


def _arrivals(value: object, bundle: Bundle, to: Environment, now: datetime) -> tuple[Arrival, ...] | None:
    if value is None:
        return None
    if value == USUAL:
        before = bundle.rules(to).predecessors
        return tuple(Arrival(name, read_moment("-2d", (), now=now), Level.PROMOTED, now) for name in before)
    items = value if isinstance(value, list) else None
    if items is None:
        raise Misfit(("arrivals",), "expected a list of arrivals, or the word 'usual'")
    return tuple(read_form(Arrival, item, ("arrivals", at), now=now) for at, item in enumerate(items))


def _first_seen(value: object, now: datetime) -> tuple[tuple[str, datetime], ...] | None:
    if value is None:
        return None
    said = _mapping(value, ("first_seen",))
    return tuple((term, read_moment(said[term], ("first_seen", term), now=now)) for term in sorted(said))


def _current(value: object, found: Situation, now: datetime) -> Profile | None:
    if value is None:
        return None
    if value == SAME:
        return own_profile(found)
    return read_form(Profile, value, ("current",), now=now)


def own_profile(situation: Situation) -> Profile:
    """Return what the image of a situation is made of."""
    return profile_of(tuple(facts for _, facts in observed(situation)), situation.source)


def observed(situation: Situation) -> tuple[tuple[str, Any], ...]:
    """Return the facts of every platform, by its name."""
    matched = tuple(scan for _, scan in situation.matched)
    return tuple(
        (name, observe(situation.subject(digest), situation.pieces, matched, situation.lists))
        for name, digest in situation.platforms
    )


def _mapping(value: object, path: Path) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Misfit(path, "expected a mapping")
    return value


def _texts(said: Mapping[str, Any], key: str, path: Path, usual: tuple[str, ...]) -> tuple[str, ...]:
    found = said.get(key, list(usual))
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise Misfit((*path, key), "expected a list of texts")
    return tuple(found)


def _text(said: Mapping[str, Any], key: str, path: Path, usual: str) -> str:
    found = said.get(key, usual)
    if not isinstance(found, str):
        raise Misfit((*path, key), "expected a text")
    return found


def _choice(said: Mapping[str, Any], key: str, path: Path, choices: tuple[str, ...], usual: str) -> str:
    found = _text(said, key, path, usual)
    if found not in choices:
        raise Misfit((*path, key), f"{found[:80]!r} is not known here{suggestion(found, choices)}")
    return found


def facts_of(piece: Evidence) -> Facts:
    """Return what a piece of a situation says; every one says one thing."""
    return piece.reading.facts[0]
