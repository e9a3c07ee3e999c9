"""Prints every figure we promise, one line each, and fails where one falls short: ``make show``.

A figure is shown by a command that anybody can repeat by hand. Its line says how long it took and, where it has
a limit, how much of it was used. Speeds are not here: they are ratios, and ``make bench`` measures them.
"""

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Show:
    """One promise: in words, the command that shows it, and the seconds it may take at most."""

    promise: str
    command: tuple[str, ...]
    limit_seconds: float


def _tests(promise: str, *paths: str, limit_seconds: float = 600) -> Show:
    return Show(promise, (sys.executable, "-m", "pytest", *paths), limit_seconds)


SHOWS = (
    Show("the floors hold and the types check", ("make", "lint"), 300),
    _tests("deciding reads no clock, file or socket", "tests/house/test_purity.py"),
    _tests("an image is built to the same bytes twice", "tests/demo"),
)


def main() -> int:
    """Run every show and return 0 if none fell short."""
    return 1 if sum(not _holds(show) for show in SHOWS) else 0


def _holds(show: Show) -> bool:
    start = time.monotonic()
    result = subprocess.run(show.command, cwd=ROOT, capture_output=True, text=True, check=False)
    seconds = time.monotonic() - start
    holds = result.returncode == 0 and seconds <= show.limit_seconds
    word = "ok  " if holds else "SHORT"
    print(
        f"{word} {seconds:7.1f} s of {show.limit_seconds:.0f} s  {show.promise}: {_last_line(result.stdout)}",
        flush=True,
    )
    if not holds:
        print(result.stdout + result.stderr, file=sys.stderr)
    return holds


def _last_line(output: str) -> str:
    lines = output.strip().splitlines()
    return lines[-1] if lines else "no output"


if __name__ == "__main__":
    sys.exit(main())
