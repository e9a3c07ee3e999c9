"""The decision in a proof: that the record is about this promotion, and that its outcome follows from its checks.

Not judged again: that takes the evidence itself (``proof.rejudge``).
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import assert_never

from pratique.attest.seal import Level
from pratique.errors import Malformed, Unverified
from pratique.policy.result import Outcome, rank, worst
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
from pratique.proof.reading import Reading
from pratique.proof.record import Checked, Recorded, read_record
from pratique.proof.rules import Fast, Rules
from pratique.values.canonical import parse_json
from pratique.values.moment import render_moment
from pratique.values.reference import parse_reference

_SCORE = re.compile(r"[0-9]{1,3}\.[0-9]")
_PASSED = (Outcome.PASS, Outcome.WARN)
_TRACKS = (Track.FAST, Track.SLOW, Track.ROLLBACK, Track.EMERGENCY, Track.ADOPT, Track.REMEDIATION)


def verify_decision(reading: Reading, chain: Chain, rules: Rules) -> Recorded:
    """Return the record that the promotion was approved by.

    Raises:
        Unverified: The record is about something else, its outcome does not follow from its checks and the rules,
            or it was not in force any more when it was approved.
        Malformed: The record breaks its form.
    """
    record = _judged(reading)
    _check_outcome(record, rules)
    _check_waivers(reading, chain, record, rules)
    _check_separation(reading, record, chain, rules)
    _check_rechecked(reading, chain, record, rules)
    _check_approval(reading, record, chain)
    return record


def level_of(record: Recorded, rules: Rules) -> Level:
    """Return how an image with this record enters: admitted where the gate lets in what it does not pass.

    That is what blocks, and on the fast track, where nobody looks at it, whatever did not pass. In an emergency, or
    adopted, it enters as that.
    """
    if record.track is Track.EMERGENCY:
        return Level.EMERGENCY
    if record.track is Track.ADOPT:
        return Level.ADOPTED
    unseen = record.track is Track.FAST and record.outcome not in _PASSED
    return Level.ADMITTED if rules.warns and (unseen or any(_blocking(record, rules))) else Level.PROMOTED


def lasts_of(record: Recorded, rules: Rules) -> timedelta | None:
    """Return how long a seal over this record holds; None where it does not lapse."""
    if record.track is Track.ADOPT and rules.adopt:
        return rules.adopt.lasts
    return rules.emergency.lasts if record.track is Track.EMERGENCY and rules.emergency else None


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


# 2. The outcome and the track follow from the checks and the rules.


def _check_outcome(record: Recorded, rules: Rules) -> None:
    demand("record, checks", rules.checks, tuple((check.id, check.check) for check in record.checks))
    demand("record, outcome of its checks", worst(tuple(check.outcome for check in record.checks)), record.outcome)
    for way in (Track.EMERGENCY, Track.ADOPT):
        demand(f"record, {way}", record.inputs.track == way, record.track is way)
    for check in _blocking(record, rules):
        if not (rules.warns or _passed_over(check, record, rules)):
            raise Unverified(f"record, track {record.track}: check {check.id} is {check.outcome}, which blocks")
    match record.track:
        case Track.FAST:
            _check_fast(record, rules, rules.fast)
        case Track.SLOW:
            if rules.slow is None:
                raise Unverified("record, track slow: the policy has no slow track here")
        case Track.ROLLBACK:
            _check_back(record, rules)
        case Track.EMERGENCY:
            if rules.emergency is None:
                raise Unverified("record, track emergency: the policy has no emergency track here")
        case Track.ADOPT:
            _check_adopted(record, rules)
        case Track.REMEDIATION:
            raise Unverified("record, track: expected one that lets an image in, found remediation")
        case _:
            assert_never(record.track)


def _blocking(record: Recorded, rules: Rules) -> Iterator[Checked]:
    yield from (check for check in record.checks if rules.counts_as(check.outcome) is Outcome.BLOCK)


def _passed_over(check: Checked, record: Recorded, rules: Rules) -> bool:
    """Tell whether a check may block and yet not stop it: back, in an emergency, or adopted (``promotion.way``)."""
    if record.track is Track.ROLLBACK:
        return True
    if record.track is Track.ADOPT and rules.adopt is not None:
        return check.id not in rules.adopt.never
    if record.track is not Track.EMERGENCY or rules.emergency is None:
        return False
    held, found = record.inputs.held, frozenset(check.terms)
    no_worse = check.outcome is Outcome.BLOCK and bool(found) and held is not None and found <= held
    return check.id in rules.emergency.skippable or (check.id in rules.known_exploited and no_worse)


def _check_back(record: Recorded, rules: Rules) -> None:
    if rules.rollback is None:
        raise Unverified("record, track rollback: the policy has no rollback track here")
    if record.inputs.left is None:
        raise Unverified(
            "record, track rollback: expected an image that was here before, found one that never was"
        )
    if record.inputs.now - record.inputs.left > rules.keep:
        raise Unverified(
            f"record, track rollback: expected an image that was here within {rules.keep.days} days, found one that "
            f"left at {render_moment(record.inputs.left)}"
        )


def _check_adopted(record: Recorded, rules: Rules) -> None:
    inputs = record.inputs
    if rules.adopt is None:
        raise Unverified("record, track adopt: the policy has no adopt track here")
    repository = str(parse_reference(inputs.source).repository)
    if inputs.from_ is not None or repository != inputs.destination:
        raise Unverified(
            f"record, track adopt: expected an image that stood at {inputs.destination}, found one of "
            f"{inputs.from_ or repository}"
        )


def _check_fast(record: Recorded, rules: Rules, fast: Fast | None) -> None:
    if fast is None:
        raise Unverified("record, track fast: the policy has no fast track here")
    if record.inputs.overtaken is not None:
        raise Unverified("record, track fast: it is older than what the environment held, so people had to decide")
    if record.inputs.current is None and not fast.first_arrival:
        raise Unverified("record, track fast: it is the first image of its name here, so people had to decide")
    if record.inputs.now.date() > rules.fast_until:
        raise Unverified(f"record, track fast: the policy was to be reviewed 30 days before {rules.fast_until}")
    must_pass = fast.all_pass or not rules.warns  # as promotion.track, which the server asks
    if must_pass and not record.checks:
        raise Unverified("record, track fast: expected at least one check, found none")
    for check in record.checks:
        if must_pass and check.outcome not in _PASSED:
            raise Unverified(f"record, track fast: check {check.id} is {check.outcome}, not passed")
    if fast.risk_at_most is not None and _tenths(record.risk) > 10 * fast.risk_at_most:
        raise Unverified(f"record, track fast: risk at most {fast.risk_at_most}, found {record.risk}")


def _tenths(text: str) -> int:
    if not _SCORE.fullmatch(text):
        raise Malformed(f"record.risk.score: expected a number with one decimal, found {text[:40]!r}")
    return int(text.replace(".", ""))


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


def _check_rechecked(reading: Reading, chain: Chain, record: Recorded, rules: Rules) -> None:
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
            _check_outcome(later, rules)
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
