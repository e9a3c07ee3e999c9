"""SSHSIG: what ssh-keygen signs we accept, and what we accept ssh-keygen accepts."""

import contextlib
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.attest.signers import (
    TOUCH,
    VERIFIED,
    SshSigner,
    armour,
    mpint,
    sk_ecdsa,
    sk_ed25519,
    ssh_ecdsa,
    ssh_ed25519,
    ssh_rsa,
    string,
)

from pratique.attest.dsse import parse_base64
from pratique.attest.sshkey import SshKey, parse_ssh_key
from pratique.attest.sshsig import Namespace, parse_sshsig, verify_sshsig
from pratique.errors import Malformed, Unverified

MESSAGE = b"what is signed"
REVIEW = Namespace.REVIEW
SIGNERS = {make.__name__: make() for make in (ssh_ed25519, ssh_ecdsa, ssh_rsa, sk_ed25519, sk_ecdsa)}


def accepted_here(armoured: str, key: SshKey, message: bytes = MESSAGE, namespace: Namespace = REVIEW) -> bool:
    try:
        return verify_sshsig(parse_sshsig(armoured), message, namespace).key == key
    except (Malformed, Unverified):
        return False


def accepted_by_openssh(folder: Path, armoured: str, key: SshKey, message: bytes = MESSAGE) -> bool:
    (folder / "allowed").write_text(f'ann namespaces="{REVIEW}" {key.text}\n')
    (folder / "sig").write_text(armoured)
    command = ["ssh-keygen", "-Y", "verify", "-f", "allowed", "-I", "ann", "-n", REVIEW, "-s", "sig"]
    return subprocess.run(command, cwd=folder, input=message, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("kind", [("ed25519", "256"), ("ecdsa", "256"), ("rsa", "2048")])
@pytest.mark.parametrize("namespace", [Namespace.REVIEW, Namespace.DIRECTORY])
def test_what_ssh_keygen_signs_is_accepted(kind: tuple[str, str], namespace: Namespace, tmp_path: Path) -> None:
    def run(*command: str) -> None:
        subprocess.run(command, cwd=tmp_path, input=b"", capture_output=True, check=True)

    run("ssh-keygen", "-q", "-t", kind[0], "-b", kind[1], "-N", "", "-C", "ann@example.org", "-f", "key")
    (tmp_path / "message").write_bytes(MESSAGE)
    run("ssh-keygen", "-q", "-Y", "sign", "-f", "key", "-n", namespace, "message")
    armoured = (tmp_path / "message.sig").read_text()
    key = parse_ssh_key((tmp_path / "key.pub").read_text())

    assert accepted_here(armoured, key, namespace=namespace)
    assert not accepted_here(armoured, key, message=MESSAGE + b"!", namespace=namespace)
    assert not accepted_here(armoured, key, namespace=Namespace.WAIVER)
    printed = subprocess.run(
        ["ssh-keygen", "-lf", "key.pub"], cwd=tmp_path, capture_output=True, check=True
    ).stdout
    assert printed.decode().split()[1] == key.key_id


@pytest.mark.parametrize("signer", SIGNERS.values(), ids=SIGNERS)
@pytest.mark.parametrize("hash_name", ["sha256", "sha512"])
def test_what_we_accept_ssh_keygen_accepts(signer: SshSigner, hash_name: str, tmp_path: Path) -> None:
    armoured = armour(signer.sshsig(MESSAGE, REVIEW, hash_name))
    assert accepted_here(armoured, signer.key)
    assert accepted_by_openssh(tmp_path, armoured, signer.key)


def test_rsa_with_sha256_is_accepted_by_both(tmp_path: Path) -> None:
    signer = ssh_rsa(algorithm="rsa-sha2-256")
    armoured = armour(signer.sshsig(MESSAGE, REVIEW))
    assert accepted_here(armoured, signer.key)
    assert accepted_by_openssh(tmp_path, armoured, signer.key)


@pytest.mark.parametrize("signer", SIGNERS.values(), ids=SIGNERS)
def test_mutated_blobs_are_refused_by_both(signer: SshSigner, tmp_path: Path) -> None:
    blob = signer.sshsig(MESSAGE, REVIEW)
    for at in range(0, len(blob), len(blob) // 12):
        broken = blob[:at] + bytes([blob[at] ^ 1]) + blob[at + 1 :]
        assert not accepted_here(armour(broken), signer.key)
        assert not accepted_by_openssh(tmp_path, armour(broken), signer.key)


@pytest.mark.parametrize("signer", SIGNERS.values(), ids=SIGNERS)
def test_every_single_flipped_bit_is_refused(signer: SshSigner) -> None:
    blob = signer.sshsig(MESSAGE, REVIEW)
    for bit in range(len(blob) * 8):
        broken = bytearray(blob)
        broken[bit // 8] ^= 1 << bit % 8
        assert not accepted_here(armour(bytes(broken)), signer.key), f"bit {bit}"


@pytest.mark.parametrize("make", [sk_ed25519, sk_ecdsa])
@pytest.mark.parametrize(("flags", "touched", "verified"), [(0, 0, 0), (TOUCH, 1, 0), (TOUCH | VERIFIED, 1, 1)])
def test_hardware_tells_of_touch_and_pin(
    make: Callable[..., SshSigner], flags: int, touched: int, verified: int
) -> None:
    signer = make(flags=flags, counter=41)
    hardware = verify_sshsig(parse_sshsig(armour(signer.sshsig(MESSAGE, REVIEW))), MESSAGE, REVIEW).hardware
    assert hardware is not None
    assert (hardware.touched, hardware.user_verified) == (bool(touched), bool(verified))
    assert (hardware.application, hardware.counter) == ("ssh:", 41)


def test_a_software_key_tells_nothing_of_a_touch() -> None:
    signed = verify_sshsig(parse_sshsig(armour(ssh_ed25519().sshsig(MESSAGE, REVIEW))), MESSAGE, REVIEW)
    assert signed.hardware is None


GOOD = SIGNERS["ssh_ed25519"]


def test_the_reserved_field_must_be_empty() -> None:
    with pytest.raises(Malformed, match="reserved"):
        parse_sshsig(armour(GOOD.sshsig(MESSAGE, REVIEW, reserved=b"x")))


def test_another_hash_is_refused() -> None:
    with pytest.raises(Malformed, match="sha256 or sha512"):
        parse_sshsig(armour(GOOD.sshsig(MESSAGE, REVIEW, "sha384")))


def test_an_empty_namespace_is_refused() -> None:
    with pytest.raises(Malformed, match="namespace"):
        parse_sshsig(armour(GOOD.sshsig(MESSAGE, "")))


def test_another_version_is_refused() -> None:
    blob = GOOD.sshsig(MESSAGE, REVIEW)
    with pytest.raises(Malformed, match="version 1"):
        parse_sshsig(armour(blob[:6] + (2).to_bytes(4) + blob[10:]))


def test_rsa_with_sha1_is_refused() -> None:
    signer = SIGNERS["ssh_rsa"]
    old = SshSigner(signer.blob, lambda _: string(b"ssh-rsa") + string(bytes(256)))
    with pytest.raises(Malformed, match="rsa-sha2"):
        verify_sshsig(parse_sshsig(armour(old.sshsig(MESSAGE, REVIEW))), MESSAGE, REVIEW)


@pytest.mark.parametrize("signer", SIGNERS.values(), ids=SIGNERS)
def test_bytes_after_the_signature_are_refused(signer: SshSigner) -> None:
    longer = SshSigner(signer.blob, lambda message: signer.raw(message) + b"\0")
    assert not accepted_here(armour(longer.sshsig(MESSAGE, REVIEW)), signer.key)
    assert not accepted_here(armour(signer.sshsig(MESSAGE, REVIEW) + b"\0"), signer.key)


def test_a_number_has_one_spelling() -> None:
    signer = SIGNERS["ssh_ecdsa"]

    def padded(message: bytes) -> bytes:
        raw = signer.raw(message)
        name, inner = raw[:23], raw[27:]
        size = int.from_bytes(inner[:4])
        return name + string(string(b"\0" + inner[4 : 4 + size]) + inner[4 + size :])

    assert not accepted_here(armour(SshSigner(signer.blob, padded).sshsig(MESSAGE, REVIEW)), signer.key)


def test_windows_line_ends_are_read() -> None:
    assert accepted_here(armour(GOOD.sshsig(MESSAGE, REVIEW)).replace("\n", "\r\n"), GOOD.key)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----\n",
        armour(b""),
        armour(b"SSHSIG")[:-10],
    ],
)
def test_other_armour_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        parse_sshsig(text)


def test_an_oversized_signature_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(Malformed, match="at most"):
        parse_sshsig(armour(bytes(20_000)))


numbers = st.integers(1, 2**300).map(mpint)
parts = st.lists(st.binary(max_size=80) | st.binary(max_size=80).map(string) | numbers, max_size=4).map(b"".join)
names = st.sampled_from([signer.blob[4 : 4 + signer.blob[3]] for signer in SIGNERS.values()]).map(string)
named = st.tuples(names, parts).map(b"".join)


@settings(max_examples=300)
@given(parts | named, named)
def test_nothing_but_malformed_and_unverified_escapes(key: bytes, raw: bytes) -> None:
    forged: Any = SshSigner(key, lambda _: raw)
    with contextlib.suppress(Malformed, Unverified):
        verify_sshsig(parse_sshsig(armour(forged.sshsig(MESSAGE, REVIEW))), MESSAGE, REVIEW)
    for signer in SIGNERS.values():
        forged = SshSigner(signer.blob, lambda _: raw)
        with pytest.raises((Malformed, Unverified)):
            verify_sshsig(parse_sshsig(armour(forged.sshsig(MESSAGE, REVIEW))), MESSAGE, REVIEW)


def test_the_armour_is_plain_base64() -> None:
    body = "".join(armour(GOOD.sshsig(MESSAGE, REVIEW)).splitlines()[1:-1])
    assert parse_base64(body).startswith(b"SSHSIG")
