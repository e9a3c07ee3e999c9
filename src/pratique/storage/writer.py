"""One thread a process that writes: commands that wait together are committed together.

Every command runs in a savepoint of its own, so that one that fails takes back only what it did. The answers are
given after the commit: nobody hears of what is not on disk.
"""

import queue
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn, TypeVar

import sqlalchemy as sa

from pratique.storage.engine import database_file, writing
from pratique.storage.failure import dooms_the_transaction, in_our_words
from pratique.storage.group import Group
from pratique.storage.migrate import check_last

T = TypeVar("T")

MOST_TOGETHER = 128  # bounds how long the first of them waits for the last

# Of several that were answered together, the fastest would else be committed alone, and the others wait for it.
_MOMENT_SECONDS = 0.0001


class _Job:
    """A command, and its answer once there is one: a bare lock, because a ``Future`` costs as much as an insert."""

    __slots__ = ("_answer", "_answered", "command")

    def __init__(self, command: Callable[[Group], Any]) -> None:
        self.command = command
        self._answered = threading.Lock()
        self._answered.acquire()

    def settle(self, answer: Callable[[], Any]) -> None:
        """Say how it ended, once."""
        self._answer = answer
        self._answered.release()

    def answer(self) -> Any:
        """Wait until it ended; return its result, or raise what it raised."""
        self._answered.acquire()
        return self._answer()


class Writer:
    """The queue of commands and the thread that empties it; the thread starts with the first command."""

    def __init__(self, engine: sa.Engine) -> None:
        """Write through this engine, and through no other thread."""
        self._engine = writing(engine)
        self._file = database_file(engine)
        self._waiting: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._connection: sa.Connection | None = None
        self._changing = threading.Lock()

    def run(self, command: Callable[[Group], T]) -> T:
        """Run the command in a transaction and return its answer once that is on disk.

        Raises:
            Conflict: A newer program upgraded the database meanwhile.
            Unreachable: The database is locked, full or failing. Where the commit itself failed, it may have been
                recorded all the same.
            Exception: What the command raised; all that it did is taken back.
        """
        if threading.current_thread() is self._thread:
            raise RuntimeError("a command must not run another command; join them into one")
        job = _Job(command)
        with self._changing:
            if self._thread is None:
                # A daemon: a process that ends in the middle of a transaction has not committed it.
                self._thread = threading.Thread(target=self._work, name="pratique-writer", daemon=True)
                self._thread.start()
            self._waiting.put(job)
        answer: T = job.answer()
        return answer

    def close(self) -> None:
        """Finish what waits, and stop; a later command starts it again."""
        with self._changing:
            if self._thread is not None:
                self._waiting.put(None)
                self._thread.join()
                self._thread = None
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _work(self) -> None:
        jobs: list[_Job] = []
        while (job := self._next(len(jobs))) is not None:
            jobs = [job]
            while len(jobs) < MOST_TOGETHER and not self._waiting.empty():
                following = self._waiting.get()
                if following is None:
                    self._waiting.put(None)  # the last word, for the loop outside
                    break
                jobs.append(following)
            self._together(jobs)

    def _next(self, before: int) -> _Job | None:
        """Wait for a command; ``before`` were just answered together."""
        if before > 1:
            time.sleep(_MOMENT_SECONDS)
        return self._waiting.get()

    def _connected(self) -> sa.Connection:
        """Return the thread's own connection, whose statements stay prepared from one transaction to the next."""
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def _together(self, jobs: list[_Job]) -> None:
        try:
            connection = self._connected()
            with connection.begin():
                check_last(connection, self._file)  # a newer program may have upgraded it while this one ran
                group = Group(connection)
                outcomes = [self._alone(job, group) for job in jobs]
                group.head.write()
        except BaseException as error:  # whatever it is, whoever waits must hear of it
            wrong = in_our_words(error, self._file)
            outcomes = [partial(_raise, wrong)] * len(jobs)
        for job, outcome in zip(jobs, outcomes, strict=True):
            job.settle(outcome)

    def _alone(self, job: _Job, group: Group) -> Callable[[], Any]:
        """Run one command and return how to answer it; raise only what dooms them all."""
        mark = group.savepoint()
        try:
            result = job.command(group)
        except BaseException as error:  # carried to the caller, in whose thread it is raised
            if dooms_the_transaction(error):
                raise
            group.take_back(mark)
            return partial(_raise, in_our_words(error, self._file))
        group.release()
        return lambda: result


def _raise(error: BaseException) -> NoReturn:
    raise error
