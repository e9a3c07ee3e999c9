"""Pointing tags: that of one image, or those of a release, every one or none.

A registry moves one tag at a time, so the ledger says where the point of no return lies. Every tag is looked at first;
then one transaction asks whether anything stands against any part, and records that from there on all tags are pointed
(``promotion.released``). What fails after that is tried again until it succeeds, by whatever worker: nothing is given
up, and no hold, no withdrawal and no change of the rules comes in between.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pratique.errors import Conflict, PratiqueError, Unreachable
from pratique.promotion.post_mortem import look_back
from pratique.promotion.states import Promotion, State
from pratique.promotion.steps import PromotionPointed, PromotionPromoted, PromotionReleased
from pratique.promotion.together import may_point
from pratique.registry.interface import Registry
from pratique.service.again import begin_again
from pratique.service.copying import why_stale
from pratique.service.perform import Done, expect_mine, parts_of
from pratique.service.scribe import Scribe, about
from pratique.service.workspace import Workspace
from pratique.storage.effect import EffectStanding
from pratique.storage.transaction import Transaction, View
from pratique.values.digest import Digest
from pratique.values.reference import parse_reference, parse_repository


@dataclass(frozen=True, slots=True)
class _Looked:
    """A part whose tag may be moved; ``previous`` is what the tag pointed at, if not at this image already."""

    part: Promotion
    previous: Digest | None


@dataclass(frozen=True, slots=True)
class _Stale:
    """A part that has to be judged again, and why."""

    part: Promotion
    because: str


@dataclass(frozen=True, slots=True)
class _Pointed:
    """A part whose tag is in its place; ``tag`` is None where its destination asks for none."""

    part: Promotion
    tag: str | None


@dataclass(frozen=True, slots=True)
class _Left:
    """A part whose tag could not be moved now, and why."""

    part: Promotion
    because: PratiqueError


def point(workspace: Workspace, promotion: Promotion, effect: EffectStanding) -> Done:
    """Point the tag of a promotion, or every tag of the release that it is the first part of.

    Raises:
        Conflict: A tag names what nobody promoted there; none was moved then.
        Unreachable: A registry cannot be asked, and none was moved; or not all could be, and it has to go on.
    """
    parts = workspace.store.read(lambda view: parts_of(view, promotion))
    if not all(part.released for part in parts):
        looked = tuple(_look(workspace, part) for part in parts)
        # In the order of everything that is written: whoever changes the rules does so before this, or after the tags.
        stale = workspace.store.transact(lambda tx: _release(workspace, tx, looked))
        if stale is not None:
            return _judge_again(stale)
    pointed = tuple(_moved(workspace, parts, effect))

    def record(scribe: Scribe, _standing: Promotion) -> None:
        for one in pointed:
            _record(workspace, scribe.tx, one)

    return Done({"tags": [one.tag for one in pointed]}, record)


def _look(workspace: Workspace, part: Promotion) -> _Looked:
    tag = _tag(workspace, part)
    if tag is None:
        return _Looked(part, None)
    found = _expect_ours(workspace, workspace.open(parse_repository(part.destination)), part, tag)
    return _Looked(part, None if found == part.image else found)


def _release(workspace: Workspace, tx: Transaction, looked: tuple[_Looked, ...]) -> _Stale | None:
    """Record that all tags are to be pointed, or return what stands against it."""
    parts = parts_of(tx, tx.promotions.find(looked[0].part.id))
    if all(part.released for part in parts):
        return None  # another attempt was quicker: it is gone on with
    if not may_point(parts):
        raise Conflict(f"promotion {parts[0].id}: expected every part sealed and attached; retry what is not")
    for part in parts:
        because = why_stale(workspace, tx, part)
        if because is not None:
            return _Stale(part, because)
    for part, one in zip(parts, looked, strict=True):
        Scribe(tx, about=about(part)).append(PromotionReleased(part.generation, one.previous))
    return None


def _moved(workspace: Workspace, parts: tuple[Promotion, ...], effect: EffectStanding) -> Iterator[_Pointed]:
    """Yield every part with its tag moved, or raise ``Unreachable`` with what keeps the others from it.

    One that cannot be moved keeps no other back: the sooner they agree, the better.
    """
    tried = tuple(_move(workspace, part, effect) for part in parts)
    left = tuple(one for one in tried if isinstance(one, _Left))
    if left:
        why = "; ".join(f"{one.part.image_name}: {one.because}" for one in left)
        raise Unreachable(f"{len(parts) - len(left)} of {len(parts)} tags are pointed; {why}")
    yield from (one for one in tried if isinstance(one, _Pointed))


def _move(workspace: Workspace, part: Promotion, effect: EffectStanding) -> _Pointed | _Left:
    try:
        tag = _tag(workspace, part)
        if tag is not None:
            _move_tag(workspace, part, tag, effect)
        return _Pointed(part, tag)
    except PratiqueError as error:
        return _Left(part, error)


def _move_tag(workspace: Workspace, part: Promotion, tag: str, effect: EffectStanding) -> None:
    """Move the tag, if it points at nothing or at what was promoted there.

    A worker that was stopped, and let go when others had moved the tag on, must not move it back: it is asked
    whether its attempt still counts after the tag was looked at, and the tag moves only from where it was seen.
    """
    destination = workspace.open(parse_repository(part.destination))
    found = _expect_ours(workspace, destination, part, tag)
    expect_mine(workspace, effect)
    destination.put_tag(tag, part.image, found)


def _expect_ours(workspace: Workspace, destination: Registry, part: Promotion, tag: str) -> Digest | None:
    """Return what the destination's tag points at, or raise ``Conflict`` where that was never promoted there."""
    found = destination.resolve(tag)
    if found is not None and found != part.image:
        known = workspace.store.read(lambda view: view.promotions.of_image(found))
        if not any(one.place == part.place and one.state in _WAS_THERE for one in known):
            raise Conflict(
                f"{part.destination}:{tag} points at {found}, which was never promoted there; "
                "somebody else moved it: find out who, remove the tag, and retry"
            )
    return found


_WAS_THERE = frozenset({State.PROMOTED, State.RECALLED})


def _tag(workspace: Workspace, part: Promotion) -> str | None:
    """Return the tag by the rules that the part was judged by, whatever changed since."""
    if part.judgement is None:
        raise Conflict(f"promotion {part.id}: expected its judgement, found none; retry it")
    application = workspace.bundle_of(part.judgement.policy).application(part.application)
    destination = application.image(part.image_name).destination(part.to)
    return destination.tag_for(parse_reference(part.source).tag, part.image)


def _judge_again(stale: _Stale) -> Done:
    def record(scribe: Scribe, _standing: Promotion) -> None:
        part = scribe.tx.promotions.find(stale.part.id)
        if part.state is State.POINTING and not part.released:
            begin_again(Scribe(scribe.tx, about=about(part)), part, stale.because)

    return Done({"judged again": stale.because}, record)


def _record(workspace: Workspace, tx: Transaction, pointed: _Pointed) -> None:
    part = tx.promotions.find(pointed.part.id)
    if part.level is None:
        raise Conflict(f"promotion {part.id}: expected the level of its seal, found none; retry it")
    held = tx.arrivals.current(*part.place)
    scribe = Scribe(tx, about=about(part))
    scribe.append(PromotionPointed(part.generation, part.destination, pointed.tag, _previous(tx, part)))
    scribe.append(PromotionPromoted(part.generation, part.level, held.image if held else None))
    left = look_back(part, workspace.bundle(tx), tx.now)
    if left is not None:
        scribe.append(left)


def _previous(view: View, part: Promotion) -> Digest | None:
    """Return what the tag pointed at before any attempt moved it."""
    happened = (entry.event.data for entry in reversed(view.ledger.of_promotion(part.id)))
    return next((data.previous for data in happened if isinstance(data, PromotionReleased)), None)
