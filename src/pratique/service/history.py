"""Stopping for good where somebody remembers more of this ledger, or other, than it holds.

A fork cannot be forgiven, and whoever saw it may be unreachable the next time. So what was found once is written
down, and nothing is signed or sealed until every memory agrees again: our own table, the export, and every witness.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from pratique.errors import Conflict, Malformed, Refused, Unreachable, Unverified
from pratique.ledger.checkpoint import HistoryLost, check_grown
from pratique.ledger.cosign import Cosigned, Grown, cosign
from pratique.ledger.export import published
from pratique.service.workspace import Workspace
from pratique.storage.ledger import SignedCheckpoint
from pratique.storage.transaction import View
from pratique.tlog.checkpoint import Checkpoint
from pratique.tlog.policy import Witness
from pratique.values.moment import render_moment

FILE = "ledger-stopped"


@contextmanager
def alone(workspace: Workspace) -> Iterator[None]:
    """Sign and ask in this block, nobody else meanwhile; where history is lost, write that down.

    Raises:
        Conflict: That was written down before.
    """
    with workspace.lock("checkpoint"):
        why = stopped(workspace)
        if why is not None:
            raise Conflict(
                f"the ledger is stopped: {why}; nothing is signed or sealed until it is restored and `pratique "
                "ledger resume` finds that every memory of it agrees"
            )
        try:
            yield
        except HistoryLost as error:
            stop(workspace, str(error))
            raise


def stopped(workspace: Workspace) -> str | None:
    """Return since when and why nothing is signed, ``None`` where all is well."""
    try:
        return (workspace.root / FILE).read_text().strip() or "for a reason that was lost"
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        return f"{workspace.root / FILE} cannot be read: {error}"


def trouble(workspace: Workspace) -> str | None:
    """Return why nothing may be signed, as written down or as it shows now; ``None`` where all is well."""
    try:
        check(workspace)
    except (Conflict, Malformed, Refused, Unreachable, Unverified) as error:
        return stopped(workspace) or str(error)
    return stopped(workspace)


def stop(workspace: Workspace, why: str) -> None:
    """Write down that nothing may be signed, durably."""
    now = workspace.store.read(lambda view: view.now)
    try:
        descriptor = os.open(workspace.root / FILE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(f"since {render_moment(now)}: {why}\n")
            file.flush()
            os.fsync(descriptor)
    except OSError as error:
        raise Unreachable(f"{workspace.root / FILE} cannot be written: {error.strerror}; sign nothing") from error


def resume(workspace: Workspace) -> int:
    """Let checkpoints be signed again once every memory agrees; return how many were asked.

    Raises:
        HistoryLost: One still remembers more, or other.
        Refused, Unverified, Unreachable: One could not be asked: then nobody knows.
    """
    with workspace.lock("checkpoint"):
        last = workspace.store.read(lambda view: view.ledger.checkpoint())
        check(workspace)
        asked = [witness for witness in workspace.trust.ledger.witnesses if witness.url]
        for witness in asked:
            ask(workspace, last, witness)
        (workspace.root / FILE).unlink(missing_ok=True)
    return len(asked) + 2  # our own table, and the export


def check(workspace: Workspace) -> None:
    """Compare the tree with our own last checkpoint and with the export's; raises ``HistoryLost``."""
    exported = published(workspace.export, workspace.log_keys)

    def compare(view: View) -> None:
        last = view.ledger.checkpoint()
        own = () if last is None else (Checkpoint(last.origin, last.size, last.root),)
        for before in (*own, *((exported,) if exported else ())):
            check_grown(view.ledger.frontier(), before, view.ledger.node)

    workspace.store.read(compare)


def ask_first(workspace: Workspace) -> None:
    """Ask every witness whether it saw more than our last checkpoint, before another one is signed.

    Who cannot be asked is waited for by nobody: how many must cosign before anything is sealed, the trust root says.

    Raises:
        HistoryLost: One did: the new checkpoint would be a fork.
    """
    last = workspace.store.read(lambda view: view.ledger.checkpoint())
    for witness in workspace.trust.ledger.witnesses:
        if witness.url:
            try:
                ask(workspace, last, witness)
            except (Refused, Unreachable, Unverified):
                continue


def ask(workspace: Workspace, signed: SignedCheckpoint | None, witness: Witness) -> Cosigned | None:
    """Have a witness cosign a checkpoint of this ledger; ``None`` where there is none of its present name.

    Raises:
        As :func:`~pratique.ledger.cosign.cosign`.
    """
    if signed is None or signed.origin != workspace.origin:
        return None
    checkpoint = Checkpoint(signed.origin, signed.size, signed.root)

    def query(view: View) -> Cosigned:
        tree = Grown(checkpoint, signed.note, view.ledger.node)
        return cosign(tree, witness, view.ledger.cosigned_size(witness.key), workspace.post)

    return workspace.store.read(query)
