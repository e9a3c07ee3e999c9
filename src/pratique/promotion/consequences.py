"""What follows from a judgement: it is announced, or confirms an earlier one, and may approve at once.

Source: decisions.md, "Judging". A re-check that came out no worse leaves the record that people signed, and costs
nobody a vote; any other judgement makes a new record, and voids every review.
"""

from pratique.policy.document import Bundle
from pratique.policy.result import Outcome, rank
from pratique.promotion.catalogue import Happening
from pratique.promotion.directory import Directory
from pratique.promotion.guards import InForce, why_judge_again
from pratique.promotion.happenings import PromotionRechecked, PromotionRetried, ReviewVoided, Track
from pratique.promotion.quorum import count
from pratique.promotion.record import Record, judged
from pratique.promotion.remediation import remediate
from pratique.promotion.review import approve
from pratique.promotion.states import Promotion
from pratique.values.dataclass import dataclass
from pratique.values.names import is_person

_TRACKS = (Track.FAST, Track.SLOW, Track.ROLLBACK, Track.EMERGENCY, Track.ADOPT, Track.REMEDIATION)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A record that has just been made, and the one that stands beside it where there is one."""

    record: Record
    earlier: Record | None


def follow(
    promotion: Promotion, verdict: Verdict, *, bundle: Bundle, directory: Directory, in_force: InForce
) -> tuple[Happening, ...]:
    """Return what to record of a judgement, in order.

    Args:
        promotion: In the state ``judging``.
        verdict: The new record, and the one in force so far.
        bundle: The policy that the new record names.
        directory: The directory that it names.
        in_force: What holds in this transaction; where it differs from what was judged, judging begins again.
    """
    record, earlier = verdict.record, verdict.earlier
    outdated = why_judge_again(judged(record), in_force)
    if outdated is not None:
        return (PromotionRetried(promotion.generation + 1, outdated),)
    if earlier is not None and _only_rechecked(promotion, earlier, record):
        return _confirmed(promotion, earlier, record, directory, in_force)
    return _new(promotion, record, bundle, in_force)


def _only_rechecked(promotion: Promotion, earlier: Record, record: Record) -> bool:
    """Tell whether this was a machine's second look under the same rules, and came out no worse."""
    if promotion.retried_by is None or is_person(promotion.retried_by):
        return False  # the first judgement, or a person asked for a new one
    if earlier.decision.track.name is Track.REMEDIATION:
        return False  # nobody has signed it, and the new one may be the way out
    before, after = earlier.decision.inputs, record.decision.inputs
    same = before.policy == after.policy and before.directory == after.directory
    return same and no_worse(record, earlier)


def no_worse(record: Record, earlier: Record) -> bool:
    """Tell whether nobody who signed the earlier record has to look again.

    So it is where neither the outcome nor the track is worse, nothing is found that was not there, no other person
    is needed, and nobody is excluded who was not. Every record is no worse than itself, and what is no worse than
    something no worse is no worse.
    """
    before, after = earlier.decision, record.decision
    return (
        rank(after.outcome) <= rank(before.outcome)
        and _TRACKS.index(after.track.name) <= _TRACKS.index(before.track.name)
        and _terms(record) <= _terms(earlier)
        and set(after.approvals) <= set(before.approvals)
        and set(after.separation.excluded) <= set(before.separation.excluded)
    )


def _terms(record: Record) -> set[tuple[str, str]]:
    failed = (result for result in record.decision.checks if result.outcome is not Outcome.PASS)
    return {(result.id, finding.term) for result in failed for finding in result.findings}


def _confirmed(
    promotion: Promotion, earlier: Record, record: Record, directory: Directory, in_force: InForce
) -> tuple[Happening, ...]:
    announced = judged(record)
    rechecked = PromotionRechecked(
        generation=promotion.generation,
        record=earlier.digest,
        by_record=record.digest,
        outcome=announced.outcome,
        holds_until=announced.holds_until,
        current=announced.current,
        waivers=announced.waivers,
        withheld=announced.withheld,
    )
    if earlier.decision.track.name is Track.FAST:
        return (rechecked, approve(promotion, earlier, None, in_force))
    quorum = count(earlier.question, promotion.reviews, directory, now=in_force.now)
    return (rechecked, approve(promotion, earlier, quorum, in_force)) if quorum.met else (rechecked,)


def _new(promotion: Promotion, record: Record, bundle: Bundle, in_force: InForce) -> tuple[Happening, ...]:
    inputs = record.decision.inputs
    items = remediate(
        promotion,
        record,
        rules=bundle.rules(inputs.to),
        application=bundle.application(inputs.application),
        policy=bundle.remediation,
    )
    fast = record.decision.track.name is Track.FAST
    approval = (approve(promotion, record, None, in_force),) if fast else ()
    return (*_voided(promotion, record), judged(record), *items, *approval)


def _voided(promotion: Promotion, record: Record) -> tuple[ReviewVoided, ...]:
    records = dict.fromkeys(review.record for review in promotion.reviews if review.counts)
    because = f"the record {record.digest.short} took its place"
    return tuple(ReviewVoided(earlier, because) for earlier in records if earlier != record.digest)
