"""A worker that is killed in the middle of a step: ``python -m tests.stories.dying_worker WORKSPACE STEP WHEN``.

WHEN is ``before`` (claimed, nothing done yet), ``after`` (done outside, nothing recorded yet), ``between`` (it has
moved the first of a release's two tags), ``stopped`` (the same, but it is only stopped, and may be let go again), or
``never``: then it works until nothing is left to do but wait for people. It believes others for a fifth of a second
only, so that it takes over soon.
"""

import os
import signal
import sys
import time
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path

from pratique.config.load import load
from pratique.promotion.plan import Step
from pratique.promotion.states import Promotion, State
from pratique.registry.interface import Registry
from pratique.service.perform import Done, NotYet, Perform, perform
from pratique.service.work import STEPS, tick
from pratique.service.workspace import Workspace
from pratique.storage.effect import EffectStanding
from pratique.storage.engine import open_engine
from pratique.storage.patience import Patience
from pratique.storage.store import Store
from pratique.values.reference import Repository
from pratique.wire import assemble

PATIENCE = Patience(
    lease=timedelta(milliseconds=200), unhinted=timedelta(0), attempts=100, first_wait=timedelta(milliseconds=50)
)
_WAITS_FOR_PEOPLE = (State.REVIEW, State.REMEDIATION)


def dies_before(_: Workspace, __: Promotion, ___: EffectStanding) -> Done | NotYet:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("nobody survives this")


def dies_after(step: Perform) -> Perform:
    def perform_and_die(workspace: Workspace, promotion: Promotion, effect: EffectStanding) -> Done | NotYet:
        step(workspace, promotion, effect)
        return dies_before(workspace, promotion, effect)

    return perform_and_die


def between(step: Perform, end: signal.Signals) -> Perform:
    """Send a signal where the step opens its fourth repository: it has looked at two tags, and moved one of them."""

    def perform_and_end(workspace: Workspace, promotion: Promotion, effect: EffectStanding) -> Done | NotYet:
        opened = count(1)

        def opening(repository: Repository) -> Registry:
            if next(opened) == 4:
                os.kill(os.getpid(), end)
            return workspace.open(repository)

        return step(replace(workspace, open=opening), promotion, effect)

    return perform_and_end


def main(root: str, step: str, when: str) -> None:
    config = load(Path(root))
    store = Store(open_engine(config.database), patience=PATIENCE)
    workspace, steps = assemble(config, store), dict(STEPS)
    match when:
        case "before":
            steps[Step(step)] = dies_before
        case "after":
            steps[Step(step)] = dies_after(STEPS[Step(step)])
        case "between":
            steps[Step(step)] = between(STEPS[Step(step)], signal.SIGKILL)
        case "stopped":
            steps[Step(step)] = between(STEPS[Step(step)], signal.SIGSTOP)
    print("at work", flush=True)
    while any(
        one.state not in _WAITS_FOR_PEOPLE for one in store.read(lambda view: view.promotions.open_everywhere())
    ):
        for effect in store.read(lambda view: view.effects.due()):
            perform(workspace, steps, effect.id, effect.attempt)
        tick(workspace)
        time.sleep(0.02)
    store.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3])
