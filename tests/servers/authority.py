"""A certificate authority of a test: certificates for servers on loopback, and for clients."""

import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from ipaddress import ip_address
from itertools import count
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_PEM = serialization.Encoding.PEM
_serials = count(1)


@dataclass(frozen=True)
class Issued:
    """A certificate and its private key, each in a PEM file."""

    certificate: Path
    key: Path

    def for_server(self) -> ssl.SSLContext:
        """Serve with it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


@dataclass(frozen=True)
class Authority:
    """An authority, with its files in a folder."""

    folder: Path
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @cached_property
    def certificate(self) -> x509.Certificate:
        return self._builder("test authority", self.key, x509.BasicConstraints(True, None)).sign(
            self.key, hashes.SHA256()
        )

    @property
    def file(self) -> Path:
        """What whoever believes it is given."""
        path = self.folder / "authority.pem"
        path.write_bytes(self.certificate.public_bytes(_PEM))
        return path

    def server(self, *names: str) -> Issued:
        """Issue a certificate for 127.0.0.1 and these names."""
        addresses = [x509.IPAddress(ip_address("127.0.0.1")), *(x509.DNSName(name) for name in names)]
        return self._issue("server", ExtendedKeyUsageOID.SERVER_AUTH, x509.SubjectAlternativeName(addresses))

    def client(self) -> Issued:
        """Issue a certificate that says who somebody is."""
        name = x509.SubjectAlternativeName([x509.DNSName("robot.test")])
        return self._issue("client", ExtendedKeyUsageOID.CLIENT_AUTH, name)

    def _issue(self, name: str, usage: x509.ObjectIdentifier, names: x509.SubjectAlternativeName) -> Issued:
        key = ec.generate_private_key(ec.SECP256R1())
        issued = (
            self._builder(name, key, x509.BasicConstraints(False, None))
            .add_extension(names, critical=False)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        number = next(_serials)
        certificate, private = self.folder / f"{name}-{number}.pem", self.folder / f"{name}-{number}.key"
        certificate.write_bytes(issued.public_bytes(_PEM))
        plain = serialization.NoEncryption()
        private.write_bytes(key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, plain))
        return Issued(certificate, private)

    def _builder(
        self, name: str, key: ec.EllipticCurvePrivateKey, constraints: x509.BasicConstraints
    ) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")]))
            .public_key(key.public_key())
            .serial_number(next(_serials))
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(constraints, critical=True)
        )
