"""RFC 3161 answers: bytes become values, and nothing about them is known afterwards (``attest.timestamp`` verifies).

::

    TimeStampResp { status, token: ContentInfo { SignedData { content: TSTInfo, certificates, signer } } }

Strict where anything rests on it; what only describes the answer is passed over. Source: RFC 3161, 2.4.2; RFC 5652.
"""

from datetime import datetime, timedelta

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509 import (
    Certificate,
    DuplicateExtension,
    InvalidVersion,
    UnsupportedGeneralNameType,
    load_der_x509_certificate,
)

from pratique.attest import der
from pratique.attest.der import Reader, Value, context
from pratique.errors import Malformed
from pratique.values.dataclass import dataclass

MAX_BYTES = 256 * 1024
SHA256_OID = "2.16.840.1.101.3.4.2.1"
TST_INFO = "1.2.840.113549.1.9.16.1.4"
UNREADABLE = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    InvalidVersion,
    DuplicateExtension,
    UnsupportedGeneralNameType,
)
"""What ``cryptography`` raises about a certificate, some of it only when that part is looked at."""
_SIGNED_DATA = "1.2.840.113549.1.7.2"


@dataclass(frozen=True, slots=True)
class Signer:
    """One signature over an answer: over which attributes, and how it was made."""

    digest: str
    attributes: Value
    algorithm: str
    signature: bytes


@dataclass(frozen=True, slots=True)
class Timestamp:
    """An answer, read and not verified.

    Attributes:
        imprint: The SHA-256 that was stamped.
        at: The authority's clock.
        accuracy: How far its clock may be off, as it says; zero where it says nothing.
        info: The bytes that are signed about.
        signer: What the signature is and who is said to have made it.
        certificates: Those that came along.
    """

    imprint: bytes
    at: datetime
    accuracy: timedelta
    info: bytes
    signer: Signer
    certificates: tuple[Certificate, ...]

    @property
    def latest(self) -> datetime:
        """The time by which it was made, if the authority's clock is as exact as it says."""
        return self.at + self.accuracy


def parse_timestamp(answer: bytes) -> Timestamp:
    """Read an authority's whole answer; nothing about it is known afterwards.

    Raises:
        Malformed: It is no answer of RFC 3161, or a refusal.
    """
    if len(answer) > MAX_BYTES:
        raise Malformed(f"timestamp: expected at most {MAX_BYTES} bytes, found {len(answer)}")
    response = Reader(der.parse_der(answer), der.SEQUENCE, "timestamp")
    status = der.integer(Reader(response.take(der.SEQUENCE), der.SEQUENCE, "timestamp, status").take(der.INTEGER))
    if status not in (0, 1):
        raise Malformed(f"timestamp: expected one that was granted, found a refusal, status {status}")
    content = Reader(response.take(der.SEQUENCE), der.SEQUENCE, "timestamp, token")
    _expect(der.oid(content.take(der.OID)), _SIGNED_DATA, "timestamp, token")
    return _signed_data(_inside(content.take(context(0))))


def _signed_data(value: Value) -> Timestamp:
    parts = Reader(value, der.SEQUENCE, "timestamp, signed data")
    parts.take(der.INTEGER)
    parts.take(der.SET)
    content = Reader(parts.take(der.SEQUENCE), der.SEQUENCE, "timestamp, content")
    _expect(der.oid(content.take(der.OID)), TST_INFO, "timestamp, content")
    info = _inside(content.take(context(0)))
    sent = parts.maybe(context(0))
    parts.maybe(context(1))
    signers = parts.take(der.SET).parts()
    if info.tag != der.OCTETS or len(signers) != 1:
        raise Malformed(f"timestamp: expected what was stamped and one signature, found {len(signers)} signatures")
    imprint, at, accuracy = _info(der.parse_der(info.content))
    certificates = tuple(map(_certificate, sent.parts() if sent else ()))
    return Timestamp(imprint, at, accuracy, info.content, _signer(signers[0]), certificates)


def _info(value: Value) -> tuple[bytes, datetime, timedelta]:
    """Return the digest that was stamped, the time, and how exact it is."""
    parts = Reader(value, der.SEQUENCE, "timestamp, info")
    if der.integer(parts.take(der.INTEGER)) != 1:
        raise Malformed("timestamp, info: expected version 1")
    parts.take(der.OID)
    imprint = Reader(parts.take(der.SEQUENCE), der.SEQUENCE, "timestamp, imprint")
    _expect(algorithm_of(imprint.take(der.SEQUENCE)), SHA256_OID, "timestamp, imprint")
    digest = imprint.take(der.OCTETS).content
    parts.take(der.INTEGER)
    return digest, der.moment(parts.take(der.TIME)), _accuracy(parts.maybe(der.SEQUENCE))


def _accuracy(value: Value | None) -> timedelta:
    if value is None:
        return timedelta(0)
    parts = Reader(value, der.SEQUENCE, "timestamp, accuracy")
    seconds, millis, micros = parts.maybe(der.INTEGER), parts.maybe(0x80), parts.maybe(0x81)
    parts.end()
    given = [der.integer(part) if part else 0 for part in (seconds, millis, micros)]
    if not 0 <= given[0] <= 86_400 or not all(0 <= part <= 999 for part in given[1:]):
        raise Malformed("timestamp, accuracy: expected at most a day")
    return timedelta(seconds=given[0], milliseconds=given[1], microseconds=given[2])


def _signer(value: Value) -> Signer:
    parts = Reader(value, der.SEQUENCE, "timestamp, signer")
    parts.take(der.INTEGER)
    if parts.maybe(0x80) is None:  # who made it: the signed attributes name the certificate, which says more
        parts.take(der.SEQUENCE)
    digest = algorithm_of(parts.take(der.SEQUENCE))
    attributes = parts.take(context(0))
    algorithm = algorithm_of(parts.take(der.SEQUENCE))
    return Signer(digest, attributes, algorithm, parts.take(der.OCTETS).content)


def algorithm_of(value: Value) -> str:
    """Return which algorithm an AlgorithmIdentifier names; its parameters say nothing that is needed here."""
    return der.oid(Reader(value, der.SEQUENCE, "timestamp, algorithm").take(der.OID))


def _inside(value: Value) -> Value:
    """Return the one value that a context wraps."""
    return der.parse_der(value.content)


def _expect(found: str, wanted: str, where: str) -> None:
    if found != wanted:
        raise Malformed(f"{where}: expected {wanted}, found {found}")


def _certificate(value: Value) -> Certificate:
    try:
        return load_der_x509_certificate(value.whole)
    except UNREADABLE as error:
        raise Malformed(f"timestamp: expected certificates, found something else: {error}") from error
