"""Pointing the tags of a release: every one of them, or none.

First one transaction asks whether anything stands against any part, and records that from there on all tags are
pointed (``promotion.released``). A worker that dies between two tags leaves work that any other goes on with; no
hold, and no change of the rules, comes in between.
"""

from dataclasses import dataclass

from pratique.errors import Conflict
from pratique.promotion.states import Promotion, State
from pratique.promotion.steps import PromotionPointed, PromotionPromoted, PromotionReleased
from pratique.promotion.together import may_point
from pratique.service.again import begin_again
from pratique.service.copying import why_stale
from pratique.service.perform import Done, parts_of
from pratique.service.pointing import expect_ours, move_tag, point_tag, tag_of
from pratique.service.scribe import Scribe, about
from pratique.service.workspace import Workspace
from pratique.storage.effects import EffectStanding
from pratique.storage.transaction import Transaction
from pratique.values.digest import Digest


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


def point(workspace: Workspace, promotion: Promotion, effect: EffectStanding) -> Done:
    """Point the tag of a promotion, or every tag of the release that it is the first part of.

    Raises:
        Conflict: A tag names what nobody promoted there; none was moved then.
    """
    if promotion.release is None:
        return point_tag(workspace, promotion, effect)
    stale = workspace.store.transact(lambda tx: _release(workspace, tx, promotion))
    if stale is not None:
        return _judge_again(stale)
    parts = workspace.store.read(lambda view: parts_of(view, promotion))
    tags = tuple((part, _tag(workspace, part)) for part in parts)
    for part, tag in tags:
        if tag is not None:
            expect_ours(workspace, part, tag)
    pointed = tuple(
        _Pointed(part, tag, None if tag is None else move_tag(workspace, part, tag)) for part, tag in tags
    )

    def record(scribe: Scribe, _standing: Promotion) -> None:
        for one in pointed:
            _record(scribe.tx, one)

    return Done({"tags": [one.tag for one in pointed]}, record)


def _release(workspace: Workspace, tx: Transaction, promotion: Promotion) -> _Stale | None:
    """Record that all tags are to be pointed, or return what stands against it."""
    parts = parts_of(tx, tx.promotions.find(promotion.id))
    if not may_point(parts):
        raise Conflict(f"release of {promotion.id}: expected every part sealed and attached; retry what is not")
    if all(part.released for part in parts):
        return None  # another attempt has begun: it is gone on with
    for part in parts:
        because = why_stale(workspace, tx, part)
        if because is not None:
            return _Stale(part, because)
    for part in parts:
        Scribe(tx, about=about(part)).append(PromotionReleased(part.generation))
    return None


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


def _record(tx: Transaction, pointed: _Pointed) -> None:
    part = tx.promotions.find(pointed.part.id)
    if part.level is None:
        raise Conflict(f"promotion {part.id}: expected the level of its seal, found none; retry it")
    held = tx.arrivals.current(*part.place)
    scribe = Scribe(tx, about=about(part))
    scribe.append(PromotionPointed(part.generation, part.destination, pointed.tag, pointed.previous))
    scribe.append(PromotionPromoted(part.generation, part.level, held.image if held else None))
