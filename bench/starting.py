"""How long a command takes to start, against a bare interpreter, and one that can verify a signature."""

import subprocess
import sys
from pathlib import Path

from bench.figure import AtMost, Figure, in_words, interleaved

PROGRAM = Path(sys.executable).with_name("pratique")
ROUNDS = 21
_ED25519 = "from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey"


def help_page() -> Figure:
    """``pratique --help``, against an interpreter that does nothing."""
    ours, bare = interleaved(ROUNDS, lambda: _run(PROGRAM, "--help"), lambda: _run(sys.executable, "-c", "pass"))
    return Figure(
        "pratique --help, from nothing to its end",
        in_words(ours),
        f"a bare interpreter's {in_words(bare)}",
        ours / bare,
        AtMost(3),
    )


def verify(proof: Path, trust_root: Path) -> Figure:
    """``pratique proof verify`` in its core form, against an interpreter that imports Ed25519."""
    command = ("proof", "verify", proof, "--trust-root", trust_root)
    ours, bare = interleaved(ROUNDS, lambda: _run(PROGRAM, *command), lambda: _run(sys.executable, "-c", _ED25519))
    return Figure(
        "pratique proof verify, core form, cold",
        f"{in_words(ours)} for {proof.stat().st_size // 1024} KiB",
        f"an interpreter importing Ed25519, {in_words(bare)}",
        ours / bare,
        AtMost(4),
    )


def _run(*command: object) -> None:
    subprocess.run([str(word) for word in command], stdout=subprocess.DEVNULL, check=True)
