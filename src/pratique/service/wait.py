"""Waiting until a promotion, or all of its release, comes to rest: it ended, or it needs people."""

import time
from datetime import timedelta

from pratique.errors import Unreachable
from pratique.promotion.states import Promotion
from pratique.promotion.together import at_rest
from pratique.service.perform import parts_of
from pratique.service.workspace import Workspace

_PAUSE_SECONDS = 0.1
_PROMPT = timedelta(seconds=2)
_NO_WORKER = timedelta(seconds=30)  # a living worker takes an effect up within a second or two


def settle(workspace: Workspace, promotion: str, limit: timedelta) -> tuple[Promotion, ...]:
    """Return the promotion, or every part of its release, once they rest, or as they stand when the limit is over.

    Raises:
        Unreachable: Nobody takes up what it waits for: no worker is alive.
    """
    end = time.monotonic() + limit.total_seconds()
    while True:
        standing = whole(workspace, promotion)
        if at_rest(standing) or time.monotonic() >= end:
            return standing
        for part in standing:
            _expect_a_worker(workspace, part.id)
        time.sleep(_PAUSE_SECONDS)


def whole(workspace: Workspace, promotion: str) -> tuple[Promotion, ...]:
    """Return the promotion, or every part of its release, as they stand."""
    return workspace.store.read(lambda view: parts_of(view, view.promotions.find(promotion)))


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
