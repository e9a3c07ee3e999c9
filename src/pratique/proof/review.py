"""The people in a proof: whose signatures counted, over what, and whether there were enough.

Counted anew from the envelopes with the code that the server counts with; what an event says about counting is
not believed.
"""

from collections.abc import Iterator
from datetime import timedelta

from pratique.attest.dsse import IN_TOTO, parse_envelope
from pratique.attest.review import REVIEW_FORM, Review
from pratique.attest.sshsig import Namespace
from pratique.attest.verify import Signed, open_envelope
from pratique.errors import Unverified
from pratique.promotion.authority import Chain, installation_of
from pratique.promotion.directory import Directory
from pratique.promotion.events import Entry
from pratique.promotion.happenings import ReviewGiven, ReviewVoided, Track
from pratique.promotion.quorum import ANY_ROLE, Need, Question, Quorum, count
from pratique.promotion.states import ReviewStanding
from pratique.proof.demand import demand
from pratique.proof.established import Approver
from pratique.proof.keys import keys_of_person, refuse_revoked
from pratique.proof.ledger import Seen
from pratique.proof.reading import Reading
from pratique.proof.record import Recorded
from pratique.proof.rules import Rules
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.moment import render_moment

CLOCK_SKEW = timedelta(minutes=5)
"""How far a reviewer's clock may run ahead of the ledger's."""


@dataclass(frozen=True, slots=True)
class People:
    """Who approved, and the ledger as each of them saw it."""

    approvers: tuple[Approver, ...]
    seen: frozenset[Seen]


@dataclass(frozen=True, slots=True)
class _Given:
    """A review whose signature and content hold."""

    entry: Entry
    review: Review
    signed: Signed
    standing: ReviewStanding


def verify_people(reading: Reading, chain: Chain, record: Recorded, rules: Rules) -> People:
    """Return who approved, once they are enough for the rules; nobody on the fast track.

    Raises:
        Unverified: A review is not its reviewer's, is about something else, or does not count; or too few people
            are left, or somebody is against it.
        Malformed: A review breaks its form.
    """
    _refuse_voided(reading)
    given = tuple(_given(reading, chain, record))
    _refuse_replays(given)
    if record.track is Track.FAST:
        demand("promotion.approved, reviews on the fast track", (), reading.approval.reviews)
        return People((), frozenset())
    _check_needs(record, rules)
    _check_window(reading, record)
    named = _named(reading, given)
    _check_words(named, record)
    quorum = _count(reading, chain, record, given, named)
    filled = {voter.envelope: voter.fills for voter in quorum.voters}
    approvers = tuple(_approver(reading, item, filled[item.standing.envelope] or ANY_ROLE) for item in named)
    return People(approvers, frozenset(seen_by(item.review) for item in named))


def seen_by(review: Review) -> Seen:
    """Return the ledger as a reviewer saw it."""
    return review.checkpoint.size, review.checkpoint.root


# 1. Each review is its reviewer's, and about this very judgement.


def _refuse_voided(reading: Reading) -> None:
    # Reviews lapse with their record. One that is in force afterwards had a veto of it made to disappear.
    for entry in reading.of(ReviewVoided):
        data = entry.event.data
        if isinstance(data, ReviewVoided) and data.record == reading.approval.record:
            raise Unverified(
                f"review.voided at {entry.index}: expected a record that another took the place of, found "
                f"{data.record}, which was approved"
            )


def _given(reading: Reading, chain: Chain, record: Recorded) -> Iterator[_Given]:
    standing = {review.index: review for review in reading.standing.reviews}
    for entry in reading.of(ReviewGiven):
        data = entry.event.data
        if isinstance(data, ReviewGiven) and data.record == record.digest:
            review, signed = _opened(reading, chain, entry, data)
            _check_same(reading, record, review, _where(data, entry))
            _check_place(reading, entry, review, _where(data, entry))
            yield _Given(entry, review, signed, standing[entry.index])


def _check_words(named: tuple[_Given, ...], record: Recorded) -> None:
    for item in named:
        if record.reason == "text" and item.review.comment is None:
            raise Unverified(
                f"review by {item.review.reviewer}: the policy wants words with an approval, found none"
            )


def _where(data: ReviewGiven, entry: Entry) -> str:
    return f"review by {data.reviewer} at {entry.index}"


def _opened(reading: Reading, chain: Chain, entry: Entry, data: ReviewGiven) -> tuple[Review, Signed]:
    where = _where(data, entry)
    keys = keys_of_person(chain.at(entry.index), data.reviewer)
    envelope = parse_envelope(reading.object(entry, "review"))
    try:
        opened = open_envelope(envelope, keys, Namespace.REVIEW, payload_type=IN_TOTO)
    except Unverified as error:
        raise Unverified(f"{where}: {error}") from error
    refuse_revoked(chain, opened.signers[0], entry.index, where)
    review = REVIEW_FORM.parse(opened.payload).about(reading.standing.id)
    comment = data.comment.commitment if data.comment else None
    compared = (
        ("reviewer", data.reviewer, review.reviewer),
        ("decision", str(data.decision), str(review.decision)),
        ("record", data.record, review.record),
        ("reason", data.reason, review.reason),
        ("expiry", data.expires, review.expires_at),
        ("nonce", data.nonce, review.nonce),
        ("comment", comment, review.comment),
    )
    for what, expected, found in compared:
        demand(f"{where}, {what}", expected, found)
    return review, opened.signers[0]


def _check_same(reading: Reading, record: Recorded, review: Review, where: str) -> None:
    standing, judgement, inputs = reading.standing, reading.judgement, record.inputs
    compared = (
        ("promotion", standing.id, review.promotion),
        ("images", record.images, review.images),
        ("application", standing.application, review.application),
        ("from", standing.from_, review.from_),
        ("environment", standing.to, review.to),
        ("destination", standing.destination, review.resource_uri),
        ("directory", judgement.directory, review.directory),
        ("rules", judgement.rules, review.policy),
        ("evidence", inputs.evidence_root, review.evidence),
    )
    for what, expected, found in compared:
        demand(f"{where}, {what}", expected, found)


def _check_place(reading: Reading, entry: Entry, review: Review, where: str) -> None:
    seen, judged = review.checkpoint, reading.judgement.index
    demand(f"{where}, ledger", installation_of(reading.ledger.origin), installation_of(seen.origin))
    if not judged < seen.size <= entry.index:
        raise Unverified(
            f"{where}: expected a checkpoint that covers the record at {judged} and was signed before the review, "
            f"found one of {seen.size} entries"
        )
    if entry.event.at >= review.expires_at:
        raise Unverified(f"{where}: it had expired when it was recorded")
    # The only clocks that the server does not hold: a ledger dated back, so that a role still holds, shows here.
    if review.issued_at - min(entry.event.at, reading.approval.at) > CLOCK_SKEW:
        raise Unverified(
            f"{where}: signed at {render_moment(review.issued_at)} by the reviewer's clock, after the ledger says "
            "that it was recorded"
        )


def _refuse_replays(given: tuple[_Given, ...]) -> None:
    nonces = [item.review.nonce for item in given]
    if len(set(nonces)) != len(nonces):
        raise Unverified("reviews: expected a nonce of its own in each, found one twice; one of them is a replay")


# 2. There are enough of them.


def _check_needs(record: Recorded, rules: Rules) -> None:
    for need in record.needs:
        demand(
            f"record, who counts as {need.role}", rules.roles.get(need.role, ((), 1)), (need.members, need.least)
        )
    people = rules.people(record.track)
    demand("record, what an approval must say", people.reason if people else "code", record.reason)
    for role, number in people.approvals if people else ():
        asked = sum(need.count for need in record.needs if need.role == role and need.outside is None)
        if asked < number:
            raise Unverified(f"record, approvals: the policy asks for {number} people as {role}, found {asked}")


def _check_window(reading: Reading, record: Recorded) -> None:
    if record.review_until is not None and reading.approval.at >= record.review_until:
        raise Unverified("promotion.approved: the time in which people could decide was over")


def _named(reading: Reading, given: tuple[_Given, ...]) -> tuple[_Given, ...]:
    """Return the reviews that the approval names; the ones that are missing show in the count."""
    names = reading.approval.reviews
    if len(set(names)) != len(names):
        raise Unverified("promotion.approved, reviews: expected each once, found one twice")
    return tuple(item for item in given if item.standing.envelope in names)


def _count(
    reading: Reading, chain: Chain, record: Recorded, given: tuple[_Given, ...], named: tuple[_Given, ...]
) -> Quorum:
    standing, approval = reading.standing, reading.approval
    question = Question(record.digest, standing.application, standing.to, record.needs, record.excluded)
    directory = chain.at(approval.index)
    everybody = count(question, _standing(given), directory, now=approval.at)
    if everybody.vetoed_by:
        raise Unverified(f"promotion.approved: {', '.join(everybody.vetoed_by)} vetoed it")
    quorum = count(question, _standing(named), directory, now=approval.at)
    if quorum.missing:
        raise Unverified(_too_few(question, quorum, everybody, directory))
    demand("promotion.approved, reviews", _sorted(approval.reviews), _sorted(quorum.counted))
    return quorum


def _sorted(digests: tuple[Digest, ...]) -> tuple[Digest, ...]:
    return tuple(sorted(digests))


def _standing(given: tuple[_Given, ...]) -> tuple[ReviewStanding, ...]:
    return tuple(item.standing for item in given)


def _too_few(question: Question, quorum: Quorum, everybody: Quorum, directory: Directory) -> str:
    need = quorum.missing[0]
    asked = next((other.count for other in question.needs if _same_need(other, need)), need.count)
    reasons = [f"{voter.person} does not count: {voter.because}" for voter in everybody.voters if voter.because]
    outside = f" from outside {need.outside}" if need.outside else ""
    role = "in any of the roles" if need.role == ANY_ROLE else f"as {need.role}"
    version = f"version {directory.version} of the directory"
    problem = f"approval: expected {asked} people {role}{outside} in {version}, found {asked - need.count}"
    return "; ".join((problem, *reasons[:3]))


def _same_need(one: Need, other: Need) -> bool:
    return (one.role, one.outside) == (other.role, other.outside)


def _approver(reading: Reading, given: _Given, role: str) -> Approver:
    seen = given.review.checkpoint.size  # beyond the judgement, so the proof shows at least that
    before = (entry.event.at for entry in reading.contents.entries if entry.index < seen)
    return Approver(
        person=given.review.reviewer,
        role=role,
        key=given.signed.key_id,
        reason=given.review.reason,
        seen=seen,
        seen_at=max(before),
        index=given.entry.index,
        at=given.entry.event.at,
        issued_at=given.review.issued_at,
    )
