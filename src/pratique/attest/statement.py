"""in-toto statements: what a signed payload says, and about which digests.

Source: in-toto/attestation, spec/v1/statement.md and digest_set.md; v0.1 has the same shape. Subjects count by
their SHA-256 and by nothing else: a name is not evidence, and a weaker digest is no name of an image.
"""

from collections.abc import Mapping
from dataclasses import field

from pratique.attest.fields import Fields
from pratique.errors import Malformed
from pratique.values.canonical import MAX_BYTES, Json, canonical, parse_object
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest

V1 = "https://in-toto.io/Statement/v1"
V0_1 = "https://in-toto.io/Statement/v0.1"

MAX_SUBJECTS = 1024  # sigstore-go's limit
MAX_DIGESTS = 32  # per subject; sigstore-go's limit


@dataclass(frozen=True, slots=True)
class Subject:
    """What a statement is about, by SHA-256; ``name`` is for people."""

    digest: Digest
    name: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement as it was read.

    ``content`` holds the exact bytes. ``subjects`` leaves out those without a SHA-256: the statement says nothing
    that we could hold against bytes of ours. ``predicate`` is as written, unknown fields included.
    """

    content: bytes
    subjects: tuple[Subject, ...]
    predicate_type: str
    predicate: Mapping[str, Json] = field(hash=False)

    def about(self, digest: Digest) -> bool:
        """Tell whether this digest is among the subjects."""
        return any(subject.digest == digest for subject in self.subjects)

    @property
    def fields(self) -> Fields:
        """The predicate, to be read field by field."""
        return Fields("predicate", self.predicate)


def parse_statement(content: bytes, *, max_bytes: int = MAX_BYTES) -> Statement:
    """Read a statement of version 1 or 0.1; unknown fields are ignored and stay in ``content``.

    Raises:
        Malformed: Another document, a field of another type, a SHA-256 that is none, or too many subjects.
    """
    fields = Fields("statement", parse_object(content, "statement", max_bytes=max_bytes))
    version = fields.text("_type")
    if version not in (V1, V0_1):
        raise Malformed(f"statement._type: expected {V1}, found {version[:120]!r}")
    items = fields.objects("subject")
    if len(items) > MAX_SUBJECTS:
        raise Malformed(f"statement.subject: expected at most {MAX_SUBJECTS}, found {len(items)}")
    subjects = tuple(subject for item in items for subject in _subject(item))
    predicate = fields.object_or_empty("predicate").values  # "predicate object, optional"
    return Statement(content, subjects, fields.text("predicateType"), predicate)


def _subject(fields: Fields) -> tuple[Subject, ...]:
    digests = fields.object_or_empty("digest")
    if len(digests.values) > MAX_DIGESTS:
        raise Malformed(f"{digests.where}: expected at most {MAX_DIGESTS}, found {len(digests.values)}")
    if not digests.has("sha256"):
        return ()
    return (Subject(digests.parsed("sha256", Digest), fields.text_or_empty("name")),)


def build_statement(subjects: tuple[Subject, ...], predicate_type: str, predicate: Mapping[str, Json]) -> bytes:
    """Return the canonical bytes of a version 1 statement.

    Raises:
        Malformed: The predicate has no canonical form, for example because of a float.
    """
    return canonical(
        {
            "_type": V1,
            "subject": [_subject_object(subject) for subject in subjects],
            "predicateType": predicate_type,
            "predicate": predicate,
        }
    )


def _subject_object(subject: Subject) -> Mapping[str, Json]:
    name = {"name": subject.name} if subject.name else {}
    return {**name, "digest": {"sha256": subject.digest.hex}}
