"""Waiting until a promotion comes to rest: it ended, or it needs people."""

import time
from datetime import timedelta

from pratique.errors import Unreachable
from pratique.promotion.states import ENDED, Promotion, State
from pratique.service.workspace import Workspace

_RESTING = ENDED | {State.REVIEW, State.REMEDIATION, State.FAILED}
_PAUSE_SECONDS = 0.1
_PROMPT = timedelta(seconds=2)
_NO_WORKER = timedelta(seconds=30)  # a living worker takes an effect up within a second or two


def settle(workspace: Workspace, promotion: str, limit: timedelta) -> Promotion:
    """Return the promotion once it rests, or as it stands when the limit is over.

    Raises:
        Unreachable: Nobody takes up what it waits for: no worker is alive.
    """
    end = time.monotonic() + limit.total_seconds()
    while True:
        standing = workspace.store.read(lambda view: view.promotions.find(promotion))
        if standing.state in _RESTING or time.monotonic() >= end:
            return standing
        _expect_a_worker(workspace, promotion)
        time.sleep(_PAUSE_SECONDS)


def unclaimed(workspace: Workspace, promotion: str) -> str | None:
    """Return the step of a promotion that nobody has taken up for two seconds, if there is one."""
    return workspace.store.read(lambda view: view.effects.overdue(promotion, _PROMPT))


def _expect_a_worker(workspace: Workspace, promotion: str) -> None:
    overdue = workspace.store.read(lambda view: view.effects.overdue(promotion, _NO_WORKER))
    if overdue:
        raise Unreachable(
            f"{promotion} waits for {overdue} since {_NO_WORKER.seconds} seconds and no worker takes it up; "
            "start `pratique worker`; the request itself is recorded"
        )
