"""How one manifest leads to another: parts, referrers, and what cosign's older scheme keeps under tags.

Sources: OCI image-spec 1.1 (image-index.md, manifest.md "subject"); cosign's tag scheme.
"""

from enum import StrEnum

from pratique.errors import PratiqueError
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest


class EdgeKind(StrEnum):
    """How one manifest leads to another; the last three are the suffixes of legacy tags."""

    CHILD = "child"
    ATTESTATION = "attestation"
    REFERRER = "referrer"
    SIG = "sig"
    ATT = "att"
    SBOM = "sbom"


LEGACY = (EdgeKind.SIG, EdgeKind.ATT, EdgeKind.SBOM)


def legacy_tag(subject: Digest, kind: EdgeKind) -> str:
    """Return the tag under which cosign's older scheme keeps something about a manifest."""
    return f"sha256-{subject.hex}.{kind}"


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """``child`` is a part of ``parent`` (``CHILD``), or claims to be about it (every other kind).

    BuildKit's attestations are both: a part of the index, and about one of its platforms.
    """

    parent: Digest
    kind: EdgeKind
    child: Digest


@dataclass(frozen=True, slots=True)
class Gap:
    """An edge to something that is missing, or not what it is stated to be, with the error that says so."""

    edge: Edge
    error: PratiqueError


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that claims to be evidence and could not be read, and why; it counts as not there."""

    edge: Edge
    reason: str
