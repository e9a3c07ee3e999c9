"""A statement as evidence: strict about its bytes, patient about its digests.

``attest`` refuses a statement whose SHA-256 is none. Evidence keeps it: every digest is shown as it was written, and
only a whole SHA-256 binds it to an image, because nothing else is a digest of ours.

Source: in-toto/attestation, spec/v1/statement.md, resource_descriptor.md and digest_set.md; v0.1 has the same shape.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pratique.attest.fields import Fields
from pratique.attest.statement import MAX_DIGESTS, MAX_SUBJECTS, V0_1, V1, Statement, Subject
from pratique.errors import Malformed
from pratique.evidence.lookup import Notes, shown
from pratique.values.canonical import parse_object
from pratique.values.digest import Digest


@dataclass(frozen=True, slots=True)
class Stated:
    """A statement, its subjects' digests as written (``<algorithm>:<value>``, sorted), and what was wrong with them."""

    statement: Statement
    subjects: tuple[str, ...]
    reasons: tuple[str, ...]

    @property
    def about(self) -> tuple[Digest, ...]:
        """The digests that can be held against bytes, sorted."""
        return tuple(sorted({subject.digest for subject in self.statement.subjects}))


def parse_stated(content: bytes) -> Stated:
    """Read a statement of version 1 or 0.1 from its exact bytes.

    Raises:
        Malformed: Another document, a field of another type, or too many subjects.
    """
    fields = Fields("statement", parse_object(content, "statement"))
    version = fields.text("_type")
    if version not in (V1, V0_1):
        raise Malformed(f"statement._type: expected {V1}, found {shown(version, 120)}")
    items = fields.objects("subject")
    if len(items) > MAX_SUBJECTS:
        raise Malformed(f"statement.subject: expected at most {MAX_SUBJECTS}, found {len(items)}")
    notes = Notes()
    subjects = tuple(subject for item in items for subject in _subjects(item, notes))
    statement = Statement(
        content, subjects, fields.text("predicateType"), fields.object_or_empty("predicate").values
    )
    written = {f"{name}:{value}" for item in items for name, value in _digests(item)}
    return Stated(statement, tuple(sorted(written)), notes.reasons)


def _digests(item: Fields) -> Iterator[tuple[str, str]]:
    digests = item.object_or_empty("digest")
    if len(digests.values) > MAX_DIGESTS:
        raise Malformed(f"{digests.where}: expected at most {MAX_DIGESTS}, found {len(digests.values)}")
    for name in digests.values:
        yield name, digests.text(name)


def _subjects(item: Fields, notes: Notes) -> Iterator[Subject]:
    for name, value in _digests(item):
        if name != "sha256":
            continue
        try:
            yield Subject(Digest(value), item.text_or_empty("name"))
        except Malformed:
            notes.add(f"subject: {shown(value, 80)!r} is no SHA-256 and binds the statement to nothing")
