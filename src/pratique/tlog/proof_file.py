"""``.tlog-proof`` files: one entry's place in a log, with the checkpoint that vouches for it.

::

    c2sp.org/tlog-proof@v1
    extra <base64>              may be missing; nothing vouches for it
    index <decimal>
    <base64 hash>...            sibling of the leaf first
    <blank line>
    <signed checkpoint>

Source: c2sp.org/tlog-proof.
"""

from pratique.errors import Malformed
from pratique.tlog.checkpoint import parse_checkpoint
from pratique.tlog.lines import HASH_BYTES, MAX_NUMBER, parse_base64, parse_hash, parse_number, render_base64
from pratique.tlog.note import parse_note
from pratique.tlog.policy import Policy, VerifiedCheckpoint, verify_checkpoint
from pratique.tlog.proofs import MAX_PROOF_HASHES, verify_inclusion
from pratique.values.dataclass import dataclass

MAX_PROOF_FILE_BYTES = 4 * 1024 * 1024

_HEADER = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True)
class ProofFile:
    """What a proof file claims; ``verify_proof_file`` says whether it is so.

    Attributes:
        index: The entry's place in the log, from 0.
        hashes: The inclusion proof.
        checkpoint: The signed checkpoint, byte for byte.
        extra: Bytes for the application that nothing vouches for; empty where there are none.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes = b""

    def __post_init__(self) -> None:
        if not 0 <= self.index <= MAX_NUMBER:
            raise Malformed(f"tlog-proof: expected an index from 0 to 2^63-1, found {self.index}")
        if len(self.hashes) > MAX_PROOF_HASHES or any(len(value) != HASH_BYTES for value in self.hashes):
            raise Malformed(f"tlog-proof: expected at most {MAX_PROOF_HASHES} hashes of {HASH_BYTES} bytes")
        parse_checkpoint(parse_note(self.checkpoint).text)

    def render(self) -> bytes:
        """Return the bytes of the file."""
        extra = [f"extra {render_base64(self.extra)}"] if self.extra else []
        lines = [_HEADER, *extra, f"index {self.index}", *map(render_base64, self.hashes), ""]
        return "".join(f"{line}\n" for line in lines).encode("ascii") + self.checkpoint


def parse_proof_file(content: bytes) -> ProofFile:
    """Read a proof file without verifying it.

    Raises:
        Malformed: Another header, a line out of place or in another spelling, or no signed checkpoint below.
    """
    if len(content) > MAX_PROOF_FILE_BYTES:
        raise Malformed(f"tlog-proof: expected at most {MAX_PROOF_FILE_BYTES} bytes, found {len(content)}")
    above, blank, checkpoint = content.partition(b"\n\n")
    if not blank:
        raise Malformed("tlog-proof: expected a blank line between the proof and the checkpoint")
    try:
        header, *lines = above.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise Malformed(
            f"tlog-proof: expected ASCII above the checkpoint, found another byte at {error.start}"
        ) from error
    if header != _HEADER:
        raise Malformed(f"tlog-proof: expected the first line {_HEADER!r}, found {header[:80]!r}")
    extra = _extra(lines.pop(0)) if lines and lines[0].startswith("extra ") else b""
    if not lines or not lines[0].startswith("index "):
        raise Malformed(f"tlog-proof: expected a line 'index <decimal>', found {''.join(lines[:1])[:80]!r}")
    index = parse_number(lines[0].removeprefix("index "), "tlog-proof, index")
    return ProofFile(index, tuple(parse_hash(line, "tlog-proof, hash") for line in lines[1:]), checkpoint, extra)


def _extra(line: str) -> bytes:
    extra = parse_base64(line.removeprefix("extra "), "tlog-proof, extra")
    if not extra:  # "If no extra data is present, this line is omitted."
        raise Malformed("tlog-proof: expected extra data, or no extra line at all")
    return extra


def verify_proof_file(proof: ProofFile, leaf: bytes, policy: Policy) -> VerifiedCheckpoint:
    """Return the checkpoint under which the log holds this leaf hash at ``proof.index``.

    Args:
        proof: The proof.
        leaf: The hash of the entry, made by the caller from what it wants proved and never from ``proof``.
        policy: Whose checkpoints count.

    Raises:
        Unverified: The checkpoint does not satisfy the policy, or the proof does not lead to its root.
    """
    verified = verify_checkpoint(proof.checkpoint, policy)
    checkpoint = verified.checkpoint
    verify_inclusion(leaf, proof.index, checkpoint.size, proof.hashes, checkpoint.root)
    return verified
