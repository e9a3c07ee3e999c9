"""Timestamps in a proof: that what it rests on existed by a certain time, by the clock of somebody outside.

An authority stamps the text of a checkpoint. Where that is of the same tree as the proof's own checkpoint, a larger or
a smaller one, everything under it existed when it was stamped. Which stamps a proof carries is said once here, for
whoever makes and whoever verifies it: of each authority the first one over the approval, and the first over all of it.

What an authority's certificates are is for the verifier to know; ``attest.timestamp`` needs more of ``cryptography``
than the rest of the core form, and is loaded only where some are given. Source: RFC 3161.
"""

from collections.abc import Iterable, Iterator

from pratique.errors import Malformed, Unverified
from pratique.promotion.authority import installation_of
from pratique.proof.document import Stamp
from pratique.proof.established import Stamped
from pratique.proof.ledger import Ledger
from pratique.proof.trust import Authority
from pratique.tlog.checkpoint import Checkpoint, parse_checkpoint
from pratique.tlog.proofs import NodeSource, prove_consistency, verify_consistency
from pratique.values.dataclass import dataclass

MAX_STAMPS = 16


@dataclass(frozen=True, slots=True)
class StampsSeen:
    """What the stamps of a proof say, and what about them nobody checked."""

    stamped: tuple[Stamped, ...]
    not_checked: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """A stamp as the ledger keeps it."""

    authority: str
    checkpoint: Checkpoint
    answer: bytes


def choose_stamps(
    kept: Iterable[Kept], approved: int, checkpoint: Checkpoint, node: NodeSource
) -> tuple[Stamp, ...]:
    """Return the stamps that belong in a proof.

    Args:
        kept: Every stamp that there is, of checkpoints of this ledger.
        approved: The index of the approval.
        checkpoint: The proof's own.
        node: The ledger's perfect subtrees, as far as the largest stamped checkpoint reaches.
    """
    by_size = sorted(kept, key=lambda one: (one.authority, one.checkpoint.size))
    chosen: dict[tuple[str, int], Kept] = {}
    for least in (approved + 1, checkpoint.size):
        firsts: dict[str, Kept] = {}
        for one in by_size:
            if one.checkpoint.size >= least:
                firsts.setdefault(one.authority, one)
        chosen |= {(one.authority, one.checkpoint.size): one for one in firsts.values()}
    return tuple(_carried(chosen[key], checkpoint, node) for key in sorted(chosen)[:MAX_STAMPS])


def _carried(kept: Kept, checkpoint: Checkpoint, node: NodeSource) -> Stamp:
    small, large = sorted((kept.checkpoint.size, checkpoint.size))
    return Stamp(kept.authority, kept.checkpoint.render(), kept.answer, prove_consistency(small, large, node))


def verify_stamps(
    stamps: tuple[Stamp, ...], ledger: Ledger, approved: int, believed: tuple[Authority, ...]
) -> StampsSeen:
    """Return what the stamps of a proof say, as far as somebody believes the authority.

    Args:
        stamps: Those of the proof.
        ledger: The ledger under the proof's checkpoint.
        approved: The index of the approval.
        believed: Whose clock counts, by the names that the stamps bear.

    Raises:
        Unverified: A stamp is of another tree, from before the approval, or not of the authority whose name it bears.
        Malformed: A stamp or a certificate breaks its form.
    """
    keys = [(stamp.authority, parse_checkpoint(stamp.checkpoint).size) for stamp in stamps]
    if keys != sorted(set(keys)) or len(keys) > MAX_STAMPS:
        raise Unverified(f"proof.stamps: expected at most {MAX_STAMPS}, each once, by authority and size")
    known = {authority.name: authority for authority in believed}
    stamped: list[Stamped] = []
    for stamp in stamps:
        checkpoint = _of_this_tree(stamp, ledger, approved)
        if stamp.authority in known:
            stamped.append(_by(stamp, checkpoint, known[stamp.authority]))
    return StampsSeen(tuple(stamped), tuple(_not_checked(stamps, known)))


def _of_this_tree(stamp: Stamp, ledger: Ledger, approved: int) -> Checkpoint:
    """Return the checkpoint that was stamped, once it is known to be of the proof's own tree."""
    where, found, own = (
        f"timestamp by {stamp.authority[:80]}",
        parse_checkpoint(stamp.checkpoint),
        ledger.checkpoint,
    )
    if installation_of(found.origin) != installation_of(ledger.origin):
        raise Unverified(f"{where}: expected one of {ledger.origin}, found one of {found.origin[:200]!r}")
    if found.size <= approved:
        raise Unverified(
            f"{where}: expected one that covers the approval at {approved}, found {found.size} entries"
        )
    small, large = sorted((found, own.checkpoint), key=lambda one: one.size)
    verify_consistency(small.size, small.root, large.size, large.root, stamp.proof)
    return found


def _by(stamp: Stamp, checkpoint: Checkpoint, authority: Authority) -> Stamped:
    from pratique.attest.timestamp import parse_certificates, verify_timestamp

    try:
        found = verify_timestamp(
            stamp.answer, stamp.checkpoint.encode(), parse_certificates(authority.certificates)
        )
    except (Malformed, Unverified) as error:
        raise type(error)(f"{authority.name}: {error}") from error
    return Stamped(authority.name, checkpoint.size, found.latest)


def _not_checked(stamps: tuple[Stamp, ...], known: dict[str, Authority]) -> Iterator[str]:
    named = {stamp.authority for stamp in stamps}
    for name in sorted(named - known.keys()):
        yield f"timestamps by {name[:80]}: give its certificates with --authority {name[:80]}=FILE to have them checked"
    for name in sorted(known.keys() - named):
        yield f"no timestamp by {name} is in this proof"
