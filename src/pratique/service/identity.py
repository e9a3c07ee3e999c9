"""Asking who signed a bundle with a certificate: nothing is recorded, and nothing is fetched."""

from pathlib import Path

from pratique.errors import Absent
from pratique.signing.keyless import Established, Identity, verify_keyless


def identify(bundle: Path, trusted_root: Path, expected: Identity, artifact: Path | None) -> Established:
    """Return what is established about a bundle; raises as :func:`pratique.signing.keyless.verify_keyless`.

    Args:
        bundle: A file with a Sigstore bundle.
        trusted_root: A file with a trusted root in its JSON form.
        expected: Who must have signed.
        artifact: The file that was signed, where the bundle holds no statement.
    """
    signed = None if artifact is None else _bytes(artifact)
    return verify_keyless(_bytes(bundle), trusted_root, expected, signed)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Absent(f"{path}: {error.strerror}") from error
