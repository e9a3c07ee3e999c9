"""Pointing the tags of a release: every one of them, or none.

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
from pratique.service.again import begin_again
from pratique.service.copying import why_stale
from pratique.service.perform import Done, parts_of
from pratique.service.pointing import expect_ours, move_tag, point_tag, tag_of
from pratique.service.scribe import Scribe, about
from pratique.service.workspace import Workspace
from pratique.storage.effect import EffectStanding
from pratique.storage.transaction import Transaction
from pratique.values.digest import Digest
from pratique.values.reference import parse_repository


@dataclass(frozen=True, slots=True)
class _Stale:
    """A part that has to be judged again, and why."""

    part: Promotion
    because: str


@dataclass(frozen=True, slots=True)
class _Pointed:
    """A part whose tag is in its place; ``previous`` is what the tag pointed at before."""

    part: Promotion
    tag: str | None
    previous: Digest | None


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
    if promotion.release is None:
        return point_tag(workspace, promotion, effect)
    parts = workspace.store.read(lambda view: parts_of(view, promotion))
    if not all(part.released for part in parts):
        for part in parts:
            _expect_movable(workspace, part)
        stale = workspace.store.transact(lambda tx: _release(workspace, tx, promotion))
        if stale is not None:
            return _judge_again(stale)
    pointed = tuple(_moved(workspace, parts))

    def record(scribe: Scribe, _standing: Promotion) -> None:
        for one in pointed:
            _record(workspace, scribe.tx, one)

    return Done({"tags": [one.tag for one in pointed]}, record)


def _expect_movable(workspace: Workspace, part: Promotion) -> None:
    tag = _tag(workspace, part)
    if tag is not None:
        expect_ours(workspace, workspace.open(parse_repository(part.destination)), part, tag)


def _release(workspace: Workspace, tx: Transaction, promotion: Promotion) -> _Stale | None:
    """Record that all tags are to be pointed, or return what stands against it."""
    parts = parts_of(tx, tx.promotions.find(promotion.id))
    if not may_point(parts):
        raise Conflict(f"release of {promotion.id}: expected every part sealed and attached; retry what is not")
    if all(part.released for part in parts):
        return None  # another attempt was quicker: it is gone on with
    for part in parts:
        because = why_stale(workspace, tx, part)
        if because is not None:
            return _Stale(part, because)
    for part in parts:
        Scribe(tx, about=about(part)).append(PromotionReleased(part.generation))
    return None


def _moved(workspace: Workspace, parts: tuple[Promotion, ...]) -> Iterator[_Pointed]:
    """Yield every part with its tag moved, or raise ``Unreachable`` with what keeps the others from it.

    One that cannot be moved keeps no other back: the sooner they agree, the better.
    """
    tried = tuple(_move(workspace, part) for part in parts)
    left = tuple(f"{one.part.image_name}: {one.because}" for one in tried if isinstance(one, _Left))
    if left:
        raise Unreachable(f"{len(parts) - len(left)} of {len(parts)} tags point at the release; {'; '.join(left)}")
    yield from (one for one in tried if isinstance(one, _Pointed))


def _move(workspace: Workspace, part: Promotion) -> _Pointed | _Left:
    try:
        tag = _tag(workspace, part)
        return _Pointed(part, tag, None if tag is None else move_tag(workspace, part, tag))
    except PratiqueError as error:
        return _Left(part, error)


def _tag(workspace: Workspace, part: Promotion) -> str | None:
    """Return the tag by the rules that were in force when nothing stood against it, whatever changed since."""
    if part.judgement is None:
        raise Conflict(f"promotion {part.id}: expected its judgement, found none; retry it")
    return tag_of(workspace.bundle_of(part.judgement.policy), part)


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
    scribe.append(PromotionPointed(part.generation, part.destination, pointed.tag, pointed.previous))
    scribe.append(PromotionPromoted(part.generation, part.level, held.image if held else None))
    left = look_back(part, workspace.bundle(tx), tx.now)
    if left is not None:
        scribe.append(left)
