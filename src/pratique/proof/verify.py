"""Verifying a proof from its bytes, in the order in which each thing may be believed.

1. The document, the checkpoint under the trust root, and that every entry stands in the ledger.
2. The directories: who exists, with which keys and roles, at which place in the ledger.
3. The policies: who signed them, and which rules were in force.
4. The request.
5. The decision: the record is about this promotion, and its outcome follows from its checks.
6. The people: whose signatures count, and that they are enough.
7. The seal, where there is one.
8. That the ledger only grew since each of them relied on it.
9. The timestamps, as far as the caller believes their authorities.

The core form: it needs the standard library and ``cryptography``, and starts in the time these take. What it does
not check, it says. Source: spec/approvals.md section 6; decisions.md, "Clearance, seal, proof".
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from pratique.errors import Absent, Conflict, Refused, Unverified
from pratique.promotion.authority import Chain
from pratique.promotion.governance import HoldPlaced
from pratique.promotion.release import Release
from pratique.proof.decision import verify_decision
from pratique.proof.demand import demand
from pratique.proof.directory import verify_directories
from pratique.proof.document import Kind
from pratique.proof.established import Established, Sealed, witnesses_of
from pratique.proof.ledger import verify_growths
from pratique.proof.outcome import lasts_of, level_of
from pratique.proof.past import verify_past
from pratique.proof.policy import PolicyInForce, verify_policies
from pratique.proof.reading import Reading, open_proof
from pratique.proof.record import Recorded
from pratique.proof.request import verify_request
from pratique.proof.review import People, verify_people
from pratique.proof.rules import Rules
from pratique.proof.seal import verify_seal
from pratique.proof.trust import Authority, TrustRoot, Zones, no_zones
from pratique.proof.unchecked import unchecked
from pratique.values.digest import Digest
from pratique.values.moment import render_moment


def verify_clearance(content: bytes, trust: TrustRoot, *, zones: Zones = no_zones) -> Established:
    """Return what a clearance establishes: that an image may enter an environment.

    Args:
        content: The proof's bytes.
        trust: What is believed beforehand.
        zones: The time zones that this machine knows; what takes another one is said not to be checked.

    Raises:
        Malformed: It is no proof, or something in it breaks its form.
        Unverified: Something does not hold; the message says what.
    """
    with _one_error():
        reading = open_proof(content, Kind.CLEARANCE, trust)
        _, established, people = _established(reading, trust, zones)
        verify_growths(reading.proof.growths, people.seen, reading.ledger)
        return established


def verify_promotion(
    content: bytes,
    trust: TrustRoot,
    *,
    image: Digest | None = None,
    environment: str | None = None,
    resource_uri: str | None = None,
    authorities: tuple[Authority, ...] = (),
    zones: Zones = no_zones,
) -> Established:
    """Return what a promotion's proof establishes: that an image may enter, and was sealed for it.

    The seal is held against the moment at which it was recorded; whether it has expired since is for the caller to
    say, who has a clock (``Established.sealed.expires``).

    Args:
        content: The proof's bytes.
        trust: What is believed beforehand.
        image: What it must be about; the image itself or one of its platforms.
        environment: Where the image must have been let in.
        resource_uri: Where the image must have been promoted to.
        authorities: Whose timestamps count.
        zones: As for :func:`verify_clearance`.

    Raises:
        Malformed, Unverified: As :func:`verify_clearance`; also where it is about something else than expected.
    """
    with _one_error():
        reading = open_proof(content, Kind.PROMOTION, trust)
        chain, cleared, people = _established(reading, trust, zones)
        _check_expected(cleared, image, environment, resource_uri)
        seal = verify_seal(reading, chain, cleared, trust)
        _check_witnesses(cleared.witnesses_needed, seal.witnesses, "seal, checkpoint")
        verify_growths(reading.proof.growths, people.seen | {seal.seen}, reading.ledger)
        left = (*cleared.not_checked, *_not_now(seal.sealed))
        return _stamped(reading, replace(cleared, sealed=seal.sealed, not_checked=left), authorities)


@contextmanager
def _one_error() -> Iterator[None]:
    """Turn what only means "this does not hold" when a proof is read into ``Unverified``."""
    try:
        yield
    except (Absent, Conflict, Refused) as error:
        raise Unverified(f"proof: {error}") from error


def _check_expected(
    cleared: Established, image: Digest | None, environment: str | None, resource_uri: str | None
) -> None:
    if image is not None and image not in cleared.images:
        raise Unverified(f"proof: expected one about the image {image}, found one about {cleared.image}")
    if environment is not None:
        demand("proof, environment", environment, cleared.environment)
    if resource_uri is not None:
        demand("proof, destination", resource_uri, cleared.destination)


def _check_witnesses(needed: int, found: int, where: str) -> None:
    if found < needed:
        raise Unverified(f"{where}: the policy wants {needed} witnesses, found {found}; have it cosigned first")


def _established(reading: Reading, trust: TrustRoot, zones: Zones) -> tuple[Chain, Established, People]:
    chain = verify_directories(reading, trust)
    policy = verify_policies(reading, chain, trust)
    _check_witnesses(policy.rules.witnesses, len(reading.ledger.checkpoint.cosignatures), "checkpoint")
    verify_request(reading, chain, policy.rules)
    past = verify_past(reading, chain, trust.verifier)
    record = verify_decision(reading, chain, policy.rules, past)
    people = verify_people(reading, chain, record, policy.rules)
    _check_holds(reading, chain)
    frozen = _check_freezes(reading, record, policy.rules, zones)
    found = _facts(reading, chain, policy, record, people)
    return chain, replace(found, past=past.told, not_checked=(*found.not_checked, *frozen)), people


def _check_freezes(reading: Reading, record: Recorded, rules: Rules, zones: Zones) -> tuple[str, ...]:
    """Return what of the freezes could not be checked."""
    if not rules.freezes:
        return ()
    from pratique.proof.freeze import verify_freezes

    return verify_freezes(reading, record.track, rules, zones)


def _check_holds(reading: Reading, chain: Chain) -> None:
    if reading.of(HoldPlaced):
        # As for waivers: what reads holds is loaded where something was held, so that all others start fast.
        from pratique.proof.hold import verify_holds

        verify_holds(reading, chain)


def _stamped(reading: Reading, sealed: Established, authorities: tuple[Authority, ...]) -> Established:
    if not reading.proof.stamps and not authorities:
        return sealed
    # As for waivers: loaded where there are some.
    from pratique.proof.stamp import verify_stamps

    seen = verify_stamps(reading.proof.stamps, reading.ledger, sealed.approved_index, authorities)
    return replace(sealed, stamped=seen.stamped, not_checked=(*sealed.not_checked, *seen.not_checked))


def _facts(reading: Reading, chain: Chain, policy: PolicyInForce, record: Recorded, people: People) -> Established:
    standing, approval, ledger = reading.standing, reading.approval, reading.ledger
    return Established(
        kind=reading.proof.kind,
        promotion=standing.id,
        application=standing.application,
        image_name=standing.image_name,
        images=record.images,
        source=standing.source,
        from_=standing.from_,
        environment=standing.to,
        destination=standing.destination,
        requester=standing.requester,
        request_signed=standing.signed,
        nonce=standing.nonce,
        level=level_of(record, policy.rules),
        track=record.track,
        outcome=record.outcome,
        risk=record.risk,
        record=record.digest,
        engine=record.engine,
        evidence_root=record.inputs.evidence_root,
        inputs=_inputs(reading, record),
        approved_index=approval.index,
        approved_at=approval.at,
        approvers=people.approvers,
        bundle=policy.bundle,
        policy_version=policy.version,
        newest_policy=policy.newest,
        policy=policy.digest,
        rules=policy.rules.digest,
        directory_version=chain.at(approval.index).version,
        newest_directory=chain.head.version,
        directory=approval.directory,
        origin=ledger.origin,
        size=ledger.size,
        note=reading.proof.checkpoint.decode(),
        witnesses=witnesses_of(ledger.checkpoint),
        witnesses_needed=policy.rules.witnesses,
        lasts=lasts_of(record, policy.rules),
        sealed=None,
        not_checked=tuple(unchecked(reading, record, policy.rules)),
        release=_release(standing.release),
    )


def _not_now(sealed: Sealed) -> Iterator[str]:
    if sealed.expires is not None:
        yield f"the seal holds until {render_moment(sealed.expires)}; what time it is now is for you to say"


def _release(release: Release | None) -> tuple[tuple[str, Digest], ...]:
    return tuple((part.image_name, part.image) for part in release.parts) if release else ()


def _inputs(reading: Reading, record: Recorded) -> tuple[Digest, ...]:
    """Return everything that the decision used, because a summary that lists anything must list all of it."""
    request = (reading.standing.request,) if reading.standing.request else ()
    grants = (envelope for used in record.inputs.waivers for envelope, _ in used.grants)
    return tuple(sorted({*request, *reading.approval.reviews, *record.evidence, *grants}))
