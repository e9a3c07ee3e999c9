"""Copying: the image and exactly the evidence that was judged, to where the signed policy sends it.

No tag of the image moves here, and nothing is sealed yet.
"""

from collections.abc import Iterator
from datetime import timedelta

from pratique.promotion.events import Event
from pratique.promotion.evidence_set import Listed, parse_list
from pratique.promotion.guards import why_judge_again
from pratique.promotion.happenings import PromotionGathered
from pratique.promotion.plan import next_to_copy
from pratique.promotion.states import Promotion
from pratique.promotion.steps import PromotionCopied
from pratique.promotion.together import may_move
from pratique.registry.attach import Body, attach_referrer
from pratique.registry.closure import Closure, plan
from pratique.registry.copy import CopyReport, copy
from pratique.registry.evidence import Carried, collect_evidence
from pratique.registry.interface import Registry
from pratique.service.again import judge_again
from pratique.service.gather import feeds_in_force, is_our_own
from pratique.service.perform import Done, NotYet, parts_of, releases_of
from pratique.service.scribe import Scribe
from pratique.service.workspace import Workspace
from pratique.storage.effect import EffectStanding
from pratique.storage.transaction import View
from pratique.values.canonical import Json
from pratique.values.digest import Digest
from pratique.values.reference import parse_reference, parse_repository

_LOOK_AGAIN = timedelta(hours=1)


def copy_image(workspace: Workspace, promotion: Promotion, _effect: EffectStanding) -> Done | NotYet:
    """Copy a promotion's image and frozen evidence to its destination, and read them back.

    Where another part of its release has stepped back meanwhile, it waits for that one, and then for its turn.
    """
    waits = workspace.store.read(lambda view: _waits(view, promotion))
    if waits is not None:
        return waits
    stale = workspace.store.transact(lambda tx: why_stale(workspace, tx, promotion))
    if stale is not None:
        return judge_again(stale)
    source = workspace.open(parse_reference(promotion.source).repository)
    destination = workspace.open(parse_repository(promotion.destination))
    closure = plan(source, promotion.image)
    frozen = workspace.store.read(lambda view: frozen_evidence(workspace, view, promotion))
    carried = carried_by(source, closure)
    wanted = whole_carriers(carried, frozen)
    report = copy(closure, source, destination, wanted, workspace.lock)
    loose = tuple(_not_carried(carried, wanted, frozen))
    for listed in loose:
        attach_piece(workspace, destination, listed)

    def record(scribe: Scribe, standing: Promotion) -> None:
        scribe.append(
            PromotionCopied(
                generation=standing.generation,
                destination=standing.destination,
                manifests=len(report.manifests) + len(loose),
                blobs=len(report.blobs),
                bytes_=report.moved_bytes,
            )
        )

    return Done(_result(report), record)


def _waits(view: View, promotion: Promotion) -> NotYet | None:
    if not may_move(parts_of(view, promotion)):
        return NotYet(
            view.now + _LOOK_AGAIN, "another part of its release is not approved; whoever approves it wakes this"
        )
    place = view.promotions.open_at(*promotion.place)
    turn = next_to_copy(place, releases_of(view, place))
    if turn is None or turn.id != promotion.id:
        return NotYet(
            view.now + _LOOK_AGAIN, f"another image has its turn in {promotion.to}; it goes on after that"
        )
    return None


def _result(report: CopyReport) -> Json:
    return {
        "manifests": len(report.manifests),
        "bytes": report.moved_bytes,
        "mended": [str(digest) for digest in report.mended],
        "unanchored": [str(digest) for digest in report.unanchored],
    }


def why_stale(workspace: Workspace, view: View, promotion: Promotion) -> str | None:
    """Return why a promotion's decision cannot be acted upon any more, or None where it can."""
    standing = view.promotions.find(promotion.id)
    if standing.judgement is None:
        return "it has not been judged"
    judged, now = workspace.bundle_of(standing.judgement.policy), workspace.bundle(view)
    if judged.application(standing.application) != now.application(standing.application):
        return f"the policy now says otherwise of {standing.application}"
    return why_judge_again(standing.judgement, workspace.in_force(view, standing)) or why_newer(view, standing)


def why_newer(view: View, promotion: Promotion) -> str | None:
    """Return which feed has a newer snapshot than the one that the latest judgement saw, or None."""
    gathered = _gathered(view, promotion)
    if gathered is None or not isinstance(gathered.data, PromotionGathered):
        return None
    seen = {feed.name: feed.digest for feed in gathered.data.feeds}
    newer = (feed.name for feed, _ in feeds_in_force(view) if seen.get(feed.name) != feed.digest)
    name = next(newer, None)
    return None if name is None else f"the feed {name} was imported after it was judged"


def frozen_evidence(workspace: Workspace, view: View, promotion: Promotion) -> tuple[Listed, ...]:
    """Return the evidence that this generation of a promotion was judged by."""
    gathered = _gathered(view, promotion)
    item = gathered.object("evidence-list") if gathered else None
    return parse_list(workspace.blobs.get(item.digest)) if item is not None else ()


def _gathered(view: View, promotion: Promotion) -> Event | None:
    for entry in reversed(view.ledger.of_promotion(promotion.id)):
        data = entry.event.data
        if isinstance(data, PromotionGathered) and data.generation == promotion.generation:
            return entry.event
    return None


def carried_by(repository: Registry, closure: Closure) -> tuple[Carried, ...]:
    """Return the evidence that an image carries; our own proofs are none."""
    return tuple(one for one in collect_evidence(repository, closure).pieces if not is_our_own(one))


def whole_carriers(carried: tuple[Carried, ...], frozen: tuple[Listed, ...]) -> frozenset[Digest]:
    """Return the manifests all of whose pieces were judged; one that has grown since does not travel as it is."""
    judged = {(listed.digest, listed.subject) for listed in frozen}
    grown = {one.manifest for one in carried if (one.digest, one.subject) not in judged}
    return frozenset(one.manifest for one in carried) - grown


def _not_carried(
    carried: tuple[Carried, ...], wanted: frozenset[Digest], frozen: tuple[Listed, ...]
) -> Iterator[Listed]:
    """Yield what was judged and travels on no manifest: handed in here, or on one that has grown or is gone."""
    travelling = {(one.digest, one.subject) for one in carried if one.manifest in wanted}
    yield from (listed for listed in frozen if (listed.digest, listed.subject) not in travelling)


def attach_piece(workspace: Workspace, destination: Registry, listed: Listed) -> None:
    """Attach a piece of evidence that we hold, as a referrer of what it is about."""
    body = Body(listed.media_type, workspace.blobs.get(listed.digest))
    attach_referrer(destination, listed.subject, body, workspace.lock)
