"""A worker in this process that a story stops, or keeps from a repository, wherever it likes.

It believes others, and waits after a failure, for a moment only; so what comes after comes soon.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count

from tests.stories.shop import Shop

from pratique.config.load import load
from pratique.promotion.plan import Step
from pratique.promotion.states import Promotion
from pratique.registry.interface import Registry
from pratique.service.perform import Done, NotYet, Perform, perform
from pratique.service.work import STEPS, tick
from pratique.service.workspace import Workspace
from pratique.storage.effect import EffectStanding, State
from pratique.storage.engine import open_engine
from pratique.storage.patience import Patience
from pratique.storage.store import Store
from pratique.storage.transaction import View
from pratique.values.reference import Repository
from pratique.wire import assemble

_SHORT = timedelta(milliseconds=40)
_PATIENCE = Patience(unhinted=timedelta(0), first_wait=timedelta(0), longest_wait=timedelta(0))


class Killed(BaseException):
    """The worker is gone, as after ``kill -9``: nothing catches this, and nothing more is done or recorded."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What a worker is about to do: it has begun a step (0), opens its n-th repository in it, or has done it (-1)."""

    promotion: str
    step: Step
    number: int
    repository: Repository | None = None


Fault = Callable[[Moment], None]
"""Called at every moment; what it raises happens to the worker."""


def no_fault(_moment: Moment) -> None:
    """Let it work."""


def work(
    shop: Shop, fault: Fault = no_fault, *, tries: int = 3, rounds: int | None = None, lease: timedelta = _SHORT
) -> None:
    """Work until nothing is left to do but wait.

    Args:
        shop: Where.
        fault: What goes wrong.
        tries: How often an effect is tried before it is given up.
        rounds: How often it looks for what is due, at most.
        lease: How long others believe that it is alive.

    Raises:
        Killed: The fault says so; whoever works next takes over.
    """
    config = load(shop.workspace)
    store = Store(open_engine(config.database), patience=replace(_PATIENCE, attempts=tries, lease=lease))
    try:
        _work(assemble(config, store), fault, rounds)
    finally:
        store.close()


def _work(workspace: Workspace, fault: Fault, rounds: int | None) -> None:
    for number in count():
        if number == rounds or not workspace.store.read(_under_way):
            return
        tick(workspace)
        for effect in workspace.store.read(lambda view: view.effects.due()):
            watched = _Watched(workspace, fault)
            perform(
                workspace, {step: watched.step(done) for step, done in STEPS.items()}, effect.id, effect.attempt
            )


def _under_way(view: View) -> bool:
    """Tell whether somebody is at work, or something is due now."""
    busy = (State.RUNNING, State.FAILED)
    effects = (one for each in view.promotions.open_everywhere() for one in view.effects.of_promotion(each.id))
    return any(one.state in busy or (one.state is State.WANTED and one.not_before <= view.now) for one in effects)


@dataclass(slots=True)
class _Watched:
    """Tells the story of every moment of one attempt."""

    workspace: Workspace
    fault: Fault
    opened: int = 0

    def step(self, done: Perform) -> Perform:
        def watched(_workspace: Workspace, promotion: Promotion, effect: EffectStanding) -> Done | NotYet:
            self.fault(Moment(promotion.id, effect.step, 0))
            outcome = done(replace(self.workspace, open=self._opening(promotion, effect)), promotion, effect)
            self.fault(Moment(promotion.id, effect.step, -1))
            return outcome

        return watched

    def _opening(self, promotion: Promotion, effect: EffectStanding) -> Callable[[Repository], Registry]:
        def opening(repository: Repository) -> Registry:
            self.opened += 1
            self.fault(Moment(promotion.id, effect.step, self.opened, repository))
            return self.workspace.open(repository)

        return opening
