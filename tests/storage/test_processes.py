"""Several processes on one database, and processes that end in the middle: what was answered is recorded."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from tests.conftest import ROOT
from tests.listening import Heard
from tests.storage.builders import new_store, published, same_store, say

from pratique.promotion.events import parse_event
from pratique.storage.store import Store
from pratique.storage.transaction import View
from pratique.tlog.tree import leaf_hash, root_of

ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
Acknowledged = dict[int, str]


def hammer(folder: Path, name: int, threads: int, count: int, *before: str) -> subprocess.Popen[str]:
    """Start a process that appends; ``before`` is a command that runs it."""
    arguments = (str(folder), str(name), str(threads), str(count))
    command = [*before, sys.executable, "-m", "tests.storage.hammer", *arguments]
    return subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True)


def acknowledged(lines: Iterable[str]) -> Acknowledged:
    found: Acknowledged = {}
    for index, event in (line.split() for line in lines if not line.startswith("failed")):
        assert int(index) not in found
        found[int(index)] = event
    return found


def check(store: Store, answered: Acknowledged) -> int:
    """Check that the ledger is whole and holds all that was answered, and return its size."""

    def whole(view: View) -> int:
        frontier = view.ledger.frontier()
        bodies = view.ledger.bodies(0, frontier.size + 1)
        assert len(bodies) == frontier.size
        assert root_of(map(leaf_hash, bodies)) == frontier.root()
        recorded = [parse_event(body).id for body in bodies]
        assert {index: recorded[index] for index in answered} == answered
        assert view.drift() == ()
        return frontier.size

    return store.read(whole)


def test_two_processes_with_many_threads_leave_no_gap_and_lose_nothing(tmp_path: Path) -> None:
    new_store(tmp_path).close()
    running = [hammer(tmp_path, name, threads=4, count=25) for name in (1, 2)]
    outputs = [process.communicate(timeout=120)[0].splitlines() for process in running]
    answered = acknowledged([line for lines in outputs for line in lines])
    assert sorted(answered) == list(range(200))
    assert check(same_store(tmp_path), answered) == 200


@pytest.mark.parametrize("after", [1, 40])
def test_a_process_killed_at_work_loses_nothing_that_it_was_told(tmp_path: Path, after: int) -> None:
    new_store(tmp_path).close()
    process = hammer(tmp_path, 1, threads=4, count=10_000)
    heard = Heard(process.stdout)
    assert len(heard.at_least(after)) >= after
    process.send_signal(signal.SIGKILL)
    store = same_store(tmp_path)
    size = check(store, acknowledged(heard.all()))
    assert store.transact(lambda tx: say(tx, published(1)).index) == size


# SQLite forces its log to disk with fdatasync; from the n-th one on, something happens to the disk or the process.
# Numbers 1 and 2 are at the opening of the database.
def disturbed(folder: Path, disturbance: str) -> list[str]:
    strace = shutil.which("strace")
    if not strace:
        pytest.skip("strace is not installed")
    new_store(folder).close()
    calls = "fdatasync,fsync"
    tracing = (
        strace,
        "-f",
        "-qq",
        "-o",
        os.devnull,
        "-e",
        f"trace={calls}",
        "-e",
        f"inject={calls}:{disturbance}",
    )
    process = hammer(folder, 1, 2, 20, *tracing)
    lines = process.communicate(timeout=120)[0].splitlines()
    if process.returncode == 1 and not lines:
        pytest.skip("strace may not trace here")
    return lines


@pytest.mark.parametrize("broken", [3, 4, 5])
def test_a_disk_that_cannot_be_forced_is_never_reported_as_recorded(tmp_path: Path, broken: int) -> None:
    lines = disturbed(tmp_path, f"error=EIO:when={broken}+")
    assert [line for line in lines if line.startswith("failed 'database")]
    check(same_store(tmp_path), acknowledged(lines))


@pytest.mark.parametrize("killed", [1, 3, 6])
def test_a_process_killed_while_it_commits_leaves_all_or_nothing(tmp_path: Path, killed: int) -> None:
    lines = disturbed(tmp_path, f"signal=KILL:when={killed}")
    assert len(lines) < 40
    check(same_store(tmp_path), acknowledged(lines))


def test_on_a_full_disk_nothing_is_lost_and_with_space_it_goes_on(tmp_path: Path) -> None:
    mount = 'mount -t tmpfs -o size=1m none "$1" && exec "$2" -m tests.storage.small_disk "$1"'
    apart = ("unshare", "--user", "--map-root-user", "--mount")
    command = [*apart, "sh", "-c", mount, "sh", str(tmp_path), sys.executable]
    run = subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    if run.returncode == 1 and "unshare" in run.stderr:
        pytest.skip(f"no small disk here: {run.stderr.strip()}")
    full, *rest = run.stdout.splitlines() or [run.stderr]
    assert full.startswith("database FOLDER/pratique.db: the disk ")
    assert rest == ["whole True True", "goes on True"]
