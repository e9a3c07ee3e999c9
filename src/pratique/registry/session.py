"""Questions to one registry: authorised, within its limits, patient within bounds.

Sources: RFC 9110 section 9.2.2 (which questions may be repeated), RFC 6585 (429). Every failure is one of ours.
"""

import logging
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final, TypeVar

from pratique.errors import Unreachable
from pratique.registry.auth import Authorizer
from pratique.registry.failure import fail
from pratique.registry.gate import Gate
from pratique.registry.interface import Opening
from pratique.registry.manifest import Descriptor
from pratique.registry.messages import Answer, Authorization, Request
from pratique.registry.patience import Patience, Waits, retry_after
from pratique.registry.stream import MAX_ERROR_BYTES, Broken, Stream
from pratique.registry.transport import Transport

_BUSY = frozenset({429, 503})
_PASSING = frozenset({408, 500, 502, 504})  # may be over at once
_REPEATED = frozenset({"GET", "HEAD", "POST"})  # an upload begun twice is one that the registry cleans away
_SLOW_LINE: Final = 2 * 1024 * 1024  # bytes a second; a token must outlive a blob at this pace
_log = logging.getLogger(__name__)

Scopes = tuple[str, ...]
T = TypeVar("T", Answer, Stream)

__all__ = ["Patience", "Scopes", "Session"]


class Session:
    """One registry; safe to share between threads."""

    def __init__(self, transport: Transport, authorizer: Authorizer, patience: Patience) -> None:
        self._transport = transport
        self._authorizer = authorizer
        self.patience = patience
        self._gate = Gate()

    def send(self, request: Request, scopes: Scopes, max_bytes: int = MAX_ERROR_BYTES) -> Answer:
        """Ask, and read the whole answer.

        Raises:
            Refused: Credentials are missing or not accepted.
            Malformed: The answer is longer than ``max_bytes``.
            Unreachable: The network failed, or the registry stayed busy.
        """

        def ask() -> Answer:
            with self._gate.asking():
                return self._look(request, scopes).whole(max_bytes)

        return self._persist(request, ask)

    def reading(self) -> AbstractContextManager[None]:
        """Hold a place for one blob that comes from there; whoever calls :meth:`open` holds one."""
        return self._gate.reading()

    def open(self, request: Request, scopes: Scopes) -> Stream:
        """Ask for bytes; the caller closes the answer. Raises as :meth:`send`."""
        return self._persist(request, lambda: self._look(request, scopes))

    def upload(self, request: Request, scopes: Scopes, blob: Descriptor, opening: Opening) -> Answer:
        """Send a blob; opened a second time if the registry then wants other credentials.

        Raises:
            Unverified: The bytes are not the blob's.
            Unreachable: The network failed, or the registry is busy; the blob may have arrived all the same.
        """
        with self._gate.sending():
            self._gate.wait(time.monotonic() + self.patience.total_wait_seconds, request.place)
            authorization = self._authorizer.known(scopes, blob.size / _SLOW_LINE)
            answer = self._carry(request, authorization, blob, opening)
            if self._authorizer.challenged_by(answer):
                authorization = self._authorizer.meet(answer, scopes, authorization)
                answer = self._carry(request, authorization, blob, opening)
        if answer.status in _BUSY:
            self._pause(answer, Waits(self.patience))
            fail(answer, f"writing {blob.digest}")
        return answer

    def rest(self, attempt: int) -> None:
        """Wait a little after the n-th failure of something that is tried again as a whole."""
        time.sleep(self.patience.backoff(attempt))

    def _carry(
        self, request: Request, authorization: Authorization | None, blob: Descriptor, opening: Opening
    ) -> Answer:
        with opening() as reader:
            try:
                return self._transport.upload(request, authorization, blob, reader)
            except Broken as error:
                raise Unreachable(str(error)) from error

    def _persist(self, request: Request, ask: Callable[[], T]) -> T:
        waits = Waits(self.patience)
        while True:
            self._gate.wait(waits.deadline, request.place)
            try:
                return ask()
            except _Again as again:
                self._wait(again.answer, waits)
            except Broken as error:
                if request.method not in _REPEATED or not waits.may_try_again():
                    raise Unreachable(str(error)) from error
                time.sleep(waits.seconds(None, request.place))

    def _look(self, request: Request, scopes: Scopes) -> Stream:
        """Ask once; raises ``_Again`` where the answer is that it did not work now."""
        stream = self._authorised(request, scopes)
        status = stream.head.status
        if status in _BUSY or (status in _PASSING and request.method in _REPEATED):
            raise _Again(stream.whole(MAX_ERROR_BYTES))
        return stream

    def _authorised(self, request: Request, scopes: Scopes) -> Stream:
        authorization = self._authorizer.known(scopes)
        stream = self._transport.open(request, authorization)
        if not self._authorizer.challenged_by(stream.head):
            return stream
        answer = stream.whole(MAX_ERROR_BYTES)
        return self._transport.open(request, self._authorizer.meet(answer, scopes, authorization))

    def _wait(self, answer: Answer, waits: Waits) -> None:
        """Wait before asking again, and let everybody wait if the registry is busy."""
        again = waits.may_try_again()
        if answer.status in _BUSY:
            self._pause(answer, waits)
            if not again:
                tries = self.patience.tries
                raise Unreachable(f"{answer.place}: busy each of {tries} times; try again later")
        elif again:
            time.sleep(waits.seconds(None, answer.place))
        else:
            fail(answer, f"asked {self.patience.tries} times")

    def _pause(self, answer: Answer, waits: Waits) -> None:
        seconds = waits.seconds(retry_after(answer.header("retry-after")), answer.place)
        self._gate.pause(seconds)
        _log.info("%s is busy (%d); nobody asks it for %.1f s", answer.place, answer.status, seconds)


class _Again(Exception):
    """An answer that says: not now."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer
