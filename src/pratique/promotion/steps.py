"""The steps of an approved promotion, each recorded once it is done, and the ways in which one ends.

``because`` is a sentence of ours. Source: decisions.md, "Life of a promotion".
"""

from typing import ClassVar

from pratique.attest.seal import Level
from pratique.promotion.happenings import PromotionApproved, PromotionFailed
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.names import Actor


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The size and root of the ledger that a signature relied on."""

    size: int
    root: Digest


@dataclass(frozen=True, slots=True)
class PromotionCopied:
    """Image and evidence are at the destination, read back and equal."""

    TYPE: ClassVar[str] = "promotion.copied/1"
    generation: int
    destination: str
    manifests: int
    blobs: int
    bytes_: int


@dataclass(frozen=True, slots=True)
class PromotionSealed:
    """The signer has verified the clearance and signed the seal."""

    TYPE: ClassVar[str] = "promotion.sealed/1"
    generation: int
    seal: Digest
    key: str
    checkpoint: Checkpoint
    level: Level


@dataclass(frozen=True, slots=True)
class PromotionAttached:
    """The seal hangs on the image at the destination."""

    TYPE: ClassVar[str] = "promotion.attached/1"
    generation: int
    referrers: tuple[Digest, ...]


@dataclass(frozen=True, slots=True)
class PromotionReleased:
    """It is sealed, with every part of its release, and nothing stood against any: the tags are pointed from here on.

    Nothing takes that back. ``previous`` is what its tag pointed at, if at another image.
    """

    TYPE: ClassVar[str] = "promotion.released/1"
    generation: int
    previous: Digest | None


@dataclass(frozen=True, slots=True)
class PromotionPointed:
    """The tag points at the sealed image; ``tag`` is null where the destination asks for none."""

    TYPE: ClassVar[str] = "promotion.pointed/1"
    generation: int
    destination: str
    tag: str | None
    previous: Digest | None


@dataclass(frozen=True, slots=True)
class PromotionPromoted:
    """The environment holds the image."""

    TYPE: ClassVar[str] = "promotion.promoted/1"
    generation: int
    level: Level
    previous: Digest | None


@dataclass(frozen=True, slots=True)
class PromotionRecalled:
    """A person took the image back: the environment holds what it held before, or nothing."""

    TYPE: ClassVar[str] = "promotion.recalled/1"
    by: Actor
    nonce: str
    comment: Digest


@dataclass(frozen=True, slots=True)
class PromotionVetoed:
    """A reviewer's veto ended it."""

    TYPE: ClassVar[str] = "promotion.vetoed/1"
    by: Actor
    because: str


@dataclass(frozen=True, slots=True)
class PromotionWithdrawn:
    """Whoever asked for it, or may take it back, did; or the machine, as another part of its release had ended."""

    TYPE: ClassVar[str] = "promotion.withdrawn/1"
    by: Actor
    because: str


@dataclass(frozen=True, slots=True)
class PromotionExpired:
    """Its review window closed."""

    TYPE: ClassVar[str] = "promotion.expired/1"
    because: str


@dataclass(frozen=True, slots=True)
class PromotionSuperseded:
    """A newer request took its place; ``by`` is that promotion."""

    TYPE: ClassVar[str] = "promotion.superseded/1"
    by: str
    because: str


Moving = (
    PromotionApproved
    | PromotionCopied
    | PromotionSealed
    | PromotionAttached
    | PromotionReleased
    | PromotionPointed
    | PromotionPromoted
)
"""From the approval to the destination."""

Stopping = (
    PromotionFailed
    | PromotionVetoed
    | PromotionWithdrawn
    | PromotionExpired
    | PromotionSuperseded
    | PromotionRecalled
)
"""What ends a promotion, or leaves it to be retried."""
