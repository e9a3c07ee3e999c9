"""The outcome in a proof: that it follows from the checks and the signed rules, and the track with it.

As ``promotion.track``, which the server asks, as far as this can be told without the evidence.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import assert_never

from pratique.attest.seal import Level
from pratique.errors import Malformed, Unverified
from pratique.policy.result import Outcome, worst
from pratique.promotion.happenings import Track
from pratique.proof.demand import demand
from pratique.proof.record import Checked, Recorded
from pratique.proof.rules import Emergency, Fast, Rules
from pratique.values.moment import render_moment
from pratique.values.reference import parse_reference

_SCORE = re.compile(r"[0-9]{1,3}\.[0-9]")
_PASSED = (Outcome.PASS, Outcome.WARN)


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


def verify_outcome(record: Recorded, rules: Rules) -> None:
    """Return if a record's outcome and track follow from its checks and the rules.

    Raises:
        Unverified: They do not; the message says what stands against it.
        Malformed: A number in it is none.
    """
    demand("record, checks", rules.checks, tuple((check.id, check.check) for check in record.checks))
    demand("record, outcome of its checks", worst(tuple(check.outcome for check in record.checks)), record.outcome)
    _check_way(record, rules)
    _check_from(record, rules)
    for check in _standing(record, rules):
        if not _let_in(check, record, rules):
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


def _check_way(record: Recorded, rules: Rules) -> None:
    """Return if it took the way that was asked for, or goes back where that is what it does."""
    asked = record.inputs.track
    for way in (Track.EMERGENCY, Track.ADOPT):
        demand(f"record, {way}", asked == way, record.track is way)
    if asked is None and record.track is not Track.ROLLBACK and _goes_back(record, rules):
        raise Unverified(
            f"record, track {record.track}: expected rollback, of an image that was here until "
            f"{_until(record)}; found another way"
        )


def _check_from(record: Recorded, rules: Rules) -> None:
    """Return if it came from where the policy lets it come from; what is adopted stood there already."""
    allowed: tuple[str | None, ...] = rules.predecessors or (None,)
    if record.track is not Track.ADOPT and record.inputs.from_ not in allowed:
        raise Unverified(
            f"record, from: the policy lets {rules.environment} be entered from "
            f"{' or '.join(rules.predecessors) or 'outside'}, found {record.inputs.from_ or 'outside'}"
        )


def _blocking(record: Recorded, rules: Rules) -> Iterator[Checked]:
    yield from (check for check in record.checks if rules.counts_as(check.outcome) is Outcome.BLOCK)


def _standing(record: Recorded, rules: Rules) -> Iterator[Checked]:
    """Yield what blocks, and what did not pass of what an emergency or an adoption passes over never."""
    never: tuple[str, ...] = ()
    if record.track is Track.EMERGENCY and rules.emergency is not None:
        never = rules.emergency.never
    if record.track is Track.ADOPT and rules.adopt is not None:
        never = rules.adopt.never
    insisted = (check for check in record.checks if check.id in never and check.outcome not in _PASSED)
    yield from dict.fromkeys((*_blocking(record, rules), *insisted))


def _let_in(check: Checked, record: Recorded, rules: Rules) -> bool:
    """Tell whether a check may block and yet not stop it: back, in an emergency, or adopted (``promotion.way``).

    A gate that only warns lets in what it does not pass on the fast and the slow track. What an emergency or an
    adoption never passes over, it stops there all the same.
    """
    match record.track:
        case Track.ROLLBACK:
            return True
        case Track.ADOPT:
            return rules.adopt is not None and check.id not in rules.adopt.never
        case Track.EMERGENCY:
            return rules.emergency is not None and _skipped(check, record, rules, rules.emergency)
        case Track.FAST | Track.SLOW | Track.REMEDIATION:
            return rules.warns
        case _:
            assert_never(record.track)


def _skipped(check: Checked, record: Recorded, rules: Rules, emergency: Emergency) -> bool:
    held, found = record.inputs.held, frozenset(check.terms)
    failed = check.outcome in (Outcome.BLOCK, Outcome.REVIEW)
    no_worse = failed and bool(found) and held is not None and found <= held
    return check.id in emergency.skippable or (check.id in rules.known_exploited and no_worse)


def _goes_back(record: Recorded, rules: Rules) -> bool:
    left = record.inputs.left
    return rules.rollback is not None and left is not None and record.inputs.now - left <= rules.keep


def _until(record: Recorded) -> str:
    left = record.inputs.left
    return render_moment(left) if left is not None else "never"


def _check_back(record: Recorded, rules: Rules) -> None:
    if rules.rollback is None:
        raise Unverified("record, track rollback: the policy has no rollback track here")
    if record.inputs.left is None:
        raise Unverified(
            "record, track rollback: expected an image that was here before, found one that never was"
        )
    if not _goes_back(record, rules):
        raise Unverified(
            f"record, track rollback: expected an image that was here within {rules.keep.days} days, found one that "
            f"left at {_until(record)}"
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
