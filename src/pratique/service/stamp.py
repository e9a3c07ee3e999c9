"""Having checkpoints stamped by timestamp authorities: each is asked by itself, and one that fails stops nobody."""

from dataclasses import dataclass
from functools import partial

from pratique.errors import Absent, Malformed, Unreachable, Unverified
from pratique.ledger.stamp import Authority, Stamp, ask_for_stamp
from pratique.service.ledger import checkpoint
from pratique.service.workspace import Workspace
from pratique.storage.ledger import KeptStamp, SignedCheckpoint
from pratique.storage.transaction import Transaction, View


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
    """Have the ledger stamped by those authorities whose last stamp is old enough, if it has grown since."""
    if not workspace.authorities:
        return None
    with workspace.lock("stamp"):
        due = workspace.store.read(lambda view: _due(workspace, view))
        return _stamped(workspace, due) if due else None


def _due(workspace: Workspace, view: View) -> tuple[Authority, ...]:
    last = {kept.authority: kept for kept in view.ledger.stamps()}  # smallest first, so the last one stays
    size = view.ledger.frontier().size

    def wants(authority: Authority) -> bool:
        kept = last.get(authority.name)
        return kept is None or (kept.size < size and kept.at + authority.every <= view.now)

    return tuple(filter(wants, workspace.authorities))


def _stamped(workspace: Workspace, authorities: tuple[Authority, ...]) -> Stamping:
    signed = checkpoint(workspace)
    missing: list[Unstamped] = []
    for authority in authorities:
        missing += _ask(workspace, signed, authority)
    kept = workspace.store.read(lambda view: view.ledger.stamps())
    return Stamping(signed.size, tuple(one for one in kept if one.size == signed.size), tuple(missing))


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
