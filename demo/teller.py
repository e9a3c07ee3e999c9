"""Tells the story on standard output: a heading, why, the command, what it answered, how long it took.

Every command is a real one, run as a process of its own, and has an ending that the story says beforehand. Where
it ends otherwise, the story is not true, and :class:`Untrue` stops the demonstration.
"""

import json
import os
import shlex
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo.images.build import ROOT

_WIDTH = 112
_PATIENCE_SECONDS = 120


class Untrue(Exception):
    """Something did not happen as the story says; the message says what happened instead."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one command said, and how it ended."""

    code: int
    output: str
    errors: str

    @property
    def said(self) -> str:
        """Everything it said, answers before complaints."""
        return self.output + self.errors


class Teller:
    """Runs the commands of the story in the repository's top folder, so that anybody can repeat them there."""

    def __init__(self, workspace: Path) -> None:
        self._environment = {**os.environ, "PRATIQUE_WORKSPACE": str(workspace.relative_to(ROOT)), "NO_COLOR": "1"}
        self._start = time.monotonic()
        self.commands = 0

    @property
    def seconds(self) -> float:
        """How long the story has taken so far."""
        return time.monotonic() - self._start

    def step(self, title: str) -> None:
        """Begin a part of the story."""
        print(f"\n── {title} {'─' * max(3, _WIDTH - len(title) - 4)}", flush=True)

    def say(self, sentence: str) -> None:
        """Say something in words."""
        print(f"\n{textwrap.fill(sentence, _WIDTH)}", flush=True)

    def line(self, text: str) -> None:
        """Print one line that is not to be broken."""
        print(f"    {text}", flush=True)

    def pratique(self, *arguments: str, ends: int = 0, says: str | None = None, most: int = 40) -> Answer:
        """Run the program and show what it answers; see :meth:`run`."""
        return self.run(".venv/bin/pratique", *arguments, ends=ends, says=says, most=most)

    def run(self, *command: str, ends: int = 0, says: str | None = None, most: int = 40) -> Answer:
        """Run a command and show it.

        Args:
            command: The program and its arguments.
            ends: The exit code that the story needs.
            says: A word that must be in the answer.
            most: Lines of the answer to print.

        Raises:
            Untrue: It ended otherwise, or did not say so.
        """
        print(f"\n  $ {_shown(command)}", flush=True)
        start = time.monotonic()
        answer = self._quietly(command)
        self.commands += 1
        _print_some(answer.said, most)
        print(f"    ({_how_it_ended(answer.code)}{time.monotonic() - start:.1f} s)", flush=True)
        _check(command, answer, ends, says)
        return answer

    def ask(self, *arguments: str) -> dict[str, Any]:
        """Ask the program something in JSON without showing it; the story goes on with what it learns."""
        command = (".venv/bin/pratique", *arguments, "--json")
        answer = self._quietly(command)
        _check(command, answer, 0, None)
        value: dict[str, Any] = json.loads(answer.output)
        return value

    def wait(self, what: str, happened: Callable[[], bool]) -> None:
        """Wait until something has happened, and say how long it took; raises ``Untrue`` where it does not."""
        start = time.monotonic()
        while not happened():
            if time.monotonic() - start > _PATIENCE_SECONDS:
                raise Untrue(f"expected within {_PATIENCE_SECONDS} s: {what}")
            time.sleep(0.2)
        self.line(f"{what}, {time.monotonic() - start:.1f} s later")

    def begin(self, log: Path, *arguments: str) -> subprocess.Popen[bytes]:
        """Start the program in the background; the caller ends it."""
        command = (".venv/bin/pratique", *arguments)
        print(f"\n  $ {_shown(command)} > {log.relative_to(ROOT)} 2>&1 &", flush=True)
        with log.open("wb") as output:
            return subprocess.Popen(command, cwd=ROOT, env=self._environment, stdout=output, stderr=output)

    def _quietly(self, command: tuple[str, ...]) -> Answer:
        done = subprocess.run(
            command, cwd=ROOT, env=self._environment, capture_output=True, text=True, check=False
        )
        return Answer(done.returncode, done.stdout, done.stderr)


def _shown(command: tuple[str, ...]) -> str:
    """Return the command as a person would type it, broken before options where it is long."""
    words = [Path(word).name if word.startswith(".venv/") else shlex.quote(word) for word in command]
    lines, rest = [""], words
    for at, word in enumerate(rest):
        option = word.startswith("--") and at > 1
        ahead = len(word) + (len(rest[at + 1]) if option and at + 1 < len(rest) else 0)
        if option and len(lines[-1]) + ahead > _WIDTH - 8:
            lines.append(f"      {word}")
        else:
            lines[-1] = f"{lines[-1]} {word}".strip() if len(lines) == 1 else f"{lines[-1]} {word}"
    return " \\\n".join(lines)


def _print_some(text: str, most: int) -> None:
    lines = text.rstrip().splitlines()
    for line in lines[:most]:
        # A statement to sign is one line of a kilobyte, and the file beside has it whole.
        print(f"    {line[:_WIDTH]}…" if line.startswith("{") else f"    {line}".rstrip())
    if len(lines) > most:
        print(f"    … and {len(lines) - most} lines more")
    sys.stdout.flush()


def _how_it_ended(code: int) -> str:
    return "" if code == 0 else f"exit code {code}, "


def _check(command: tuple[str, ...], answer: Answer, ends: int, says: str | None) -> None:
    if answer.code != ends:
        raise Untrue(
            f"{shlex.join(command)}: expected exit code {ends}, found {answer.code}: {answer.said[-2000:]}"
        )
    if says is not None and says not in answer.said:
        raise Untrue(f"{shlex.join(command)}: expected to read {says!r}, found: {answer.said[-2000:]}")
