"""The witness protocol: a log asks for a cosignature, and a witness sees that it only ever grew.

::

    old <size that the witness cosigned last>
    <hash>              the consistency proof from there, 0 to 63 lines
    <blank line>
    <signed checkpoint>

What a witness remembers of a log is the largest tree that it cosigned; comparing it and remembering the next one
is one step, and durable before the answer, else two requests at once could lead it back.

Source: c2sp.org/tlog-witness v1.0.0, with the rule on size 0 of the text of 2026-07.
"""

from collections.abc import Collection, Iterable
from enum import IntEnum
from hashlib import sha256

from pratique.errors import Malformed, Unverified
from pratique.tlog.checkpoint import Checkpoint, parse_checkpoint
from pratique.tlog.key import KeyKind, NoteVerifier, SignatureLine, Signer
from pratique.tlog.lines import parse_hash, parse_number, render_base64
from pratique.tlog.note import MAX_NOTE_BYTES, open_note, parse_line, parse_note, render_line
from pratique.tlog.proofs import MAX_PROOF_HASHES, verify_consistency
from pratique.tlog.tree import EMPTY_ROOT
from pratique.values.dataclass import dataclass

MAX_REQUEST_BYTES = MAX_NOTE_BYTES + 8 * 1024  # the proof is at most 63 lines of 45 bytes
MAX_ANSWER_BYTES = 64 * 1024

SIZE_MEDIA = "text/x.tlog.size"
"""The media type of the answer to a request that begins at another size."""


class Status(IntEnum):
    """The HTTP status of a refusal."""

    MALFORMED = 400
    UNTRUSTED = 403
    """No known key of the log signed it."""
    UNKNOWN_LOG = 404
    OTHER_SIZE = 409
    """The request begins at another size than the one cosigned last; the body says which."""
    INCONSISTENT = 422
    """The log did not only grow."""


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """A request for a cosignature; ``note`` is the signed checkpoint's exact bytes."""

    old: int
    proof: tuple[bytes, ...]
    note: bytes

    def render(self) -> bytes:
        """Return the request's body."""
        hashes = "".join(f"{render_base64(each)}\n" for each in self.proof)
        return f"old {self.old}\n{hashes}\n".encode() + self.note


@dataclass(frozen=True, slots=True)
class Seen:
    """The largest tree of a log that a witness cosigned."""

    size: int = 0
    root: bytes = EMPTY_ROOT


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no cosignature; ``size`` is what was cosigned last, where that is the reason."""

    status: Status
    reason: str
    size: int | None = None


def parse_add_checkpoint(body: bytes) -> AddCheckpoint:
    """Read a request.

    Raises:
        Malformed: Another form, a hash or number in another spelling, or too long.
    """
    if len(body) > MAX_REQUEST_BYTES:
        raise Malformed(f"add-checkpoint: expected at most {MAX_REQUEST_BYTES} bytes, found {len(body)}")
    head, blank, note = body.partition(b"\n\n")
    if not blank:
        raise Malformed("add-checkpoint: expected a blank line before the checkpoint, found none")
    try:
        first, *hashes = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise Malformed("add-checkpoint: expected ASCII before the checkpoint, found other bytes") from error
    word, _, number = first.partition(" ")
    if word != "old":
        raise Malformed(f"add-checkpoint: expected 'old <size>' first, found {first[:80]!r}")
    if len(hashes) > MAX_PROOF_HASHES:
        raise Malformed(f"add-checkpoint: expected a proof of at most {MAX_PROOF_HASHES}, found {len(hashes)}")
    old = parse_number(number, "add-checkpoint, old size")
    return AddCheckpoint(old, tuple(parse_hash(each, "add-checkpoint, proof") for each in hashes), note)


def claimed(request: AddCheckpoint) -> Checkpoint:
    """Return the checkpoint that a request claims, before anything was verified; ``Malformed`` where it is none.

    Raises:
        Malformed: It is no checkpoint, or smaller than the size that the request begins at.
    """
    found = parse_checkpoint(parse_note(request.note).text)
    if request.old > found.size:
        raise Malformed(f"add-checkpoint: expected an old size up to {found.size}, found {request.old}")
    return found


def consider(request: AddCheckpoint, keys: Collection[NoteVerifier], seen: Seen) -> Checkpoint | Refusal:
    """Return the checkpoint that the witness may cosign, or why not.

    Args:
        request: What :func:`parse_add_checkpoint` has read.
        keys: The keys by which this witness knows the log that the checkpoint names.
        seen: What it cosigned last of that log.

    Raises:
        Malformed: As :func:`claimed`.
    """
    new = claimed(request)
    known = tuple(key for key in keys if key.name == new.origin and key.kind is KeyKind.LOG)
    if not known:
        return Refusal(Status.UNKNOWN_LOG, "this witness does not know the log; ask its operator to add it")
    try:
        open_note(request.note, known)
    except Unverified as error:
        return Refusal(Status.UNTRUSTED, str(error))
    if request.old != seen.size:
        return Refusal(Status.OTHER_SIZE, f"the last size cosigned here is {seen.size}", seen.size)
    try:
        verify_consistency(seen.size, seen.root, new.size, new.root, request.proof)
    except Unverified as error:
        return Refusal(Status.INCONSISTENT, str(error))
    if new.size == 0 and new.root != EMPTY_ROOT:
        return Refusal(Status.INCONSISTENT, "the root of an empty log is not that of the empty tree")
    return new


def cosignatures(
    answer: bytes, text: str, witnesses: Iterable[NoteVerifier]
) -> tuple[tuple[SignatureLine, Signer], ...]:
    """Return the lines of a witness's answer that known witnesses signed over this checkpoint's text.

    Lines of keys that are not known are left out, as the protocol wants.

    Raises:
        Malformed: The answer is too long, or holds anything but signature lines.
        Unverified: A known witness's line does not verify.
    """
    if len(answer) > MAX_ANSWER_BYTES:
        raise Malformed(f"witness: expected an answer of at most {MAX_ANSWER_BYTES} bytes, found {len(answer)}")
    known = {(key.name, key.key_id): key for key in witnesses}
    found: list[tuple[SignatureLine, Signer]] = []
    for line in map(parse_line, _lines(answer)):
        key = known.get((line.name, line.key_id))
        if key:
            found.append((line, key.verify(text, line.signature)))
    return tuple(found)


def _lines(answer: bytes) -> tuple[str, ...]:
    try:
        text = answer.decode()
    except UnicodeDecodeError as error:
        raise Malformed(
            f"witness: expected signature lines in UTF-8, found other bytes at {error.start}"
        ) from error
    if not text.endswith("\n"):
        raise Malformed("witness: expected signature lines, each ended by a newline")
    return tuple(text[:-1].split("\n"))


def render_answer(lines: Iterable[SignatureLine]) -> bytes:
    """Return the body in which a witness gives its cosignatures."""
    return "".join(map(render_line, lines)).encode()


def parse_size(answer: bytes) -> int:
    """Read the size in the answer to a request that began elsewhere, or raise ``Malformed``."""
    text = answer[:64].decode("ascii", "replace")
    if not text.endswith("\n"):
        raise Malformed(f"witness: expected a size and a newline, found {text!r}")
    return parse_number(text[:-1], "witness, size")


def monitoring_path(origin: str) -> str:
    """Return where, below its monitoring prefix, a witness shows the last checkpoint of a log."""
    return f"{sha256(origin.encode()).hexdigest()}/checkpoint"
