"""Who signed an envelope, among keys that the caller trusts.

Source: DSSE protocol.md, "Protocol" and "Multi-signature Verification". The order is fixed: signatures first, then
the payload's type, and only then does anybody parse the payload.
"""

from pratique.attest.dsse import Envelope, Signature
from pratique.attest.keykind import KeyKind
from pratique.attest.keys import PublicKey, SpkiKey
from pratique.attest.sshsig import Namespace, parse_sshsig, verify_sshsig
from pratique.errors import Malformed, Unverified
from pratique.values.dataclass import dataclass
from pratique.values.names import Actor
from pratique.values.uris import SSHSIG_KIND

TrustedKeys = tuple[tuple[Actor, PublicKey], ...]
"""Keys and who holds each; one holder may have several."""


@dataclass(frozen=True, slots=True)
class Signed:
    """One holder whose signature covers the payload and its type."""

    holder: Actor
    key_id: str
    kind: KeyKind


@dataclass(frozen=True, slots=True)
class Opened:
    """A payload that enough holders signed as being of this type."""

    payload_type: str
    payload: bytes
    signers: tuple[Signed, ...]


def open_envelope(
    envelope: Envelope, keys: TrustedKeys, namespace: Namespace | None, *, payload_type: str, threshold: int = 1
) -> Opened:
    """Return the payload once it is known who signed it.

    Args:
        envelope: The envelope as it arrived.
        keys: The keys that may sign, each with its holder.
        namespace: What an SSH signature must have been made for; None accepts no SSH signature.
        payload_type: The only type accepted.
        threshold: Distinct holders needed, at least 1.

    Raises:
        Unverified: Too few holders signed, or they signed another type.
    """
    signers = verify_envelope(envelope, keys, namespace)
    if len(signers) < threshold:
        names = ", ".join(signed.holder for signed in signers)
        raise Unverified(f"envelope: expected signatures by {threshold} holders, found {len(signers)}: {names}")
    if envelope.payload_type != payload_type:
        raise Unverified(f"envelope: expected payload type {payload_type}, found {envelope.payload_type[:120]!r}")
    return Opened(envelope.payload_type, envelope.payload, signers)


def verify_envelope(envelope: Envelope, keys: TrustedKeys, namespace: Namespace | None) -> tuple[Signed, ...]:
    """Return the distinct holders whose signatures hold, in the envelope's order; never an empty tuple.

    A signature that does not hold counts for nobody and spoils no other one. An envelope says nothing about who
    may sign: only ``keys`` does, and a signature's ``keyid`` merely picks which of them to try.

    Args:
        envelope: The envelope as it arrived.
        keys: The keys that may sign, each with its holder.
        namespace: What an SSH signature must have been made for; None accepts no SSH signature.

    Raises:
        Unverified: No signature holds (the message says why each failed), or a key has two holders.
    """
    _refuse_shared(keys)
    message = envelope.signed_bytes
    found: dict[Actor, Signed] = {}
    problems: list[str] = []
    for place, signature in enumerate(envelope.signatures, 1):
        try:
            signed = _verify_one(signature, message, keys, namespace)
        except (Malformed, Unverified) as error:
            problems.append(f"signature {place}: {error}")
            continue
        found.setdefault(signed.holder, signed)  # a holder's second key adds nobody
    if not found:
        raise Unverified(f"envelope: no trusted key signed it; {'; '.join(problems[:3]) or 'it has no signature'}")
    return tuple(found.values())


def _refuse_shared(keys: TrustedKeys) -> None:
    # One signature must never count as two people.
    holders: dict[str, Actor] = {}
    for holder, key in keys:
        first = holders.setdefault(key.key_id, holder)
        if first != holder:
            raise Unverified(f"envelope: the key {key.key_id} is listed for both {first} and {holder}")


def _verify_one(signature: Signature, message: bytes, keys: TrustedKeys, namespace: Namespace | None) -> Signed:
    if signature.extension and signature.extension.kind == SSHSIG_KIND:
        return _verify_person(signature, message, keys, namespace)
    return _verify_service(signature, message, keys)


def _verify_person(signature: Signature, message: bytes, keys: TrustedKeys, namespace: Namespace | None) -> Signed:
    if namespace is None:
        raise Unverified("expected a service key's signature, found an SSH signature")
    sshsig = parse_sshsig(signature.sig.decode("ascii", "replace"))
    holder = next((holder for holder, key in keys if key == sshsig.key), None)
    if holder is None:
        raise Unverified(f"the key {sshsig.key.key_id} is not among the trusted ones")
    signed = verify_sshsig(sshsig, message, namespace)
    if signed.hardware and not signed.hardware.touched:
        raise Unverified(f"the hardware key {signed.key.key_id} signed without a touch; sign again and touch it")
    return Signed(holder, signed.key.key_id, signed.key.kind)


def _verify_service(signature: Signature, message: bytes, keys: TrustedKeys) -> Signed:
    services = [(holder, key) for holder, key in keys if isinstance(key, SpkiKey)]
    named = [pair for pair in services if pair[1].key_id == signature.keyid]
    for holder, key in named or services:  # other tools invent their own keyid: then every key is tried
        try:
            key.verify(signature.sig, message)
        except Unverified:
            continue
        return Signed(holder, key.key_id, key.kind)
    raise Unverified(f"none of the {len(named or services)} trusted keys made it (keyid {signature.keyid[:80]!r})")
