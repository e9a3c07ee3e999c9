"""Who signs a statement on this side: a person through ``ssh-keygen``, or a service with its key file.

These are the client's hands. What they make is verified like anything that comes from outside.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

from pratique.attest.dsse import build_envelope, pae
from pratique.attest.sshsig import Namespace, envelope_signature
from pratique.signing.keyfile import ServiceKey
from pratique.signing.ssh import sign_as_person
from pratique.values.names import Actor


@dataclass(frozen=True, slots=True)
class PersonSignatory:
    """A person and the SSH key that ``ssh-keygen`` is to sign with."""

    actor: Actor
    key: Path


@dataclass(frozen=True, slots=True)
class ServiceSignatory:
    """A service and its key."""

    actor: Actor
    key: ServiceKey


Signatory = PersonSignatory | ServiceSignatory


def sign(signatory: Signatory, payload: bytes, payload_type: str, namespace: Namespace) -> bytes:
    """Return a DSSE envelope with the signatory's one signature.

    Args:
        signatory: Who signs.
        payload: The exact bytes.
        payload_type: Their type.
        namespace: What a person's signature is for; a service key knows no namespaces.

    Raises:
        Absent: ``ssh-keygen`` or the key is missing.
        Refused: ``ssh-keygen`` would not sign.
    """
    match signatory:
        case PersonSignatory(_, key):
            armoured = sign_as_person(key, namespace, pae(payload_type, payload))
            return envelope_of(payload, payload_type, armoured)
        case ServiceSignatory(_, service_key):
            return service_key.envelope(payload_type, payload)
        case _:
            assert_never(signatory)


def envelope_of(payload: bytes, payload_type: str, *armoured: bytes) -> bytes:
    """Return the DSSE envelope around a payload and armoured SSH signatures made over its PAE.

    Raises:
        Malformed: One of them is no SSH signature.
    """
    return build_envelope(
        payload, payload_type, tuple(envelope_signature(text.decode("ascii", "replace")) for text in armoured)
    )
