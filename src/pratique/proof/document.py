"""The proof document: everything needed to verify one promotion offline, and nothing that must be trusted.

It carries entries of the ledger as the exact bytes that were logged, each with its inclusion proof under one
signed checkpoint, and the record objects that these entries name. A *clearance* ends at the approval and is what
the signer verifies before it seals; a *promotion* adds the seal. Source: decisions.md, "Clearance, seal, proof".

Parsing establishes nothing: ``proof.verify`` does.
"""

from dataclasses import field
from enum import StrEnum

from pratique.errors import Malformed
from pratique.promotion.form import read, write
from pratique.tlog.lines import parse_base64, parse_hash, render_base64
from pratique.values.canonical import canonical, parse_object
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.ids import Kind as IdKind
from pratique.values.ids import parse_id
from pratique.values.names import Environment
from pratique.values.uris import PROOF_MEDIA

MAX_BYTES = 64 * 1024 * 1024
MAX_ENTRIES = 10_000


class Kind(StrEnum):
    """How far a proof reaches."""

    CLEARANCE = "clearance"
    PROMOTION = "promotion"


@dataclass(frozen=True, slots=True)
class _EntryForm:
    index: int
    event: str
    inclusion: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _GrowthForm:
    size: int
    root: Digest
    proof: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _StampForm:
    authority: str
    checkpoint: str
    answer: str
    proof: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Form:
    media_type: str = field(metadata={"key": "mediaType"})
    kind: Kind
    promotion: str
    image: Digest
    environment: Environment
    checkpoint: str
    entries: tuple[_EntryForm, ...]
    objects: tuple[tuple[str, str], ...]
    consistency: tuple[_GrowthForm, ...]
    stamps: tuple[_StampForm, ...] = ()


@dataclass(frozen=True, slots=True)
class Logged:
    """One entry of the ledger: its index, the exact bytes logged, and the proof that they stand there."""

    index: int
    content: bytes
    inclusion: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Growth:
    """That the ledger only grew since somebody relied on it at this size with this root."""

    size: int
    root: Digest
    proof: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Stamp:
    """A timestamp authority's answer about a checkpoint of the ledger, and that it is of the same tree (RFC 3161).

    ``authority`` is what the ledger calls it, and says nothing; ``checkpoint`` is the text that was stamped.
    """

    authority: str
    checkpoint: str
    answer: bytes
    proof: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof document, read but not verified."""

    kind: Kind
    promotion: str
    image: Digest
    environment: Environment
    checkpoint: bytes
    entries: tuple[Logged, ...]
    objects: tuple[tuple[Digest, bytes], ...]
    growths: tuple[Growth, ...]
    stamps: tuple[Stamp, ...] = ()


def parse_proof(content: bytes) -> Proof:
    """Read a proof document.

    Raises:
        Malformed: A field is missing, unknown or wrong, an object's bytes differ from its digest, or these are not
            the canonical bytes of what they say: one proof has one spelling.
    """
    form = read(_Form, parse_object(content, "proof", max_bytes=MAX_BYTES), "proof")
    if form.media_type != PROOF_MEDIA:
        raise Malformed(f"proof.mediaType: expected {PROOF_MEDIA}, found {form.media_type[:120]!r}")
    if len(form.entries) > MAX_ENTRIES:
        raise Malformed(f"proof.entries: expected at most {MAX_ENTRIES}, found {len(form.entries)}")
    proof = Proof(
        kind=form.kind,
        promotion=parse_id(form.promotion, IdKind.PROMOTION),
        image=form.image,
        environment=form.environment,
        checkpoint=form.checkpoint.encode(),
        entries=tuple(_entry(entry) for entry in form.entries),
        objects=tuple(_object(name, text) for name, text in form.objects),
        growths=tuple(
            Growth(growth.size, growth.root, _hashes(growth.proof, f"proof.consistency {growth.size}"))
            for growth in form.consistency
        ),
        stamps=tuple(map(_stamp, form.stamps)),
    )
    if build_proof(proof) != content:
        raise Malformed("proof: expected RFC 8785 bytes, found another spelling of the same document")
    return proof


def _entry(form: _EntryForm) -> Logged:
    where = f"proof.entries {form.index}"
    return Logged(form.index, parse_base64(form.event, where), _hashes(form.inclusion, where))


def _stamp(form: _StampForm) -> Stamp:
    where = f"proof.stamps {form.authority[:80]}"
    answer = parse_base64(form.answer, where)
    return Stamp(form.authority, form.checkpoint, answer, _hashes(form.proof, where))


def _hashes(texts: tuple[str, ...], where: str) -> tuple[bytes, ...]:
    return tuple(parse_hash(text, where) for text in texts)


def _object(name: str, text: str) -> tuple[Digest, bytes]:
    digest, content = Digest(name), parse_base64(text, f"proof.objects {name}")
    if Digest.of(content) != digest:
        raise Malformed(f"proof.objects: the bytes named {digest} have the digest {Digest.of(content)}")
    return digest, content


def build_proof(proof: Proof) -> bytes:
    """Return the canonical bytes of a proof document."""
    return canonical(
        write(
            _Form(
                media_type=PROOF_MEDIA,
                kind=proof.kind,
                promotion=proof.promotion,
                image=proof.image,
                environment=proof.environment,
                checkpoint=proof.checkpoint.decode(),
                entries=tuple(
                    _EntryForm(entry.index, render_base64(entry.content), _texts(entry.inclusion))
                    for entry in proof.entries
                ),
                objects=tuple((digest.hex, render_base64(content)) for digest, content in proof.objects),
                consistency=tuple(
                    _GrowthForm(growth.size, growth.root, _texts(growth.proof)) for growth in proof.growths
                ),
                stamps=tuple(
                    _StampForm(one.authority, one.checkpoint, render_base64(one.answer), _texts(one.proof))
                    for one in proof.stamps
                ),
            )
        )
    )


def _texts(hashes: tuple[bytes, ...]) -> tuple[str, ...]:
    return tuple(render_base64(item) for item in hashes)
