"""Outside checks that are services, asked with one POST; what they answer is believed in nothing.

The question is ``{"image": "sha256:…", "mediaType": "…", "reference": "<registry>/<name>@sha256:…" or null}``; the
answer is status 200 and the same JSON object that a program writes.
"""

import json
from typing import Final

from pratique.errors import PratiqueError
from pratique.scan.exchange import Ask, Question
from pratique.scan.interface import Failed, Outcome, Reported, Target, Tool, Yields, one_line
from pratique.scan.settings import AdapterSettings

MAX_ANSWER: Final = 1024 * 1024
"""Bytes of one answer."""


class Service:
    """One service; :class:`pratique.scan.interface.Scanner` says what it promises."""

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
