"""Questions to one registry: authorised, patient within bounds, and every failure one of ours.

Sources: OCI distribution-spec 1.1, "Error Codes"; RFC 9110 section 10.2.3 (Retry-After); RFC 6585 (429).
"""

import logging
import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn

from pratique.errors import Absent, Conflict, Malformed, Refused, Unreachable
from pratique.registry.auth import Authorizer
from pratique.registry.interface import Opening
from pratique.registry.manifest import Descriptor
from pratique.registry.transport import MAX_ERROR_BYTES, Answer, Request, Stream, Transport
from pratique.values.canonical import parse_object

_BUSY = frozenset({429, 503})
_UNKNOWN = ("MANIFEST_BLOB_UNKNOWN", "MANIFEST_UNKNOWN", "BLOB_UNKNOWN")
_log = logging.getLogger(__name__)

Scopes = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a busy registry is asked, and how long it may make us wait each time."""

    tries: int = 4
    longest_wait_seconds: float = 30


class Session:
    """One registry; safe to share between threads."""

    def __init__(self, transport: Transport, authorizer: Authorizer, patience: Patience) -> None:
        self._transport = transport
        self._authorizer = authorizer
        self._patience = patience

    def open(self, request: Request, scopes: Scopes) -> Stream:
        """Ask; the caller closes the answer, whatever its status.

        Raises:
            Refused: Credentials are missing or not accepted.
            Unreachable: The network failed, or the registry stayed busy.
        """
        for attempt in range(1, self._patience.tries + 1):
            stream = self._authorised(request, scopes)
            if stream.head.status not in _BUSY:
                return stream
            stream.close()
            if attempt < self._patience.tries:
                self._wait(stream.head, attempt)
        raise Unreachable(f"{_place(request.url)}: busy each of {self._patience.tries} times; try again later")

    def send(self, request: Request, scopes: Scopes, max_bytes: int = MAX_ERROR_BYTES) -> Answer:
        """Ask, and read the whole answer; raises as :meth:`open`, and ``Malformed`` where it is too long."""
        return self.open(request, scopes).whole(max_bytes)

    def upload(self, request: Request, scopes: Scopes, blob: Descriptor, opening: Opening) -> Answer:
        """Send a blob; opened a second time if the registry then wants other credentials."""
        with opening() as reader:
            answer = self._transport.upload(request, self._authorizer.known(scopes), blob, reader)
        if not self._authorizer.challenged_by(answer):
            return answer
        authorization = self._authorizer.meet(answer, scopes)
        with opening() as reader:
            return self._transport.upload(request, authorization, blob, reader)

    def _authorised(self, request: Request, scopes: Scopes) -> Stream:
        stream = self._transport.open(request, self._authorizer.known(scopes))
        if not self._authorizer.challenged_by(stream.head):
            return stream
        authorization = self._authorizer.meet(stream.whole(MAX_ERROR_BYTES), scopes)
        return self._transport.open(request, authorization)

    def _wait(self, answer: Answer, attempt: int) -> None:
        asked = _retry_after(answer.header("retry-after"))
        seconds = min(2.0 ** (attempt - 1), self._patience.longest_wait_seconds) if asked is None else asked
        if seconds > self._patience.longest_wait_seconds:
            raise Unreachable(
                f"{_place(answer.url)}: busy, and asks to wait {seconds:.0f} s; try again after that"
            )
        _log.info("%s is busy (%d); waiting %.1f s", _place(answer.url), answer.status, seconds)
        time.sleep(seconds)


def expect(answer: Answer, wanted: Collection[int], doing: str) -> None:
    """Return if the answer has one of the wanted statuses.

    Args:
        answer: What came.
        wanted: The statuses that mean success.
        doing: What was asked of the URL, for the message, such as ``writing it``.

    Raises:
        Absent: 404, or a manifest points to what is not there.
        Conflict: 409 or 412.
        Refused: Any other 4xx.
        Unreachable: Anything else.
    """
    if answer.status not in wanted:
        _fail(answer, doing)


def _fail(answer: Answer, doing: str) -> NoReturn:
    said = _reason(answer)
    what = f"{_place(answer.url)}: {doing}: the registry answers {answer.status}{f' ({said})' if said else ''}"
    if answer.status in (401, 403):
        raise Refused(f"{what}; see which credentials are configured for it and what they may do")
    if answer.status == 404 or said.startswith(_UNKNOWN):
        raise Absent(what)
    if answer.status in (409, 412):
        raise Conflict(what)
    if 400 <= answer.status < 500:
        raise Refused(what)
    raise Unreachable(f"{what}; try again")


def _reason(answer: Answer) -> str:
    """Return the registry's own words, as far as they can be shown: one line, printable, short."""
    try:
        errors: Any = parse_object(answer.body, "error").get("errors")
        first = errors[0]
        text = f"{first.get('code', '')}: {first.get('message', '')}"
    except (Malformed, LookupError, TypeError, AttributeError):
        return ""  # some answer in plain text or HTML; the status says enough
    return "".join(letter for letter in text if letter.isprintable())[:200]


def _retry_after(text: str) -> float | None:
    """Return the seconds to wait, ``None`` where nothing readable is said."""
    if text.isascii() and text.isdigit():
        return float(text[:12])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _place(url: str) -> str:
    return url.partition("?")[0]
