"""One blob as one stream, whatever breaks on the way.

Source: RFC 9110 section 14 (Range, If-Range, Content-Range). Whoever reads keeps hashing, so bytes of another blob
after a break are found out at the end, like all wrong bytes.
"""

import logging
import re
from collections.abc import Callable
from typing import Final

from pratique.errors import Unreachable
from pratique.registry.failure import expect
from pratique.registry.manifest import Descriptor
from pratique.registry.messages import Headers
from pratique.registry.stream import Stream

PROGRESS: Final = 1024 * 1024  # as containers/image has it: so much must have come for a break not to count
BREAKS: Final = 3
_RANGE = re.compile(r"bytes ([0-9]{1,19})-([0-9]{1,19})/([0-9]{1,19}|\*)")
_STRONG = re.compile(r'"[\x21\x23-\x7e]{1,200}"')
_log = logging.getLogger(__name__)


class SourceFailed(Unreachable):
    """The source of a blob failed as often as it may; to begin sending the blob again would not help."""


class ResumedReader:
    """A blob's bytes in order; what breaks off is asked for again from there on. Close it."""

    def __init__(
        self,
        blob: Descriptor,
        first: Stream,
        ask: Callable[[Headers], Stream],
        rest: Callable[[int], None],
    ) -> None:
        """Begin with an answer that was found good.

        Args:
            blob: What is read.
            first: The answer to a plain question for it.
            ask: Asks the same with further headers.
            rest: Waits after the n-th break in a row.
        """
        self._blob = blob
        self._stream = first
        self._ask = ask
        self._rest = rest
        self._etag = first.head.header("etag")
        self._ranges = True
        self._at = 0
        self._breaks, self._since = 0, 0

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill the buffer; 0 only at the end.

        Raises:
            SourceFailed: It broke off too often.
        """
        while True:
            problem: Unreachable | None = None
            try:
                count = self._stream.readinto(buffer)
            except Unreachable as error:
                count, problem = 0, error
            if count or (self._at >= self._blob.size and not problem):
                self._at += count
                return count
            self._go_on(problem)

    def close(self) -> None:
        """Close the answer."""
        self._stream.close()

    def _go_on(self, problem: Unreachable | None) -> None:
        """Open it again where it broke off, as often as that is worth it."""
        self._stream.close()
        while True:
            self._count(problem)
            try:
                return self._reopen()
            except Unreachable as error:
                problem = error

    def _count(self, problem: Unreachable | None) -> None:
        if self._at - self._since >= PROGRESS:
            self._breaks, self._since = 0, self._at
        self._breaks += 1
        where = f"blob {self._blob.digest}: broke off after {self._at} of {self._blob.size} bytes"
        if self._breaks > BREAKS:
            why = f" ({problem})" if problem else ""
            raise SourceFailed(f"{where}, again and again{why}; run it again") from problem
        _log.warning("%s; going on from there", where)
        self._rest(self._breaks)

    def _reopen(self) -> None:
        stream = self._ask(self._headers())
        try:
            self._find_place(stream)
        except BaseException:
            stream.close()
            raise
        self._stream = stream

    def _headers(self) -> Headers:
        if not self._at or not self._ranges:
            return ()
        condition = (("If-Range", self._etag),) if _STRONG.fullmatch(self._etag) else ()
        return (("Range", f"bytes={self._at}-"), *condition)

    def _find_place(self, stream: Stream) -> None:
        """Return when the next byte of this answer is the one that is needed."""
        expect(stream.head, (200, 206), "going on reading it")
        if stream.head.status == 206:
            found = stream.head.header("content-range")
            if not continues(found, self._at, self._blob.size):
                self._ranges = False  # it does not count as others do; from the start, then
                raise Unreachable(f"asked for bytes {self._at}-{self._blob.size - 1}, found {found[:60]!r}")
            return
        left, scratch = self._at, memoryview(bytearray(min(self._at, 256 * 1024)))
        while left:
            count = stream.readinto(scratch[:left])
            if not count:
                raise Unreachable(f"{stream.head.place}: broke off before byte {self._at}")
            left -= count


def continues(content_range: str, start: int, size: int) -> bool:
    """Tell whether a Content-Range begins at ``start`` and ends with the last of ``size`` bytes."""
    found = _RANGE.fullmatch(content_range.strip())
    if not found:
        return False
    first, last, total = found.groups()
    return int(first) == start and int(last) == size - 1 and total in ("*", str(size))
