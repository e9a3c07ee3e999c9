"""A timestamp authority of the tests: ``openssl ts -reply`` behind a server on loopback, well or ill.

Source: RFC 3161; openssl-ts(1).
"""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from tests.registry.scripted_server import Asked, Reply, scripted_server

_SETTINGS = """\
[req]
distinguished_name = none
[none]
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
ordering = no
tsa_name = no
ess_cert_id_alg = sha256
"""


_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


class Ill(Enum):
    """What is wrong with an authority's answers."""

    BUSY = "503"
    NONSENSE = "no answer of RFC 3161"
    OTHER_TEXT = "about another text"
    OTHER_NONCE = "to another question about the same text"
    FLIPPED = "with a bit of the signature flipped"
    REFUSAL = "a refusal"


@dataclass
class TimestampServer:
    """An authority in a folder: its own CA, and its certificate for stamping."""

    folder: Path
    ill: Ill | None = None
    url: str = ""
    asked: list[bytes] = field(default_factory=list)

    @property
    def ca_file(self) -> Path:
        return self.folder / "ca.pem"

    def answer(self, question: bytes) -> bytes:
        """Return what ``openssl ts -reply`` says."""
        (self.folder / "question.tsq").write_bytes(question)
        words = ("-queryfile", "question.tsq", "-signer", "tsa.pem", "-inkey", "tsa.key", "-chain", "ca.pem")
        _openssl(self.folder, "ts", "-reply", "-config", "settings", *words, "-out", "answer.tsr")
        return (self.folder / "answer.tsr").read_bytes()

    def question(self, text: bytes) -> bytes:
        """Return a question of our own, with another nonce."""
        (self.folder / "text").write_bytes(text)
        _openssl(self.folder, "ts", "-query", "-data", "text", "-sha256", "-cert", "-out", "other.tsq")
        return (self.folder / "other.tsq").read_bytes()


@contextmanager
def timestamp_server(folder: Path, *, days: int = 30) -> Iterator[TimestampServer]:
    """Found an authority and let it answer while the block runs; with ``days`` -1 its certificate has expired.

    What it stamps is known from the tests: the checkpoint's text, which ``OTHER_NONCE`` asks about anew.
    """
    found = TimestampServer(_founded(folder, days))

    def reply(asked: Asked) -> Reply:
        found.asked.append(asked.body)
        if asked.headers.get("content-type") != "application/timestamp-query":
            return Reply(415)
        return _reply(found, asked.body)

    with scripted_server(reply) as server:
        found.url = f"http://{server.host}"
        yield found


def _reply(server: TimestampServer, question: bytes) -> Reply:
    match server.ill:
        case None:
            return _ok(server.answer(question))
        case Ill.BUSY:
            return Reply(503)
        case Ill.NONSENSE:
            return _ok(b"<html>maintenance</html>")
        case Ill.OTHER_TEXT:
            return _ok(server.answer(server.question(b"another text")))
        case Ill.OTHER_NONCE:
            return _ok(server.answer(server.asked[0]))
        case Ill.FLIPPED:
            good = bytearray(server.answer(question))
            good[-20] ^= 1
            return _ok(bytes(good))
        case Ill.REFUSAL:
            return _ok(server.answer(b"no question"))


def _ok(body: bytes) -> Reply:
    return Reply(200, (("Content-Type", "application/timestamp-reply"),), body)


def _founded(folder: Path, days: int) -> Path:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed; it plays the timestamp authority")
    folder.mkdir(parents=True)
    (folder / "settings").write_text(_SETTINGS.format(folder=folder))
    (folder / "serial").write_text("01\n")
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-config", "settings")
    own = ("-x509", "-days", "365", "-subj", f"/CN={folder.name} CA", "-extensions", "ca")
    _openssl(folder, "req", *key, *own, "-keyout", "ca.key", "-out", "ca.pem")
    _issue(folder, datetime.now(UTC) + timedelta(days=days))
    return folder


def _issue(folder: Path, until: datetime) -> None:
    """Issue the stamping certificate, valid from a day before until then."""
    authority = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
    signer = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), None)
    own = ec.generate_private_key(ec.SECP256R1())
    usage = dict.fromkeys(_USAGES, False) | {"digital_signature": True}
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, folder.name)]))
        .issuer_name(authority.subject)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(until - timedelta(days=60))
        .not_valid_after(until)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        .sign(signer, hashes.SHA256())
    )
    (folder / "tsa.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    pkcs8, bare = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "tsa.key").write_bytes(own.private_bytes(serialization.Encoding.PEM, pkcs8, bare))


def _openssl(folder: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True, timeout=30)
