"""A new key for what the installation signs besides its ledger: each environment's seals, and its record.

The directory says whose word counts from which entry on, so root key holders sign each change of it: one in which
both keys are listed, and later one without the older. What it sealed before stays valid, because a proof asks the
directory that was in force where the seal stands. Each step may be repeated after it was interrupted.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from pratique.attest.keys import PublicKey
from pratique.errors import Absent, Conflict
from pratique.promotion.directory import Directory
from pratique.promotion.directory_form import DirectoryDocument, Revocation, Service, ServiceKey
from pratique.promotion.upkeep import Cause, KeyReplaced
from pratique.service.directory import succeed
from pratique.service.scribe import Scribe
from pratique.service.signatory import Signatory
from pratique.service.trust import demand_directory
from pratique.service.workspace import Workspace
from pratique.signing.keyfile import Algorithm, create_key, read_key
from pratique.storage.transaction import View
from pratique.values.names import Actor

_RETIRED = "retired: its successor signs"
_STOLEN = "stolen"


@dataclass(frozen=True, slots=True)
class Replacement:
    """The keys of one use, and the directory that says what each is worth."""

    use: str
    old: PublicKey
    new: PublicKey
    directory: int


@dataclass(frozen=True, slots=True)
class _Standing:
    """A use as it stands: the directory in force, who signs for it, and with which key here."""

    use: str
    directory: Directory
    holder: Actor
    service: Service
    present: PublicKey

    @property
    def listed(self) -> tuple[str, ...]:
        """The ids of the keys that count."""
        return tuple(key.public.key_id for key in self.service.keys)

    @property
    def others(self) -> tuple[PublicKey, ...]:
        """The keys that are listed besides the one that signs here."""
        return tuple(key.public for key in self.service.keys if key.public.key_id != self.present.key_id)

    def listing(self, *keys: PublicKey, revoked: tuple[Revocation, ...] = ()) -> DirectoryDocument:
        """Return the directory's next version, in which exactly these keys are listed for the use."""
        listed = replace(self.service, keys=tuple(ServiceKey(key.kind, key.text) for key in keys))
        document = self.directory.document
        return replace(
            document,
            version=document.version + 1,
            previous=self.directory.digest,
            services=tuple((name, listed if name == self.holder else one) for name, one in document.services),
            revoked=(*document.revoked, *revoked),
        )


def announce(workspace: Workspace, use: str, signatories: tuple[Signatory, ...]) -> Replacement:
    """Make a successor and list it beside the key that signs; whoever pins keys can be given it before it signs.

    Raises:
        Absent: Nothing of the installation signs for this use.
        Conflict: Two keys are listed already.
        Unverified: Too few root key holders signed.
    """
    with workspace.lock("rotation"):
        standing = _standing(workspace, use)
        new = _successor(workspace, use)
        left = [key.key_id for key in standing.others if key.key_id != new.key_id]
        if left:
            raise Conflict(
                f"{use}: {left[0]} is listed still beside {standing.present.key_id}; end that with --finish"
            )
        version = standing.directory.version
        if not standing.others:
            document = standing.listing(standing.present, new)
            version = succeed(workspace, standing.directory, _dated(workspace, document), signatories).version
    return Replacement(use, standing.present, new, version)


def switch(workspace: Workspace, use: str) -> Replacement:
    """Let the successor sign from now on, and destroy the older key; both stay listed.

    Raises:
        Absent: No successor was announced.
    """
    with workspace.lock("rotation"):
        standing = _standing(workspace, use)
        following = workspace.keys.next_service_file(use)
        if not following.exists() or _successor(workspace, use).key_id not in {
            key.key_id for key in standing.others
        }:
            raise Absent(f"{use}: no successor is listed in the directory; begin with --announce")
        new = _successor(workspace, use)
        replaced = KeyReplaced(use, standing.present.key_id, new.key_id, Cause.PLANNED)
        _record(workspace, replaced)
        workspace.keys.put_in_place(following, workspace.keys.service_file(use))
    return Replacement(use, standing.present, new, standing.directory.version)


def finish(workspace: Workspace, use: str, signatories: tuple[Signatory, ...]) -> Replacement:
    """List the key that signs alone: what another one signs from this entry on counts no longer.

    Raises:
        Absent: No other one is listed.
        Conflict: The successor does not sign yet.
        Unverified: Too few root key holders signed.
    """
    with workspace.lock("rotation"):
        standing = _standing(workspace, use)
        if workspace.keys.next_service_file(use).exists():
            raise Conflict(f"{use}: the successor does not sign yet; let it with --switch")
        if not standing.others:
            raise Absent(f"{use}: {standing.present.key_id} is listed alone; begin with --announce")
        retired = tuple(Revocation(key.key_id, _RETIRED, None) for key in standing.others)
        document = _dated(workspace, standing.listing(standing.present, revoked=retired))
        version = succeed(workspace, standing.directory, document, signatories).version
    return Replacement(use, standing.others[-1], standing.present, version)


def replace_stolen(
    workspace: Workspace, use: str, signatories: tuple[Signatory, ...], since: int | None
) -> Replacement:
    """Replace a key at once: nothing counts that it signed from an entry on, and proofs that do not say so are refused.

    One that is lost is replaced likewise: nobody knows who has it.

    Args:
        workspace: Whose key it is.
        use: What it signs.
        signatories: Root key holders.
        since: The first entry at which somebody else may have had it; from now on if not given.

    Raises:
        Absent: Nothing of the installation signs for this use.
        Unverified: Too few root key holders signed.
    """
    with workspace.lock("rotation"):
        standing = _standing(workspace, use)
        done = _interrupted(workspace, standing) or _revoked(workspace, standing, signatories, since)
        demand_directory(workspace.root / "trust-root.json", done.directory)
        workspace.keys.put_in_place(workspace.keys.next_service_file(use), workspace.keys.service_file(use))
    return done


def _interrupted(workspace: Workspace, standing: _Standing) -> Replacement | None:
    """Return what was published by a run that was stopped before the key was in place."""
    if standing.present.key_id in standing.listed:
        return None
    return Replacement(
        standing.use, standing.present, _successor(workspace, standing.use), standing.directory.version
    )


def _revoked(
    workspace: Workspace, standing: _Standing, signatories: tuple[Signatory, ...], since: int | None
) -> Replacement:
    # Whoever took the one may have taken an announced successor, too: it is made anew, and no listed key remains.
    workspace.keys.next_service_file(standing.use).unlink(missing_ok=True)
    new = _successor(workspace, standing.use)
    gone = tuple(Revocation(key_id, _STOLEN, since) for key_id in standing.listed)
    document = _dated(workspace, standing.listing(new, revoked=gone))
    replaced = KeyReplaced(standing.use, standing.present.key_id, new.key_id, Cause.STOLEN)
    version = succeed(workspace, standing.directory, document, signatories, replaced).version
    return Replacement(standing.use, standing.present, new, version)


def _standing(workspace: Workspace, use: str) -> _Standing:
    """Return how a use stands; where its key is lost, the newest one that is listed is the present one."""
    present, following = _key_at(workspace.keys.service_file(use)), _key_at(workspace.keys.next_service_file(use))
    ours = {key.key_id for key in (present, following) if key is not None}
    directory = workspace.store.read(workspace.directory)
    for holder, service in directory.document.services:
        listed = [key.public for key in service.keys]
        if use in service.uses and (present is None or ours & {key.key_id for key in listed}):
            return _Standing(use, directory, holder, service, present or listed[-1])
    found = f"{present.key_id} for it" if present else "any key for it"
    raise Absent(
        f"{use}: version {directory.version} of the directory does not list {found}; see `pratique directory show`; "
        "the first key of an environment's seals `pratique ledger add-seal-key` makes"
    )


def _key_at(file: Path) -> PublicKey | None:
    return read_key(file).public if file.exists() else None


def _successor(workspace: Workspace, use: str) -> PublicKey:
    """Return the key that comes next; it is made when it is first needed."""
    file = workspace.keys.next_service_file(use)
    return (read_key(file) if file.exists() else create_key(file, Algorithm.ECDSA_P256)).public


def _dated(workspace: Workspace, document: DirectoryDocument) -> DirectoryDocument:
    return replace(document, issued=workspace.store.read(lambda view: view.now))


def _record(workspace: Workspace, replaced: KeyReplaced) -> None:
    def known(view: View) -> bool:
        return any(data == replaced for _, data in view.ledger.told(KeyReplaced))

    if not workspace.store.read(known):
        workspace.store.transact(lambda tx: Scribe(tx).append(replaced))
