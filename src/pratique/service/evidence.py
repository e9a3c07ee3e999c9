"""Evidence handed in here."""

import base64
from dataclasses import dataclass
from pathlib import Path

from pratique.attest.bundle import BUNDLE_MEDIA, build_bundle
from pratique.attest.dsse import IN_TOTO, parse_envelope
from pratique.attest.statement import Subject, build_statement
from pratique.errors import Absent, Malformed, Unverified
from pratique.evidence.model import Origin, Parse, Piece, Reading
from pratique.evidence.pieces import pieces_of
from pratique.evidence.read import read
from pratique.promotion.events import Class, EventObject
from pratique.promotion.intake import EvidenceAdded
from pratique.promotion.states import State
from pratique.service.confined import unreadable
from pratique.service.retry import retry_image
from pratique.service.scribe import RECORDER, About, Scribe, keep
from pratique.service.signatory import ServiceSignatory
from pratique.service.workspace import Workspace
from pratique.storage.transaction import Transaction
from pratique.values.digest import Digest
from pratique.values.names import Actor
from pratique.values.reference import Reference
from pratique.values.uris import REPORT

MAX_BYTES = 64 * 1024 * 1024  # as much as one piece carried by an image may have

_BY_ENDING = {".json": "application/json", ".xml": "application/xml"}


@dataclass(frozen=True, slots=True)
class Added:
    """One piece that was handed in, and what a reader makes of it."""

    path: str
    digest: Digest
    reading: Reading


def add(
    workspace: Workspace,
    reference: Reference,
    files: tuple[Path, ...],
    media_type: str | None,
    signatory: ServiceSignatory | None,
) -> tuple[Added, ...]:
    """Hand in evidence about an image; promotions that wait for it are judged again by themselves.

    Of a file of several attestations each is a piece by itself, unless a service signs the file as its report.

    Args:
        workspace: Where to.
        reference: The image; a tag is resolved here, once.
        files: Reports, documents or signed statements.
        media_type: Of every file; where it is not given, it is guessed from the name and decides nothing.
        signatory: A service that signs each file as its report about this image, if there is one.

    Raises:
        Absent: The image or a file does not exist.
        Malformed: A file is refused by its reader; nothing was recorded.
        Unverified: The directory does not list the signatory's key for evidence.
    """
    if signatory is not None:
        check_signatory(workspace, signatory)
    image = _image(workspace, reference)
    found = tuple((file, piece) for file in files for piece in _pieces(image, file, media_type, signatory))
    for (file, _), broken in zip(found, unreadable(piece.content for _, piece in found), strict=True):
        if broken is not None:
            raise Malformed(f"{file}: {broken}; nothing was added")
    added = tuple(_added(file, piece) for file, piece in found)
    hand_in(workspace, tuple(piece for _, piece in found), RECORDER if signatory is None else signatory.actor)
    return added


def _added(file: Path, piece: Piece) -> Added:
    reading = read(piece.content, piece.media_type)
    if reading.parse is Parse.REFUSED:
        raise Malformed(f"{file}: {'; '.join(reading.reasons)}; nothing was added")
    return Added(str(file), piece.digest, reading)


def hand_in(workspace: Workspace, pieces: tuple[Piece, ...], actor: Actor) -> None:
    """Keep pieces about one image and record that they came; promotions that wait for them are judged again.

    Args:
        workspace: Where to.
        pieces: What was read without refusal; each about the same image.
        actor: Who hands them in.
    """
    objects = [_keep(workspace, piece) for piece in pieces]

    def command(tx: Transaction) -> None:
        for piece, item in zip(pieces, objects, strict=True):
            Scribe(tx, actor, About(None, None, None, piece.subject)).append(
                EvidenceAdded(piece.digest, piece.media_type), item
            )
        for image in dict.fromkeys(piece.subject for piece in pieces):
            retry_image(tx, image)
            tx.packages.forget(promotion.id for promotion in tx.promotions.of_image(image))
            for promotion in tx.promotions.of_image(image):
                if promotion.state is State.GATHERING:
                    tx.effects.hasten(promotion.id)

    workspace.store.transact(command)


def check_signatory(workspace: Workspace, signatory: ServiceSignatory) -> None:
    """Return if the directory lists this key for this service and for evidence, else raise ``Unverified``."""
    directory = workspace.store.read(workspace.directory)
    listed = {(holder, key.key_id) for holder, key in directory.service_keys("evidence")}
    if (signatory.actor, signatory.key.public.key_id) not in listed:
        raise Unverified(
            f"evidence: the directory does not list the key {signatory.key.public.key_id} for {signatory.actor} with "
            "the use 'evidence'; nothing was added"
        )


def _keep(workspace: Workspace, piece: Piece) -> EventObject:
    return keep(workspace.blobs, "evidence", piece.media_type, piece.content, Class.EVIDENCE)


def _image(workspace: Workspace, reference: Reference) -> Digest:
    repository = workspace.open(reference.repository)
    digest = reference.digest or (repository.resolve(reference.tag) if reference.tag else None)
    if digest is None:
        raise Absent(f"{reference} does not exist; name a tag that does, or a digest")
    return repository.manifest(digest).digest


def _pieces(
    image: Digest, file: Path, media_type: str | None, signatory: ServiceSignatory | None
) -> tuple[Piece, ...]:
    """Return what a file holds: one piece, or each attestation of a file of several."""
    content = _content(file)
    kind = media_type or _BY_ENDING.get(file.suffix, "application/octet-stream")
    if signatory is not None:
        return (_piece(image, BUNDLE_MEDIA, signed_report(image, kind, content, signatory)),)
    try:
        several = pieces_of(content)
    except Malformed as error:
        raise Malformed(f"{file}: {error}; nothing was added") from error
    return tuple(_piece(image, kind, one) for one in dict.fromkeys(several) or (content,))


def _piece(image: Digest, media_type: str, content: bytes) -> Piece:
    return Piece(Digest.of(content), media_type, len(content), image, Origin.UPLOAD, content)


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise Absent(f"evidence {file} cannot be read: {error.strerror}") from error
    if len(content) > MAX_BYTES:
        raise Malformed(f"evidence {file}: expected at most {MAX_BYTES} bytes")
    return content


def signed_report(image: Digest, media_type: str, content: bytes, signatory: ServiceSignatory) -> bytes:
    """Return a Sigstore bundle in which a service states that this is its report about this image."""
    predicate = {"mediaType": media_type, "content": base64.b64encode(content).decode()}
    statement = build_statement((Subject(image),), REPORT, predicate)
    return build_bundle(parse_envelope(signatory.key.envelope(IN_TOTO, statement)))
