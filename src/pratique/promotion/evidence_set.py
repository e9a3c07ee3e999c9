"""The evidence of one judgement, frozen: what is listed, and the one digest that stands for all of it.

The root is RFC 6962 over the RFC 8785 bytes of ``{digest, mediaType, size, subject}``, sorted by digest and
subject and distinct (decisions.md, "Identity, time, bytes"). Where a piece was found is listed and not hashed: it
may move.
"""

from collections.abc import Iterable
from dataclasses import field

from pratique.errors import Malformed
from pratique.evidence.model import Origin, Piece
from pratique.promotion.form import read, write
from pratique.tlog.tree import leaf_hash, root_of
from pratique.values.canonical import canonical, parse_json
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest


@dataclass(frozen=True, slots=True)
class Listed:
    """One piece of evidence, without its bytes."""

    digest: Digest
    media_type: str = field(metadata={"key": "mediaType"})
    size: int
    subject: Digest
    origin: Origin


def list_pieces(pieces: Iterable[Piece]) -> tuple[Listed, ...]:
    """Return what is listed of these pieces, sorted and distinct; their order changes nothing."""
    return list_distinct(Listed(one.digest, one.media_type, one.size, one.subject, one.origin) for one in pieces)


def list_distinct(listed: Iterable[Listed]) -> tuple[Listed, ...]:
    """Return what is listed, sorted and distinct; the order changes nothing."""
    every = set(listed)
    # The same bytes on the same digest are one piece of evidence, however often and wherever they were found.
    one_each = {(one.digest, one.subject): one for one in sorted(every, key=_order, reverse=True)}
    return tuple(sorted(one_each.values(), key=_order))


def _order(listed: Listed) -> tuple[Digest, Digest, str, str]:
    return listed.digest, listed.subject, listed.media_type, listed.origin


def root_of_evidence(listed: tuple[Listed, ...]) -> Digest:
    """Return the root over what :func:`list_pieces` returned."""
    leaves = (
        {"digest": str(one.digest), "mediaType": one.media_type, "size": one.size, "subject": str(one.subject)}
        for one in listed
    )
    return Digest(root_of(leaf_hash(canonical(leaf)) for leaf in leaves).hex())


def build_list(listed: tuple[Listed, ...]) -> bytes:
    """Return the canonical bytes of the list, an object of class ``record``."""
    return canonical([write(one) for one in listed])


def parse_list(content: bytes) -> tuple[Listed, ...]:
    """Read a list; raises ``Malformed`` where it is none, or not sorted and distinct."""
    found = parse_json(content, "evidence list")
    if not isinstance(found, list):
        raise Malformed(f"evidence list: expected an array, found {type(found).__name__}")
    listed = tuple(read(Listed, item, f"evidence list[{place}]") for place, item in enumerate(found))
    keys = [(one.digest, one.subject) for one in listed]
    if keys != sorted(set(keys)):
        raise Malformed("evidence list: expected each digest and subject once, in order")
    return listed
