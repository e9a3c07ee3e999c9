"""What is done to the ledger's keeping itself: words that were erased, and drills that showed it can be restored.

Source: decisions.md, "Events and storage".
"""

import re
from typing import assert_never

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

    size: int
    root: Digest
    blobs: int
    openings: int
    faults: int
    duration_ms: int
    report: Digest


Upkeep = PrivateRedacted | DrillCompleted


def describe_upkeep(data: Upkeep) -> str:
    """Return one sentence, without a full stop."""
    match data:
        case PrivateRedacted():
            return f"erased words behind {data.erased}, on the ground {data.basis}"
        case DrillCompleted(faults=0):
            seconds = data.duration_ms / 1000
            return f"restored all {data.size} entries in a drill, in {seconds:.1f} s; nothing was missing"
        case DrillCompleted():
            return f"restored the ledger in a drill, and found {data.faults} faults"
        case _:
            assert_never(data)
