"""How long a command takes to start, against a bare interpreter, and one that can verify a signature.

Cold means a new process. An installed program has its bytecode, so this one has too: a first run writes it into a
folder of its own, and is not counted.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.figure import AtMost, Figure, in_words, interleaved

PROGRAM = Path(sys.executable).with_name("pratique")
ROUNDS = 21
_ED25519 = "from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey"


def help_page() -> Figure:
    """``pratique --help``, against an interpreter that does nothing."""
    ours, bare = _side_by_side((PROGRAM, "--help"), (sys.executable, "-c", "pass"))
    return Figure(
        "pratique --help, from nothing to its end",
        in_words(ours),
        f"a bare interpreter's {in_words(bare)}",
        ours / bare,
        AtMost(3),
    )


def verify(proof: Path, trust_root: Path) -> Figure:
    """``pratique proof verify`` in its core form, against an interpreter that imports Ed25519."""
    command = (PROGRAM, "proof", "verify", proof, "--trust-root", trust_root)
    ours, bare = _side_by_side(command, (sys.executable, "-c", _ED25519))
    return Figure(
        "pratique proof verify, core form, cold",
        f"{in_words(ours)} for {proof.stat().st_size // 1024} KiB",
        f"an interpreter importing Ed25519, {in_words(bare)}",
        ours / bare,
        AtMost(4),
    )


def _side_by_side(ours: tuple[object, ...], yardstick: tuple[object, ...]) -> tuple[float, ...]:
    with bytecode() as environment:

        def run(command: tuple[object, ...]) -> None:
            words = [str(word) for word in command]
            subprocess.run(words, env=environment, stdout=subprocess.DEVNULL, check=True)

        run(ours)
        run(yardstick)
        return interleaved(ROUNDS, lambda: run(ours), lambda: run(yardstick))


@contextmanager
def bytecode() -> Iterator[dict[str, str]]:
    """Yield an environment in which bytecode is kept, whatever this process's own says."""
    with tempfile.TemporaryDirectory(prefix="pratique-bytecode-") as folder:
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        yield {**kept, "PYTHONPYCACHEPREFIX": folder}
