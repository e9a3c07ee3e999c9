"""Signing a checkpoint, and refusing to sign one that would fork the log.

A log must never sign a checkpoint that is inconsistent with one it signed before (c2sp.org/tlog-checkpoint):
a fork cannot be forgiven. So the last signed size and root are compared with the tree before anything is signed.
"""

from collections.abc import Sequence

from pratique.errors import Conflict
from pratique.tlog.checkpoint import Checkpoint
from pratique.tlog.key import NoteVerifier, Sign, sign_text
from pratique.tlog.note import add_lines, parse_note, render_note
from pratique.tlog.proofs import NodeSource, root_at
from pratique.tlog.tree import Frontier


class HistoryLost(Conflict):
    """This ledger is shorter than, or differs from, what was signed: nothing may be signed until it is whole again."""


def sign_checkpoint(
    frontier: Frontier, earlier: Sequence[Checkpoint], nodes: NodeSource, key: NoteVerifier, sign: Sign
) -> bytes:
    """Return the signed note over the tree as it stands.

    Args:
        frontier: The tree at its present size.
        earlier: The largest checkpoints known to be signed before, from each place that keeps one.
        nodes: The tree's perfect subtrees, to recompute the earlier roots.
        key: The log's public key; its name is the origin.
        sign: Makes the key's signature.

    Raises:
        HistoryLost: The tree is smaller than, or differs from, an earlier checkpoint: the ledger was rolled back or
            rewritten. Nothing is signed.
    """
    for before in earlier:
        check_grown(frontier, before, nodes)
    text = Checkpoint(key.name, frontier.size, frontier.root()).render()
    return render_note(text, (sign_text(text, key, sign),))


def sign_too(note: bytes, key: NoteVerifier, sign: Sign) -> bytes:
    """Return a signed note with the line of another key of the same log below: while two keys overlap."""
    return add_lines(note, (sign_text(parse_note(note).text, key, sign),))


def check_grown(frontier: Frontier, before: Checkpoint, nodes: NodeSource) -> None:
    """Return if the tree contains the earlier one unchanged, else raise ``HistoryLost``."""
    if frontier.size < before.size:
        raise HistoryLost(
            f"the ledger has {frontier.size} entries, but a checkpoint over {before.size} was signed: it was "
            f"rolled back; restore the missing {before.size - frontier.size} entries from the export first"
        )
    if root_at(before.size, nodes) != before.root:
        raise HistoryLost(
            f"the ledger's first {before.size} entries differ from those under a signed checkpoint: it was "
            "rewritten; stop, keep this database, and restore from the export"
        )
