"""The kinds of public key that the directory lists."""

from enum import StrEnum


class KeyKind(StrEnum):
    """How a key is written and how it signs.

    An ``ssh`` key signs through SSHSIG under a namespace; the others sign a DSSE envelope's bytes directly.
    """

    SSH = "ssh"
    ECDSA_P256 = "ecdsa-p256"
    ED25519 = "ed25519"
