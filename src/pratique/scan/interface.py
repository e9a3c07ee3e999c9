"""What a scanner is asked, and what it may answer.

Whatever a scanner does, an answer comes back: a report, or that there is none and why. Whether a report is any good
is not decided here; a scanner that says that it succeeded is believed in nothing.
"""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol

from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.reference import RegistryRepository

MAX_REASON: Final = 400
"""How long a reason may be, in characters."""


class Yields(StrEnum):
    """What a scanner is expected to report."""

    VULNERABILITIES = "vulnerabilities"
    PACKAGES = "packages"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one scan may cost.

    Attributes:
        seconds: How long it may take, from its start to its end.
        memory: What its processes may hold together, in bytes.
        output: How large its report, and all else that it prints, may be, in bytes.
    """

    seconds: float = 600
    memory: int = 2048 * 1024 * 1024
    output: int = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Target:
    """One platform of an image, by digest.

    Attributes:
        manifest: What is to be examined.
        media_type: That manifest's.
        config: The digest by which tools that know only engines name it.
        registry: Where a tool may pull it; ``None`` for an image in a layout.
        write_layout: Puts this image, and nothing else, into a new folder as an OCI layout.
        write_archive: Puts it into a new file, as ``docker save`` does.
    """

    manifest: Digest
    media_type: str
    config: Digest | None
    registry: RegistryRepository | None
    write_layout: Callable[[Path], None]
    write_archive: Callable[[Path], None]


@dataclass(frozen=True, slots=True)
class Tool:
    """What says of itself what it is."""

    version: str | None = None
    database_date: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reported:
    """Bytes that a scanner calls its report about the target; nobody has looked at them yet."""

    tool: Tool
    content: bytes
    media_type: str
    invocation: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """There is no report; ``reason`` is one line for whoever runs the scanner."""

    tool: Tool
    reason: str
    invocation: tuple[str, ...] = ()


Outcome = Reported | Failed


class Scanner(Protocol):
    """Something that looks at images."""

    @property
    def name(self) -> str:
        """How the settings call it."""
        ...

    @property
    def producer(self) -> str:
        """How its reports call it, and so policies do."""
        ...

    @property
    def yields(self) -> Yields:
        """What it reports."""
        ...

    def scan(self, target: Target) -> Outcome:
        """Have the target examined, within limits; when this returns, nothing of it runs any more.

        Raises:
            Refused: It cannot examine such a target at all; the message says what to do.
            Absent, Unverified, Unreachable: The image could not be had from where it is.
        """
        ...


def one_line(text: str) -> str:
    """Return what a stranger said as one printable line of bounded length."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text[: 4 * MAX_REASON])
    return " ".join(printable.split())[:MAX_REASON]
