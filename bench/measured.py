"""What one command costs, from its start to its end: processor time, time on the clock, and memory at its peak.

A process begins its life with the memory peak of the one that started it, so the command is started by a bare
interpreter: this file, run as a program. Source: getrusage(2), wait4(2).
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one run, or the median of several."""

    cpu_seconds: float
    wall_seconds: float
    peak_bytes: int


Run = Callable[[], Cost]


def measure(command: tuple[object, ...], environment: dict[str, str]) -> Cost:
    """Run a command that must succeed, and return its cost.

    Raises:
        subprocess.CalledProcessError: It failed; what it said is on standard error.
    """
    words = [sys.executable, "-I", "-S", __file__, *map(str, command)]
    done = subprocess.run(words, env=environment, stdout=subprocess.PIPE, check=True)
    return Cost(*json.loads(done.stdout.splitlines()[-1]))


def taking_turns(rounds: int, *runs: Run) -> tuple[Cost, ...]:
    """Return the median costs of each over this many rounds, in which they take turns."""
    found: list[list[Cost]] = [[] for _ in runs]
    for _ in range(rounds):
        for run, costs in zip(runs, found, strict=True):
            costs.append(run())
    return tuple(_median(costs) for costs in found)


def _median(costs: list[Cost]) -> Cost:
    return Cost(
        statistics.median(cost.cpu_seconds for cost in costs),
        statistics.median(cost.wall_seconds for cost in costs),
        int(statistics.median(cost.peak_bytes for cost in costs)),
    )


def _main(command: list[str]) -> int:
    start = time.perf_counter()
    quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    pid = os.posix_spawnp(command[0], command, os.environ, file_actions=quiet)
    _, status, usage = os.wait4(pid, 0)
    seconds = time.perf_counter() - start
    print(json.dumps([usage.ru_utime + usage.ru_stime, seconds, usage.ru_maxrss * 1024]))
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
