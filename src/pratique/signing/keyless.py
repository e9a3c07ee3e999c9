"""Who signed a Sigstore bundle with a certificate that was valid for ten minutes.

The hand to sigstore-python, which the extra ``keyless`` installs. It reads no network: the trusted root comes as a
file, the bundle brings certificate, log entry and timestamps. What it establishes depends on that root as it was on
the day, so whoever relies on it later has this record and not the mathematics: it is always shown as *not
re-verified offline*. Signatures by plain keys never come this way; ``attest`` verifies them from the bytes each time.

Source: sigstore/sigstore-python 4; sigstore's client specification, "Verification".
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pratique.errors import Absent, Malformed, Unverified
from pratique.values.canonical import parse_object
from pratique.values.digest import Digest

if TYPE_CHECKING:
    from sigstore.models import Bundle, TrustedRoot
    from sigstore.verify import Verifier
    from sigstore.verify.policy import Identity as CertificateIdentity

NOT_REPEATED = "not re-verified offline"
"""What is said beside every identity that this hand established."""
_INSTALL = "keyless: expected the extra 'keyless', found none; install it with: pip install 'pratique[keyless]'"


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom to expect: the name in the certificate, and who vouched for it, both exactly as written there."""

    name: str
    issuer: str


@dataclass(frozen=True, slots=True)
class Established:
    """What held on the day it was looked at.

    Attributes:
        identity: Who signed.
        content: The digest of what was signed: a statement's payload, or the artifact itself.
        payload_type: Of a statement; ``None`` for an artifact.
        certified: When the certificate began to be valid.
        trusted_root: The digest of the trusted root's file.
    """

    identity: Identity
    content: Digest
    payload_type: str | None
    certified: datetime
    trusted_root: Digest

    def __str__(self) -> str:
        return f"signed by {self.identity.name} (certified by {self.identity.issuer}), {NOT_REPEATED}"


def verify_keyless(bundle: bytes, trusted_root: Path, expected: Identity, artifact: bytes | None) -> Established:
    """Return what is established about a bundle, if the expected identity signed it.

    Args:
        bundle: A Sigstore bundle's exact bytes.
        trusted_root: A trusted root in its JSON form, from somewhere that is trusted.
        expected: Who must have signed.
        artifact: What was signed, where it is not in the bundle.

    Raises:
        Unverified: A signature, certificate, log entry or timestamp does not hold, or somebody else signed.
        Malformed: The bundle or the trusted root breaks its format, or the artifact is missing.
        Absent: The extra ``keyless`` is not installed, or the trusted root's file cannot be read.
    """
    root, digest = _read_root(trusted_root)
    holds_statement = "dsseEnvelope" in parse_object(
        bundle, "bundle"
    )  # strictly, so that all readers see one thing
    if not holds_statement and artifact is None:
        raise Malformed("bundle: it signs something that is not in it; name that file too")
    parsed = _read_bundle(bundle)
    content, payload_type = _verify(root, parsed, expected, None if holds_statement else artifact)
    return Established(
        identity=expected,
        content=Digest.of(content),
        payload_type=payload_type,
        certified=parsed.signing_certificate.not_valid_before_utc,
        trusted_root=digest,
    )


def _read_root(path: Path) -> "tuple[TrustedRoot, Digest]":
    try:
        from sigstore.errors import Error
        from sigstore.models import TrustedRoot
    except ImportError as error:
        raise Absent(_INSTALL) from error
    try:
        return TrustedRoot.from_file(str(path)), Digest.of(path.read_bytes())
    except OSError as error:
        raise Absent(f"trusted root {path}: {error.strerror}") from error
    except (Error, ValueError) as error:  # pydantic's errors are ValueErrors
        raise Malformed(f"trusted root {path}: {_one_line(error)}") from error


def _read_bundle(content: bytes) -> "Bundle":
    from sigstore.errors import Error
    from sigstore.models import Bundle

    try:
        return Bundle.from_json(content)
    except (Error, ValueError) as error:
        raise Malformed(f"bundle: {_one_line(error)}") from error


def _verify(
    root: "TrustedRoot", bundle: "Bundle", expected: Identity, artifact: bytes | None
) -> tuple[bytes, str | None]:
    from sigstore.errors import Error
    from sigstore.verify import Verifier
    from sigstore.verify.policy import Identity as CertificateIdentity

    policy = CertificateIdentity(identity=expected.name, issuer=expected.issuer)
    try:
        return _signed(Verifier(trusted_root=root), bundle, policy, artifact)
    except (Error, ValueError) as error:
        raise Unverified(f"bundle: {_one_line(error)}") from error


def _signed(
    verifier: "Verifier", bundle: "Bundle", policy: "CertificateIdentity", artifact: bytes | None
) -> tuple[bytes, str | None]:
    if artifact is None:
        payload_type, payload = verifier.verify_dsse(bundle, policy)
        return payload, payload_type
    verifier.verify_artifact(artifact, bundle, policy)
    return artifact, None


def _one_line(error: Exception) -> str:
    """Return another library's message, which may be long and of several lines, as one short one."""
    return " ".join(str(error).split())[:200]
