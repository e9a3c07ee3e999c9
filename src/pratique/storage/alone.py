"""Writing alone to a place outside, among every process that uses this database, on whichever machine.

Nothing outside can be asked who may write, so a holder that was overtaken (it slept, and others wrote meanwhile) learns
that at its end: it fails, and nobody records that it succeeded.
"""

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta

from pratique.errors import Unreachable
from pratique.storage.store import Store

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Waiting:
    """How long anybody is believed, and waited for.

    Attributes:
        lease: How long a holder is believed to be alive without a word; it speaks three times as often.
        longest: After this, whoever waits gives up.
        look_again: Between two looks, at first; it doubles up to a second.
    """

    lease: timedelta = timedelta(seconds=15)
    longest: timedelta = timedelta(seconds=120)
    look_again: timedelta = timedelta(milliseconds=20)


_PATIENT = Waiting()


def mutexes(store: Store, waiting: Waiting = _PATIENT) -> Callable[[str], AbstractContextManager[None]]:
    """Return locks by name.

    Entering one raises ``Unreachable`` where another holds it for too long; leaving it does where another took over
    meanwhile: what was written may then have been overwritten.
    """

    @contextmanager
    def lock(name: str) -> Iterator[None]:
        holder = f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(8)}"
        _wait_for(store, name, holder, waiting)
        try:
            with _renewing(store, name, holder, waiting.lease):
                yield
        except BaseException:  # whatever it is, nobody shall wait for it
            _let_go(store, name, holder)
            raise
        if not store.transact(lambda tx: tx.mutexes.release(name, holder)):
            raise Unreachable(f"{name}: another process took over while this one was silent; run it again")

    return lock


def _wait_for(store: Store, name: str, holder: str, waiting: Waiting) -> None:
    end = time.monotonic() + waiting.longest.total_seconds()
    pause = waiting.look_again.total_seconds()
    while (other := store.transact(lambda tx: tx.mutexes.take(name, holder, waiting.lease))) is not None:
        if time.monotonic() > end:
            raise Unreachable(f"{name}: {other} holds it for too long; see what it does, or run this again later")
        time.sleep(pause)
        pause = min(2 * pause, 1.0)


@contextmanager
def _renewing(store: Store, name: str, holder: str, lease: timedelta) -> Iterator[None]:
    done = threading.Event()

    def renew() -> None:
        while not done.wait(lease.total_seconds() / 3):
            try:
                if not store.transact(lambda tx: tx.mutexes.renew(name, holder, lease)):
                    return  # overtaken: the end of the block tells
            except Unreachable as error:
                _log.warning("%s: cannot be renewed: %s", name, error)

    thread = threading.Thread(target=renew, name="mutex", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _let_go(store: Store, name: str, holder: str) -> None:
    try:
        store.transact(lambda tx: tx.mutexes.release(name, holder))
    except Unreachable as error:
        _log.warning("%s: not let go, it lapses by itself: %s", name, error)
