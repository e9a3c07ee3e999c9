"""Real processes for the stories that are about processes."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.stories.shop import Shop

ROOT = Path(__file__).parents[2]
PROGRAM = Path(sys.executable).with_name("pratique")


def start(shop: Shop, *words: object) -> subprocess.Popen[str]:
    """Start the program on a shop's workspace, in a process of its own."""
    return _start([str(PROGRAM), *map(str, words)], shop)


def start_module(shop: Shop, module: str, *words: object) -> subprocess.Popen[str]:
    """Start one of the tests' own programs."""
    return _start([sys.executable, "-m", module, *map(str, words)], shop)


def _start(command: list[str], shop: Shop) -> subprocess.Popen[str]:
    environment = {**os.environ, "PRATIQUE_WORKSPACE": str(shop.workspace)}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, env=environment, text=True, stdout=pipe, stderr=pipe)


@contextmanager
def running(*processes: subprocess.Popen[str]) -> Iterator[None]:
    """Tell the processes to stop afterwards, and wait until they have."""
    try:
        yield
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            try:
                process.communicate(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()


def ends(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Wait for a process; return its exit code and what it said."""
    out, err = process.communicate(timeout=400)
    return process.returncode, out, err
