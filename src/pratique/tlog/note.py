"""Signed notes: a text, a blank line, and signature lines.

::

    example.com/log
    …
    <blank line>
    — example.com/log <base64 of key id and signature>

A text counts for nothing until ``open_note`` has verified a signature over it.

Source: c2sp.org/signed-note v1.0.0; the bounds are those of golang.org/x/mod/sumdb/note.
"""

from collections.abc import Iterable

from pratique.errors import Conflict, Malformed, Unverified
from pratique.tlog.key import ID_BYTES, NoteVerifier, SignatureLine, Signer, check_name
from pratique.tlog.lines import parse_base64, render_base64
from pratique.values.dataclass import dataclass

MAX_NOTE_BYTES = 1_000_000
MAX_SIGNATURES = 100

_DASH = "— "  # U+2014


@dataclass(frozen=True, slots=True)
class UnverifiedNote:
    """What a note claims, before anything was verified."""

    text: str
    signatures: tuple[SignatureLine, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """A text and the known keys that signed it, each verified, each once, in the order of their lines."""

    text: str
    signers: tuple[Signer, ...]


def parse_note(content: bytes) -> UnverifiedNote:
    """Read a note without verifying it.

    Raises:
        Malformed: Not UTF-8, a control character, no blank line, a line that is no signature, or too large.
    """
    if len(content) > MAX_NOTE_BYTES:
        raise Malformed(f"note: expected at most {MAX_NOTE_BYTES} bytes, found {len(content)}")
    try:
        whole = content.decode()
    except UnicodeDecodeError as error:
        raise Malformed(f"note: expected UTF-8, found other bytes at {error.start}") from error
    _check_characters(whole)
    above, blank, below = whole.rpartition("\n\n")
    if not blank or not below.endswith("\n"):
        raise Malformed("note: expected a text, a blank line and signature lines, each ended by a newline")
    lines = below[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise Malformed(f"note: expected at most {MAX_SIGNATURES} signatures, found {len(lines)}")
    return UnverifiedNote(above + "\n", tuple(parse_line(line) for line in lines))


def _check_characters(text: str) -> None:
    wrong = next((char for char in text if char < " " and char != "\n"), None)
    if wrong:
        raise Malformed(f"note: expected no control characters but newlines, found {wrong!r}")


def parse_line(line: str) -> SignatureLine:
    """Read one signature line, without its newline, or raise ``Malformed``."""
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space:
        raise Malformed(f"note: expected a signature line '— <name> <base64>', found {line[:120]!r}")
    check_name(name)
    content = parse_base64(encoded, f"note, signature of {name[:80]}")
    if len(content) <= ID_BYTES:
        raise Malformed(
            f"note, signature of {name[:80]}: expected a key id and a signature, found {len(content)} bytes"
        )
    return SignatureLine(name, content[:ID_BYTES], content[ID_BYTES:])


def render_note(text: str, signatures: Iterable[SignatureLine]) -> bytes:
    """Return the bytes of a note.

    Args:
        text: Ends in a newline.
        signatures: At least one.

    Raises:
        Malformed: It would not be read back as the same note.
    """
    lines = tuple(signatures)
    below = "".join(map(render_line, lines))
    content = f"{text}\n{below}".encode()
    if parse_note(content) != UnverifiedNote(text, lines):
        raise Malformed("note: expected a text that ends in a newline, and signatures with a key id of 4 bytes")
    return content


def render_line(line: SignatureLine) -> str:
    """Return a signature line with its newline."""
    return f"{_DASH}{line.name} {render_base64(line.key_id + line.signature)}\n"


def add_lines(content: bytes, lines: Iterable[SignatureLine]) -> bytes:
    """Return a note with further signature lines below the ones it has, each key's line once.

    Raises:
        Malformed: It is no note, or would hold too many lines.
    """
    note = parse_note(content)
    there = {(line.name, line.key_id) for line in note.signatures}
    new = tuple(line for line in lines if (line.name, line.key_id) not in there)
    return render_note(note.text, (*note.signatures, *new))


def keep_lines(content: bytes, keys: Iterable[NoteVerifier]) -> bytes:
    """Return a note with the lines of these keys only, or raise ``Malformed`` where none is left."""
    note = parse_note(content)
    known = {(key.name, key.key_id) for key in keys}
    return render_note(note.text, (line for line in note.signatures if (line.name, line.key_id) in known))


def open_note(content: bytes, verifiers: Iterable[NoteVerifier]) -> Note:
    """Return a note's text and which of the known keys signed it.

    Lines of unknown keys are ignored. One bad signature of a known key refuses the whole note. Where a key signed
    several times, its first line counts.

    Raises:
        Malformed: It is no note.
        Unverified: No known key signed it, or a known key's line does not verify.
        Conflict: Two different keys among ``verifiers`` share a name and an id.
    """
    known = _by_name_and_id(verifiers)
    note = parse_note(content)
    signers: dict[NoteVerifier, Signer] = {}
    for line in note.signatures:
        key = known.get((line.name, line.key_id))
        if key:
            signers.setdefault(key, key.verify(note.text, line.signature))
    if not signers:
        wanted = ", ".join(f"{name}+{key_id.hex()}" for name, key_id in known) or "(none)"
        found = ", ".join(f"{line.name}+{line.key_id.hex()}" for line in note.signatures[:8])
        raise Unverified(f"note: expected a signature by one of {wanted[:400]}, found {found[:400]}")
    return Note(note.text, tuple(signers.values()))


def _by_name_and_id(verifiers: Iterable[NoteVerifier]) -> dict[tuple[str, bytes], NoteVerifier]:
    known: dict[tuple[str, bytes], NoteVerifier] = {}
    for key in verifiers:
        if known.setdefault((key.name, key.key_id), key) != key:
            raise Conflict(f"note: two known keys are both {key.name}+{key.key_id.hex()}; rename one of them")
    return known
