"""Verifier keys and the signatures they make.

Vectors: c2sp.org/signed-note (CC BY 4.0), golang.org/x/mod/sumdb/note tests (BSD-3-Clause), Sunlight's test data
(ISC), and our own keys from fixed seeds.
"""

from base64 import b64decode, b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from pratique.errors import Malformed, Unverified
from pratique.tlog.key import KeyKind, NoteVerifier, SignatureLine, Signer, cosign_text, sign_text

FOO = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
NEUMANN = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
SUNLIGHT = "witness.example.org+b8a2cf20+BFLN3yikSfFkVAJtrnh/CiY3Zozkoy7clp+P7XB28qUN"
OUR_LOG = "example.com/pratique-test+6c2d1fb8+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
OUR_WITNESS = "witness.example/w1+20324abe+BCmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X"
LITEWITNESS_LOG = (
    "sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562"
    "+5202289b+Af/cLU2Y5BJNP+r3iMDC+av9eWCD0fBJVDfzAux5zxAP"
)

log_seed = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
witness_seed = Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64)))
names = st.text(st.characters(codec="utf-8", exclude_characters="+"), min_size=1, max_size=20).filter(
    lambda name: not any(char.isspace() or char < " " for char in name)
)


@pytest.mark.parametrize("vkey", [FOO, NEUMANN, SUNLIGHT, OUR_LOG, OUR_WITNESS, LITEWITNESS_LOG])
def test_published_vkeys_are_read_and_written_alike(vkey: str) -> None:
    assert str(NoteVerifier.parse(vkey)) == vkey


def test_our_keys_are_those_of_the_fixed_seeds() -> None:
    log, witness = NoteVerifier.parse(OUR_LOG), NoteVerifier.parse(OUR_WITNESS)
    assert log == NoteVerifier("example.com/pratique-test", KeyKind.LOG, log_seed.public_key().public_bytes_raw())
    assert witness == NoteVerifier(
        "witness.example/w1", KeyKind.WITNESS, witness_seed.public_key().public_bytes_raw()
    )
    assert log.public_key.hex() == "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8"
    assert witness.public_key.hex() == "29acbae141bccaf0b22e1a94d34d0bc7361e526d0bfe12c89794bc9322966dd7"


@given(names, st.sampled_from(KeyKind), st.binary(min_size=32, max_size=32))
def test_every_vkey_is_read_back(name: str, kind: KeyKind, public_key: bytes) -> None:
    key = NoteVerifier(name, kind, public_key)
    assert NoteVerifier.parse(str(key)) == key


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "example.com/foo",
        "example.com/foo+530d903a",
        FOO.replace("530d903a", "530d903b"),
        FOO.replace("530d903a", "530D903A"),
        FOO.replace("530d903a", ""),
        FOO.replace("530d903a", "+530d903a"),
        FOO.replace("example.com/foo", ""),
        FOO.replace("example.com/foo", "example.com/f o"),
        FOO.replace("example.com/foo", "example.com/f\u00a0o"),
        FOO.replace("example.com/foo", "example.com/\ud800"),
        FOO[:-1],
        FOO + "=",
        FOO + "\n",
        "example.com/foo+530d903a+",
        "example.com/foo+530d903a+AQ==",
        f"example.com/foo+530d903a+{b64encode(bytes([1]) + bytes(33)).decode()}",
        f"example.com/foo+530d903a+{b64encode(bytes([2]) + bytes(32)).decode()}",
        f"example.com/foo+530d903a+{b64encode(bytes([255]) + bytes(32)).decode()}",
    ],
)
def test_anything_else_is_no_vkey(vkey: str) -> None:
    with pytest.raises(Malformed, match="key"):
        NoteVerifier.parse(vkey)


@given(st.text(st.characters(), max_size=60))
def test_text_is_a_vkey_or_malformed(text: str) -> None:
    try:
        key = NoteVerifier.parse(text)
    except Malformed:
        return
    assert str(key) == text


def test_a_known_text_gets_the_known_signature() -> None:
    seed = b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
    text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    key = NoteVerifier.parse(NEUMANN)
    line = sign_text(text, key, Ed25519PrivateKey.from_private_bytes(seed).sign)
    known = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    assert line == SignatureLine("PeterNeumann", b64decode(known)[:4], b64decode(known)[4:])
    assert key.verify(text, line.signature) == Signer(key, None)


def test_the_message_of_the_specification_verifies() -> None:
    known = "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM="
    key = NoteVerifier.parse(FOO)
    assert key.verify("This is an example message.\n", b64decode(known)[4:]) == Signer(key, None)


def test_a_published_cosignature_says_when() -> None:
    text = "rome2026h1.example.org\n300\nlCkHUpkmVBEms2r2T1K6Og69+wUuuN3MIEW1/ezu2v0=\n"
    known = (
        "uKLPIAAAAABpVGeAhm2bOvKc3LaB9PFN1ruG19Y5yqslmcAAbhftnn1Zznmo0LXFZq4LGvqKqLX8jWlwLKasxEGTLIqAVusneCBmBw=="
    )
    key = NoteVerifier.parse(SUNLIGHT)
    assert key.verify(text, b64decode(known)[4:]) == Signer(key, 1_767_139_200)


@given(st.text(st.characters(codec="utf-8")), st.integers(0, 2**63 - 1), st.integers(0, 72 * 8 - 1))
def test_a_flipped_bit_of_a_cosignature_or_its_time_refuses_it(text: str, at: int, bit: int) -> None:
    key = NoteVerifier.parse(OUR_WITNESS)
    line = cosign_text(text, key, witness_seed.sign, at)
    assert key.verify(text, line.signature) == Signer(key, at)
    changed = bytearray(line.signature)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Unverified):
        key.verify(text, bytes(changed))


@pytest.mark.parametrize("length", [0, 7, 8, 63, 65, 71, 73])
@pytest.mark.parametrize("vkey", [OUR_LOG, OUR_WITNESS])
def test_a_signature_of_another_length_does_not_verify(vkey: str, length: int) -> None:
    with pytest.raises(Unverified, match="good signature"):
        NoteVerifier.parse(vkey).verify("text\n", bytes(length))


def test_a_log_signature_is_not_a_cosignature_nor_the_reverse() -> None:
    log = NoteVerifier.parse(OUR_LOG)
    same_key = NoteVerifier(log.name, KeyKind.WITNESS, log.public_key)
    signed = sign_text("text\n", log, log_seed.sign)
    cosigned = cosign_text("text\n", same_key, log_seed.sign, 1)
    for key, signature in [
        (same_key, signed.signature),
        (same_key, bytes(8) + signed.signature),
        (log, cosigned.signature),
        (log, cosigned.signature[8:]),
    ]:
        with pytest.raises(Unverified):
            key.verify("text\n", signature)


def test_signing_with_another_key_than_named_is_noticed_at_once() -> None:
    log, witness = NoteVerifier.parse(OUR_LOG), NoteVerifier.parse(OUR_WITNESS)
    with pytest.raises(Unverified, match="pratique-test"):
        sign_text("text\n", log, witness_seed.sign)
    with pytest.raises(Unverified, match="/w1"):
        cosign_text("text\n", witness, log_seed.sign, 1)
    with pytest.raises(Unverified, match="type 01"):
        sign_text("text\n", witness, witness_seed.sign)
    with pytest.raises(Unverified, match="type 04"):
        cosign_text("text\n", log, log_seed.sign, 1)


@pytest.mark.parametrize("at", [-1, 2**63])
def test_a_time_that_cannot_be_written_is_refused(at: int) -> None:
    with pytest.raises(Malformed, match="2\\^63-1"):
        cosign_text("text\n", NoteVerifier.parse(OUR_WITNESS), witness_seed.sign, at)


def test_a_time_beyond_the_bound_is_refused_even_if_signed() -> None:
    signature = witness_seed.sign(f"cosignature/v1\ntime {2**63}\ntext\n".encode())
    with pytest.raises(Unverified, match="2\\^63-1"):
        NoteVerifier.parse(OUR_WITNESS).verify("text\n", (2**63).to_bytes(8) + signature)
