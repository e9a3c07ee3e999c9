"""What this installation states about images as evidence, signed with its record key."""

from collections.abc import Iterator
from contextlib import suppress

from pratique.attest.bundle import BUNDLE_MEDIA, build_bundle
from pratique.attest.dsse import IN_TOTO, parse_envelope
from pratique.attest.verify import TrustedKeys, verify_envelope
from pratique.errors import Unverified
from pratique.evidence.model import Origin, Piece
from pratique.evidence.read import examine
from pratique.promotion.events import Class
from pratique.promotion.intake import EvidenceAdded
from pratique.service.scribe import RECORDER, About, Scribe, keep
from pratique.service.workspace import Workspace
from pratique.storage.transaction import Transaction
from pratique.values.digest import Digest


def stated_here(workspace: Workspace, known: tuple[Piece, ...]) -> Iterator[bytes]:
    """Yield every statement that a record key signed; in another's name the same words are not ours."""
    trusted = workspace.store.read(workspace.directory).service_keys("record")
    for piece in known:
        if piece.origin is Origin.UPLOAD and piece.media_type == BUNDLE_MEDIA:
            yield from _payloads(piece, trusted)


def _payloads(piece: Piece, trusted: TrustedKeys) -> Iterator[bytes]:
    attestation = examine(piece.content, piece.media_type).attestation
    for envelope in () if attestation is None else attestation.envelopes:
        with suppress(Unverified):
            verify_envelope(envelope, trusted, None)
            yield envelope.payload


def sign_statement(workspace: Workspace, statement: bytes) -> bytes:
    """Return a Sigstore bundle in which the record key signs a statement."""
    return build_bundle(parse_envelope(workspace.keys.record().envelope(IN_TOTO, statement)))


def record_statement(workspace: Workspace, statement: bytes, image: Digest) -> Piece:
    """Sign a statement about an image, record it, and return it as evidence.

    Whoever gathers evidence for one promotion has no other one judged again by it.
    """
    content = sign_statement(workspace, statement)
    item = keep(workspace.blobs, "evidence", BUNDLE_MEDIA, content, Class.EVIDENCE)
    added = EvidenceAdded(Digest.of(content), BUNDLE_MEDIA)

    def command(tx: Transaction) -> None:
        Scribe(tx, RECORDER, About(None, None, None, image)).append(added, item)
        tx.packages.forget(promotion.id for promotion in tx.promotions.of_image(image))

    workspace.store.transact(command)
    return Piece(added.digest, BUNDLE_MEDIA, len(content), image, Origin.UPLOAD, content)
