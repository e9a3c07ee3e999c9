"""A person's signature, made by ``ssh-keygen -Y sign`` with their key file, their agent or their token.

Pratique hands over the bytes and takes the armoured signature (OpenSSH PROTOCOL.sshsig); it never reads the key.
"""

import subprocess
from pathlib import Path

from pratique.errors import Absent, Refused

_TIMEOUT_SECONDS = 120.0  # long enough to find a token and touch it


def sign_as_person(key: Path, namespace: str, message: bytes) -> bytes:
    """Return an armoured SSH signature over ``message``.

    Args:
        key: A private key file, or a public one whose private half an agent holds.
        namespace: What the signature may be used for, such as ``pratique-review``.
        message: The exact bytes.

    Raises:
        Absent: ``ssh-keygen`` or the key file is missing.
        Refused: ``ssh-keygen`` would not sign; its own words are in the message.
    """
    if not key.exists():
        raise Absent(f"SSH key {key} does not exist; give the private key, or the .pub of a key in your agent")
    try:
        done = subprocess.run(
            ["ssh-keygen", "-q", "-Y", "sign", "-f", str(_private_half(key)), "-n", namespace],
            input=message,
            capture_output=True,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
    except FileNotFoundError as error:
        raise Absent("ssh-keygen is missing; install openssh-client") from error
    except subprocess.TimeoutExpired as error:
        raise Refused(f"ssh-keygen did not sign within {_TIMEOUT_SECONDS:.0f} seconds") from error
    if done.returncode != 0:
        raise Refused(f"ssh-keygen did not sign with {key}: {done.stderr.decode(errors='replace').strip()[:300]}")
    return done.stdout


def _private_half(key: Path) -> Path:
    private = key.with_suffix("") if key.suffix == ".pub" else key
    return private if private.exists() else key
