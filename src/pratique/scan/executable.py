"""Scanners that are programs on this machine: an argument list, no shell, and the image by digest only."""

import os
import shutil
import stat
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from pratique.errors import Absent, Refused
from pratique.scan.interface import Failed, Limits, Outcome, Reported, Target, Tool, Yields
from pratique.scan.process import Command, Ended, Stopped, run
from pratique.scan.settings import ProgramSettings
from pratique.scan.version import read_version
from pratique.values.dataclass import dataclass

_VERSION_LIMITS: Final = Limits(seconds=60, output=1024 * 1024)
_VERSION_LENGTH: Final = 64 * 1024


class Program:
    """One program; :class:`pratique.scan.interface.Scanner` says what it promises."""

    def __init__(self, settings: ProgramSettings, environment: Mapping[str, str] = os.environ) -> None:
        """Prepare, without starting anything.

        Args:
            settings: Which program, and how.
            environment: Where the variables come from that it is allowed to have.
        """
        self._settings = settings
        self._environment = environment

    @property
    def name(self) -> str:
        """How the settings call it."""
        return self._settings.name

    @property
    def producer(self) -> str:
        """How its reports call it."""
        return self._settings.producer

    @property
    def yields(self) -> Yields:
        """What it reports."""
        return self._settings.yields

    def scan(self, target: Target) -> Outcome:
        """Run it on the target; see :class:`pratique.scan.interface.Scanner`."""
        program = self._program()
        with TemporaryDirectory(prefix="pratique-scan-", ignore_cleanup_errors=True) as folder:
            place = _Place(Path(folder))
            tool = self._version(program, place)
            if isinstance(tool, Stopped):
                return Failed(Tool(), f"its version could not be read: {tool.reason}", self._settings.version)
            return self._report(program, tool, target, place)

    def _program(self) -> Path:
        word = self._settings.argv[0]
        found = shutil.which(word, path=self._environment.get("PATH", os.defpath))
        if found is None:
            raise Absent(
                f"scanner {self.name}: there is no program {word!r}; install it, or give its path in argv"
            )
        return Path(found).absolute()

    def _version(self, program: Path, place: "_Place") -> Tool | Stopped:
        words = self._settings.version
        if not words:
            return Tool()
        command = Command(program, words[1:], self._variables(place), place.work)
        ended = run(command, _VERSION_LIMITS)
        if isinstance(ended, Stopped):
            return ended
        if ended.code != 0:
            return Stopped(_told(ended))
        return read_version(ended.printed[:_VERSION_LENGTH])

    def _report(self, program: Path, tool: Tool, target: Target, place: "_Place") -> Outcome:
        words = tuple(self._filled(word, target, place) for word in self._settings.argv)
        named = any("{output}" in word for word in self._settings.argv)
        output = place.output if named else None
        command = Command(program, words[1:], self._variables(place), place.work, output)
        ended = run(command, self._settings.limits)
        invocation = self._settings.argv  # as written: the places that were filled in are gone afterwards
        if isinstance(ended, Stopped):
            return Failed(tool, ended.reason, invocation)
        if ended.code not in self._settings.exit_codes:
            return Failed(tool, _told(ended), invocation)
        content = _written(output, self._settings.limits.output) if output else ended.printed
        if isinstance(content, Stopped):
            return Failed(tool, content.reason, invocation)
        if not content.strip():
            return Failed(tool, f"it ended with code {ended.code} and wrote no report", invocation)
        return Reported(tool, content, "application/json", invocation)

    def _filled(self, word: str, target: Target, place: "_Place") -> str:
        if "{image}" in word:
            if target.registry is None:
                raise Refused(
                    f"scanner {self.name}: {{image}} is an image in a registry, and this one is in a layout; use "
                    "{layout} or {archive} in argv"
                )
            word = word.replace("{image}", f"{target.registry}@{target.manifest}")
        if "{layout}" in word and not place.layout.exists():
            target.write_layout(place.layout)
        if "{archive}" in word and not place.archive.exists():
            target.write_archive(place.archive)
        for name, value in (
            ("{digest}", str(target.manifest)),
            ("{layout}", str(place.layout)),
            ("{archive}", str(place.archive)),
            ("{output}", str(place.output)),
        ):
            word = word.replace(name, value)
        return word

    def _variables(self, place: "_Place") -> dict[str, str]:
        """Return the only variables that it has: those allowed or stated, and folders that vanish."""
        variables = {"HOME": str(place.work), "PATH": self._environment.get("PATH", os.defpath)}
        for word in self._settings.environment:
            name, stated, value = word.partition("=")
            if stated:
                variables[name] = value
            elif name in self._environment:
                variables[name] = self._environment[name]
        return {**variables, "TMPDIR": str(place.work), "LC_ALL": "C.UTF-8"}


@dataclass(frozen=True, slots=True)
class _Place:
    """A folder of one scan's own, which vanishes with it."""

    root: Path

    @property
    def work(self) -> Path:
        """Where it runs and keeps what it does not need any more."""
        folder = self.root / "work"
        folder.mkdir(exist_ok=True)
        return folder

    @property
    def layout(self) -> Path:
        return self.root / "layout"

    @property
    def archive(self) -> Path:
        return self.root / "image.tar"

    @property
    def output(self) -> Path:
        return self.root / "report"


def _told(ended: Ended) -> str:
    complained = f": {ended.complained}" if ended.complained else ""
    return f"it ended with code {ended.code}{complained}"


def _written(output: Path, most: int) -> bytes | Stopped:
    try:
        descriptor = os.open(output, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return Stopped("it wrote no report where it was told to")
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):  # a pipe would never end
            return Stopped("it wrote something other than a file where its report was to be")
        with open(descriptor, "rb", closefd=False) as file:
            content = file.read(most + 1)
    finally:
        os.close(descriptor)
    return content if len(content) <= most else Stopped(f"its report has more than {most} bytes")
