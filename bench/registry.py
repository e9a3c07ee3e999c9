"""Copying between registries and within one, against skopeo: processor time, time on the clock, requests, memory.

The destination is wiped and started again for every run that moves bytes, and skopeo's memory of where blobs are
is taken away. Each run is a whole process, from the interpreter's start on.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from bench.counting import relay
from bench.figure import AtMost, Figure, Target, in_words
from bench.harbours import empty, forgetful_skopeo, laden
from bench.measured import Cost, Run, measure, taking_turns
from bench.registry_images import BIG, HUGE, MANY, MIB, MULTI, TINY, Cargo
from bench.starting import PROGRAM, bytecode

ROUNDS = 5
_CPU = {BIG: AtMost(0.45)}
_WALL = {BIG: AtMost(0.9)}
_SKOPEO = ("skopeo", "--insecure-policy", "copy", "--quiet", "--all", "--preserve-digests")
_PLAIN = ("--src-tls-verify=false", "--dest-tls-verify=false")
_NO_OP_REQUESTS = 2
_MEMORY_BYTES = 15 * MIB

Command = Callable[[str, str], tuple[str, ...]]
"""The words that copy one reference ``HOST/NAME:TAG`` to another."""


def figures(folder: Path) -> Iterator[Figure]:
    """Measure everything, in an empty folder on the disk that counts; nothing without both programs."""
    if shutil.which("docker-registry") is None or shutil.which("skopeo") is None:
        return
    with laden() as host, forgetful_skopeo() as memory, bytecode() as environment:
        bench = _Bench(host, folder, memory, environment)
        bench.begin()
        for cargo in (BIG, MANY, TINY, MULTI):
            yield from bench.across(cargo)
        yield from bench.within(BIG)
        yield bench.again(BIG)
        yield bench.peak(HUGE, TINY)


@dataclass(frozen=True, slots=True)
class _Bench:
    """A laden registry, a folder for the other one, what skopeo must forget, and the environment of every run."""

    laden: str
    folder: Path
    skopeos_memory: Path
    environment: dict[str, str]

    def begin(self) -> None:
        """Run once without counting: it writes the bytecode that an installed program has."""
        self._across(TINY, _ours)()

    def across(self, cargo: Cargo) -> Iterator[Figure]:
        """From one registry to the other, which is empty."""
        ours, theirs = taking_turns(ROUNDS, self._across(cargo, _ours), self._across(cargo, _theirs))
        name = f"copy between registries, {cargo.words}"
        yield _cpu(name, ours, theirs, _CPU.get(cargo))
        yield _wall(name, ours, theirs, _WALL.get(cargo))

    def within(self, cargo: Cargo) -> Iterator[Figure]:
        """From one repository to another of the same registry."""
        with empty(self.folder / "other") as host:
            start, fresh = f"{host}/{cargo.name}:v1", count()
            self._cold(_ours(f"{self.laden}/{cargo.name}:v1", start))

            def run(command: Command) -> Run:
                return lambda: self._cold(command(start, f"{host}/copy-{next(fresh)}:v1"))

            ours, theirs = taking_turns(ROUNDS, run(_ours), run(_theirs))
        name = f"copy within a registry, {cargo.words}"
        yield _cpu(name, ours, theirs, None)
        yield _wall(name, ours, theirs, AtMost(0.1))

    def again(self, cargo: Cargo) -> Figure:
        """A copy of what is there already: how many requests the two registries get."""
        with empty(self.folder / "other") as host, relay(self.laden) as source, relay(host) as destination:
            command = _ours(f"{source.host}/{cargo.name}:v1", f"{destination.host}/{cargo.name}:v1")
            self._cold(command)
            source.requests = destination.requests = 0
            cost = self._cold(command)
            requests = source.requests + destination.requests
        return Figure(
            f"copy of what is there already, {cargo.words}: requests",
            f"{requests} in {in_words(cost.wall_seconds)}",
            f"{_NO_OP_REQUESTS}",
            requests / _NO_OP_REQUESTS,
            AtMost(1),
        )

    def peak(self, large: Cargo, small: Cargo) -> Figure:
        """How much more memory a large blob takes than a small one."""
        most, least = (self._across(cargo, _ours)().peak_bytes for cargo in (large, small))
        return Figure(
            "memory at its peak, 2 GiB blob over 2 MiB image",
            f"{most / MIB:.1f} MiB − {least / MIB:.1f} MiB",
            f"{_MEMORY_BYTES // MIB} MiB",
            (most - least) / _MEMORY_BYTES,
            AtMost(1),
        )

    def _across(self, cargo: Cargo, command: Command) -> Run:
        def run() -> Cost:
            with empty(self.folder / "other") as host:
                return self._cold(command(f"{self.laden}/{cargo.name}:v1", f"{host}/{cargo.name}:v1"))

        return run

    def _cold(self, words: tuple[str, ...]) -> Cost:
        self.skopeos_memory.unlink(missing_ok=True)
        return measure(words, self.environment)


def _ours(source: str, destination: str) -> tuple[str, ...]:
    plain = (word for place in (source, destination) for word in ("--plain-http", place.partition("/")[0]))
    return (str(PROGRAM), "image", "copy", "--quiet", *plain, source, destination)


def _theirs(source: str, destination: str) -> tuple[str, ...]:
    return (*_SKOPEO, *_PLAIN, f"docker://{source}", f"docker://{destination}")


def _cpu(name: str, ours: Cost, theirs: Cost, target: Target) -> Figure:
    return _compared(f"{name}: processor", ours.cpu_seconds, theirs.cpu_seconds, target)


def _wall(name: str, ours: Cost, theirs: Cost, target: Target) -> Figure:
    return _compared(f"{name}: clock", ours.wall_seconds, theirs.wall_seconds, target)


def _compared(name: str, ours: float, theirs: float, target: Target) -> Figure:
    return Figure(name, in_words(ours), f"skopeo's {in_words(theirs)}", ours / theirs, target)
