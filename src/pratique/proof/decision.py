"""The decision in a proof: that the record is about this promotion, and that its outcome follows from its checks.

Not judged again: that takes the evidence itself (``proof.rejudge``).
"""

import re
from datetime import datetime

from pratique.errors import Unverified
from pratique.policy.result import Outcome, rank
from pratique.promotion.authority import Chain
from pratique.promotion.catalogue import Happening
from pratique.promotion.events import Entry
from pratique.promotion.governance import WaiverExpired, WaiverRevoked, WaiverVoided
from pratique.promotion.guards import InForce, why_judge_again
from pratique.promotion.happenings import (
    PromotionApproved,
    PromotionGathered,
    PromotionJudged,
    PromotionRechecked,
    Track,
)
from pratique.promotion.image import parse_manifests, platforms_of
from pratique.proof.demand import demand
from pratique.proof.outcome import verify_outcome
from pratique.proof.past import Past, check_from, check_history
from pratique.proof.reading import Reading
from pratique.proof.record import Recorded, read_record
from pratique.proof.rules import Rules
from pratique.values.canonical import parse_json
from pratique.values.moment import render_moment

_SCORE = re.compile(r"[0-9]{1,3}\.[0-9]")
_PASSED = (Outcome.PASS, Outcome.WARN)
_TRACKS = (Track.FAST, Track.SLOW, Track.ROLLBACK, Track.EMERGENCY, Track.ADOPT, Track.REMEDIATION)


def verify_decision(reading: Reading, chain: Chain, rules: Rules, past: Past) -> Recorded:
    """Return the record that the promotion was approved by.

    Args:
        reading: An opened proof.
        chain: Its directories.
        rules: Those of the environment.
        past: The earlier promotions that it shows.

    Raises:
        Unverified: The record is about something else, its outcome does not follow from its checks and the rules,
            or it was not in force any more when it was approved.
        Malformed: The record breaks its form.
    """
    record = _judged(reading)
    check_history(reading.standing, record.inputs, past, reading.judgement.index)
    verify_outcome(record, rules)
    if record.track is not Track.ROLLBACK:  # that one was in this very environment, by its seal
        check_from(reading.standing, past, reading.judgement.index)
    _check_waivers(reading, chain, record, rules)
    _check_separation(reading, record, chain, rules)
    _check_rechecked(reading, chain, record, rules, past)
    _check_approval(reading, record, chain)
    return record


# 1. The record is about this promotion, and says what the events say.


def _judged(reading: Reading) -> Recorded:
    entry = _entry(reading, PromotionJudged, reading.judgement.index)
    record, judged = read_record(reading.object(entry, "record")), entry.event.data
    if not isinstance(judged, PromotionJudged):
        raise Unverified(f"entry {entry.index}: expected promotion.judged, found {entry.event.type}")
    _check_inputs(reading, record, judged.generation)
    _check_moment(reading, record, judged.generation, entry.event.at)
    held = record.inputs
    compared = (
        ("digest", judged.record, record.digest),
        ("outcome", judged.outcome, record.outcome),
        ("track", judged.track, record.track),
        ("risk", judged.risk, record.risk),
        ("holds_until", judged.holds_until, record.holds_until),
        ("review_until", judged.review_until, record.review_until),
        ("escalation", (judged.escalate_at, judged.escalate_to), record.escalate or (None, None)),
        ("policy", judged.policy, held.policy),
        ("rules", judged.rules, held.rules),
        ("directory", judged.directory, held.directory),
        ("current image", judged.current, held.current),
        ("waivers", judged.waivers, record.waived_by),
        ("times that do not count", judged.withheld, record.inputs.withheld),
    )
    for what, expected, found in compared:
        demand(f"record, {what}", expected, found)
    return record


def _entry(reading: Reading, kind: type[Happening], index: int) -> Entry:
    for entry in reading.of(kind):
        if entry.index == index:
            return entry
    raise Unverified(f"proof.entries: expected {kind.__name__} at {index}, found none")


def _check_inputs(reading: Reading, record: Recorded, generation: int) -> None:
    standing, inputs = reading.standing, record.inputs
    compared = (
        ("promotion", standing.id, record.promotion),
        ("generation", generation, record.generation),
        ("application", standing.application, inputs.application),
        ("image name", standing.image_name, inputs.image_name),
        ("source", standing.source, inputs.source),
        ("image", standing.image, inputs.image),
        ("from", standing.from_, inputs.from_),
        ("to", standing.to, inputs.to),
        ("destination", standing.destination, inputs.destination),
        ("requester", standing.requester, inputs.requester),
        ("signed request", standing.signed, inputs.signed),
        ("request", standing.request, inputs.request),
        ("track asked for", standing.track, inputs.track),
    )
    for what, expected, found in compared:
        demand(f"record, {what}", expected, found)
    _check_evidence(reading, record, generation)


def _check_evidence(reading: Reading, record: Recorded, generation: int) -> None:
    entry, gathered = _gathered(reading, generation)
    demand("record, evidence root", gathered.evidence_root, record.inputs.evidence_root)
    demand("record, pieces of evidence", gathered.pieces, len(record.pieces))
    demand("record, feeds", gathered.feeds, record.inputs.feeds)
    demand("record, platforms", gathered.platforms, record.inputs.platforms)
    # Which images run is read from the manifests: nobody's word decides what evidence covers.
    derived = platforms_of(reading.standing.image, parse_manifests(reading.object(entry, "manifests")))
    demand("promotion.gathered, platforms", derived, gathered.platforms)
    listed = parse_json(reading.object(entry, "evidence-list"), "evidence list")
    if listed != list(record.pieces):
        raise Unverified("record, evidence: expected the pieces of the evidence list, found others")


def _check_moment(reading: Reading, record: Recorded, generation: int, announced: datetime) -> None:
    """Return if it was judged between the gathering and the announcement: the moment decides what has soaked."""
    gathered, now = _gathered(reading, generation)[0].event.at, record.inputs.now
    if not gathered <= now <= announced:
        raise Unverified(
            f"record, now: expected a moment from {render_moment(gathered)}, when it was gathered, to "
            f"{render_moment(announced)}, when it was announced, found {render_moment(now)}"
        )


def _gathered(reading: Reading, generation: int) -> tuple[Entry, PromotionGathered]:
    for entry in reading.of(PromotionGathered):
        data = entry.event.data
        if isinstance(data, PromotionGathered) and data.generation == generation:
            return entry, data
    raise Unverified(f"proof.entries: expected promotion.gathered of generation {generation}, found none")


# 2. Waivers and people.


def _check_waivers(reading: Reading, chain: Chain, record: Recorded, rules: Rules) -> None:
    if record.waivers:
        # Few records rely on any; what reads them is loaded for these alone, so that all others start fast.
        from pratique.proof.waiver import verify_waivers

        verify_waivers(reading, chain, record, rules)


def _check_separation(reading: Reading, record: Recorded, chain: Chain, rules: Rules) -> None:
    """Return if whom the policy excludes is excluded, as far as the events tell; authors are in the evidence."""
    people = rules.people(record.track)
    separation = people.separation if people else ()
    demand("record, separation", separation, record.separation)
    requester = chain.at(reading.judgement.index).person_behind(reading.standing.requester)
    excluded = {exclusion.person for exclusion in record.excluded}
    if "requester" in separation and requester is not None and requester not in excluded:
        raise Unverified(f"record, separation: expected {requester}, who asked, to be excluded")


# 3. A second look that left the record in force came out no worse.


def _check_rechecked(reading: Reading, chain: Chain, record: Recorded, rules: Rules, past: Past) -> None:
    for entry in reading.of(PromotionRechecked):
        data = entry.event.data
        if isinstance(data, PromotionRechecked) and data.by_record == reading.judgement.rechecked_by:
            later = read_record(reading.object(entry, "record"))
            demand("promotion.rechecked, record", data.by_record, later.digest)
            demand("promotion.rechecked, outcome", later.outcome, data.outcome)
            demand("promotion.rechecked, holds_until", later.holds_until, data.holds_until)
            demand("promotion.rechecked, current image", later.inputs.current, data.current)
            demand("promotion.rechecked, waivers", later.waived_by, data.waivers)
            demand("promotion.rechecked, times that do not count", later.inputs.withheld, data.withheld)
            _check_inputs(reading, later, data.generation)
            _check_moment(reading, later, data.generation, entry.event.at)
            check_history(reading.standing, later.inputs, past, entry.index)
            verify_outcome(later, rules)
            _check_waivers(reading, chain, later, rules)
            refuse_worse(record, later)


def refuse_worse(record: Recorded, later: Recorded) -> None:
    """Return if a second look came out no worse than the record that people signed, or raise ``Unverified``.

    As ``promotion.consequences.no_worse``, which the server asks.
    """
    demand("promotion.rechecked, policy", record.inputs.policy, later.inputs.policy)
    demand("promotion.rechecked, rules", record.inputs.rules, later.inputs.rules)
    demand("promotion.rechecked, directory", record.inputs.directory, later.inputs.directory)
    worse = (
        rank(later.outcome) > rank(record.outcome)
        or _TRACKS.index(later.track) > _TRACKS.index(record.track)
        or not later.terms <= record.terms
        or not set(later.needs) <= set(record.needs)
        or not set(later.excluded) <= set(record.excluded)
    )
    if worse:
        raise Unverified(f"promotion.rechecked: {later.digest} is worse than {record.digest}, which people signed")


# 4. The decision was still in force when it was approved.


def _check_approval(reading: Reading, record: Recorded, chain: Chain) -> None:
    approval, judgement = reading.approval, reading.judgement
    approved = _entry(reading, PromotionApproved, approval.index).event.data
    track = approved.track if isinstance(approved, PromotionApproved) else None
    demand("promotion.approved, track", record.track, track)
    demand("promotion.approved, policy", judgement.policy, approval.policy)
    ended = {
        data.waiver
        for entry in reading.contents.entries
        if isinstance(data := entry.event.data, WaiverRevoked | WaiverExpired | WaiverVoided)
    }
    waivers = frozenset(judgement.waivers) - ended
    in_force = InForce(
        now=approval.at,
        rules=approval.rules,
        directory=chain.at(approval.index).digest,
        current=approval.current,
        waivers=waivers,
        withheld=judgement.withheld,  # what is held elsewhere shows in no proof but this one's
    )
    again = why_judge_again(judgement, in_force)
    if again:
        raise Unverified(f"promotion.approved at {approval.index}: it had to be judged again first: {again}")
