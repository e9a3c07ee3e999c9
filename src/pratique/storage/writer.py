"""One thread a process that writes: commands that wait together are committed together.

Every command runs in a savepoint of its own, so that one that fails takes back only what it did. The answers are
given after the commit: nobody hears of what is not on disk.
"""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

import sqlalchemy as sa

from pratique.storage.engine import database_file, writing
from pratique.storage.failure import dooms_the_transaction, in_our_words
from pratique.storage.migrate import check_last

T = TypeVar("T")

MOST_TOGETHER = 128  # bounds how long the first of them waits for the last


@dataclass(frozen=True, slots=True)
class _Job:
    command: Callable[[sa.Connection], Any]
    answer: Future[Any] = field(default_factory=Future)


class Writer:
    """The queue of commands and the thread that empties it; the thread starts with the first command."""

    def __init__(self, engine: sa.Engine) -> None:
        """Write through this engine, and through no other thread."""
        self._engine = writing(engine)
        self._file = database_file(engine)
        self._waiting: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._changing = threading.Lock()

    def run(self, command: Callable[[sa.Connection], T]) -> T:
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
        answer: T = job.answer.result()
        return answer

    def close(self) -> None:
        """Finish what waits, and stop; a later command starts it again."""
        with self._changing:
            if self._thread is not None:
                self._waiting.put(None)
                self._thread.join()
                self._thread = None

    def _work(self) -> None:
        while (job := self._waiting.get()) is not None:
            jobs = [job]
            while len(jobs) < MOST_TOGETHER and not self._waiting.empty():
                following = self._waiting.get()
                if following is None:
                    self._waiting.put(None)  # the last word, for the loop outside
                    break
                jobs.append(following)
            self._together(jobs)

    def _together(self, jobs: list[_Job]) -> None:
        try:
            with self._engine.begin() as connection:
                check_last(connection, self._file)  # a newer program may have upgraded it while this one ran
                outcomes = [self._alone(job, connection) for job in jobs]
        except BaseException as error:  # whatever it is, whoever waits must hear of it
            for job in jobs:
                job.answer.set_exception(in_our_words(error, self._file))
        else:
            for job, outcome in zip(jobs, outcomes, strict=True):
                outcome(job.answer)

    def _alone(self, job: _Job, connection: sa.Connection) -> Callable[[Future[Any]], None]:
        """Run one command and return how to answer it; raise only what dooms them all."""
        connection.exec_driver_sql("SAVEPOINT command")
        try:
            result = job.command(connection)
        except BaseException as error:  # carried to the caller, in whose thread it is raised
            if dooms_the_transaction(error):
                raise
            connection.exec_driver_sql("ROLLBACK TO command")
            wrong = in_our_words(error, self._file)
            return lambda answer: answer.set_exception(wrong)
        connection.exec_driver_sql("RELEASE command")
        return lambda answer: answer.set_result(result)
