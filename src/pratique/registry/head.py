"""The head of an HTTP answer: bytes in, a status and headers out, or a refusal.

Strict where two readers could disagree about where an answer ends: that is what request smuggling lives on. Refused
are a second Content-Length, one beside Transfer-Encoding, codings other than ``chunked``, folded lines, space before
a colon, a lone CR, and more than anyone needs. Source: RFC 9112 sections 2.2, 4, 5 and 6.
"""

import re
from enum import Enum, auto
from typing import Final

from pratique.registry.messages import Headers
from pratique.values.dataclass import dataclass

MAX_HEAD_BYTES: Final = 64 * 1024
MAX_FIELDS: Final = 100
_STATUS = re.compile(r"HTTP/1\.([01]) ([1-5][0-9]{2})(?: [\t\x20-\x7e\x80-\xff]*)?")
_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_LENGTH = re.compile(r"[0-9]{1,19}")
_BODILESS = frozenset({204, 304})


class NotHttp(ConnectionError):
    """What came is no answer of HTTP/1, or one that could be read in two ways; its connection is of no more use."""


class Until(Enum):
    """Where a body ends that states no length."""

    LAST_CHUNK = auto()
    CLOSE = auto()


Framing = int | Until
"""How a body is marked off: by its length in bytes, or otherwise."""


@dataclass(frozen=True, slots=True)
class Head:
    """Status and headers of one answer.

    Attributes:
        status: 100 to 599.
        headers: Names in lower case, values without the space around them, as ISO 8859-1.
        minor: Of the version, 0 or 1.
        bare: Whether its lines end in a bare LF.
    """

    status: int
    headers: Headers
    minor: int = 1
    bare: bool = False

    @property
    def stays(self) -> bool:
        """Whether the connection may be used again after the body."""
        closes = any("close" in value.lower() for value in self.all("connection"))
        return self.minor == 1 and not self.bare and not closes

    def all(self, name: str) -> list[str]:
        """Return every header of this lower-case name."""
        return [value for key, value in self.headers if key == name]


def parse_head(raw: bytes) -> Head:
    """Read a head with the empty line that ends it.

    Lines that end in a bare LF are taken only from a whole answer of an error, after which the connection is not
    used again: a large public registry says so that it is busy, and must be understood.

    Raises:
        NotHttp: It is none, or one that others may read otherwise.
    """
    text = raw.decode("latin-1")
    bare = "\r" not in text
    first, *lines = text[:-2].split("\n") if bare else text[:-4].split("\r\n")
    found = _STATUS.fullmatch(first)
    if not found or not text.endswith("\n\n" if bare else "\r\n\r\n"):
        raise NotHttp(f"expected the status of an HTTP/1 answer, found {_shown(first)}")
    status = int(found[2])
    if bare and status < 400:
        raise NotHttp("its lines end in a bare LF")
    if len(lines) > MAX_FIELDS:
        raise NotHttp(f"expected at most {MAX_FIELDS} headers, found {len(lines)}")
    return Head(status, tuple(map(_field, lines)), int(found[1]), bare)


def framing(method: str, head: Head) -> Framing:
    """Return how the body of an answer to this method is marked off.

    Raises:
        NotHttp: In two ways, or in one that is not known.
    """
    lengths, codings = head.all("content-length"), head.all("transfer-encoding")
    if len(lengths) > 1 or len(codings) > 1 or (lengths and codings):
        raise NotHttp("says twice where its body ends")
    if codings and (codings[0].lower() != "chunked" or head.minor == 0):
        raise NotHttp(f"expected a body in chunks, found the coding {_shown(codings[0])}")
    if lengths and not _LENGTH.fullmatch(lengths[0]):
        raise NotHttp(f"expected a Content-Length, found {_shown(lengths[0])}")
    if method == "HEAD" or head.status in _BODILESS:
        return 0
    if codings:
        return Until.LAST_CHUNK
    return int(lengths[0]) if lengths else Until.CLOSE


def _field(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
        raise NotHttp(f"expected a header, found {_shown(line)}")
    return name.lower(), value.strip(" \t")


def _shown(text: str) -> str:
    return ascii(text[:40])
