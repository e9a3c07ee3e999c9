"""Who signed an envelope: people counted, not signatures."""

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from hypothesis import given, settings
from hypothesis import strategies as st
from securesystemslib import dsse
from securesystemslib.signer._key import SSlibKey
from tests.attest.signers import (
    VERIFIED,
    envelope,
    pem,
    service_ed25519,
    service_p256,
    sk_ecdsa,
    sk_ed25519,
    ssh_ecdsa,
    ssh_ed25519,
    ssh_rsa,
)

from pratique.attest.dsse import IN_TOTO, Extension, Signature, build_envelope, pae, parse_envelope
from pratique.attest.keykind import KeyKind
from pratique.attest.keys import PublicKey, parse_pem
from pratique.attest.sshsig import Namespace
from pratique.attest.verify import Signed, TrustedKeys, open_envelope, verify_envelope
from pratique.errors import Malformed, Unverified
from pratique.values.names import Actor

REVIEW = Namespace.REVIEW
PUBLISHED = json.loads((Path(__file__).parents[1] / "vectors" / "dsse" / "vectors.json").read_text())
# An Ed25519 key in PEM is this prefix and 32 bytes (RFC 8410).
SPKI = "302a300506032b6570032100"

ANN, BOB, CI = ssh_ed25519(), ssh_ecdsa(), service_p256()
ann, bob, ci = Actor("person:ann"), Actor("person:bob"), Actor("service:ci")
EVERYBODY: TrustedKeys = ((ann, ANN.key), (bob, BOB.key), (ci, CI.key))


def holders(signed: tuple[Signed, ...]) -> list[str]:
    return [one.holder for one in signed]


def published_keys(vector: dict[str, Any]) -> TrustedKeys:
    def key(name: str) -> PublicKey:
        der = base64.b64encode(bytes.fromhex(SPKI + PUBLISHED["keys"][name]["public"])).decode()
        return parse_pem(f"-----BEGIN PUBLIC KEY-----\n{der}\n-----END PUBLIC KEY-----\n")

    return tuple((Actor(f"service:{name.lower()}"), key(name)) for name in vector["trustedKeys"])


def opens(vector: dict[str, Any], payload_type: str) -> bool:
    try:
        read = parse_envelope(json.dumps(vector["envelope"]).encode())
        keys, threshold = published_keys(vector), vector["threshold"]
        open_envelope(read, keys, None, payload_type=payload_type, threshold=threshold)
    except (Malformed, Unverified):
        return False
    return read.signed_bytes.hex() == str(vector["pae"])


@pytest.mark.parametrize("vector", PUBLISHED["vectors"], ids=lambda vector: str(vector["id"]))
def test_a_published_vector_ends_as_published(vector: dict[str, Any]) -> None:
    accepted = any(opens(vector, supported) for supported in vector["supportedPayloadTypes"])
    assert accepted == (vector["expect"] == "accept")


def test_the_published_example_with_r_and_s_side_by_side_verifies() -> None:
    x = 46950820868899156662930047687818585632848591499744589407958293238635476079160
    y = 5640078356564379163099075877009565129882514886557779369047442380624545832820
    public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    sig = "A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA=="
    made = Signature(base64.b64decode(sig))
    read = envelope(b"hello world", made, payload_type="http://example.com/HelloWorld")
    assert holders(verify_envelope(read, ((ci, parse_pem(pem(public))),), None)) == [ci]


def test_a_person_and_a_service_each_sign_in_their_own_way() -> None:
    read = envelope(b"{}", ANN.signature(b"{}", REVIEW), CI.signature(b"{}"))
    assert verify_envelope(read, EVERYBODY, REVIEW) == (
        Signed(ann, ANN.key.key_id, KeyKind.SSH),
        Signed(ci, CI.key.key_id, KeyKind.ECDSA_P256),
    )


@pytest.mark.parametrize("make", [ssh_ed25519, ssh_ecdsa, ssh_rsa, sk_ed25519, sk_ecdsa])
def test_every_kind_of_ssh_key_signs(make: Any) -> None:
    signer = make()
    read = envelope(b"{}", signer.signature(b"{}", REVIEW))
    assert holders(verify_envelope(read, ((ann, signer.key),), REVIEW)) == [ann]


def test_an_ed25519_service_signs_the_bytes_themselves() -> None:
    service = service_ed25519()
    read = envelope(b"{}", service.signature(b"{}"))
    assert verify_envelope(read, ((ci, service.key),), None)[0].kind is KeyKind.ED25519


def test_a_holder_with_two_keys_counts_once() -> None:
    second = ssh_ed25519()
    read = envelope(b"{}", ANN.signature(b"{}", REVIEW), second.signature(b"{}", REVIEW))
    keys: TrustedKeys = ((ann, ANN.key), (ann, second.key))
    assert holders(verify_envelope(read, keys, REVIEW)) == [ann]
    with pytest.raises(Unverified, match="expected signatures by 2 holders, found 1"):
        open_envelope(read, keys, REVIEW, payload_type=IN_TOTO, threshold=2)


def test_one_signature_twice_counts_once() -> None:
    read = envelope(b"{}", ANN.signature(b"{}", REVIEW), ANN.signature(b"{}", REVIEW))
    assert holders(verify_envelope(read, EVERYBODY, REVIEW)) == [ann]


def test_one_key_under_two_names_counts_for_nobody() -> None:
    read = envelope(b"{}", ANN.signature(b"{}", REVIEW))
    with pytest.raises(Unverified, match="listed for both"):
        verify_envelope(read, ((ann, ANN.key), (bob, ANN.key)), REVIEW)


@pytest.mark.parametrize(
    "bad",
    [
        Signature(b"", ""),
        Signature(b"junk", CI.key.key_id),
        Signature(b"junk", "", Extension("application/vnd.pratique.sshsig.v1", {})),
        Signature(b"\xff\xfe", ANN.key.key_id, Extension("application/vnd.pratique.sshsig.v1", {})),
        BOB.signature(b"something else", REVIEW),
        BOB.signature(b"{}", Namespace.POLICY),
        CI.signature(b"something else"),
    ],
)
def test_a_bad_signature_never_counts_and_spoils_no_good_one(bad: Signature) -> None:
    good = ANN.signature(b"{}", REVIEW)
    for order in ((bad, good), (good, bad)):
        assert holders(verify_envelope(envelope(b"{}", *order), EVERYBODY, REVIEW)) == [ann]
    with pytest.raises(Unverified, match="no trusted key signed it") as caught:
        verify_envelope(envelope(b"{}", bad), EVERYBODY, REVIEW)
    assert "\n" not in str(caught.value)


def test_a_signature_for_another_purpose_says_how_to_sign_again() -> None:
    read = envelope(b"{}", ANN.signature(b"{}", Namespace.REQUEST))
    with pytest.raises(Unverified, match="ssh-keygen -Y sign -n pratique-review"):
        verify_envelope(read, EVERYBODY, REVIEW)


def test_an_ssh_signature_does_not_count_where_only_services_sign() -> None:
    with pytest.raises(Unverified, match="expected a service key's signature"):
        verify_envelope(envelope(b"{}", ANN.signature(b"{}", REVIEW)), EVERYBODY, None)


def test_an_envelope_without_signatures_verifies_for_nobody() -> None:
    with pytest.raises(Unverified, match="it has no signature"):
        verify_envelope(envelope(b"{}"), EVERYBODY, REVIEW)


def test_without_trusted_keys_nothing_verifies() -> None:
    with pytest.raises(Unverified):
        verify_envelope(envelope(b"{}", CI.signature(b"{}")), (), None)


def test_a_wrong_keyid_hides_no_key_and_admits_none() -> None:
    made = CI.signature(b"{}")
    assert holders(verify_envelope(envelope(b"{}", Signature(made.sig, "theirs")), EVERYBODY, None)) == [ci]
    stranger = service_p256().signature(b"{}")
    with pytest.raises(Unverified):
        verify_envelope(envelope(b"{}", Signature(stranger.sig, CI.key.key_id)), EVERYBODY, None)


def test_a_signature_over_another_type_is_refused_before_the_payload_is_read() -> None:
    read = envelope(b"not json", CI.signature(b"not json", "text/plain"), payload_type="text/plain")
    with pytest.raises(Unverified, match="expected payload type"):
        open_envelope(read, EVERYBODY, None, payload_type=IN_TOTO)


def test_a_type_changed_after_signing_is_refused() -> None:
    made = CI.signature(b"{}", "text/plain")
    with pytest.raises(Unverified, match="no trusted key"):
        open_envelope(envelope(b"{}", made), EVERYBODY, None, payload_type=IN_TOTO)


@pytest.mark.parametrize("make", [sk_ed25519, sk_ecdsa])
def test_a_hardware_key_that_was_not_touched_does_not_count(make: Any) -> None:
    signer = make(flags=VERIFIED)
    with pytest.raises(Unverified, match="without a touch"):
        verify_envelope(envelope(b"{}", signer.signature(b"{}", REVIEW)), ((ann, signer.key),), REVIEW)


SIGNED = envelope(b'{"a":1}', ANN.signature(b'{"a":1}', REVIEW), CI.signature(b'{"a":1}'))


@given(st.integers(0, len(SIGNED.payload) * 8 - 1))
def test_a_flipped_bit_in_the_payload_is_refused(bit: int) -> None:
    payload = bytearray(SIGNED.payload)
    payload[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Unverified):
        verify_envelope(envelope(bytes(payload), *SIGNED.signatures), EVERYBODY, REVIEW)


@settings(max_examples=200)
@given(st.integers(0, 1), st.data())
def test_a_flipped_bit_in_a_signature_is_refused(place: int, data: st.DataObject) -> None:
    made = SIGNED.signatures[place]
    sig = bytearray(made.sig)
    bit = data.draw(st.integers(0, len(sig) * 8 - 1))
    sig[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Unverified):
        verify_envelope(
            envelope(SIGNED.payload, Signature(bytes(sig), made.keyid, made.extension)), EVERYBODY, REVIEW
        )


def test_openssl_verifies_the_same_signature_over_the_same_bytes(tmp_path: Path) -> None:
    made = CI.signature(b'{"a":1}')
    (tmp_path / "key.pem").write_text(CI.pem)
    (tmp_path / "sig").write_bytes(made.sig)
    (tmp_path / "signed").write_bytes(pae(IN_TOTO, b'{"a":1}'))
    command = ["openssl", "dgst", "-sha256", "-verify", "key.pem", "-signature", "sig", "signed"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).stdout == b"Verified OK\n"


def test_a_signature_by_openssl_verifies_here(tmp_path: Path) -> None:
    def run(*command: str) -> None:
        subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)

    run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "key")
    run("openssl", "pkey", "-in", "key", "-pubout", "-out", "key.pem")
    (tmp_path / "signed").write_bytes(pae(IN_TOTO, b"{}"))
    run("openssl", "dgst", "-sha256", "-sign", "key", "-out", "sig", "signed")
    content = build_envelope(b"{}", IN_TOTO, (Signature((tmp_path / "sig").read_bytes()),))
    key = parse_pem((tmp_path / "key.pem").read_text())
    assert holders(verify_envelope(parse_envelope(content), ((ci, key),), None)) == [ci]


def test_securesystemslib_verifies_what_we_build() -> None:
    theirs = dsse.Envelope.from_dict(json.loads(envelope(b"{}", CI.signature(b"{}")).content))
    key = SSlibKey.from_crypto(load_pem_public_key(CI.pem.encode()), keyid=CI.key.key_id)
    assert theirs.pae() == pae(IN_TOTO, b"{}")
    assert list(theirs.verify([key], 1)) == [CI.key.key_id]


def test_a_summary_published_by_another_company_verifies(corpus: Path) -> None:
    folder = corpus / "slsa-provenance/slsa-framework__slsa-verifier/vsa/gce/v1"
    read = parse_envelope((folder / "gke-gce-pre.bcid-vsa.jsonl").read_bytes())
    key = parse_pem((folder / "vsa_signing_public_key.pem").read_text())
    assert holders(verify_envelope(read, ((ci, key),), None)) == [ci]
