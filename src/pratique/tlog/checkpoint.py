"""Checkpoints: a log's signed word on its size and root, and the witnesses' word on it.

::

    example.com/log
    <size>
    <root in base64>

Source: c2sp.org/tlog-checkpoint v1.0.0, c2sp.org/tlog-cosignature v1.0.1.
"""

from collections.abc import Iterable

from pratique.errors import Malformed, Unverified
from pratique.tlog.key import KeyKind, NoteVerifier, Signer
from pratique.tlog.lines import HASH_BYTES, MAX_NUMBER, parse_hash, parse_number, render_base64
from pratique.tlog.note import open_note
from pratique.tlog.tree import EMPTY_ROOT
from pratique.values.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says about itself.

    Attributes:
        origin: The log's name.
        size: Entries in the log.
        root: The root over them, 32 bytes.
        extensions: More lines of other logs, kept but not understood. We write none: monitors cannot audit them.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.size <= MAX_NUMBER:
            raise Malformed(f"checkpoint: expected a size from 0 to 2^63-1, found {self.size}")
        if len(self.root) != HASH_BYTES:
            raise Malformed(f"checkpoint: expected a root of {HASH_BYTES} bytes, found {len(self.root)}")
        for line in (self.origin, *self.extensions):
            if not line or "\n" in line:
                raise Malformed(f"checkpoint: expected lines that are not empty, found {line[:80]!r}")

    def render(self) -> str:
        """Return the text that is signed, with its final newline."""
        lines = (self.origin, str(self.size), render_base64(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the text of a checkpoint.

    Raises:
        Malformed: Fewer than three lines, an empty one, or a size or root in another spelling.
    """
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop():
        raise Malformed("checkpoint: expected origin, size and root on a line each, ended by a newline")
    origin, size, root, *extensions = lines
    return Checkpoint(
        origin, parse_number(size, "checkpoint, size"), parse_hash(root, "checkpoint, root"), tuple(extensions)
    )


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint whose signatures were verified.

    Attributes:
        checkpoint: What was signed.
        log: The log's key that signed it; its name is the checkpoint's origin.
        witnesses: The witnesses that cosigned it, each once, with their times; maybe none.
    """

    checkpoint: Checkpoint
    log: NoteVerifier
    witnesses: tuple[Signer, ...]


def open_checkpoint(
    content: bytes, logs: Iterable[NoteVerifier], witnesses: Iterable[NoteVerifier] = ()
) -> SignedCheckpoint:
    """Return a checkpoint that one of these logs signed, and who of these witnesses cosigned it.

    How many witnesses are enough is for the caller to say (``tlog/policy.py``).

    Raises:
        Malformed: It is no signed checkpoint.
        Unverified: The log named as origin did not sign it, a known key's line does not verify, or the root of an
            empty log is not that of the empty tree.
    """
    log_keys = _only(KeyKind.LOG, logs)
    witness_keys = _only(KeyKind.WITNESS, witnesses)
    note = open_note(content, (*log_keys, *witness_keys))
    checkpoint = parse_checkpoint(note.text)
    signed = (signer.key for signer in note.signers if signer.key in log_keys)
    log = next((key for key in signed if key.name == checkpoint.origin), None)
    if not log:
        raise Unverified(
            f"checkpoint of {checkpoint.origin[:200]!r}: expected a signature by the log of that name, "
            f"found {[signer.key.name for signer in note.signers]}; add its key to the policy if you trust it"
        )
    if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
        raise Unverified(f"checkpoint of {checkpoint.origin!r}: size 0 with a root that is not the empty tree's")
    return SignedCheckpoint(checkpoint, log, tuple(s for s in note.signers if s.key in witness_keys))


def _only(kind: KeyKind, keys: Iterable[NoteVerifier]) -> tuple[NoteVerifier, ...]:
    found = tuple(keys)
    for key in found:
        if key.kind is not kind:
            raise Malformed(f"checkpoint: expected {key.name} as a key of type {kind:02x}, found {key.kind:02x}")
    return found
