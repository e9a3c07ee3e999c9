"""Scanners behind Harbor's protocol for pluggable scanners, of which this is the client.

The adapter pulls the image itself, so it works for images in registries only. Source: goharbor/pluggable-scanner-spec,
api/spec/scanner-adapter-openapi-v1.2.yaml. While a report is made, the adapter answers 302 with ``Refresh-After``;
adapters in use write ``Retry-After`` as well.
"""

import json
import time
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote

from pratique.errors import Malformed, PratiqueError, Refused, Unreachable
from pratique.evidence.facts.scan import Scan
from pratique.evidence.lookup import Notes, moment_of, table_at, tables_at, text_at, texts_at
from pratique.evidence.read import read
from pratique.scan.exchange import Ask, Question, Reply
from pratique.scan.interface import Failed, Outcome, Reported, Target, Tool, Yields, one_line
from pratique.scan.settings import AdapterSettings
from pratique.values.canonical import parse_object
from pratique.values.dataclass import dataclass

_API: Final = "/api/v1"
_REQUEST_MEDIA: Final = "application/vnd.scanner.adapter.scan.request+json; version=1.1"
_METADATA_MEDIA: Final = (
    "application/vnd.scanner.adapter.metadata+json; version=1.1, "
    "application/vnd.scanner.adapter.metadata+json; version=1.0"
)
_RAW: Final = "application/vnd.scanner.adapter.vuln.report.raw"
_REPORTS: Final = {
    # Only the scanner's own report may say how many packages it examined, so it is asked for first.
    Yields.VULNERABILITIES: (
        _RAW,
        "application/vnd.security.vulnerability.report; version=1.1",
        "application/vnd.scanner.adapter.vuln.report.harbor+json; version=1.0",
    ),
    Yields.PACKAGES: ("application/vnd.security.sbom.report+json; version=1.0",),
}
_CAPABILITY: Final = {Yields.VULNERABILITIES: "vulnerability", Yields.PACKAGES: "sbom"}
_DATABASE: Final = "harbor.scanner-adapter/vulnerability-database-updated-at"
_BILL: Final = "application/vnd.cyclonedx+json"
_SHORTEST, _USUAL, _LONGEST = 0.2, 2.0, 60.0  # seconds between two looks, whatever an adapter asks for
_PASSING: Final = frozenset({429, 502, 503, 504})
_PATIENCE: Final = 4  # looks in a row that may fail before it is given up


class _Fault(Exception):
    """The adapter did not do what it promises; said to whoever runs the scan."""


@dataclass(frozen=True, slots=True)
class _Offer:
    """What an adapter says of itself, as far as it concerns one target."""

    tool: Tool
    media_types: tuple[str, ...]


class Adapter:
    """One adapter; :class:`pratique.scan.interface.Scanner` says what it promises."""

    def __init__(
        self,
        settings: AdapterSettings,
        ask: Ask,
        registry_url: Callable[[str], str],
        registry_authorization: str | None,
    ) -> None:
        """Prepare, without asking anything.

        Args:
            settings: Which adapter, and how.
            ask: Asks it.
            registry_url: The URL of a registry by its host, as we call it.
            registry_authorization: What the adapter is to show the registry.
        """
        self._settings = settings
        self._ask = ask
        self._registry_url = registry_url
        self._registry_authorization = registry_authorization

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
        """Have the adapter examine the target; see :class:`pratique.scan.interface.Scanner`."""
        if target.registry is None:
            raise Refused(
                f"scanner {self.name}: an adapter pulls the image from a registry, and this one is in a layout; copy "
                "it to a registry, or take a scanner that is a program"
            )
        tool, deadline = Tool(), time.monotonic() + self._settings.limits.seconds
        invocation = ("POST", f"{self._settings.url}{_API}/scan")
        try:
            offer = self._offer(target)
            tool = offer.tool
            return self._fetched(offer, self._accepted(target, offer), deadline, invocation)
        except _Fault as fault:
            return Failed(tool, one_line(str(fault)), invocation)
        except PratiqueError as error:
            return Failed(tool, one_line(f"its adapter failed: {error}"), invocation)

    def _offer(self, target: Target) -> _Offer:
        reply = self._get("/metadata", _METADATA_MEDIA)
        if reply.status != 200:
            raise _Fault(_told("its adapter does not say what it is", reply))
        said, notes = _object(reply, "metadata"), Notes()
        tool = Tool(
            text_at(table_at(said, "scanner"), "version"),
            moment_of(text_at(table_at(said, "properties"), _DATABASE)),
        )
        wanted = _CAPABILITY[self.yields]
        able = [
            each
            for each in tables_at(said, "capabilities", notes)
            if (text_at(each, "type") or "vulnerability") == wanted
            and target.media_type in texts_at(each, "consumes_mime_types")
        ]
        made = {_normal(text) for each in able for text in texts_at(each, "produces_mime_types")}
        media_types = tuple(each for each in _REPORTS[self.yields] if _normal(each) in made)
        if not media_types:
            raise _Fault(
                f"its adapter makes no report of {self.yields} about {target.media_type} that is read here"
            )
        return _Offer(tool, media_types)

    def _accepted(self, target: Target, offer: _Offer) -> str:
        """Return the id under which the adapter keeps the scan."""
        host, name = (target.registry.host, target.registry.name) if target.registry else ("", "")
        registry = {"url": self._settings.registry_url or self._registry_url(host)}
        if self._registry_authorization:
            registry["authorization"] = self._registry_authorization
        capability: dict[str, Any] = {
            "type": _CAPABILITY[self.yields],
            "produces_mime_types": list(offer.media_types),
        }
        if self.yields is Yields.PACKAGES:
            capability["parameters"] = {"sbom_media_types": [_BILL]}
        wish = {
            "registry": registry,
            "artifact": {"repository": name, "digest": str(target.manifest), "mime_type": target.media_type},
            "enabled_capabilities": [capability],
        }
        headers = (("Content-Type", _REQUEST_MEDIA), ("Accept", "application/json, */*"))
        body = json.dumps(wish).encode()
        reply = self._ask(Question("POST", f"{self._settings.url}{_API}/scan", headers, body))
        if reply.status not in (200, 201, 202):
            raise _Fault(_told("its adapter does not accept the scan", reply))
        identifier = text_at(_object(reply, "answer"), "id")
        if identifier is None:
            raise _Fault("its adapter accepted the scan and named no id for it")
        return identifier

    def _fetched(self, offer: _Offer, identifier: str, deadline: float, invocation: tuple[str, ...]) -> Outcome:
        """Return the first report that can be had and, where it is the scanner's own, is understood here."""
        path = f"/scan/{quote(identifier, safe='')}/report"
        if self.yields is Yields.PACKAGES:
            path += f"?sbom_media_type={quote(_BILL, safe='')}"
        last = ""
        for media_type in offer.media_types:
            reply = self._report(path, media_type, deadline)
            if reply.status != 200:
                last = _told("its adapter has no report", reply)
            elif not reply.body.strip():
                last = "its adapter sent an empty report"
            elif media_type == _RAW and not read(reply.body, media_type).of(Scan):
                last = "its adapter sent a report in a format that is not read here"
            else:
                return Reported(offer.tool, reply.body, "application/json", invocation)
        return Failed(offer.tool, last, invocation)

    def _report(self, path: str, media_type: str, deadline: float) -> Reply:
        """Look until there is an answer other than that there will be one."""
        failures = 0
        while True:
            pause = _USUAL
            try:
                reply = self._get(path, media_type, self._settings.limits.output)
                if reply.status != 302 and reply.status not in _PASSING:
                    return reply
                failures = failures + 1 if reply.status in _PASSING else 0
                pause = _asked(reply)
                if failures >= _PATIENCE:
                    return reply
            except Unreachable:
                failures += 1
                if failures >= _PATIENCE:
                    raise
            if time.monotonic() + pause > deadline:
                raise _Fault(f"its adapter made no report within {self._settings.limits.seconds:g} s")
            time.sleep(pause)

    def _get(self, path: str, accept: str, max_bytes: int = 1024 * 1024) -> Reply:
        url = f"{self._settings.url}{_API}{path}"
        return self._ask(Question("GET", url, (("Accept", accept),), max_bytes=max_bytes))


def _asked(reply: Reply) -> float:
    for name in ("refresh-after", "retry-after"):
        text = reply.header(name)
        if text.isascii() and text.isdigit():
            return min(max(float(text[:6]), _SHORTEST), _LONGEST)
    return _USUAL


def _object(reply: Reply, what: str) -> dict[str, Any]:
    try:
        return dict(parse_object(reply.body, what))
    except Malformed as error:
        raise _Fault(f"its adapter sent no {what} that can be read: {error}") from error


def _told(what: str, reply: Reply) -> str:
    try:
        message = text_at(table_at(dict(parse_object(reply.body, "error")), "error"), "message")
    except Malformed:
        message = None
    return one_line(f"{what}: status {reply.status}" + (f", {message}" if message else ""))


def _normal(media_type: str) -> str:
    return media_type.replace(" ", "").lower()
