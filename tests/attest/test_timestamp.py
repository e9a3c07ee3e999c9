"""What an authority stamped is known from bytes alone, and other people's program agrees about it."""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import rfc3161_client
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import (
    BasicConstraints,
    Certificate,
    CertificateBuilder,
    DNSName,
    ExtendedKeyUsage,
    ExtensionType,
    KeyUsage,
    Name,
    NameAttribute,
    NameConstraints,
    load_der_x509_certificate,
    random_serial_number,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.servers.timestamp_server import TimestampServer, timestamp_server

from pratique.attest.timestamp import check_purpose, parse_certificates, verify_timestamp
from pratique.attest.timestamp_form import parse_timestamp
from pratique.errors import Malformed, Unverified

TEXT = b"ledger.example/test\n3\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
BUNDLES = "sigstore-bundle/sigstore__sigstore-conformance/bundle-verify"
KEY = ec.generate_private_key(ec.SECP256R1())


@dataclass(frozen=True)
class Stamped:
    """An answer about ``TEXT``, and who stands behind it."""

    answer: bytes
    believed: tuple[Certificate, ...]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TimestampServer]:
    with timestamp_server(tmp_path_factory.mktemp("stamps") / "clock") as found:
        yield found


@pytest.fixture(scope="module")
def good(server: TimestampServer) -> Stamped:
    return stamped(server)


def stamped(server: TimestampServer) -> Stamped:
    answer = server.answer(server.question(TEXT))
    return Stamped(answer, parse_certificates(server.ca_file.read_bytes()))


def test_a_stamp_says_when_the_authority_saw_the_text(good: Stamped) -> None:
    found = verify_timestamp(good.answer, TEXT, good.believed)
    assert found == parse_timestamp(good.answer)
    assert abs(datetime.now(UTC) - found.at) < timedelta(hours=1)
    assert found.latest == found.at


def test_a_stamp_of_another_text_is_refused(good: Stamped) -> None:
    with pytest.raises(Unverified, match=r"expected one of sha256:\w+, found another's"):
        verify_timestamp(good.answer, TEXT + b"\n", good.believed)


def test_a_stamp_counts_for_nobody_who_does_not_believe_its_authority(good: Stamped, tmp_path: Path) -> None:
    with timestamp_server(tmp_path / "other") as other:
        believed = parse_certificates(other.ca_file.read_bytes())
    for nobody in ((), believed):
        with pytest.raises(Unverified, match="no authority that is believed"):
            verify_timestamp(good.answer, TEXT, nobody)


def test_whoever_believes_the_stamping_certificate_alone_needs_no_other(good: Stamped) -> None:
    (own,) = (one for one in parse_timestamp(good.answer).certificates if one not in good.believed)
    assert verify_timestamp(good.answer, TEXT, (own,)).at


def test_what_was_stamped_after_a_certificate_expired_is_refused(tmp_path: Path) -> None:
    with timestamp_server(tmp_path / "old", days=-1) as old:
        late = stamped(old)
    with pytest.raises(Unverified, match="not valid at the time"):
        verify_timestamp(late.answer, TEXT, late.believed)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_flipped_bit_is_refused_or_was_signed_by_nobody(good: Stamped, data: st.DataObject) -> None:
    changed = bytearray(good.answer)
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        found = verify_timestamp(bytes(changed), TEXT, good.believed)
    except (Malformed, Unverified):
        return
    assert found.at == parse_timestamp(good.answer).at


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_nothing_but_a_fault_of_its_form_leaves_the_reader(good: Stamped, data: st.DataObject) -> None:
    changed = bytearray(good.answer)
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(changed))] * 2)))
    changed[start:end] = data.draw(st.binary(max_size=40))
    try:
        parse_timestamp(bytes(changed))
    except Malformed:
        return


# Certificates that may not stamp, or vouch for nobody.


def certificate(issuer: str, subject: str, *extensions: tuple[ExtensionType, bool]) -> Certificate:
    now = datetime.now(UTC)
    builder = (
        CertificateBuilder()
        .issuer_name(Name([NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .subject_name(Name([NameAttribute(NameOID.COMMON_NAME, subject)]))
        .public_key(KEY.public_key())
        .serial_number(random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(KEY, hashes.SHA256())


def by(server: TimestampServer, own: Certificate) -> bytes:
    """Return an answer that this certificate signs; openssl lets only those sign that say that they may stamp."""
    (server.folder / "tsa.pem").write_bytes(own.public_bytes(serialization.Encoding.PEM))
    pkcs8, bare = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (server.folder / "tsa.key").write_bytes(KEY.private_bytes(serialization.Encoding.PEM, pkcs8, bare))
    return server.answer(server.question(TEXT))


STAMPS = (ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True)
VOUCHES = (
    KeyUsage(
        key_cert_sign=True,
        **dict.fromkeys(
            (
                "digital_signature",
                "content_commitment",
                "key_encipherment",
                "data_encipherment",
                "key_agreement",
                "crl_sign",
                "encipher_only",
                "decipher_only",
            ),
            False,
        ),
    ),
    True,
)
ALSO = (ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.CODE_SIGNING]), True)
AUTHORITY = (BasicConstraints(ca=True, path_length=None), True)


@pytest.fixture
def another(tmp_path: Path) -> Iterator[TimestampServer]:
    with timestamp_server(tmp_path / "another") as found:
        yield found


def test_an_authority_that_may_not_vouch_for_others_vouches_for_nobody(another: TimestampServer) -> None:
    plain, own = certificate("plain", "plain"), certificate("plain", "own", STAMPS)
    with pytest.raises(Unverified, match="no authority that is believed"):
        verify_timestamp(by(another, own), TEXT, (plain,))


def test_one_that_may_not_sign_certificates_vouches_for_nobody(another: TimestampServer) -> None:
    plain, own = certificate("ca", "ca", AUTHORITY), certificate("ca", "own", STAMPS)
    with pytest.raises(Unverified, match="no authority that is believed"):
        verify_timestamp(by(another, own), TEXT, (plain,))


def test_a_condition_that_is_not_understood_is_not_passed_over(another: TimestampServer) -> None:
    strange = (NameConstraints([DNSName("example")], None), True)
    own = certificate("ca", "own", STAMPS)
    answer = by(another, own)
    assert verify_timestamp(answer, TEXT, (certificate("ca", "ca", AUTHORITY, VOUCHES),)).at
    with pytest.raises(Unverified, match=r"critical extension 2\.5\.29\.30, which is not understood"):
        verify_timestamp(answer, TEXT, (certificate("ca", "ca", AUTHORITY, VOUCHES, strange),))


def test_a_certificate_that_may_do_anything_else_may_not_stamp() -> None:
    for extensions in ((), (ALSO,), ((STAMPS[0], False),)):
        with pytest.raises(Unverified, match="may not stamp"):
            check_purpose(certificate("own", "own", *extensions))


# Others' stamps, and another program.


def tokens(corpus: Path) -> Iterator[tuple[str, bytes, bytes, tuple[Certificate, ...]]]:
    """Yield every stamp of the conformance suite, what it is about, and the certificates beside it."""
    for place in sorted((corpus / BUNDLES).glob("*/bundle.sigstore.json")):
        try:
            bundle = json.loads(place.read_bytes())
        except ValueError:  # one of them is cut off on purpose
            continue
        roots = place.with_name("trusted_root.json")
        given = json.loads(roots.read_bytes()).get("timestampAuthorities", []) if roots.exists() else []
        chain = [der(one["rawBytes"]) for authority in given for one in authority["certChain"]["certificates"]]
        material = bundle.get("verificationMaterial") or {}
        for stamp in (material.get("timestampVerificationData") or {}).get("rfc3161Timestamps") or ():
            yield place.parent.name, base64.b64decode(stamp["signedTimestamp"]), signature_of(bundle), tuple(chain)


def der(text: str) -> Certificate:
    return load_der_x509_certificate(base64.b64decode(text))


def signature_of(bundle: dict[str, Any]) -> bytes:
    envelope = bundle.get("dsseEnvelope")
    return base64.b64decode(
        envelope["signatures"][0]["sig"] if envelope else bundle["messageSignature"]["signature"]
    )


def holds(verify: Callable[[], object]) -> bool:
    try:
        verify()
    except (Malformed, Unverified, ValueError, rfc3161_client.VerificationError):
        return False
    return True


def theirs(token: bytes, message: bytes, chain: tuple[Certificate, ...]) -> bool:
    builder = rfc3161_client.VerifierBuilder()
    for one in chain:
        root = one.issuer == one.subject
        builder = builder.add_root_certificate(one) if root else builder.add_intermediate_certificate(one)
    response = rfc3161_client.decode_timestamp_response(token)
    return holds(lambda: builder.build().verify(response, sha256(message).digest()))


def test_stamps_of_the_conformance_suite_are_read_and_another_program_agrees(corpus: Path) -> None:
    seen = held = 0
    for name, token, message, chain in tokens(corpus):
        found = parse_timestamp(token)
        assert found.at == rfc3161_client.decode_timestamp_response(token).tst_info.gen_time, name
        seen += 1
        if found.certificates and chain:
            ours = holds(partial(verify_timestamp, token, message, chain))
            assert ours == theirs(token, message, chain), name
            held += ours
            assert not holds(partial(verify_timestamp, token, b"other", chain)), name
    assert seen >= 15
    assert held >= 6


def test_a_stamp_without_its_certificate_holds_for_whoever_has_it(corpus: Path) -> None:
    found = {name: (token, message, chain) for name, token, message, chain in tokens(corpus)}
    token, message, chain = found["rekor2-timestamp-without-embedded-cert"]
    assert verify_timestamp(token, message, chain).certificates == ()
    with pytest.raises(Unverified, match="the certificate that it names is not there"):
        verify_timestamp(token, message, chain[-1:])
