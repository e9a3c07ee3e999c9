"""Processes append and publish, are killed and frozen at random, while a reader follows what is published.

Afterwards no event that anybody was told of is lost, no index was used twice, every checkpoint that was seen continues
the one before, what was exported is what the database holds, and ``ledger fsck`` finds nothing.
"""

import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from tests.listening import Heard
from tests.stories.processes import start_module
from tests.stories.shop import Shop, found, run_pratique

from pratique.promotion.events import parse_event
from pratique.tlog.checkpoint import Checkpoint, open_checkpoint
from pratique.tlog.key import NoteVerifier
from pratique.tlog.proofs import prove_consistency, verify_consistency
from pratique.tlog.tile import Bundle, nodes_from_tiles, parse_bundle
from pratique.wire import open_workspace

MODULE = "tests.ledger.hammer"


class Hammer:
    """One process at work, and everything that it says."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._out, self._err = Heard(process.stdout), Heard(process.stderr)

    def begun(self) -> None:
        """Wait until it has come as far as to have done something."""
        assert self._out.at_least(1), self._err.all()

    def end(self) -> list[str]:
        """Kill it once it has begun; return what it said."""
        self.begun()
        self.process.kill()
        self.process.wait()
        assert not any("Traceback" in line for line in self._err.all())
        return self._out.all()


class Hammers:
    """The processes that work on one workspace, and everything that they said."""

    def __init__(self, shop: Shop, target: Path, appending: int) -> None:
        self._shop = shop
        self._words = [("append", shop.workspace)] * appending + [("publish", shop.workspace, target)]
        self._running = [self._start(number) for number in range(len(self._words))]
        self.said: list[str] = []
        self.kills = self.freezes = 0

    def begun(self) -> None:
        for hammer in self._running:
            hammer.begun()

    def freeze(self, number: int, seconds: float) -> None:
        self._running[number].process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        self._running[number].process.send_signal(signal.SIGCONT)
        self.freezes += 1

    def kill(self, number: int) -> None:
        self.said += self._running[number].end()
        self._running[number] = self._start(number)
        self.kills += 1

    def end(self) -> None:
        for hammer in self._running:
            self.said += hammer.end()

    def _start(self, number: int) -> Hammer:
        return Hammer(start_module(self._shop, MODULE, *self._words[number]))


class Reader:
    """Follows what is published: every checkpoint must continue the one before, by the tiles that stand there."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self.seen: list[Checkpoint] = []

    def look(self) -> None:
        key = NoteVerifier.parse((self._target / "log.vkey").read_text().strip())
        new = open_checkpoint((self._target / "checkpoint").read_bytes(), (key,)).checkpoint
        if self.seen:
            old = self.seen[-1]
            tiles = nodes_from_tiles(new.size, cache(lambda tile: (self._target / tile.path).read_bytes()))
            proof = prove_consistency(old.size, new.size, tiles)
            verify_consistency(old.size, old.root, new.size, new.root, proof)
        self.seen.append(new)


def hammered(shop: Shop, target: Path, times: int, mortal: int) -> tuple[Hammers, Reader]:
    """Disturb processes so many times, of which the first ``mortal`` may be killed; return what was said and read."""
    chance, hammers, reader = random.Random(20261124), Hammers(shop, target, appending=2), Reader(target)
    hammers.begun()
    reader.look()
    for _ in range(times):
        time.sleep(chance.uniform(0.2, 0.6))
        reader.look()
        if chance.random() < 0.5:
            hammers.kill(chance.randrange(mortal))
        else:
            hammers.freeze(chance.randrange(3), chance.uniform(0.05, 0.4))
    hammers.end()
    return hammers, reader


def check(tmp_path: Path, times: int, mortal: int) -> str:
    """Hammer on a new workspace, and return the account: what was done, and what of it was lost or came twice."""
    shop, target = found(tmp_path), tmp_path / "published"
    hammers, reader = hammered(shop, target, times, mortal)
    told = [line.split() for line in hammers.said if " " in line]
    assert len(told) > 20

    shop.done("ledger", "export", "--to", target)  # a killed publisher is waited for until its lease is over
    reader.look()
    assert len({checkpoint.size for checkpoint in reader.seen}) > 1
    assert shop.done("ledger", "fsck").code == 0
    alone = run_pratique("ledger", "fsck", "--export", target, "--trust-root", shop.trust_root)
    assert alone.code == 0, alone
    with open_workspace(str(shop.workspace)) as workspace:
        bodies = workspace.store.read(lambda view: view.ledger.bodies(0, view.ledger.frontier().size))
    recorded = [parse_event(body).id for body in bodies]
    lost = [(index, event) for index, event in told if recorded[int(index)] != event]
    twice = [index for index, count in Counter(index for index, _ in told).items() if count > 1]
    assert (lost, twice) == ([], [])
    assert len(set(recorded)) == len(recorded)
    assert published(target, len(bodies)) == list(bodies)
    return (
        f"{len(told):,} events acknowledged, {len(lost)} lost, {len(twice)} indexes given twice, of {len(bodies):,} "
        f"recorded and published; {hammers.kills} kills, {hammers.freezes} freezes, {len(reader.seen)} checkpoints "
        "read, each continuing the one before"
    )


def published(target: Path, size: int) -> list[bytes]:
    """Return the entries of the bundles that a reader of the last checkpoint takes."""
    bundles = [Bundle(index, min(256, size - index * 256)) for index in range(-(-size // 256))]
    return [entry for bundle in bundles for entry in parse_bundle(bundle, (target / bundle.path).read_bytes())]


def test_nothing_is_lost_however_processes_end_while_others_publish(tmp_path: Path) -> None:
    check(tmp_path, times=5, mortal=2)


@pytest.mark.soak
def test_nothing_is_lost_in_minutes_of_killing_writers_and_publishers(
    tmp_path: Path, account: Callable[[str], None]
) -> None:
    account(check(tmp_path, times=200, mortal=3))
