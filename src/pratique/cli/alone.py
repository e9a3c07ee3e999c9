"""``pratique-verify.pyz``: the verifier of proofs, shipped alone.

The same code and the same words as ``pratique proof verify``, without the engine that judges again.
"""

import argparse
import sys

from pratique.cli.main import answered, leave
from pratique.cli.options import Parser
from pratique.cli.proof import verify_arguments


def main(version: str) -> None:
    """Verify what the process's arguments say, and leave with the exit code.

    Args:
        version: That of the program from which this was built.
    """
    leave(lambda: answered(lambda: parser(version), sys.argv[1:]))


def parser(version: str) -> argparse.ArgumentParser:
    """Return the one parser."""
    alone = Parser(
        prog="pratique-verify",
        description=(
            "Verify a proof of a promotion offline, trusting only the keys in the trust root. Needs Python 3.11 and "
            "cryptography. To judge again from the evidence, use `pratique proof verify --rejudge`."
        ),
    )
    alone.add_argument("--version", action="version", version=f"pratique-verify {version}")
    alone.add_argument("--json", action="store_true", help="print one JSON object instead of text")
    verify_arguments(alone)
    return alone
