"""The loop that forgets nothing because it remembers nothing: it looks at how things stand, again and again."""

import logging
import threading
from collections.abc import Callable

from pratique.errors import Unreachable

EVERY_SECONDS = 1.0

_log = logging.getLogger(__name__)


def reconcile(tick: Callable[[], None], stop: threading.Event, *, every_seconds: float = EVERY_SECONDS) -> None:
    """Call ``tick`` at once and then at this interval until told to stop.

    Args:
        tick: Attends to what was neglected. Where it raises ``Unreachable``, the next one tries again.
        stop: Set by whoever wants it to end.
        every_seconds: From the end of one call to the beginning of the next.
    """
    while not stop.is_set():
        try:
            tick()
        except Unreachable as error:
            _log.warning("reconciler: %s", error)
        stop.wait(every_seconds)
