"""Which image a piece of evidence is about, and who signed it.

Strongest first: a verified signature over a statement that names the digest; a document that names it; the
registry, which hangs it there; its uploader's word. What names another image is kept, covers nothing here, and
says why.

An index is not an image: a bill of materials or a scan that names only an index of several platforms does not say
which of them was examined, and covers none.
"""

from dataclasses import dataclass

from pratique.attest.dsse import Envelope
from pratique.attest.keys import PublicKey
from pratique.attest.verify import Signed, TrustedKeys, verify_envelope
from pratique.errors import Unverified
from pratique.evidence.attestation import Attestation
from pratique.evidence.facts.packages import Sbom
from pratique.evidence.facts.scan import Scan
from pratique.evidence.lookup import shown
from pratique.evidence.model import Bound, Evidence, Origin, Piece, Reading
from pratique.evidence.read import examine
from pratique.evidence.surface.claim import states_surface
from pratique.evidence.surface.made import states_made
from pratique.values.digest import Digest
from pratique.values.names import Actor
from pratique.values.uris import IDENTITY, SCAN, SOURCE, VERDICT

EVIDENCE_USE = "evidence"
SOURCE_USE = "source"
RECORD_USE = "record"
"""What a service's key must be listed for, to sign evidence, ``source/v1``, or what was measured here."""

ServiceKeys = tuple[tuple[Actor, PublicKey, frozenset[str]], ...]
"""Every key, its holder, and what the directory lists it for."""


@dataclass(frozen=True, slots=True)
class Platform:
    """One real platform of an image, for example ``linux/amd64``."""

    name: str
    manifest: Digest
    config: Digest | None


@dataclass(frozen=True, slots=True)
class ImageSubject:
    """An image: the digest that moves, and its platforms.

    Without an index there is one platform, whose manifest is ``digest`` itself.
    """

    digest: Digest
    platforms: tuple[Platform, ...]

    @property
    def manifests(self) -> tuple[Digest, ...]:
        """The platforms' manifests."""
        return tuple(platform.manifest for platform in self.platforms)

    def among(self, digests: tuple[Digest, ...]) -> tuple[Digest, ...]:
        """Return those of our digests that are named here, sorted."""
        return tuple(sorted({self.digest, *self.manifests} & set(digests)))

    def described(self, digests: tuple[Digest, ...]) -> tuple[Digest, ...]:
        """Return what a report is about that names images as engines do: by manifest, or by its config's digest.

        A statement is never taken so: whoever builds an image chooses what its config is called, and could call it
        by the digest of another image, whose evidence would then cover it.
        """
        named = set(digests)
        configs = {platform.manifest for platform in self.platforms if platform.config in named}
        return tuple(sorted(configs | set(self.among(digests))))


def understand(pieces: tuple[Piece, ...], keys: ServiceKeys, image: ImageSubject) -> tuple[Evidence, ...]:
    """Return each piece read, with whoever signed it and what it covers, in the order given.

    Nothing that a piece holds raises. A signature counts only if it holds over the exact bytes, by a key that the
    directory lists for this use; any other one is as good as none.

    Args:
        pieces: What was found.
        keys: The directory's service keys.
        image: What is asked for.
    """
    return tuple(_understand(piece, keys, image) for piece in pieces)


def _understand(piece: Piece, keys: ServiceKeys, image: ImageSubject) -> Evidence:
    examined = examine(piece.content, piece.media_type)
    signers = _signers(examined.attestation, examined.reading, keys)
    covers, bound, because = _bind(piece, examined.reading, signers, image)
    return Evidence(piece, examined.reading, signers, covers, bound, because)


def _signers(attestation: Attestation | None, reading: Reading, keys: ServiceKeys) -> tuple[Signed, ...]:
    """Return who signed everything that the document says: of several envelopes, each one."""
    if attestation is None or len(attestation.envelopes) != len(attestation.parts):
        return ()
    wanted = _uses(reading)
    trusted = tuple((holder, key) for holder, key, uses in keys if wanted & uses)
    signed = [_verified(envelope, trusted) for envelope in attestation.envelopes]
    if not signed:
        return ()
    holders = [{one.holder for one in each} for each in signed]
    return tuple(one for one in signed[0] if all(one.holder in each for each in holders))


def _uses(reading: Reading) -> frozenset[str]:
    """Return what a key must be listed for, one of these, so that its word counts for such a document."""
    if reading.predicate_type == SOURCE:
        return frozenset((SOURCE_USE,))
    if reading.predicate_type == IDENTITY:  # nobody else verified the certificate
        return frozenset((RECORD_USE,))
    # What this installation measured, or had scanned or checked, it signs with its record key, which signs no other.
    ours = states_surface(reading) or states_made(reading) or reading.predicate_type in (SCAN, VERDICT)
    return frozenset((EVIDENCE_USE, RECORD_USE) if ours else (EVIDENCE_USE,))


def _verified(envelope: Envelope, trusted: TrustedKeys) -> tuple[Signed, ...]:
    try:
        return verify_envelope(envelope, trusted, None)  # people sign reviews, not evidence
    except Unverified:
        return ()


Binding = tuple[tuple[Digest, ...], Bound, str]


def _bind(piece: Piece, reading: Reading, signers: tuple[Signed, ...], image: ImageSubject) -> Binding:
    named = image.among(reading.about) if reading.predicate_type else image.described(reading.about)
    elsewhere = _elsewhere(reading, named, image)
    if elsewhere:
        return (), Bound.OTHER, elsewhere
    if not named:
        return _by_place(piece, reading, image)
    covers = _covered(reading, named, image)
    if covers:
        whole = _shorts(named)
        if reading.predicate_type is not None and signers:
            holders = ", ".join(signed.holder for signed in signers)
            return covers, Bound.STATEMENT, f"a statement about {whole}, signed by {holders}"
        unsigned = "a statement that nobody known signed" if reading.predicate_type else "the document"
        return covers, Bound.REPORT, f"{unsigned} names {whole}"
    if piece.subject in image.manifests:  # it names the index, but hangs on one platform
        return _by_place(piece, reading, image)
    return (), Bound.OTHER, "it names an index of several platforms, and not which of them it examined"


def _elsewhere(reading: Reading, named: tuple[Digest, ...], image: ImageSubject) -> str | None:
    """Return what else a document is about, or a report inside a statement, whose signature heals nothing."""
    if reading.about and not named:
        return f"it names {_shorts(reading.about[:3])}, and nothing of this image"
    if reading.subjects and not reading.about:  # whoever hangs it here does not change what it says
        return f"the statement names {shown(', '.join(reading.subjects[:3]))}, which is no SHA-256 of an image"
    inside = image.described(reading.inner_about)
    if reading.inner_about and not inside:
        return f"the report inside names {_shorts(reading.inner_about[:3])}, and nothing of this image"
    platforms = tuple(digest for digest in inside if digest in image.manifests)
    if named and image.digest not in named and platforms and not set(platforms) & set(named):
        return f"the report inside names {_shorts(platforms)}, and the statement around it {_shorts(named)}"
    return None


def _shorts(digests: tuple[Digest, ...]) -> str:
    return ", ".join(digest.short for digest in digests)


def _by_place(piece: Piece, reading: Reading, image: ImageSubject) -> Binding:
    covers = _covered(reading, image.among((piece.subject,)), image)
    if not covers:
        return (), Bound.OTHER, f"it belongs to {piece.subject.short}, which is no single image here"
    if piece.origin is Origin.UPLOAD:
        return covers, Bound.CLAIM, "only its uploader says that it is about this image"
    return covers, Bound.REFERRER, f"the registry says that it belongs to {piece.subject.short}"


def _covered(reading: Reading, named: tuple[Digest, ...], image: ImageSubject) -> tuple[Digest, ...]:
    if not any(isinstance(fact, Sbom | Scan) for fact in reading.facts):
        everything = (image.digest, *image.manifests) if image.digest in named else named
        return tuple(sorted(set(everything)))
    if len(image.platforms) == 1 and image.digest in named:
        return tuple(sorted({image.digest, *image.manifests}))
    manifests = set(image.manifests)
    inside = manifests & set(image.described(reading.inner_about))
    whole = manifests if image.digest in named else manifests & set(named)
    return tuple(sorted(inside & whole if inside else manifests & set(named)))
