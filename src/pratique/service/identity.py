"""Who signed a bundle with a certificate: verified by the extra ``keyless``, and recorded as this installation's word.

Nothing is fetched. What is recorded is a statement that the record key signs, beside the bundle itself; whoever
reads it later has this word and not the mathematics.
"""

from pathlib import Path

from pratique.attest.bundle import BUNDLE_MEDIA
from pratique.attest.dsse import IN_TOTO
from pratique.attest.statement import parse_statement
from pratique.errors import Absent, Refused, Unverified
from pratique.evidence.facts.identity import Certified
from pratique.evidence.model import Origin, Piece
from pratique.evidence.predicates.identity import build_identity
from pratique.evidence.read import examine
from pratique.registry.closure import plan_from
from pratique.service.evidence import hand_in
from pratique.service.image import find
from pratique.service.ours import sign_statement
from pratique.service.scribe import RECORDER
from pratique.service.workspace import Workspace
from pratique.signing.keyless import Established, Identity, verify_keyless
from pratique.values.digest import Digest
from pratique.values.reference import Reference


def identify(bundle: Path, trusted_root: Path, expected: Identity, artifact: Path | None) -> Established:
    """Return what is established about a bundle; raises as :func:`pratique.signing.keyless.verify_keyless`.

    Args:
        bundle: A file with a Sigstore bundle.
        trusted_root: A file with a trusted root in its JSON form.
        expected: Who must have signed.
        artifact: The file that was signed, where the bundle holds no statement.
    """
    signed = None if artifact is None else read_file(artifact)
    return verify_keyless(read_file(bundle), trusted_root, expected, signed)


def record_identity(
    workspace: Workspace, reference: Reference, bundle: bytes, established: Established
) -> tuple[Digest, Digest]:
    """Record who signed a statement about an image; promotions that wait for it are judged again.

    Args:
        workspace: Where to.
        reference: The image; a tag is resolved here, once.
        bundle: The bundle's exact bytes, recorded as evidence too.
        established: What was verified about these bytes.

    Returns:
        The digests of the recorded word and of the bundle.

    Raises:
        Absent: The image does not exist.
        Refused: The bundle holds no statement about this image.
        Unverified: What was verified is something else than what the bundle holds.
    """
    repository = workspace.open(reference.repository)
    closure = plan_from(repository, find(repository, reference))
    named = _images(bundle, established)
    images = tuple(one for one in (closure.root, *(one.digest for one in closure.platforms)) if one in named)
    if not images:
        raise Refused(f"identity: expected a statement about {closure.root}, found one about something else")
    found = Certified(
        established.identity.name,
        established.identity.issuer,
        established.content,
        established.certified,
        established.trusted_root,
    )
    now = workspace.store.read(lambda view: view.now)
    word = sign_statement(workspace, build_identity(found, now, tuple(dict.fromkeys(images))))
    pieces = tuple(
        Piece(Digest.of(content), BUNDLE_MEDIA, len(content), closure.root, Origin.UPLOAD, content)
        for content in (word, bundle)
    )
    hand_in(workspace, pieces, RECORDER)
    return pieces[0].digest, pieces[1].digest


def _images(bundle: bytes, established: Established) -> frozenset[Digest]:
    """Return what the verified statement is about."""
    attestation = examine(bundle, BUNDLE_MEDIA).attestation
    payloads = () if attestation is None else tuple(one.payload for one in attestation.envelopes)
    if established.payload_type != IN_TOTO or not payloads:
        raise Refused("identity: expected a bundle that holds a statement about an image, found none in it")
    if len(payloads) != 1 or Digest.of(payloads[0]) != established.content:
        raise Unverified(
            f"identity: expected the statement {established.content}, found another one in the bundle"
        )
    return frozenset(subject.digest for subject in parse_statement(payloads[0]).subjects)


def read_file(path: Path) -> bytes:
    """Return a file's bytes, or raise ``Absent``."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise Absent(f"{path}: {error.strerror}") from error
