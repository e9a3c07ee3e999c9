"""Outside checks: programs, services and plugins that answer whether anything is wrong with an image.

They are described in ``pratique.toml``, one table ``[check.<name>]`` each, and run like scanners, within the same
limits. What they write is a verdict and no report: one JSON object, of which nothing is believed before it was read
(:mod:`pratique.evidence.predicates.verdict`).
"""

import json
from collections.abc import Mapping
from typing import Any, Final, assert_never

from pratique.errors import Malformed, PratiqueError
from pratique.scan.exchange import Ask, Question
from pratique.scan.executable import Program
from pratique.scan.interface import Failed, Outcome, Reported, Scanner, Target, Tool, Yields, one_line
from pratique.scan.plugin import program_of
from pratique.scan.settings import AdapterSettings, PluginSettings, ProgramSettings, ScannerSettings, parse_scanner

GROUP: Final = "pratique.checks"
"""The entry point group in which packages declare checks; their classes look like those of scanners."""
MAX_ANSWER: Final = 1024 * 1024
"""Bytes of one answer of a service."""
KEYS: Final[Mapping[str, type]] = {
    "argv": list,
    "environment": list,
    "exit_codes": list,
    "url": str,
    "authorization_env": str,
    "insecure": bool,
    "private": bool,
    "entry_point": str,
    "seconds": int,
    "memory_mib": int,
    "output_mib": int,
}
"""Every key that such a table may have, and its type."""


def parse_check(name: str, table: Mapping[str, Any], where: str) -> ScannerSettings:
    """Return one table's settings.

    Args:
        name: The table's name, which policies use.
        table: Its values, whose keys and types were checked against :data:`KEYS`.
        where: How messages call the place.

    Raises:
        Malformed: It says not exactly one of argv, url and entry_point, or a value is out of bounds.
    """
    kinds = [key for key in ("argv", "url", "entry_point") if key in table]
    if len(kinds) != 1:
        found = " and ".join(kinds) or "none"
        raise Malformed(f"{where}: expected one of argv, url and entry_point, found {found}")
    return parse_scanner(name, table, where)


def word_of(settings: ScannerSettings) -> str:
    """Return the word by which a policy asks for such a check: ``exec``, ``http`` or ``plugin``."""
    match settings:
        case ProgramSettings():
            return "exec"
        case AdapterSettings():
            return "http"
        case PluginSettings():
            return "plugin"
        case _:
            assert_never(settings)


def open_check(settings: ScannerSettings, ask: Ask | None) -> Scanner:
    """Return what runs a check.

    Args:
        settings: Which, and how.
        ask: Asks a service; needed for nothing else.
    """
    match settings:
        case ProgramSettings():
            return Program(settings)
        case PluginSettings():
            return Program(program_of(settings, GROUP))
        case AdapterSettings():
            if ask is None:
                raise Malformed(f"check {settings.name}: expected a way to ask {settings.url}, found none")
            return Service(settings, ask)
        case _:
            assert_never(settings)


class Service:
    """A service that is asked with one POST; :class:`pratique.scan.interface.Scanner` says what it promises.

    The question is ``{"image": "sha256:…", "mediaType": "…", "reference": "<registry>/<name>@sha256:…" or null}``; the
    answer is status 200 and the same JSON object that a program writes.
    """

    yields = Yields.VULNERABILITIES

    def __init__(self, settings: AdapterSettings, ask: Ask) -> None:
        """Prepare, without asking anything."""
        self._settings = settings
        self._ask = ask

    @property
    def name(self) -> str:
        """How the settings call it."""
        return self._settings.name

    @property
    def producer(self) -> str:
        """The same."""
        return self._settings.name

    def scan(self, target: Target) -> Outcome:
        """Ask it about the target; see :class:`pratique.scan.interface.Scanner`."""
        reference = None if target.registry is None else f"{target.registry}@{target.manifest}"
        body = json.dumps({"image": str(target.manifest), "mediaType": target.media_type, "reference": reference})
        headers = (("content-type", "application/json"), ("accept", "application/json"))
        invocation = ("POST", self._settings.url)
        try:
            reply = self._ask(Question("POST", self._settings.url, headers, body.encode(), MAX_ANSWER))
        except PratiqueError as error:
            return Failed(Tool(), one_line(str(error)), invocation)
        if reply.status != 200:
            return Failed(Tool(), f"it answered with status {reply.status}, expected 200", invocation)
        return Reported(Tool(), reply.body, "application/json", invocation)
