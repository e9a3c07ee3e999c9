"""What is done to the ledger's keeping itself: words that were erased, and drills that showed it can be restored.

Source: decisions.md, "Events and storage".
"""

import re
from enum import StrEnum
from typing import ClassVar, assert_never

from pratique.errors import Malformed
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest

_BASIS = re.compile(r"[a-z0-9][a-z0-9.-]{0,62}")


@dataclass(frozen=True, slots=True)
class PrivateRedacted:
    """Words behind a commitment were erased.

    ``basis`` is a code for the legal ground, such as ``gdpr-17-1-a`` (Regulation (EU) 2016/679, article 17,
    paragraph 1, point a); never words about the person.
    """

    TYPE: ClassVar[str] = "private.redacted/1"
    erased: Digest
    basis: str

    def __post_init__(self) -> None:
        if not _BASIS.fullmatch(self.basis):
            raise Malformed(
                f"basis: expected a code such as gdpr-17-1-a, of lower-case letters, digits, dots and hyphens, "
                f"found {self.basis[:80]!r}"
            )


@dataclass(frozen=True, slots=True)
class DrillCompleted:
    """The ledger was restored from its export into an empty place, and compared with what is here.

    ``report`` is the digest of the signed result; ``faults`` counts what was missing or different, and 0 is a success.
    Times are in milliseconds.
    """

    TYPE: ClassVar[str] = "drill.completed/1"
    size: int
    root: Digest
    blobs: int
    openings: int
    faults: int
    duration_ms: int
    report: Digest


@dataclass(frozen=True, slots=True)
class KeyRotated:
    """A key of the ledger has a successor: from this size on both sign, until the older one is retired."""

    TYPE: ClassVar[str] = "key.rotated/1"
    old: str
    new: str
    from_size: int


@dataclass(frozen=True, slots=True)
class KeyRetired:
    """A key of the ledger signs nothing beyond this size."""

    TYPE: ClassVar[str] = "key.retired/1"
    key: str
    successor: str
    size: int


class Cause(StrEnum):
    """Why a key was replaced."""

    PLANNED = "planned"
    STOLEN = "stolen"
    """Or lost, or nobody knows who has it."""


@dataclass(frozen=True, slots=True)
class KeyReplaced:
    """A service's key signs no more, and its successor does; whose word counts from which entry on, the directory says.

    ``use`` is what they sign: ``record``, or ``seal:<environment>``; keys are named by their ids.
    """

    TYPE: ClassVar[str] = "key.replaced/1"
    use: str
    old: str
    new: str
    cause: Cause


@dataclass(frozen=True, slots=True)
class EpochBegun:
    """The ledger goes on under another name, because entries under a signed checkpoint are lost.

    ``size`` and ``root`` are those of the last checkpoint of the name before, whose note is the object ``checkpoint``;
    ``survived`` is how many entries there still are, which all stand in this ledger too.
    """

    TYPE: ClassVar[str] = "epoch.begun/1"
    before: str
    size: int
    root: Digest
    survived: int
    key: str


Upkeep = PrivateRedacted | DrillCompleted | KeyRotated | KeyRetired | KeyReplaced | EpochBegun


def describe_upkeep(data: Upkeep) -> str:
    """Return one sentence, without a full stop."""
    match data:
        case PrivateRedacted():
            text = f"erased words behind {data.erased}, on the ground {data.basis}"
        case DrillCompleted(faults=0):
            seconds = data.duration_ms / 1000
            text = f"restored all {data.size} entries in a drill, in {seconds:.1f} s; nothing was missing"
        case DrillCompleted():
            text = f"restored the ledger in a drill, and found {data.faults} faults"
        case KeyRotated():
            text = f"gave the ledger a second key from {data.from_size} entries on: {data.new}"
        case KeyRetired():
            later = f"{data.successor} signs from then on"
            text = f"retired the ledger's key {data.key} at {data.size} entries; {later}"
        case KeyReplaced():
            why = ", because it may have been stolen" if data.cause is Cause.STOLEN else ""
            text = f"replaced the key {data.old} for {data.use} by {data.new}{why}"
        case EpochBegun():
            lost = max(0, data.size - data.survived)
            text = f"began a new epoch after {data.before}, of whose {data.size} entries {lost} are lost"
        case _:
            assert_never(data)
    return text
