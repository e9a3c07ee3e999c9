"""Public keys of the directory: one spelling each, weak ones refused."""

import base64
import hashlib
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from tests.attest.signers import (
    ServiceSigner,
    SshSigner,
    mpint,
    pem,
    service_ed25519,
    service_p256,
    sk_ecdsa,
    sk_ed25519,
    ssh_ecdsa,
    ssh_ed25519,
    ssh_rsa,
    string,
)

from pratique.attest.keykind import KeyKind
from pratique.attest.keys import parse_key, parse_pem
from pratique.attest.sshkey import parse_ssh_blob, parse_ssh_key
from pratique.errors import Malformed, Unverified

SSH = [ssh_ed25519(), ssh_ecdsa(), ssh_rsa(), sk_ed25519(), sk_ecdsa()]
P256, ED25519 = service_p256(), service_ed25519()


@pytest.mark.parametrize("signer", SSH, ids=lambda signer: str(signer.key.algorithm))
def test_an_ssh_key_is_read_back_without_its_comment(signer: SshSigner) -> None:
    key = signer.key
    assert parse_key(KeyKind.SSH, f"{key.text} ann@example.org\n") == key
    assert "@example.org" not in key.text


@pytest.mark.parametrize("signer", [P256, ED25519], ids=["p256", "ed25519"])
def test_a_service_key_is_read_back_as_the_same_pem(signer: ServiceSigner) -> None:
    key = signer.key
    assert key.text == signer.pem
    assert parse_key(key.kind, key.text) == key


def test_the_key_id_is_the_sigstore_hint(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text(P256.pem)
    command = ["openssl", "pkey", "-pubin", "-in", "key.pem", "-outform", "DER"]
    der = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True).stdout
    assert P256.key.key_id == base64.b64encode(hashlib.sha256(der).digest()).decode()


def test_a_published_key_has_its_published_hint(corpus: Path) -> None:
    folder = corpus / "sigstore-bundle/sigstore__sigstore-conformance/bundle-verify/managed-key-happy-path"
    key = parse_pem((folder / "key.pub").read_text())
    assert f'"hint":"{key.key_id}"' in (folder / "bundle.sigstore.json").read_text()


def test_a_key_whose_point_is_not_on_the_curve_is_refused(corpus: Path) -> None:
    folder = corpus / "sigstore-bundle/sigstore__sigstore-conformance/bundle-verify/managed-key-wrong-key_fail"
    with pytest.raises(Malformed):
        parse_pem((folder / "key.pub").read_text())


def test_a_key_of_another_kind_than_said_is_refused() -> None:
    with pytest.raises(Malformed, match="expected ed25519, found ecdsa-p256"):
        parse_key(KeyKind.ED25519, P256.pem)


def compressed() -> str:
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    raw = public.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    der = bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200") + raw
    return f"-----BEGIN PUBLIC KEY-----\n{base64.b64encode(der).decode()}\n-----END PUBLIC KEY-----\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ssh-ed25519 AAAA",
        P256.pem.replace("PUBLIC", "PRIVATE"),
        P256.pem + P256.pem,
        P256.pem.replace("MFkw", "MFkx"),
        compressed(),
        pem(rsa.generate_private_key(65537, 2048).public_key()),
        pem(ec.generate_private_key(ec.SECP384R1()).public_key()),
        ED25519.pem[:60] + "AA" + ED25519.pem[60:],
    ],
)
def test_other_pem_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        parse_pem(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ssh-ed25519",
        "ssh-ed25519 !!!!",
        "ssh-ed25519 AAAA",
        f"ssh-rsa {SSH[0].key.text.split()[1]}",
        f"restrict {SSH[0].key.text}",
        f"{SSH[0].key.text}\n{SSH[1].key.text}",
        f"ssh-ed25519-cert-v01@openssh.com {SSH[0].key.text.split()[1]}",
        f"ssh-ed25519 {base64.b64encode(SSH[0].blob + b'x').decode()}",
    ],
)
def test_other_ssh_lines_are_malformed(text: str) -> None:
    with pytest.raises(Malformed, match="SSH key"):
        parse_ssh_key(text)


@pytest.mark.parametrize("arguments", [("dsa", "1024"), ("rsa", "1024"), ("ecdsa", "384"), ("ecdsa", "521")])
def test_weak_and_other_keys_of_ssh_keygen_are_refused(arguments: tuple[str, str], tmp_path: Path) -> None:
    kind, bits = arguments
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-b", bits, "-N", "", "-f", tmp_path / "key"], check=True)
    with pytest.raises(Malformed, match="SSH key"):
        parse_ssh_key((tmp_path / "key.pub").read_text())


@pytest.mark.parametrize(
    "blob",
    [
        string(b"ssh-rsa") + mpint(65537) + mpint(2**2047 - 1),
        string(b"ssh-rsa") + mpint(65536) + mpint(2**2048 - 1),
        string(b"ssh-rsa") + mpint(1) + mpint(2**2048 - 1),
        string(b"ssh-rsa") + mpint(2**33 + 1) + mpint(2**2048 - 1),
        string(b"ssh-rsa") + mpint(65537) + mpint(2**2048 - 2),
        string(b"ssh-rsa") + mpint(65537) + mpint(2**16385 - 1),
        string(b"ssh-rsa") + string(b"\0\1\0\1") + mpint(2**2048 - 1),
        string(b"ssh-rsa") + string(b"") + mpint(2**2048 - 1),
        string(b"ssh-ed25519") + string(bytes(31)),
        string(b"ecdsa-sha2-nistp256") + string(b"nistp384") + SSH[1].blob[39:],
        string(b"ecdsa-sha2-nistp256") + string(b"nistp256") + string(b"\4" + bytes(64)),
        b"\xff\xff\xff\xff",
        b"",
    ],
)
def test_other_ssh_blobs_are_malformed(blob: bytes) -> None:
    with pytest.raises(Malformed):
        parse_ssh_blob(blob)


@pytest.mark.parametrize("sign", [0, 0x80])
@pytest.mark.parametrize("y", [0, 1, 2**255 - 20, 2**255 - 19, 2**255 - 18])
def test_a_key_for_which_anybody_can_sign_is_refused(y: int, sign: int) -> None:
    raw = bytearray(y.to_bytes(32, "little"))
    raw[31] |= sign
    with pytest.raises(Malformed, match="weak"):
        parse_ssh_blob(string(b"ssh-ed25519") + string(bytes(raw)))


def test_the_points_of_order_eight_are_refused_too() -> None:
    # A signature that holds for every message is what makes such a key worthless.
    raw = bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")
    with pytest.raises(Malformed, match="weak"):
        parse_ssh_blob(string(b"ssh-ed25519") + string(raw))


@given(st.binary(max_size=120))
def test_a_service_key_verifies_only_what_it_signed(message: bytes) -> None:
    for signer in (P256, ED25519):
        signature = signer.sign(message)
        signer.key.verify(signature, message)
        with pytest.raises(Unverified):
            signer.key.verify(signature, message + b"x")


@given(st.binary(max_size=100))
def test_nothing_but_unverified_escapes_verification(signature: bytes) -> None:
    for signer in (P256, ED25519):
        with pytest.raises(Unverified):
            signer.key.verify(signature, b"message")


@given(st.binary(max_size=120))
def test_nothing_but_malformed_escapes_the_reader(blob: bytes) -> None:
    with pytest.raises(Malformed):
        parse_ssh_blob(blob)


@given(st.integers(2**2046, 2**2047 - 1), st.binary(min_size=256, max_size=256))
def test_a_made_up_modulus_verifies_nothing(half: int, signature: bytes) -> None:
    key = parse_ssh_blob(string(b"ssh-rsa") + mpint(65537) + mpint(2 * half + 1))
    with pytest.raises(Unverified):
        key.verify(string(b"rsa-sha2-512") + string(signature), b"message")


def test_two_keys_have_two_ids() -> None:
    ids = {signer.key.key_id for signer in SSH} | {P256.key.key_id, ED25519.key.key_id}
    assert len(ids) == 7
    other = ed25519.Ed25519PrivateKey.generate().public_key()
    assert parse_pem(pem(other)).key_id not in ids
