"""Runs one command under limits and lets nothing of it live on; a program of its own, started by ``process``.

It adopts whatever its command leaves behind (``PR_SET_CHILD_SUBREAPER``), so a daemon that leaves its session is
found and ended like anything else, and it ends everything when whoever started it dies. What became of the command
goes as one word and a number to the descriptor given. Only the standard library is used, and no packages are looked
for. Source: prctl(2), proc(5), setrlimit(2).
"""

import ctypes
import os
import resource
import signal
import sys
import time
from contextlib import suppress
from types import FrameType

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_LOOK_SECONDS = 0.05
_MAX_FILE = (
    4 * 1024 * 1024 * 1024
)  # bytes; databases of scanners are large, and this keeps one from filling a disk
_PAGE = resource.getpagesize()


def main(words: list[str]) -> int:
    """Run ``COMMAND`` of ``PARENT STATUS-DESCRIPTOR MEMORY COMMAND…``; 0 says that the status was written."""
    parent, status, memory, command = int(words[0]), int(words[1]), int(words[2]), words[3:]
    signal.signal(signal.SIGTERM, _leave)
    prctl = ctypes.CDLL(None).prctl
    prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:  # it died before it could be watched
        return 1
    try:
        child = os.fork()
        if child == 0:
            _become(command, status, memory)
        told = _watch(child, memory)
    finally:
        _end_all()
    os.write(status, f"{told}\n".encode())
    return 0


def _leave(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(1)


def _become(command: list[str], status: int, memory: int) -> None:
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.setsid()
        for what, limit in (
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_DATA, memory),
            (resource.RLIMIT_FSIZE, _MAX_FILE),
        ):
            _, hard = resource.getrlimit(what)
            least = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
            resource.setrlimit(what, (least, least))
        os.set_inheritable(status, False)
        os.execv(command[0], command)
    except OSError as error:
        os.write(status, f"start {error.errno or 0}\n".encode())
    finally:
        os._exit(127)


def _watch(child: int, memory: int) -> str:
    while True:
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                if ended[0] == child:
                    code = os.waitstatus_to_exitcode(ended[1])
                    return f"signal {-code}" if code < 0 else f"exit {code}"
        if sum(pages for _, pages in _below(os.getpid())) * _PAGE > memory:
            return f"memory {memory}"
        time.sleep(_LOOK_SECONDS)


def _end_all() -> None:
    """End everything below, whatever it starts meanwhile."""
    while alive := _below(os.getpid()):
        for process, _ in alive:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(0.005)


def _stat(process: str) -> bytes:
    """Return a line of proc(5), ``stat``, which is shorter than a page; a start through pathlib would take longer."""
    file = os.open(f"/proc/{process}/stat", os.O_RDONLY)
    try:
        return os.read(file, _PAGE)
    finally:
        os.close(file)


def _below(top: int) -> list[tuple[int, int]]:
    """Return each living process below another one, and how many pages it holds."""
    children: dict[int, list[tuple[int, int]]] = {}
    with os.scandir("/proc") as processes:
        names = [entry.name for entry in processes if entry.name.isdigit()]
    for name in names:
        with suppress(OSError):
            fields = _stat(name).rpartition(b") ")[2].split()  # a name may hold spaces and brackets
            children.setdefault(int(fields[1]), []).append((int(name), int(fields[21])))
    found: list[tuple[int, int]] = []
    waiting = [top]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += [process for process, _ in below]
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
