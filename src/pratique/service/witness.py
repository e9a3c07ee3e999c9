"""Having checkpoints witnessed.

The trust root names the witnesses: those with a URL are asked. One that cannot be reached is told and waited for
by nobody; how many are enough says the trust root's quorum, which the signer demands before it seals. One that has
seen more than we have, or something else, stops everything.
"""

from dataclasses import dataclass
from functools import partial

from pratique.errors import Absent, Refused, Unreachable, Unverified
from pratique.ledger.cosign import Cosigned
from pratique.service.history import alone, ask
from pratique.service.ledger import signed as sign
from pratique.service.workspace import Workspace
from pratique.storage.ledger import SignedCheckpoint
from pratique.storage.transaction import Transaction
from pratique.tlog.checkpoint import open_checkpoint
from pratique.tlog.policy import Witness


@dataclass(frozen=True, slots=True)
class Missing:
    """A witness that did not cosign, and why."""

    witness: str
    reason: str


@dataclass(frozen=True, slots=True)
class Witnessed:
    """A checkpoint and who stands behind it.

    Attributes:
        signed: The checkpoint, with every cosignature that there is.
        by: Names of the witnesses that cosigned it.
        missing: The witnesses that were asked in vain.
        enough: They satisfy the trust root's quorum.
    """

    signed: SignedCheckpoint
    by: tuple[str, ...]
    missing: tuple[Missing, ...]
    enough: bool

    def __str__(self) -> str:
        known = f"witnessed by {', '.join(self.by)}" if self.by else "not witnessed"
        return f"{known}{'' if self.enough else ', which is not enough for the trust root'}"


def witnessed(workspace: Workspace) -> Witnessed:
    """Sign the ledger as it stands, unless that is done, and ask every witness.

    One that has cosigned it is asked again: it alone knows whether it has seen more since, and we were restored from
    an old copy.

    Raises:
        Conflict: The ledger was rolled back or rewritten, as our own records or a witness say; nothing is signed.
    """
    missing: list[Missing] = []
    with alone(workspace):
        signed = sign(workspace)
        for witness in workspace.trust.ledger.witnesses:
            if witness.url:
                missing += _ask(workspace, signed, witness)
    return standing(workspace, signed.size, tuple(missing))


def standing(workspace: Workspace, size: int, missing: tuple[Missing, ...] = ()) -> Witnessed:
    """Return who stands behind the checkpoint of this size; raises ``Absent`` where there is none."""
    found = workspace.store.read(lambda view: view.ledger.checkpoint_covering(size - 1))
    if found is None or found.size != size:
        raise Absent(f"ledger: expected a checkpoint of {size} entries, found none")
    by = cosigners(workspace, found)
    return Witnessed(found, by, missing, workspace.trust.ledger.quorum_met(by))


def cosigners(workspace: Workspace, signed: SignedCheckpoint) -> tuple[str, ...]:
    """Return the names of the trust root's witnesses that cosigned a checkpoint of ours."""
    policy = workspace.trust.ledger
    names = {witness.key: witness.name for witness in policy.witnesses}
    opened = open_checkpoint(signed.note, workspace.every_log_key, names)
    return tuple(sorted(names[signer.key] for signer in opened.witnesses))


def _ask(workspace: Workspace, signed: SignedCheckpoint, witness: Witness) -> tuple[Missing, ...]:
    try:
        found = ask(workspace, signed, witness)
    except (Unreachable, Refused, Unverified) as error:
        return (Missing(witness.name, str(error)),)
    if found is not None:
        workspace.store.transact(partial(_keep, size=signed.size, found=found))
    return ()


def _keep(tx: Transaction, size: int, found: Cosigned) -> None:
    tx.ledger.add_cosignature(size, found.witness.key, found.line, tx.now)
