"""The watch over everything that environments hold: what concerns it by now, and where a package is.

Bills of materials are evidence and lie in the blob store; which packages they name is indexed in the database when
somebody first asks. What the watch finds and no judgement knew becomes a signal.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pratique.errors import Absent, Malformed
from pratique.evidence.advisories import Advisories, read_advisories
from pratique.evidence.feed import ADVISORIES, advisories_naming
from pratique.evidence.formats.osv import Advisory
from pratique.evidence.model import Assertion, Evidence, Vulnerability
from pratique.evidence.watch import Watched, affected_by, ask, bills_of, names_of, packages_of, watch
from pratique.promotion.events import EventObject
from pratique.promotion.past import Arrival
from pratique.promotion.record_form import parse_record
from pratique.promotion.signal import SignalRaised, SignalReconciled
from pratique.service.bound import of_held
from pratique.service.gather import feeds_in_force
from pratique.service.hearing import hear
from pratique.service.scribe import RECORDER, About, Scribe
from pratique.service.workspace import Workspace
from pratique.storage.package import PackageRow
from pratique.storage.signal import Signal
from pratique.storage.transaction import Transaction, View
from pratique.values.digest import Digest
from pratique.values.ids import Kind, build_id
from pratique.values.names import Environment

_Key = tuple[Environment, Digest, str]

HELD_NO_MORE = "the environment holds the image no more"
CONCERNS_NO_MORE = "no advisory in force concerns it any more"


@dataclass(frozen=True, slots=True)
class Seen:
    """One image in one environment, what concerns it now, and the terms that its judgement knew.

    ``cleared`` are the terms of which somebody whom the policy trusts states that they do no harm there.
    """

    arrival: Arrival
    watched: Watched
    known: frozenset[str]
    cleared: Mapping[str, Assertion]


@dataclass(frozen=True, slots=True)
class Looked:
    """Everything that is held, by the advisories in force; ``advisories`` is none where there are none."""

    seen: tuple[Seen, ...]
    advisories: Digest | None


@dataclass(frozen=True, slots=True)
class Turned:
    """How many signals were raised and settled, and how many are open after that."""

    raised: int
    reconciled: int
    open: int


@dataclass(frozen=True, slots=True)
class Overview:
    """What the watch sees now, and the signals that are open."""

    looked: Looked
    signals: tuple[Signal, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A package in an image that an environment holds; ``affected`` is none where that cannot be told."""

    arrival: Arrival
    row: PackageRow
    affected: bool | None


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where something is; ``blind`` are the images without a bill of materials, in which it may be all the same."""

    places: tuple[Place, ...]
    advisories: tuple[Advisory, ...]
    blind: tuple[Arrival, ...]
    looked_at: int


def overview(workspace: Workspace) -> Overview:
    """Return what concerns each image that is held, by the advisories in force, and the open signals."""
    feeds = workspace.store.read(advisory_feeds)
    return Overview(look(workspace, feeds), workspace.store.read(lambda view: view.signals.open()))


def look_again(workspace: Workspace) -> Turned:
    """Compare everything that is held with the advisories in force, and record what has turned out since."""
    feeds = workspace.store.read(advisory_feeds)
    seen = look(workspace, feeds)
    return workspace.store.transact(lambda tx: record(tx, seen))


def advisory_feeds(view: View) -> tuple[EventObject, ...]:
    """Return the newest snapshot of every feed of advisories."""
    return tuple(item for feed, item in feeds_in_force(view) if feed.name.startswith(ADVISORIES))


def look(workspace: Workspace, feeds: tuple[EventObject, ...]) -> Looked:
    """Compare everything that is held with these advisories; nothing is recorded."""
    if not feeds:
        return Looked((), None)
    advisories = read_advisories(*(workspace.blobs.get(feed.digest) for feed in feeds))
    holding = workspace.store.read(lambda view: view.arrivals.holding())
    return Looked(tuple(_seen(workspace, one, advisories) for one in holding), feeds[0].digest)


def record(tx: Transaction, looked: Looked) -> Turned:
    """Raise a signal for what no judgement knew, and settle those that no longer apply.

    What came or went since it was looked at is left to the next look.
    """
    if looked.advisories is None:
        return Turned(0, 0, len(tx.signals.open()))
    held = {(one.environment, one.image) for one in tx.arrivals.holding()}
    now = {
        _key(one, each): (one, each)
        for one in looked.seen
        for each in one.watched.vulnerabilities
        if each.term not in one.cleared
    }
    standing = {(one.environment, one.image, one.term): one for one in tx.signals.open()}
    settled = [(one, why) for key, one in standing.items() if (why := _why_settled(key, now, held, looked))]
    fresh = [
        (one, each)
        for key, (one, each) in now.items()
        if key not in standing and each.term not in one.known and (key[0], key[1]) in held
    ]
    for one, why in settled:
        _about(tx, one.application, one).append(SignalReconciled(one.id, one.term, why))
    for seen, each in fresh:
        _about(tx, seen.arrival.application, seen.arrival).append(_raised(tx, seen, each, looked.advisories))
    return Turned(len(fresh), len(settled), len(standing) - len(settled) + len(fresh))


def _key(seen: Seen, vulnerability: Vulnerability) -> _Key:
    return seen.arrival.environment, seen.arrival.image, vulnerability.term


def _why_settled(
    key: _Key,
    now: dict[_Key, tuple[Seen, Vulnerability]],
    held: set[tuple[Environment, Digest]],
    looked: Looked,
) -> str | None:
    environment, image, term = key
    if (environment, image) not in held:
        return HELD_NO_MORE
    here = [one for one in looked.seen if (one.arrival.environment, one.arrival.image) == (environment, image)]
    if not here or key in now:
        return None
    said = next((one.cleared[term] for one in here if term in one.cleared), None)
    return _stated(said) if said else CONCERNS_NO_MORE


def _stated(said: Assertion) -> str:
    status = said.statement.status
    word = status.value if status else "nothing"
    return f"{' and '.join(said.signers)} states {word} in {said.evidence}"


def _about(tx: Transaction, application: str, place: Arrival | Signal) -> Scribe:
    return Scribe(tx, RECORDER, About(None, application, place.environment, place.image))


def _raised(tx: Transaction, seen: Seen, each: Vulnerability, advisories: Digest) -> SignalRaised:
    return SignalRaised(
        signal=build_id(Kind.SIGNAL, tx.now, tx.chance(10)),
        promotion=seen.arrival.promotion,
        image_name=seen.arrival.image_name,
        term=each.term,
        vulnerability=each.identifier,
        package=each.package,
        version=each.version,
        severity=each.severity.label if each.severity else None,
        fixed=each.fixed_versions[:20],
        advisories=advisories,
    )


def _seen(workspace: Workspace, arrival: Arrival, advisories: Advisories) -> Seen:
    evidence = of_held(workspace, arrival.promotion)
    watched = watch(evidence, advisories)
    heard = hear(workspace, arrival, evidence, watched.vulnerabilities)
    return Seen(arrival, watched, _known(workspace, arrival), heard)


def _known(workspace: Workspace, arrival: Arrival) -> frozenset[str]:
    """Return the terms that the judgement of an arrival knew."""
    promotion = workspace.store.read(lambda view: view.promotions.find(arrival.promotion))
    if promotion.judgement is None:
        return frozenset()
    profile = parse_record(workspace.blobs.get(promotion.judgement.record)).decision.profile
    return frozenset(profile.vulnerabilities or ())


def where_package(workspace: Workspace, text: str) -> Whereabouts:
    """Return which images that are held have a package, in any version or in the one that is named.

    Raises:
        Malformed: The text is no package URL.
    """
    asked = ask(text)
    if asked is None:
        raise Malformed(f"package: expected a package URL such as pkg:pypi/urllib3, found {text[:80]!r}")
    held, bills = _indexed(workspace)
    rows = workspace.store.read(lambda view: view.packages.named(asked.space, asked.name))
    chosen = (row for row in rows if asked.version in (None, row.named.version, row.named.compared))
    return _whereabouts(held, bills, tuple((row, None) for row in chosen), ())


def where_vulnerability(workspace: Workspace, name: str) -> Whereabouts:
    """Return which images that are held a vulnerability concerns, under any of its names.

    Raises:
        Absent: No advisory in force names it, so nothing can be said.
    """
    feeds = workspace.store.read(advisory_feeds)
    named = tuple(one for feed in feeds for one in advisories_naming(workspace.blobs.get(feed.digest), name))
    if not named:
        raise Absent(f"{name[:80]}: no advisory in force names it; import one that does, or ask for the package")
    in_force = tuple(one for one in named if not one.withdrawn)
    held, bills = _indexed(workspace)
    keys = packages_of(in_force)
    rows = workspace.store.read(lambda view: [row for key in keys for row in view.packages.named(*key)])
    judged = ((row, affected_by(row.named, in_force)) for row in rows)
    return _whereabouts(held, bills, tuple((row, hit) for row, hit in judged if hit is not False), named)


def _whereabouts(
    held: tuple[Arrival, ...],
    bills: dict[str, int],
    rows: tuple[tuple[PackageRow, bool | None], ...],
    advisories: tuple[Advisory, ...],
) -> Whereabouts:
    places = (Place(one, row, hit) for one in held for row, hit in rows if row.promotion == one.promotion)
    blind = tuple(one for one in held if not bills[one.promotion])
    return Whereabouts(tuple(dict.fromkeys(places)), advisories, blind, len(held))


def _indexed(workspace: Workspace) -> tuple[tuple[Arrival, ...], dict[str, int]]:
    """Return what is held, and how many bills of materials there are of each; index what is not indexed yet."""
    held = workspace.store.read(lambda view: view.arrivals.holding())
    promotions = tuple(one.promotion for one in held)
    bills = workspace.store.read(lambda view: view.packages.bills(promotions))
    for one in held:
        if one.promotion not in bills:
            bills[one.promotion] = _index(workspace, one)
    return held, bills


def _index(workspace: Workspace, arrival: Arrival) -> int:
    evidence = of_held(workspace, arrival.promotion)
    rows = tuple(dict.fromkeys(_rows(arrival, evidence)))
    bills = len(bills_of(evidence))
    workspace.store.transact(lambda tx: tx.packages.put(arrival.promotion, rows, bills))
    return bills


def _rows(arrival: Arrival, evidence: tuple[Evidence, ...]) -> Iterator[PackageRow]:
    for sbom, each in bills_of(evidence):
        platforms = [digest for digest in each.covers if digest != arrival.image] or [arrival.image]
        for component in sbom.components:
            for named in names_of(component):
                for platform in platforms:
                    yield PackageRow(arrival.promotion, platform, each.piece.digest, each.bound, named)
