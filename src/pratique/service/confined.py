"""Reading what somebody else wrote in a process that may take so long and so much, and no more.

What it does to its reader ends that reader, never the program; the next one is read by a new process.
"""

import multiprocessing
import resource
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from pratique.evidence.read import read

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

MAX_SECONDS: Final = 10.0
MAX_MEMORY: Final = 512 * 1024 * 1024
"""What reading may take beyond what the program held before, in bytes; a tenth of it is a very large document."""
_CONTEXT = multiprocessing.get_context("fork")
Question = TypeVar("Question")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may cost."""

    seconds: float = MAX_SECONDS
    memory: int = MAX_MEMORY


USUAL: Final = Limits()
PATIENT: Final = Limits(seconds=60.0)
"""For a worker, which shares its machine with others: what an honest document never takes, whatever else runs."""


@dataclass(frozen=True, slots=True)
class Broke:
    """Why there is no answer."""

    reason: str


@contextmanager
def confined(work: Callable[[Question], Answer], limits: Limits = USUAL) -> Iterator["Reader[Question, Answer]"]:
    """Yield a reader that does this work elsewhere, one question after the other, and stops with the block."""
    reader = Reader(work, limits)
    try:
        yield reader
    finally:
        reader.stop()


def unreadable(contents: Iterable[bytes], limits: Limits = USUAL) -> Iterator[str | None]:
    """Yield why each document breaks whoever reads it, or nothing: then it may be read here.

    What a reader refuses in peace breaks nobody.
    """
    with confined(_try, limits) as reader:
        for content in contents:
            answer = reader.ask(content)
            yield answer.reason if isinstance(answer, Broke) else None


def _try(content: bytes) -> None:
    read(content, "")


class Reader(Generic[Question, Answer]):
    """A process that answers one question after the other, and its successors."""

    def __init__(self, work: Callable[[Question], Answer], limits: Limits) -> None:
        """Take the work; the process is started when the first question is asked."""
        self._work = work
        self._limits = limits
        self._process: BaseProcess | None = None
        self._line: Connection | None = None

    def ask(self, question: Question) -> Answer | Broke:
        """Return the answer, or that this question took too long or too much."""
        line = self._started()
        with suppress(EOFError, OSError):
            line.send(question)
            if not line.poll(self._limits.seconds):
                self.stop()
                return Broke(f"it took longer than {self._limits.seconds:g} s to read")
            answer: Answer = line.recv()
            return answer
        self.stop()
        return Broke(f"it needs more than {self._limits.memory >> 20} MiB to read, or it broke its reader")

    def stop(self) -> None:
        """End the process; the next question has a new one."""
        if self._line is not None:
            self._line.close()
        if self._process is not None:
            self._process.kill()
            self._process.join()
        self._process = self._line = None

    def _started(self) -> Connection:
        if self._line is None:
            ours, theirs = _CONTEXT.Pipe()
            arguments = (self._work, theirs, self._limits.memory)
            self._process = _CONTEXT.Process(target=_serve, args=arguments, daemon=True)
            self._process.start()
            theirs.close()
            self._line = ours
        return self._line


def _serve(work: Callable[[Any], Any], line: Connection, memory: int) -> None:
    ceiling = _mapped() + memory  # what the program holds is shared with it, and is not the document's doing
    resource.setrlimit(resource.RLIMIT_AS, (ceiling, ceiling))
    while True:
        try:
            question = line.recv()
        except EOFError:
            return
        try:
            line.send(work(question))
        except MemoryError:
            return  # what it holds may never come free; the next document has a process of its own


def _mapped() -> int:
    """Return how much this process maps, in bytes (proc(5), ``statm``)."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
