"""Programs of others that ``make interop`` builds: where they are, and how they are asked."""

import os
import subprocess
from pathlib import Path

import pytest

BUILT = Path(__file__).parents[2] / "build" / "interop"


def built(name: str) -> Path | None:
    """Return a program if it was built."""
    program = BUILT / name
    return program if program.is_file() else None


def ask(name: str, *words: object, home: Path) -> str:
    """Run a program that must succeed, and return what it says; skips the test, in one line, where it is absent.

    Args:
        name: The program's.
        words: Its arguments.
        home: A folder of the test's own, so that no settings or caches of this machine are used.
    """
    program = built(name)
    if program is None:
        pytest.skip(f"{name} is not built; where Go is installed: make interop")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "DOCKER_CONFIG": str(home),
        "COSIGN_PASSWORD": "",
    }
    done = subprocess.run(
        [program, *map(str, words)], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, f"{name} {words}: {done.stdout}{done.stderr}"
    return done.stdout
