"""The worker: it performs what is wanted, and attends to what nobody else would: lapsed leases, closed windows,
decisions that no longer hold.
"""

import logging
import threading
from collections.abc import Callable
from functools import partial

from pratique.dispatch.interface import Dispatcher
from pratique.dispatch.reconcile import reconcile
from pratique.errors import PratiqueError, Unreachable
from pratique.promotion.happenings import Failure
from pratique.promotion.plan import Step
from pratique.promotion.states import Promotion, State
from pratique.promotion.withdraw import escalate, expire
from pratique.service.again import begin_again
from pratique.service.attaching import attach_seal
from pratique.service.copying import copy_image, why_stale
from pratique.service.drill import drill_if_due
from pratique.service.judging import judge_promotion
from pratique.service.lookout import Lookout
from pratique.service.patience import gather
from pratique.service.perform import Perform, perform, record_death, want_next
from pratique.service.pointing import point
from pratique.service.scribe import Scribe, about
from pratique.service.sealing import seal_promotion
from pratique.service.search import refreshed
from pratique.service.stamp import stamp_if_due
from pratique.service.waiver import any_expired, end_expired
from pratique.service.watch import Turned
from pratique.service.workspace import Workspace
from pratique.storage.effect import EffectStanding
from pratique.storage.transaction import Transaction

STEPS: dict[Step, Perform] = {
    Step.GATHER: gather,
    Step.JUDGE: judge_promotion,
    Step.COPY: copy_image,
    Step.SEAL: seal_promotion,
    Step.ATTACH: attach_seal,
    Step.POINT: point,
}

_LOOK_SECONDS = 30.0
_log = logging.getLogger(__name__)


def work(workspace: Workspace, dispatcher: Dispatcher, stop: threading.Event) -> None:
    """Perform effects until told to stop; what is under way then is finished, or taken over by another worker."""
    dispatcher.start(partial(run_effect, workspace))
    upkeep = threading.Thread(target=_keep_up, args=(workspace, stop), name="upkeep")
    upkeep.start()
    try:
        reconcile(partial(tick, workspace), stop)
    finally:
        stop.set()
        dispatcher.stop()
        upkeep.join()


def _keep_up(workspace: Workspace, stop: threading.Event) -> None:
    """Keep the search index up, have stamps made and drills held when due; what fails is told, and tried again."""
    lookout = Lookout(workspace)
    while not stop.wait(_LOOK_SECONDS):
        try:
            refreshed(workspace)
            _tell(lookout.look())
            stamped = stamp_if_due(workspace)
            done = drill_if_due(workspace)
        except PratiqueError as error:
            _log.error("upkeep: %s", error)
            continue
        for left in stamped.missing if stamped else ():
            _log.error("timestamp: %s: %s", left.authority, left.reason)
        for fault in done.faults if done else ():
            _log.error("drill: %s", fault)


def work_until_idle(workspace: Workspace) -> int:
    """Perform what is wanted, here and now, until nothing more is; return how many effects were performed.

    What waits for people or for a later moment stays.
    """
    done = 0
    while True:
        tick(workspace)
        due = _due(workspace)
        if not due:
            _tell(Lookout(workspace).look())
            return done
        for effect, attempt in due:
            run_effect(workspace, effect, attempt)
            done += 1


def _tell(turned: Turned | None) -> None:
    if turned and (turned.raised or turned.reconciled):
        _log.info("watch: %s signals raised, %s settled, %s open", turned.raised, turned.reconciled, turned.open)


def postponed(workspace: Workspace) -> tuple[EffectStanding, ...]:
    """Return what is to be tried again at a later moment: it failed, or waits for evidence."""
    return workspace.store.read(lambda view: view.effects.later())


def _due(workspace: Workspace) -> tuple[tuple[str, int], ...]:
    return workspace.store.read(lambda view: tuple((one.id, one.attempt) for one in view.effects.due()))


def run_effect(workspace: Workspace, effect: str, attempt: int) -> None:
    """Perform one attempt of one effect, if it is its turn."""
    perform(workspace, STEPS, effect, attempt)


def tick(workspace: Workspace) -> None:
    """Attend once to everything that nobody is at work on."""
    if workspace.store.read(lambda view: view.effects.neglected()):
        workspace.store.transact(_attend)
    if workspace.store.read(lambda view: any_expired(workspace, view)):
        workspace.store.transact(lambda tx: end_expired(workspace, tx))
    for promotion in workspace.store.read(lambda view: view.promotions.open_everywhere()):
        if promotion.state in (State.REVIEW, State.APPROVED):
            _look_after(workspace, promotion)


def _attend(tx: Transaction) -> None:
    for dead in tx.effects.attend():
        record_death(tx, dead, Failure.SILENT, dead.error or "no attempt is left")


def _look_after(workspace: Workspace, promotion: Promotion) -> None:
    """Let a promotion expire whose window has closed, and judge again what no longer holds."""
    try:
        change = _change_due(workspace, promotion)
        if change is not None:
            workspace.store.transact(change)
    except Unreachable:
        raise
    except PratiqueError as error:  # it moved on meanwhile; the next tick looks again
        _log.info("promotion %s: %s", promotion.id, error)


def _change_due(workspace: Workspace, promotion: Promotion) -> Callable[[Transaction], None] | None:
    now = workspace.store.read(lambda view: view.now)
    expiry = expire(promotion, now=now) or escalate(promotion, now=now)
    if expiry is not None:

        def end(tx: Transaction) -> None:
            Scribe(tx, about=about(promotion)).append(expiry)
            want_next(tx, promotion.id)

        return end
    stale = workspace.store.read(lambda view: why_stale(workspace, view, promotion))
    if stale is None:
        return None

    def again(tx: Transaction) -> None:
        _log.info("promotion %s is judged again: %s", promotion.id, stale)
        tx.effects.abandon(promotion.id, stale)
        begin_again(Scribe(tx, about=about(promotion)), tx.promotions.find(promotion.id), stale)
        want_next(tx, promotion.id)

    return again
