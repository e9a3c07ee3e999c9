"""Every file operation of the export, of the blob store and of a restore fails once: each run says so, or is whole.

For each kind of call, strace makes the n-th return an error without being made, for n = 1, 2, … until a run has none.
Nothing half-written has a final name then, running it again ends well, and what is there is what an undisturbed run
makes.
"""

import itertools
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.conftest import ROOT
from tests.ledger.test_fsck import told
from tests.storage.builders import same_store

CALLS = (
    *("openat", "mkdir", "mkdirat", "link", "linkat", "rename", "renameat", "renameat2", "unlink", "unlinkat"),
    *("read", "pread64", "write", "pwrite64", "ftruncate", "fsync", "fdatasync", "close"),
)
TELLING = ("mkdir", "write", "pwrite64", "rename", "renameat", "link", "fsync", "fdatasync")
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
Whole = dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Doer:
    """A process that does one thing in children; see ``tests.ledger.faulty``."""

    folder: Path
    process: subprocess.Popen[str]

    def undisturbed(self, name: str) -> int:
        child = self._child(name)
        os.kill(child, signal.SIGCONT)
        return int(self._line())

    def disturbed(self, name: str, call: str, fault: str, nth: int) -> tuple[int, bool]:
        """Do it with the nth call of a kind failing; return how it ended, and whether there was an nth."""
        child, log = self._child(name), self.folder / "strace"
        traced = ("-e", f"trace={call}", "-e", f"inject={call}:error={fault}:when={nth}")
        tracer = subprocess.Popen(["strace", "-f", "-qq", "-o", str(log), *traced, "-p", str(child)])
        attached = _attached(child, tracer)
        os.kill(child, signal.SIGCONT)
        code = int(self._line())
        tracer.wait(timeout=60)
        if not attached:
            pytest.skip("strace may not trace here")
        return code, "(INJECTED)" in log.read_text()

    def _child(self, name: str) -> int:
        assert self.process.stdin is not None
        (self.folder / name).mkdir(exist_ok=True)
        self.process.stdin.write(f"{name}\n")
        self.process.stdin.flush()
        return int(self._line())

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()


def _attached(child: int, tracer: subprocess.Popen[bytes]) -> bool:
    while tracer.poll() is None:
        if "TracerPid:\t0" not in Path(f"/proc/{child}/status").read_text():
            return True
        time.sleep(0.001)
    return False


@contextmanager
def doing(folder: Path, action: str) -> Iterator[Doer]:
    if not shutil.which("strace"):
        pytest.skip("strace is not installed")
    command = [sys.executable, "-m", "tests.ledger.faulty", str(folder), action]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT, text=True, stdin=pipe, stdout=pipe) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield Doer(folder, process)


def seen(folder: Path) -> Whole:
    """Every file that has a final name."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.parent.name != "incoming")
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in found if not path.name.startswith(".")
    }


def check(action: str, folder: Path, whole: Whole, code: int) -> None:
    """Check what stands there after a run: a part of the whole if it failed, and all of it if it did not."""
    there = seen(folder)
    databases = [name for name in there if name.startswith("pratique.db")]
    assert databases == (["pratique.db"] if action == "restore" and code == 0 else [])
    if databases:
        assert same_store(folder).read(lambda view: (view.audit(), view.drift())) == ((), ())
    files = {name: content for name, content in there.items() if name not in databases}
    expected = {name: content for name, content in whole.items() if not name.startswith("pratique.db")}
    assert files.items() <= expected.items()
    assert code != 0 or files == expected
    if "checkpoint" in files:
        assert told(folder) == []


def each_fails_once(folder: Path, action: str, calls: tuple[str, ...], fault: str, step: int) -> int:
    """Return how many calls failed, each in a run of its own."""
    with doing(folder, action) as doer:
        whole = seen(folder / "whole")
        return sum(every_nth_fails(doer, action, call, fault, step, whole) for call in calls)


def every_nth_fails(doer: Doer, action: str, call: str, fault: str, step: int, whole: Whole) -> int:
    for run in itertools.count():
        name, nth = f"{call}-{run}", 1 + run * step
        code, met = doer.disturbed(name, call, fault, nth)
        assert code in (0, 3), f"{action}: {call} number {nth}"
        check(action, doer.folder / name, whole, code)
        if code == 3:
            assert doer.undisturbed(name) == 0
            check(action, doer.folder / name, whole, 0)
        shutil.rmtree(doer.folder / name)
        if not met:
            return run
    raise AssertionError("there is always a run without the nth call")


@pytest.mark.parametrize(("action", "step"), [("export", 15), ("blobs", 2), ("restore", 80)])
def test_a_call_that_fails_is_told_and_leaves_nothing_half_written(tmp_path: Path, action: str, step: int) -> None:
    assert each_fails_once(tmp_path, action, TELLING, "EIO", step) >= 4


@pytest.mark.soak
@pytest.mark.parametrize("fault", ["EIO", "ENOSPC"])
@pytest.mark.parametrize("action", ["export", "blobs", "restore"])
def test_every_call_of_all_fails_once_and_nothing_is_half_written(
    tmp_path: Path, action: str, fault: str, account: Callable[[str], None]
) -> None:
    failed = each_fails_once(tmp_path, action, CALLS, fault, 1)
    account(f"{failed:,} calls failed, one a run; each run said so or was whole, and what followed was whole")
    assert failed >= 20
