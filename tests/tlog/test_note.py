"""Signed notes: what is one, and when its text may be believed.

Vectors: c2sp.org/signed-note (CC BY 4.0), golang.org/x/mod/sumdb/note tests (BSD-3-Clause).
"""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from pratique.errors import Conflict, Malformed, PratiqueError, Unverified
from pratique.tlog.key import KeyKind, NoteVerifier, SignatureLine, Signer, cosign_text, sign_text
from pratique.tlog.note import UnverifiedNote, open_note, parse_note, render_note

FOO = NoteVerifier.parse("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
FOO_NOTE = (
    "This is an example message.\n\n"
    "— example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
NEUMANN = NoteVerifier.parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
NEUMANN_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n\n"
    "— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)

TEXT = "words\n"


def signing_key(number: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)


def verifier(number: int, kind: KeyKind = KeyKind.LOG, name: str = "key.example") -> NoteVerifier:
    return NoteVerifier(name, kind, signing_key(number).public_key().public_bytes_raw())


def signed(number: int, text: str = TEXT) -> SignatureLine:
    return sign_text(text, verifier(number), signing_key(number).sign)


def forged(number: int) -> SignatureLine:
    return SignatureLine("key.example", verifier(number).key_id, bytes(64))


def cosigned(number: int, at: int) -> SignatureLine:
    return cosign_text(TEXT, verifier(number, KeyKind.WITNESS), signing_key(number).sign, at)


names = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Sc"], exclude_characters="+"), min_size=1)
lines = st.builds(SignatureLine, names, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=80))
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]) | st.just("\n")).map(
    lambda t: t + "\n"
)


@pytest.mark.parametrize(("key", "note"), [(FOO, FOO_NOTE), (NEUMANN, NEUMANN_NOTE)])
def test_published_notes_open(key: NoteVerifier, note: str) -> None:
    opened = open_note(note.encode(), [FOO, NEUMANN])
    assert opened.text == note.partition("\n\n")[0] + "\n"
    assert opened.signers == (Signer(key, None),)
    unverified = parse_note(note.encode())
    assert render_note(unverified.text, unverified.signatures) == note.encode()


@given(texts, st.lists(lines, min_size=1, max_size=4).map(tuple))
def test_every_note_is_read_back(text: str, signatures: tuple[SignatureLine, ...]) -> None:
    assert parse_note(render_note(text, signatures)) == UnverifiedNote(text, signatures)


@given(st.integers(0, len(FOO_NOTE.encode()) * 8 - 1))
def test_one_flipped_bit_anywhere_refuses_a_note(bit: int) -> None:
    changed = bytearray(FOO_NOTE.encode())
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises((Malformed, Unverified)):
        open_note(bytes(changed), [FOO])


@given(st.lists(st.sampled_from(["\n", "—", " ", "a", "+", "YWJjZGVm", "YWJjZA==", "\t", "é"]), max_size=14))
def test_bytes_are_a_note_or_malformed(pieces: list[str]) -> None:
    content = "".join(pieces).encode()
    try:
        note = parse_note(content)
    except Malformed:
        return
    assert render_note(note.text, note.signatures) == content


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"\n\n",
        b"words\n\n",
        FOO_NOTE.encode()[:-1],
        FOO_NOTE.encode()[:-1] + b"A",
        FOO_NOTE.encode() + b"\n",
        FOO_NOTE.replace("message.\n\n", "message.\n").encode(),
        FOO_NOTE.replace("message", "mess\rage").encode(),
        FOO_NOTE.replace("\n", "\r\n").encode(),
        FOO_NOTE.replace("message", "mess\tage").encode(),
        FOO_NOTE.replace("message", "mess\x00age").encode(),
        FOO_NOTE.replace("message", "mess\x1fage").encode(),
        FOO_NOTE.replace("—", "-").encode(),
        FOO_NOTE.replace("—", "–").encode(),
        FOO_NOTE.replace("— ", "—").encode(),
        FOO_NOTE.replace("— ", "—  ").encode(),
        FOO_NOTE.replace("foo Uw", "foo  Uw").encode(),
        FOO_NOTE.replace("foo Uw", "foo\u00a0Uw").encode(),
        FOO_NOTE.replace("foo Uw", "f+o Uw").encode(),
        FOO_NOTE.replace("example.com/foo ", "").encode(),
        FOO_NOTE.replace("aQM=", "aQM").encode(),
        FOO_NOTE.replace("aQM=", "aQN=").encode(),
        FOO_NOTE.replace("aQM=", "aQM= ").encode(),
        FOO_NOTE.replace("aQM=\n", "aQM=\nwords\n").encode(),
        FOO_NOTE.encode("utf-16"),
        FOO_NOTE.encode("cp1252"),
        "words\n\n— key.example YWJj\n".encode(),
        "words\n\n— key.example YWJjZA==\n".encode(),
        "words\n\n— key.example \n".encode(),
        "words\n\n— key.example\n".encode(),
    ],
)
def test_anything_else_is_no_note(content: bytes) -> None:
    with pytest.raises(Malformed, match=r"note|key name") as caught:
        open_note(content, [FOO])
    assert "\n" not in str(caught.value)


def test_the_last_blank_line_ends_the_text() -> None:
    text = "one\n\n\n— key.example is no signature here\n"
    assert open_note(render_note(text, [signed(1, text)]), [verifier(1)]).text == text


def test_what_would_not_be_read_back_is_not_written() -> None:
    for text, signatures in [
        ("no newline", [signed(1)]),
        ("tab\t\n", [signed(1)]),
        (TEXT, []),
        (TEXT, [SignatureLine("key.example", b"123", bytes(64))]),
        (TEXT, [SignatureLine("key.example", b"12345", bytes(64))]),
        (TEXT, [SignatureLine("key example", b"1234", bytes(64))]),
    ]:
        with pytest.raises(Malformed):
            render_note(text, signatures)


def test_unknown_lines_are_ignored_even_with_a_known_name() -> None:
    note = render_note(TEXT, [forged(2), signed(1), SignatureLine("other.example", verifier(1).key_id, bytes(9))])
    assert open_note(note, [verifier(1)]).signers == (Signer(verifier(1), None),)


def test_a_note_that_no_known_key_signed_is_refused() -> None:
    with pytest.raises(Unverified, match="expected a signature by one of key"):
        open_note(render_note(TEXT, [signed(2)]), [verifier(1)])
    with pytest.raises(Unverified, match=r"\(none\)"):
        open_note(render_note(TEXT, [signed(2)]), [])


@pytest.mark.parametrize("note", [[forged(1), signed(2)], [signed(2), forged(1)], [signed(1), forged(1)]])
def test_one_bad_signature_of_a_known_key_outweighs_the_good_ones(note: list[SignatureLine]) -> None:
    with pytest.raises(Unverified, match="refuse the whole note"):
        open_note(render_note(TEXT, note), [verifier(1), verifier(2)])


def test_a_key_that_signed_twice_counts_once_with_its_first_line() -> None:
    log, witness = verifier(1), verifier(2, KeyKind.WITNESS)
    note = render_note(TEXT, [cosigned(2, at=7), signed(1), signed(1), cosigned(2, at=5)])
    assert open_note(note, [log, witness]).signers == (Signer(witness, 7), Signer(log, None))


def test_two_known_keys_with_one_name_and_id_are_a_conflict() -> None:
    one, other = (NoteVerifier("key.example", KeyKind.LOG, number.to_bytes(32)) for number in (12_619, 13_727))
    assert one.key_id == other.key_id  # found by trying 13,728 keys: an id is short
    note = render_note(TEXT, [signed(1)])
    assert open_note(note, [one, verifier(1), one, verifier(1)]).signers == (Signer(verifier(1), None),)
    with pytest.raises(Conflict, match="rename"):
        open_note(note, [one, verifier(1), other])


def test_a_hundred_signatures_are_read_and_no_more() -> None:
    many = [*(forged(2) for _ in range(99)), signed(1)]
    assert open_note(render_note(TEXT, many), [verifier(1)]).signers == (Signer(verifier(1), None),)
    with pytest.raises(Malformed, match="at most 100"):
        render_note(TEXT, [*many, signed(1)])


def test_a_huge_note_is_refused() -> None:
    with pytest.raises(Malformed, match="at most 1000000 bytes"):
        parse_note(b"a" * 1_000_001)


@given(st.binary(max_size=40))
def test_no_other_error_escapes(content: bytes) -> None:
    with pytest.raises(PratiqueError):
        open_note(content, [FOO])
