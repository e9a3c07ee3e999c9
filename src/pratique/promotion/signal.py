"""Signals: what turned out about an image after an environment came to hold it, and what became of that.

The watch raises one for each vulnerability, environment and image; the event that carries it names environment and
image. A signal is not a finding of a scanner: it says that somebody should look again.

Source: decisions.md, "Events and storage".
"""

from typing import ClassVar

from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest


@dataclass(frozen=True, slots=True)
class SignalRaised:
    """A vulnerability that was not known when the image was judged concerns it now.

    ``promotion`` brought the image there, ``evidence`` lists the package, and ``advisories`` are the feed that
    says so. ``severity`` is absent where nobody knows it.
    """

    TYPE: ClassVar[str] = "signal.raised/1"
    signal: str
    promotion: str
    image_name: str
    term: str
    vulnerability: str
    package: str
    version: str | None
    severity: str | None
    fixed: tuple[str, ...]
    advisories: Digest


@dataclass(frozen=True, slots=True)
class SignalReconciled:
    """It no longer applies; ``because`` is a sentence of ours."""

    TYPE: ClassVar[str] = "signal.reconciled/1"
    signal: str
    term: str
    because: str


Signalling = SignalRaised | SignalReconciled
