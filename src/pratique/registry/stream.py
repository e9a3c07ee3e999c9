"""An answer while it arrives: limited, never decoded, and every failure one of ours."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from pratique.errors import Malformed, Unreachable, Unverified
from pratique.registry.line import Line, Reply
from pratique.registry.messages import Answer, Headers, shown

MAX_ERROR_BYTES: Final = 64 * 1024
_FILL_SECONDS = 0.25  # on a slow line, whoever watches or wants to stop need not wait for a whole buffer
_ANSWER_SECONDS = 120  # for a whole small answer
_PIECE_BYTES = 16 * 1024
_NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL"})  # as OpenSSL says it


class Broken(Unreachable):
    """A connection ended before its answer did; the same question may be asked again at once."""


class Stream:
    """An answer whose body is still arriving; close it."""

    def __init__(self, url: str, reply: Reply, line: Line, keep: Callable[[Line], None]) -> None:
        """Take over a connection whose answer has begun.

        Args:
            url: Where the answer came from.
            reply: The answer.
            line: What it comes on.
            keep: Called with the connection once it is free for the next question.
        """
        self.head = Answer(url, reply.head.status, _plain(reply.head.headers), b"")
        self._reply = reply
        self._line = line
        self._keep = keep
        self._closed = False

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill the buffer; 0 at the end, also at one that came too early.

        It is filled as far as some time allows. What came before a failure is kept: the next call then fails.

        Raises:
            Unreachable: The connection broke, or is too slow.
        """
        filled, end = 0, time.monotonic() + _FILL_SECONDS
        with network(self.head.url):
            while filled < len(buffer) and not (filled and time.monotonic() > end):
                try:
                    count = self._reply.body.readinto(buffer[filled:])
                except OSError:
                    if not filled:
                        raise
                    break
                if not count:
                    break
                filled += count
        return filled

    def whole(self, max_bytes: int) -> Answer:
        """Read the rest and close; of what reports a failure, only the beginning.

        Raises:
            Malformed: It is longer than ``max_bytes``.
            Unreachable: It broke off, or took too long.
        """
        head = self.head
        limit = max_bytes if head.status < 400 else min(max_bytes, MAX_ERROR_BYTES)
        try:
            with network(head.url):
                content = self._gather(limit)
        finally:
            self.close()
        if len(content) > limit and head.status < 400:
            raise Malformed(f"{head.place}: expected at most {max_bytes} bytes, found more")
        return Answer(head.url, head.status, head.headers, bytes(content[:limit]))

    def _gather(self, limit: int) -> bytearray:
        """Read to the end, or one byte more than the limit."""
        content, end = bytearray(), time.monotonic() + _ANSWER_SECONDS
        piece = memoryview(bytearray(_PIECE_BYTES))
        while count := self._reply.body.readinto(piece[: limit + 1 - len(content)]):
            content += piece[:count]
            if len(content) > limit:
                return content
            if time.monotonic() > end:
                raise Unreachable(f"{self.head.place}: the answer took more than {_ANSWER_SECONDS} s; try again")
        if not self._reply.body.ended:
            raise Broken(f"{self.head.place}: the answer broke off; try again")
        return content

    def close(self) -> None:
        """Give the connection back if its answer was read to the end, else end it; a second time does nothing."""
        if self._closed:
            return
        self._closed = True
        self._keep(self._line) if self._reply.done else self._line.close()


@contextmanager
def network(url: str) -> Iterator[None]:
    """Turn what goes wrong on the way into errors of ours."""
    try:
        yield
    except TimeoutError as error:
        raise Unreachable(f"{shown(url)}: too slow or silent: {_said(error)}; try again") from error
    except OSError as error:
        if reason := _tls_reason(error):
            raise Unreachable(f"{shown(url)}: TLS: {_remedy(reason)}") from error
        raise Broken(f"{shown(url)}: {_said(error)}; try again") from error
    except ValueError as error:  # a header of ours that none may be
        raise Malformed(f"{shown(url)}: not HTTP: {_said(error)}") from error


def _tls_reason(error: OSError) -> str:
    """Return why TLS failed, empty where that is not what failed."""
    if not getattr(
        error, "library", ""
    ):  # only ssl.SSLError has one; ssl is not loaded where nothing is encrypted
        return ""
    return getattr(error, "verify_message", "") or getattr(error, "reason", "") or "failed"


def _remedy(reason: str) -> str:
    if reason in _NO_TLS:
        return f"it answers with something else ({reason}); if it speaks plain HTTP, list it as insecure"
    return f"{reason}; see its certificate"


def _said(error: Exception) -> str:
    text = str(error) or type(error).__name__
    return "".join(letter for letter in text if letter.isprintable())[:200]


def _plain(headers: Headers) -> Headers:
    for name, value in headers:
        if name == "content-encoding" and value.lower() not in ("", "identity"):
            raise Unverified(f"answer encoded as {value[:40]!r} though plain bytes were asked for; do not use it")
    return headers
