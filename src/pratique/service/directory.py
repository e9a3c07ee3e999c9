"""The directory: signing its next version from a people file, and publishing it."""

from dataclasses import dataclass
from pathlib import Path

from pratique.attest.sshsig import Namespace
from pratique.errors import Conflict, Refused
from pratique.promotion.authority import installation_of, verify_next
from pratique.promotion.catalogue import Happening
from pratique.promotion.directory import Directory, build_directory
from pratique.promotion.directory_form import DirectoryDocument, Service
from pratique.promotion.events import EventObject
from pratique.promotion.happenings import DirectoryPublished
from pratique.service.draft import Edition, edition, read_draft
from pratique.service.policy import joined
from pratique.service.scribe import Scribe, keep
from pratique.service.signatory import Signatory, sign
from pratique.service.workspace import Workspace
from pratique.storage.blobs import BlobStore
from pratique.storage.transaction import Transaction
from pratique.values.uris import DIRECTORY_MEDIA, ENVELOPE_MEDIA


@dataclass(frozen=True, slots=True)
class Signed:
    """A directory with the signatures that make it one."""

    directory: Directory
    envelope: bytes

    @property
    def happening(self) -> DirectoryPublished:
        """What is recorded of it."""
        return DirectoryPublished(
            version=self.directory.version,
            digest=self.directory.digest,
            previous=self.directory.document.previous,
        )

    def kept(self, blobs: BlobStore) -> EventObject:
        """Store the envelope and return how an event names it."""
        return keep(blobs, "directory", ENVELOPE_MEDIA, self.envelope)


def signed(payload: bytes, signatories: tuple[Signatory, ...]) -> Signed:
    """Have a directory's payload signed; whether these signatures suffice is for ``authority`` to say."""
    directory = Directory.parse(payload)
    if not signatories:
        raise Refused("directory: expected at least one root key holder to sign; give --key")
    envelopes = tuple(sign(each, payload, DIRECTORY_MEDIA, Namespace.DIRECTORY) for each in signatories)
    return Signed(directory, joined(envelopes))


def publish(workspace: Workspace, people: Path, signatories: tuple[Signatory, ...]) -> DirectoryPublished:
    """Publish the next directory from a people file; the installation's own services stay as they are.

    Raises:
        Unverified: Too few root key holders of this or of the next version signed.
        Conflict: Another version was published meanwhile.
    """
    draft = read_draft(people)
    current, now = workspace.store.read(lambda view: (workspace.directory(view), view.now))
    drafted = {name for name, _ in draft.services}
    own = tuple((name, it) for name, it in current.document.services if name not in drafted and _is_ours(it))
    version = Edition(installation_of(workspace.origin), current.version + 1, current.digest, now, own)
    return succeed(workspace, current, edition(draft, people.parent, (), version), signatories)


def succeed(
    workspace: Workspace,
    current: Directory,
    document: DirectoryDocument,
    signatories: tuple[Signatory, ...],
    *along: Happening,
) -> DirectoryPublished:
    """Sign and publish the version after ``current``; what else happens by it is recorded in the same transaction.

    Raises:
        Unverified, Conflict: As :func:`publish`.
    """
    next_version = signed(build_directory(document), signatories)
    verify_next(next_version.envelope, current)
    item = next_version.kept(workspace.blobs)

    def command(tx: Transaction) -> None:
        if workspace.directory(tx).digest != current.digest:
            raise Conflict("directory: another version was published meanwhile; publish it again")
        scribe = Scribe(tx, signatories[0].actor)
        scribe.append(next_version.happening, item)
        for happening in along:
            scribe.append(happening)

    workspace.store.transact(command)
    return next_version.happening


def _is_ours(service: Service) -> bool:
    return any(use == "record" or use.startswith("seal:") for use in service.uses)
