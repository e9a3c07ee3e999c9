"""The seal in a proof: what the signer must have signed, and that it did.

``summary`` says what a seal over a clearance states, once for the signer and the verifier.
"""

from datetime import datetime

from pratique.attest.dsse import parse_envelope
from pratique.attest.keys import PublicKey
from pratique.attest.seal import Seal
from pratique.attest.statement import Subject
from pratique.attest.vsa import Expected, Result, Vsa, check_vsa
from pratique.errors import Unverified
from pratique.promotion.authority import Chain, installation_of
from pratique.promotion.events import Entry
from pratique.promotion.steps import PromotionPointed, PromotionPromoted, PromotionSealed
from pratique.proof.demand import demand
from pratique.proof.established import Established, Sealed, witnesses_of
from pratique.proof.ledger import Seen
from pratique.proof.reading import Reading
from pratique.proof.trust import TrustRoot
from pratique.tlog.policy import VerifiedCheckpoint, verify_checkpoint
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest


def summary(
    cleared: Established,
    *,
    verifier: str,
    checkpoint: str,
    verified_at: datetime | None,
) -> Vsa:
    """Return what a seal states of an approved promotion.

    Args:
        cleared: What its clearance established.
        verifier: The id of the installation that seals.
        checkpoint: The signed note that covers the approval; a clearance's own is ``cleared.note``.
        verified_at: When the clearance was verified; from then on it holds as long as ``cleared.lasts`` says.
    """
    seal = Seal(
        environment=cleared.environment,
        application=cleared.application,
        promotion=cleared.promotion,
        approved_index=cleared.approved_index,
        checkpoint=checkpoint,
        directory=cleared.directory,
        record=cleared.record,
        level=cleared.level,
        expires=None if cleared.lasts is None or verified_at is None else verified_at + cleared.lasts,
    )
    return Vsa(
        subjects=tuple(map(Subject, cleared.images)),
        verifier=verifier,
        verified_at=verified_at,
        resource_uri=cleared.destination,
        policy_uri=f"urn:pratique:policy:{cleared.bundle}:{cleared.policy_version}",
        policy=cleared.policy,
        inputs=cleared.inputs,
        result=Result.PASSED,
        levels=(seal.level_name,),
        seal=seal,
    )


@dataclass(frozen=True, slots=True)
class SealSeen:
    """A seal that holds, and the ledger as the signer saw it."""

    sealed: Sealed
    seen: Seen
    witnesses: int
    """How many had cosigned what the signer saw."""


def verify_seal(reading: Reading, chain: Chain, cleared: Established, trust: TrustRoot) -> SealSeen:
    """Return the seal once it is known to state what the clearance established, and no more.

    Args:
        reading: A promotion's proof.
        chain: Its directories, which name the environment's seal key.
        cleared: What the proof established without its seal.
        trust: Whose seals count, and which checkpoints.

    Raises:
        Unverified: Another key signed, or the seal says something else.
        Malformed: The seal breaks its form.
    """
    entry, data = _sealed(reading)
    key = seal_key(chain, entry.index, data.key, cleared.environment)
    envelope = parse_envelope(reading.object(entry, "seal"))
    demand("promotion.sealed, seal", data.seal, envelope.digest)
    level = cleared.level.name_in(cleared.environment)
    vsa = check_vsa(
        envelope, Expected(key, trust.verifier, cleared.image, cleared.destination, level), entry.event.at
    )
    _check_statement(vsa, cleared, trust)
    _check_events(reading, entry, data, cleared)
    checkpoint = _checkpoint(vsa, entry, data, cleared, trust)
    sealed = Sealed(
        digest=data.seal,
        key=data.key,
        verifier=vsa.verifier,
        index=entry.index,
        at=entry.event.at,
        expires=vsa.seal.expires if vsa.seal else None,
        witnesses=witnesses_of(checkpoint),
    )
    seen = checkpoint.checkpoint.size, Digest(checkpoint.checkpoint.root.hex())
    return SealSeen(sealed, seen, len(checkpoint.cosignatures))


def _sealed(reading: Reading) -> tuple[Entry, PromotionSealed]:
    for entry in reversed(reading.of(PromotionSealed)):
        if isinstance(entry.event.data, PromotionSealed):
            return entry, entry.event.data
    raise Unverified("proof.entries: expected promotion.sealed, found none")


def seal_key(chain: Chain, index: int, key_id: str, environment: str) -> PublicKey:
    """Return the key with this id, if it may seal for the environment at this index, or raise ``Unverified``."""
    revoked = chain.revoked_from(key_id)
    if revoked is not None and revoked <= index:
        raise _may_not(chain, index, key_id, environment)
    return key_listed(chain, index, key_id, environment)


def key_listed(chain: Chain, index: int, key_id: str, environment: str) -> PublicKey:
    """Return the key with this id, if the directory of then lists it, though a later one may have revoked it since."""
    for _, key in chain.at(index).service_keys(f"seal:{environment}"):
        if key.key_id == key_id:
            return key
    raise _may_not(chain, index, key_id, environment)


def _may_not(chain: Chain, index: int, key_id: str, environment: str) -> Unverified:
    return Unverified(
        f"seal: the key {key_id} may not seal for {environment} at {index}: version {chain.at(index).version} of the "
        "directory does not say so, or it is revoked"
    )


def _check_statement(vsa: Vsa, cleared: Established, trust: TrustRoot) -> None:
    if vsa.seal is None:
        raise Unverified("seal: expected our extension, found a summary without it")
    expected = summary(
        cleared,
        verifier=trust.verifier,
        checkpoint=vsa.seal.checkpoint,
        verified_at=vsa.verified_at,
    )
    compared = (
        ("subjects", _digests(expected), _digests(vsa)),
        ("policy", expected.policy, vsa.policy),
        ("inputAttestations", expected.inputs, vsa.inputs),
        ("levels", expected.levels, vsa.levels),
        ("promotion", cleared.promotion, vsa.seal.promotion),
        ("approved index", cleared.approved_index, vsa.seal.approved_index),
        ("directory", cleared.directory, vsa.seal.directory),
        ("record", cleared.record, vsa.seal.record),
        ("expiry", expected.seal.expires if expected.seal else None, vsa.seal.expires),
    )
    for what, wanted, found in compared:
        demand(f"seal, {what}", wanted, found)
    if vsa != expected:
        raise Unverified("seal: expected the summary of this approval, found one that says something else")


def _digests(vsa: Vsa) -> tuple[Digest, ...]:
    return tuple(subject.digest for subject in vsa.subjects)


def _check_events(reading: Reading, entry: Entry, data: PromotionSealed, cleared: Established) -> None:
    demand("promotion.sealed, level", str(cleared.level), str(data.level))
    pointed = [other.index for other in reading.of(PromotionPointed)]
    for promoted in reading.of(PromotionPromoted):
        if isinstance(promoted.event.data, PromotionPromoted):
            demand("promotion.promoted, level", str(cleared.level), str(promoted.event.data.level))
        if not pointed or pointed[-1] < entry.index:
            raise Unverified("promotion.promoted: expected promotion.pointed before it, found none")
    holds_until = reading.judgement.holds_until
    if holds_until is not None and entry.event.at >= holds_until:
        raise Unverified("promotion.sealed: the decision no longer held; it had to be judged again first")


def _checkpoint(
    vsa: Vsa, entry: Entry, data: PromotionSealed, cleared: Established, trust: TrustRoot
) -> VerifiedCheckpoint:
    """Return the ledger as the signer saw it."""
    note = vsa.seal.checkpoint if vsa.seal else ""
    verified = verify_checkpoint(note.encode(), trust.ledger)
    checkpoint = verified.checkpoint
    demand("seal, ledger", installation_of(cleared.origin), installation_of(checkpoint.origin))
    seen = checkpoint.size, Digest(checkpoint.root.hex())
    demand("promotion.sealed, checkpoint", (data.checkpoint.size, data.checkpoint.root), seen)
    if not cleared.approved_index < checkpoint.size <= entry.index:
        raise Unverified(
            f"seal, checkpoint: expected one that covers the approval at {cleared.approved_index} and was signed "
            f"before the seal at {entry.index}, found one of {checkpoint.size} entries"
        )
    return verified
