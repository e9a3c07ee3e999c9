"""An answer while it arrives: limited, never decoded, and every failure one of ours."""

import http.client
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from pratique.errors import Malformed, Unreachable, Unverified
from pratique.registry.flow import Arriving
from pratique.registry.messages import Answer, Headers, shown

MAX_ERROR_BYTES: Final = 64 * 1024
_FILL_SECONDS = 0.25  # on a slow line, whoever watches or wants to stop need not wait for a whole buffer
_ANSWER_SECONDS = 120  # for a whole small answer


class Broken(Unreachable):
    """A connection ended before its answer did; the same question may be asked again at once."""


class Stream:
    """An answer whose body is still arriving; close it."""

    def __init__(
        self,
        url: str,
        response: http.client.HTTPResponse,
        connection: http.client.HTTPConnection,
        keep: Callable[[http.client.HTTPConnection], None],
    ) -> None:
        """Take over a connection whose answer has begun.

        Args:
            url: Where the answer came from.
            response: The answer.
            connection: What it comes on.
            keep: Called with the connection once it is free for the next question.
        """
        self.head = Answer(url, response.status, _headers(response), b"")
        self._response = response
        self._connection = connection
        self._keep = keep
        self._closed = False
        self._left = response.length  # None: the end is marked otherwise
        self._body = response.fp
        _end_head(response)

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill the buffer; 0 at the end, also at one that came too early.

        Raises:
            Unreachable: The connection broke, or is too slow.
        """
        with network(self.head.url):
            return self._response.readinto(buffer) if self._left is None else self._fill(buffer, self._left)

    def _fill(self, buffer: memoryview, left: int) -> int:
        """Read until the buffer is full or some time has gone by.

        What came before a failure is kept: the next call then fails.
        """
        wanted, filled, end = min(len(buffer), left), 0, time.monotonic() + _FILL_SECONDS
        while filled < wanted and not (filled and time.monotonic() > end):
            try:
                count = self._body.readinto1(buffer[filled:wanted])
            except OSError:
                if not filled:
                    raise
                break
            if not count:
                break
            filled += count
        self._left = left - filled
        if not self._left:
            self._response.close()  # that is how http.client knows that the connection is free
        return filled

    def whole(self, max_bytes: int) -> Answer:
        """Read the rest and close; of what reports a failure, only the beginning.

        Raises:
            Malformed: It is longer than ``max_bytes``.
            Unreachable: It broke off, or took too long.
        """
        head, content, end = self.head, bytearray(), time.monotonic() + _ANSWER_SECONDS
        limit = max_bytes if head.status < 400 else min(max_bytes, MAX_ERROR_BYTES)
        try:
            with network(head.url):
                while part := self._response.read1(min(65536, limit + 1 - len(content))):
                    content += part
                    if len(content) > limit:
                        if head.status < 400:
                            raise Malformed(f"{head.place}: expected at most {max_bytes} bytes, found more")
                        return Answer(head.url, head.status, head.headers, bytes(content[:limit]))
                    if time.monotonic() > end:
                        raise Unreachable(
                            f"{head.place}: the answer took more than {_ANSWER_SECONDS} s; try again"
                        )
                if self._response.length:
                    raise Broken(f"{head.place}: the answer broke off; try again")
                self._response.read()  # nothing is left; only now is the connection free for the next question
        finally:
            self.close()
        return Answer(head.url, head.status, head.headers, bytes(content))

    def close(self) -> None:
        """Give the connection back if its answer was read to the end, else end it; a second time does nothing."""
        if self._closed:
            return
        self._closed = True
        done = self._response.isclosed() and not self._response.will_close
        self._response.close()
        self._keep(self._connection) if done else self._connection.close()


@contextmanager
def network(url: str) -> Iterator[None]:
    """Turn what goes wrong on the way into errors of ours."""
    try:
        yield
    except ssl.SSLError as error:
        reason = getattr(error, "verify_message", "") or error.reason or "failed"
        raise Unreachable(f"{shown(url)}: TLS: {reason}; see its certificate") from error
    except TimeoutError as error:
        raise Unreachable(f"{shown(url)}: too slow or silent: {_said(error)}; try again") from error
    except (OSError, http.client.HTTPException) as error:
        raise Broken(f"{shown(url)}: {_said(error)}; try again") from error
    except ValueError as error:  # http.client lets those of its integers and encodings through
        raise Malformed(f"{shown(url)}: not HTTP: {_said(error)}") from error


def _end_head(response: http.client.HTTPResponse) -> None:
    """Let as many bytes come from now on as do: whoever reads a body has limits of their own."""
    arriving = getattr(response.fp, "raw", None)  # there is no file any more where there is no body
    if isinstance(arriving, Arriving):
        arriving.unlimited = True


def _said(error: Exception) -> str:
    text = str(error) or type(error).__name__
    return "".join(letter for letter in text if letter.isprintable())[:200]


def _headers(response: http.client.HTTPResponse) -> Headers:
    headers = tuple((name.lower(), value.strip()) for name, value in response.getheaders())
    for name, value in headers:
        if name == "content-encoding" and value.lower() not in ("", "identity"):
            response.close()
            raise Unverified(f"answer encoded as {value[:40]!r} though plain bytes were asked for; do not use it")
    return headers
