"""Performing effects: what was wanted is done outside, at least once, and recorded once.

A worker claims an effect under a lease, does the work while it renews the lease, and reports in one transaction
that is refused if another attempt took over meanwhile. So a worker that is killed, or stopped and let go again,
leaves no trace but work done twice; and that work is idempotent.
"""

import logging
import os
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from pratique.errors import Conflict, PratiqueError, Unreachable
from pratique.promotion.happenings import Commitment, Failure, PromotionFailed
from pratique.promotion.plan import Releases, Step, plan
from pratique.promotion.states import Promotion
from pratique.promotion.together import follow_others
from pratique.service.scribe import Scribe, about
from pratique.service.workspace import Workspace
from pratique.storage.effect import EffectStanding, State
from pratique.storage.transaction import Transaction, View
from pratique.values.canonical import Json
from pratique.values.commitment import SALT_BYTES, Opening

_log = logging.getLogger(__name__)
WORDS = "failure"
"""The field that a commitment to an error's words fills."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a step found or did outside, and what to record of it.

    Attributes:
        result: For whoever looks at the effect later.
        record: Appends the events in the concluding transaction; it may be run again.
    """

    result: Json
    record: Callable[[Scribe, Promotion], None]


@dataclass(frozen=True, slots=True)
class NotYet:
    """A step that has to wait for others: tried again at ``until``, which counts as no attempt."""

    until: datetime
    because: str


Perform = Callable[[Workspace, Promotion, EffectStanding], Done | NotYet]


def perform(workspace: Workspace, steps: Mapping[Step, Perform], effect: str, attempt: int) -> None:
    """Do one attempt of one effect, if it is this attempt's turn.

    A failure of another system is tried again later; any other refusal ends the promotion's attempt as ``failed``.
    """
    claimed = workspace.store.transact(lambda tx: tx.effects.claim(effect, attempt, _me()))
    if claimed is None:
        return  # a stale, early or doubled hint
    try:
        with _renewing(workspace, claimed):
            promotion = workspace.store.read(lambda view: view.promotions.find(claimed.promotion))
            outcome = steps[claimed.step](workspace, promotion, claimed)
        _conclude(workspace, claimed, outcome)
    except Unreachable as error:
        _log.warning("effect %s attempt %d: %s", effect, attempt, error)
        _failed(workspace, claimed, error)
    except PratiqueError as error:
        _log.warning("effect %s attempt %d given up: %s", effect, attempt, error)
        _given_up(workspace, claimed, error)


def _me() -> str:
    return f"{socket.gethostname()}/{os.getpid()}"


def _conclude(workspace: Workspace, effect: EffectStanding, outcome: Done | NotYet) -> None:
    match outcome:
        case NotYet(until, because):
            workspace.store.transact(lambda tx: tx.effects.postpone(effect.id, effect.attempt, until, because))
        case Done(result, record):
            workspace.store.transact(lambda tx: _recorded(tx, effect, result, record))


def _recorded(
    tx: Transaction, effect: EffectStanding, result: Json, record: Callable[[Scribe, Promotion], None]
) -> None:
    tx.effects.finish(effect.id, effect.attempt, result)
    promotion = tx.promotions.find(effect.promotion)
    if promotion.generation != effect.generation or not promotion.open:
        return  # withdrawn, superseded or begun again meanwhile: what was done stays unused
    record(Scribe(tx, about=about(promotion)), promotion)
    want_next(tx, effect.promotion)


def want_next(tx: Transaction, promotion: str) -> None:
    """Want what follows from how a promotion, the others of its release, and those that wait for their places stand.

    What ends or steps back in a release ends the others, or takes them back, in the same transaction.
    """
    standing = tx.promotions.find(promotion)
    for part, happening in follow_others(parts_of(tx, standing)):
        tx.effects.abandon(part.id, happening.because or "")
        Scribe(tx, about=about(part)).append(happening)
    for part in parts_of(tx, tx.promotions.find(promotion)):
        _want(tx, part)


def _want(tx: Transaction, standing: Promotion) -> None:
    others = tuple(each for each in tx.promotions.open_at(*standing.place) if each.id != standing.id)
    for effect in plan(standing, others, releases_of(tx, (standing, *others))):
        tx.want(effect)
        if effect.step is Step.COPY:
            tx.effects.hasten(
                effect.promotion
            )  # it may have waited for its turn, or for another part of its release


def releases_of(view: View, promotions: Iterable[Promotion]) -> Releases:
    """Return every part of each release that any of these is a part of."""
    return {one.release.id: parts_of(view, one) for one in promotions if one.release is not None}


def parts_of(view: View, promotion: Promotion) -> tuple[Promotion, ...]:
    """Return every part of a promotion's release as it stands, the first one first; else the promotion alone."""
    if promotion.release is None:
        return (promotion,)
    return tuple(view.promotions.find(part.promotion) for part in promotion.release.parts)


def _failed(workspace: Workspace, effect: EffectStanding, error: Unreachable) -> None:
    def command(tx: Transaction) -> None:
        if tx.effects.fail(effect.id, effect.attempt, str(error)) is State.DEAD:
            record_death(tx, effect, Failure.UNREACHABLE, str(error))

    _unless_overtaken(workspace, command)


def _given_up(workspace: Workspace, effect: EffectStanding, error: PratiqueError) -> None:
    def command(tx: Transaction) -> None:
        tx.effects.give_up(effect.id, effect.attempt, str(error))
        record_death(tx, effect, Failure(error.kind), str(error))

    _unless_overtaken(workspace, command)


def _unless_overtaken(workspace: Workspace, command: Callable[[Transaction], None]) -> None:
    try:
        workspace.store.transact(command)
    except Conflict as error:
        _log.info("%s", error)  # another attempt took over; what it finds counts


def record_death(tx: Transaction, effect: EffectStanding, reason: Failure, words: str) -> None:
    """Record that a promotion's step was given up; it can be retried.

    Where the tags of its release are being pointed nothing is given up: it is tried again and again.

    Args:
        tx: The transaction that gives it up.
        effect: The step.
        reason: Why, for the ledger.
        words: What was said, which stays private and can be erased.
    """
    promotion = tx.promotions.find(effect.promotion)
    if not promotion.open or promotion.generation != effect.generation:
        return
    if promotion.released:
        tx.effects.go_on(effect.id)
        return
    opening = Opening(WORDS, words.encode(errors="replace").decode(), tx.chance(SALT_BYTES))
    tx.openings.put(opening)
    failed = PromotionFailed(
        generation=effect.generation,
        effect=effect.step,
        reason=reason,
        attempts=effect.attempt,
        words=Commitment(opening.commitment),
    )
    Scribe(tx, about=about(promotion)).append(failed)
    want_next(tx, promotion.id)


def expect_mine(workspace: Workspace, effect: EffectStanding) -> None:
    """Return if this attempt is still the one that is believed, for as long as a lease.

    To be asked before what another one could have done and left behind is changed.

    Raises:
        Conflict: Another attempt has taken over; touch nothing outside any more.
    """
    workspace.store.transact(lambda tx: tx.effects.renew(effect.id, effect.attempt))


@contextmanager
def _renewing(workspace: Workspace, effect: EffectStanding) -> Iterator[None]:
    """Renew the lease while the work goes on, at a third of its time."""
    done = threading.Event()
    pause = workspace.store.patience.lease.total_seconds() / 3

    def renew() -> None:
        while not done.wait(pause):
            try:
                workspace.store.transact(lambda tx: tx.effects.renew(effect.id, effect.attempt))
            except Conflict:
                return  # overtaken: the report will be refused
            except Unreachable as error:
                _log.warning("effect %s: the lease could not be renewed: %s", effect.id, error)

    thread = threading.Thread(target=renew, name=f"lease {effect.id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
