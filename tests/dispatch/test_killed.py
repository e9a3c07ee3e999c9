"""Workers that are killed or stopped in the middle of an effect: it is recorded once, by whoever took over."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import ROOT
from tests.dispatch.worker import LOG
from tests.storage.builders import new_store

from pratique.promotion.plan import Effect, Step
from pratique.storage.effect import EffectStanding, State
from pratique.storage.store import Store

SEAL = Effect("pr_1", 1, Step.SEAL)
LEASE_MS, WORK_MS = 1500, 700
PATIENCE_SECONDS = 40


@contextmanager
def workers(folder: Path, *names: str) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    command = [sys.executable, "-m", "tests.dispatch.worker", str(folder)]
    times = (str(LEASE_MS), str(WORK_MS))
    running = {name: subprocess.Popen([*command, name, *times], cwd=ROOT, env=environment) for name in names}
    try:
        yield running
    finally:
        for process in running.values():
            process.kill()
            process.wait()


def lines(folder: Path) -> list[list[str]]:
    log = folder / LOG
    return [line.split() for line in log.read_text().splitlines()] if log.exists() else []


def wait_for(folder: Path, wanted: Callable[[list[str]], bool]) -> list[str]:
    """Return the first line of the log that is wanted, when it is there."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        for line in lines(folder):
            if wanted(line):
                return line
        time.sleep(0.02)
    raise AssertionError(f"not within {PATIENCE_SECONDS} s: {lines(folder)}")


def standing(store: Store) -> EffectStanding:
    return store.read(lambda view: view.effects.find(SEAL.id))


def wanted(folder: Path) -> Store:
    """Want an effect as a command of the CLI does: without a hint."""
    store = new_store(folder)
    store.transact(lambda tx: tx.want(SEAL))
    return store


def events(store: Store) -> int:
    return store.read(lambda view: view.ledger.frontier().size)


def test_the_work_of_a_killed_worker_is_taken_over_and_recorded_once(tmp_path: Path) -> None:
    store = wanted(tmp_path)
    with workers(tmp_path, "a", "b") as running:
        first = wait_for(tmp_path, lambda line: line[1] == "begun")[0]
        running[first].kill()
        second, *_ = wait_for(tmp_path, lambda line: line[1] == "recorded")
    assert second != first
    assert standing(store).state is State.DONE
    assert standing(store).owner == second
    assert standing(store).attempt > 1
    assert events(store) == 1


def test_a_worker_that_was_stopped_and_overtaken_is_refused_when_it_goes_on(tmp_path: Path) -> None:
    store = wanted(tmp_path)
    with workers(tmp_path, "a", "b") as running:
        zombie = wait_for(tmp_path, lambda line: line[1] == "begun")[0]
        running[zombie].send_signal(signal.SIGSTOP)
        second, *_ = wait_for(tmp_path, lambda line: line[1] == "recorded")
        running[zombie].send_signal(signal.SIGCONT)
        fenced = wait_for(tmp_path, lambda line: line[1] == "fenced")
    assert (second != zombie, fenced) == (True, [zombie, "fenced", SEAL.id, "1"])
    assert [line[1] for line in lines(tmp_path)].count("recorded") == 1
    assert standing(store).owner == second
    assert events(store) == 1
