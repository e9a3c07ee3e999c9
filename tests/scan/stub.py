"""A scanner that does as it is told: a small program that replays a report, an exit code, or some misbehaviour."""

import sys
from pathlib import Path

_HEAD = f"#!{sys.executable} -IS\n"
_BODY = """\
import os, sys, time, signal, subprocess
if "--version" in sys.argv:
    print('{"Version": "0.50.1", "VulnerabilityDB": {"UpdatedAt": "2026-11-20T06:00:00Z"}}')
    sys.exit(0)
"""


def write_stub(path: Path, lines: str) -> Path:
    """Write a program that answers ``--version``, and otherwise runs these lines of Python."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_HEAD + _BODY + lines + "\n")
    path.chmod(0o755)
    return path


def replaying(report: Path, code: int = 0) -> str:
    """The lines that write a report to the last argument and end with a code."""
    return f"open(sys.argv[-1], 'wb').write(open({str(report)!r}, 'rb').read()); sys.exit({code})"
