"""Having checkpoints stamped by timestamp authorities: each is asked by itself, and one that fails stops nobody."""

from dataclasses import dataclass
from functools import partial
from hashlib import sha256

from pratique.attest.timestamp_form import parse_timestamp
from pratique.errors import Absent, Malformed, Unreachable, Unverified
from pratique.ledger.stamp import Authority, Stamp, ask_for_stamp
from pratique.proof.stamp import Kept
from pratique.service.ledger import checkpoint
from pratique.service.stamp_patience import after_failure, failing, remember
from pratique.service.workspace import Workspace
from pratique.storage.ledger import KeptStamp, SignedCheckpoint
from pratique.storage.transaction import Transaction, View
from pratique.tlog.checkpoint import Checkpoint, parse_checkpoint
from pratique.tlog.proofs import root_at


@dataclass(frozen=True, slots=True)
class Unstamped:
    """An authority that was asked in vain, and why."""

    authority: str
    reason: str


@dataclass(frozen=True, slots=True)
class Stamping:
    """What became of one checkpoint: who stamped it, now or before, and who did not."""

    size: int
    stamps: tuple[KeptStamp, ...]
    missing: tuple[Unstamped, ...]


def stamp(workspace: Workspace) -> Stamping:
    """Sign the ledger as it stands, and have every authority of the settings stamp that checkpoint.

    Raises:
        Absent: The settings name none.
        Conflict: The ledger was rolled back or rewritten; nothing is signed or stamped.
    """
    if not workspace.authorities:
        raise Absent("timestamp: the settings name no authority; add [timestamp.NAME] with url and ca_file")
    return _stamped(workspace, workspace.authorities)


def stamp_if_due(workspace: Workspace) -> Stamping | None:
    """Have the ledger stamped by those authorities whose last stamp is old enough, if it has grown since.

    One that failed is left alone for a while (``stamp_patience``).
    """
    if not workspace.authorities:
        return None
    with workspace.lock("stamp"):
        due = workspace.store.read(lambda view: _due(workspace, view))
        return _stamped(workspace, due) if due else None


def kept_stamps(workspace: Workspace, view: View) -> tuple[Kept, ...]:
    """Return every stamp with the checkpoint that it is about; what is about none of this ledger is left out."""
    signed = {one.size: one.text for one in view.ledger.checkpoints()}
    found = ((kept, _text(workspace, view, kept, signed.get(kept.size))) for kept in view.ledger.stamps())
    return tuple(Kept(kept.authority, parse_checkpoint(text), kept.answer) for kept, text in found if text)


def _text(workspace: Workspace, view: View, kept: KeptStamp, signed: str | None) -> str | None:
    """Return the text that was stamped: as it was signed, or as the tree gives it where a restore kept no note."""
    try:
        imprint = parse_timestamp(kept.answer).imprint
    except Malformed:
        return None
    origins = dict.fromkeys(key.name for key in workspace.every_log_key)
    root = root_at(kept.size, view.ledger.node) if kept.size <= view.ledger.frontier().size else None
    made = () if root is None else (Checkpoint(origin, kept.size, root).render() for origin in origins)
    every = (*((signed,) if signed else ()), *made)
    return next((text for text in every if sha256(text.encode()).digest() == imprint), None)


def _due(workspace: Workspace, view: View) -> tuple[Authority, ...]:
    last = {kept.authority: kept for kept in view.ledger.stamps()}  # smallest first, so the last one stays
    size = view.ledger.frontier().size
    waits = {one.authority for one in failing(workspace.root) if view.now < one.again}

    def wants(authority: Authority) -> bool:
        kept = last.get(authority.name)
        due = kept is None or (kept.size < size and kept.at + authority.every <= view.now)
        return due and authority.name not in waits

    return tuple(filter(wants, workspace.authorities))


def _stamped(workspace: Workspace, authorities: tuple[Authority, ...]) -> Stamping:
    signed = checkpoint(workspace)
    missing: list[Unstamped] = []
    for authority in authorities:
        missing += _ask(workspace, signed, authority)
    _remember(workspace, authorities, missing)
    kept = workspace.store.read(lambda view: view.ledger.stamps())
    return Stamping(signed.size, tuple(one for one in kept if one.size == signed.size), tuple(missing))


def _remember(workspace: Workspace, asked: tuple[Authority, ...], missing: list[Unstamped]) -> None:
    now = workspace.store.read(lambda view: view.now)
    before = {one.authority: one for one in failing(workspace.root)}
    failed = tuple(after_failure(before.get(one.authority), one.authority, one.reason, now) for one in missing)
    remember(workspace.root, frozenset(each.name for each in asked), failed)


def _ask(workspace: Workspace, signed: SignedCheckpoint, authority: Authority) -> tuple[Unstamped, ...]:
    there = workspace.store.read(lambda view: view.ledger.stamps())
    if any((kept.size, kept.authority) == (signed.size, authority.name) for kept in there):
        return ()
    try:
        found = ask_for_stamp(authority, signed.text, workspace.ask_authority)
    except (Absent, Malformed, Unreachable, Unverified) as error:
        return (Unstamped(authority.name, str(error)),)
    workspace.store.transact(partial(_keep, size=signed.size, authority=authority, found=found))
    return ()


def _keep(tx: Transaction, size: int, authority: Authority, found: Stamp) -> None:
    tx.ledger.add_stamp(KeptStamp(size, authority.name, found.answer, found.at))
