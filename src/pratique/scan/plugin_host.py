"""Runs one scanner class in this process and ends; started by :mod:`pratique.scan.plugin` and by nobody else.

With a group and a name alone it prints what the class says of itself; with a layout, a digest and a file, it has
the image scanned and writes the report there. What the class prints goes where complaints go.
"""

import json
import sys
from contextlib import redirect_stdout
from importlib.metadata import entry_points
from pathlib import Path

from pratique.scan.plugin import PythonScanner


def main(words: list[str]) -> int:
    """Return 0 where the class did what was asked, else 1, with one line of complaint."""
    group, name, rest = words[0], words[1], words[2:]
    found = tuple(entry_points(group=group, name=name))
    if len(found) != 1:
        return _complain(f"expected one package that declares {name!r} in {group}, found {len(found)}")
    try:
        with redirect_stdout(sys.stderr):
            scanner: PythonScanner = found[0].load()()
            told = _scan(scanner, *rest) if rest else _say(scanner)
    except Exception as error:  # foreign code may raise anything; it ends as one line
        return _complain(f"{type(error).__name__}: {error}")
    sys.stdout.write(told)
    return 0


def _say(scanner: PythonScanner) -> str:
    return json.dumps({"version": scanner.version, "database": scanner.database})


def _scan(scanner: PythonScanner, layout: str, digest: str, output: str) -> str:
    report = scanner.scan(Path(layout), digest)
    if not isinstance(report, bytes):
        raise TypeError(f"scan: expected bytes, found {type(report).__name__}")
    Path(output).write_bytes(report)
    return ""


def _complain(what: str) -> int:
    sys.stderr.write(f"{what}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
