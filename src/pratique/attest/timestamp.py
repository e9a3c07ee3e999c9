"""RFC 3161 timestamps, verified from their bytes: an authority's word that it saw a digest, and when.

What is believed beforehand is certificates of the authority alone. The order: the answer's form, that the stamping
certificate signed what it says (RFC 5652, 5.4), that it is the one that the answer names (RFC 5035), that it may do
nothing but stamp, and that the believed certificates vouch for it at the time that the answer names; a certificate
that expired since is no fault. Nobody is asked whether one was revoked.

Needs ``cryptography`` alone. Source: RFC 3161, 2.4.2 and 2.3; RFC 5652; RFC 5280.
"""

from collections.abc import Iterator
from datetime import datetime
from hashlib import new, sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import (
    BasicConstraints,
    Certificate,
    ExtendedKeyUsage,
    ExtensionNotFound,
    KeyUsage,
    load_pem_x509_certificates,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from pratique.attest import der
from pratique.attest.der import Reader, Value
from pratique.attest.timestamp_form import (
    SHA256_OID,
    TST_INFO,
    UNREADABLE,
    Signer,
    Timestamp,
    algorithm_of,
    parse_timestamp,
)
from pratique.errors import Malformed, Unverified

MAX_CHAIN = 5  # certificates above the stamping one; ours, real ones have two

_CONTENT_TYPE = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_NAMED_BY_SHA1 = "1.2.840.113549.1.9.16.2.12"
_NAMED = "1.2.840.113549.1.9.16.2.47"
_NAME = "timestamp, certificate"
_HASHES: dict[str, tuple[str, HashAlgorithm]] = {
    SHA256_OID: ("sha256", SHA256()),
    "2.16.840.1.101.3.4.2.2": ("sha384", SHA384()),
    "2.16.840.1.101.3.4.2.3": ("sha512", SHA512()),
}
_SIGNING: dict[str, HashAlgorithm] = {
    "1.2.840.113549.1.1.11": SHA256(),
    "1.2.840.113549.1.1.12": SHA384(),
    "1.2.840.113549.1.1.13": SHA512(),
    "1.2.840.10045.4.3.2": SHA256(),
    "1.2.840.10045.4.3.3": SHA384(),
    "1.2.840.10045.4.3.4": SHA512(),
}
_PLAIN = ("1.2.840.113549.1.1.1", "1.2.840.10045.2.1")  # RSA or ECDSA, with the hash named beside it
_UNDERSTOOD = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.CERTIFICATE_POLICIES,
    }
)


def parse_certificates(pem: bytes) -> tuple[Certificate, ...]:
    """Read the certificates of an authority, PEM; raises ``Malformed`` where there is none."""
    try:
        return tuple(load_pem_x509_certificates(pem))
    except UNREADABLE as error:
        raise Malformed(f"timestamp authority: expected certificates in PEM: {error}") from error


def verify_timestamp(answer: bytes, message: bytes, believed: tuple[Certificate, ...]) -> Timestamp:
    """Return an authority's answer once it is known to be its word about this message.

    Args:
        answer: The whole answer, DER.
        message: What was stamped.
        believed: The authority's certificates; whoever they vouch for at the time of the stamp may stamp.

    Raises:
        Malformed: It breaks its form.
        Unverified: It is about something else, or nobody believed vouches for it.
    """
    found = parse_timestamp(answer)
    if found.imprint != sha256(message).digest():
        raise Unverified(f"timestamp: expected one of sha256:{sha256(message).hexdigest()}, found another's")
    try:
        certificate = _signing_certificate(found, believed)
        _check_signature(found, certificate)
        check_purpose(certificate)
        _check_chain(certificate, found, believed)
    except UNREADABLE as error:
        raise Unverified(f"timestamp: a certificate cannot be read: {error}") from error
    return found


def _signing_certificate(found: Timestamp, believed: tuple[Certificate, ...]) -> Certificate:
    """Return the certificate that the signed attributes name: none with the same key can stand for it."""
    # "The certificate identifier (ESSCertID) of the TSA certificate MUST be included as a signerInfo attribute."
    # RFC 3161, 2.4.2; RFC 5816 for other hashes than SHA-1.
    names = tuple(_names(found.signer))
    for certificate in (*found.certificates, *believed):
        own = certificate.public_bytes(Encoding.DER)
        if any(new(name, own, usedforsecurity=False).digest() == digest for name, digest in names):
            return certificate
    raise Unverified("timestamp: the certificate that it names is not there; ask for it together with the stamp")


def _names(signer: Signer) -> Iterator[tuple[str, bytes]]:
    """Yield by which hash, and as what, the attributes name the stamping certificate: the first that each lists."""
    for kind, values in _attributes(signer.attributes):
        if kind in (_NAMED, _NAMED_BY_SHA1) and values:
            listed = Reader(values[0], der.SEQUENCE, "timestamp, certificates").take(der.SEQUENCE)
            named = Reader(Reader(listed, der.SEQUENCE, _NAME).take(der.SEQUENCE), der.SEQUENCE, _NAME)
            algorithm = named.maybe(der.SEQUENCE)
            given = SHA256_OID if algorithm is None else algorithm_of(algorithm)
            yield "sha1" if kind == _NAMED_BY_SHA1 else _hash(given)[0], named.take(der.OCTETS).content


def _check_signature(found: Timestamp, certificate: Certificate) -> None:
    """Return if the certificate's key signed the attributes, and these speak of this answer and certificate."""
    signer, attributes = found.signer, dict(_attributes(found.signer.attributes))
    name, algorithm = _hash(signer.digest)
    said = attributes.get(_MESSAGE_DIGEST, ())
    if [der.oid(one) for one in attributes.get(_CONTENT_TYPE, ())] != [TST_INFO]:
        raise Unverified("timestamp: its signature is not over a timestamp")
    if [one.content for one in said] != [new(name, found.info).digest()]:
        raise Unverified("timestamp: its signature is over another time or digest")
    # "A separate encoding of the signedAttrs field is performed for message digest calculation … an EXPLICIT SET OF
    # tag is used." RFC 5652, 5.4
    message = bytes((der.SET,)) + signer.attributes.whole[1:]
    how = algorithm if signer.algorithm in _PLAIN else _SIGNING.get(signer.algorithm)
    if how is None:
        raise Unverified(f"timestamp: expected RSA or ECDSA with SHA-2, found {signer.algorithm}")
    _check_made(certificate, signer.signature, message, how)


def _check_made(certificate: Certificate, signature: bytes, message: bytes, how: HashAlgorithm) -> None:
    try:
        match certificate.public_key():
            case rsa.RSAPublicKey() as key:
                key.verify(signature, message, padding.PKCS1v15(), how)
            case ec.EllipticCurvePublicKey() as key:
                key.verify(signature, message, ec.ECDSA(how))
            case other:
                raise Unverified(f"timestamp: expected an RSA or ECDSA key, found {type(other).__name__}")
    except InvalidSignature as error:
        raise Unverified("timestamp: its signature does not hold") from error


def _hash(identifier: str) -> tuple[str, HashAlgorithm]:
    if identifier not in _HASHES:
        raise Unverified(f"timestamp: expected SHA-2, found {identifier}")
    return _HASHES[identifier]


def _attributes(value: Value) -> Iterator[tuple[str, tuple[Value, ...]]]:
    for part in value.parts():
        parts = Reader(part, der.SEQUENCE, "timestamp, attribute")
        yield der.oid(parts.take(der.OID)), parts.take(der.SET).parts()


def check_purpose(certificate: Certificate) -> None:
    """Return if a certificate is for stamping and for nothing else; raises ``Unverified``."""
    # "The corresponding certificate MUST contain only one instance of the extended key usage field extension … with
    # KeyPurposeID having value: id-kp-timeStamping. This extension MUST be critical." RFC 3161, 2.3
    try:
        usage = certificate.extensions.get_extension_for_class(ExtendedKeyUsage)
    except ExtensionNotFound as error:
        raise Unverified("timestamp: its certificate may not stamp: it does not say what for it is") from error
    if not usage.critical or list(usage.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise Unverified("timestamp: its certificate may not stamp, or not only stamp")


def _check_chain(certificate: Certificate, found: Timestamp, believed: tuple[Certificate, ...]) -> None:
    """Return if a believed certificate vouches for this one, over at most so many others, at the stamp's time."""
    current = certificate
    for _ in range(MAX_CHAIN):
        _check_valid(current, found.at)
        if current in believed:
            return
        issuer = _issuer(current, (*believed, *found.certificates))
        if issuer is None:
            break
        current = issuer
    raise Unverified("timestamp: no authority that is believed vouches for its certificate")


def _check_valid(certificate: Certificate, at: datetime) -> None:
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        raise Unverified("timestamp: a certificate was not valid at the time that it names")
    strange = [
        one.oid.dotted_string for one in certificate.extensions if one.critical and one.oid not in _UNDERSTOOD
    ]
    if strange:
        raise Unverified(
            f"timestamp: a certificate has the critical extension {strange[0]}, which is not understood"
        )


def _issuer(certificate: Certificate, candidates: tuple[Certificate, ...]) -> Certificate | None:
    return next((one for one in candidates if one != certificate and _issued(certificate, one)), None)


def _issued(certificate: Certificate, issuer: Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
        if not issuer.extensions.get_extension_for_class(BasicConstraints).value.ca:
            return False
        return issuer.extensions.get_extension_for_class(KeyUsage).value.key_cert_sign
    except (ExtensionNotFound, InvalidSignature, *UNREADABLE):
        return False
