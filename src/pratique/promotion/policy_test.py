"""Running the tests of a policy: every situation goes through the one judge, and is held against what was expected.

Whoever reviews gets a role for each approval that a case gives: who they are is for the directory to say, and a
policy's test is not about the people of one installation.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from pratique.errors import Absent, PratiqueError
from pratique.policy.document import Bundle
from pratique.policy.environment import EnvironmentRules
from pratique.policy.policy_test import Asked, CheckExpected, Expected, TestCase
from pratique.policy.result import CheckResult, Outcome
from pratique.policy.schema import Misfit
from pratique.promotion.calendar import ALWAYS_OPEN, Calendar
from pratique.promotion.case import Case
from pratique.promotion.directory import Directory
from pratique.promotion.directory_form import DirectoryDocument, Members, Person, Role, Root, Service, Status
from pratique.promotion.evidence_set import list_pieces, root_of_evidence
from pratique.promotion.happenings import Platform, Track
from pratique.promotion.judge import judge
from pratique.promotion.quorum import ANY_ROLE, Need
from pratique.promotion.record import (
    Decision,
    DirectoryUsed,
    EvidenceUsed,
    Held,
    HistoryUsed,
    Image,
    Inputs,
    PolicyUsed,
    Record,
    RequestUsed,
)
from pratique.promotion.situation import EPOCH, Place, Situation, observed, read_situation
from pratique.promotion.situation_waiver import IMAGE, holder_of
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.ids import Kind, build_id
from pratique.values.names import Actor, Group

T = TypeVar("T")
_HOLDERS = 5  # of every role; more than any quorum that a person would write down

BUILDER = "https://ci.example/builder/v1"
AUTHOR = "git:" + "a" * 64
"""The golden image's author, whom the directory of every test knows."""


Calendars = Callable[[EnvironmentRules, datetime], Calendar]
"""Says of an environment when it is frozen around a moment: that takes time zones, which are no part of judging."""


def _always(_rules: EnvironmentRules, _now: datetime) -> Calendar:
    return ALWAYS_OPEN


@dataclass(frozen=True, slots=True)
class Court:
    """What a situation is judged in: the calendar, and the track that was asked for."""

    calendar: Calendars
    asked: Track | None = None


ALWAYS_IN_SESSION = Court(_always)


@dataclass(frozen=True, slots=True)
class Tried:
    """A policy under test, with what is the same for every case of it, worked out once."""

    bundle: Bundle
    digest: Digest
    rules: tuple[tuple[str, Digest], ...]
    directory: Directory

    def used_in(self, environment: str) -> PolicyUsed:
        """Return what a record of this environment names."""
        return PolicyUsed(self.digest, dict(self.rules)[environment])


def tried(bundle: Bundle) -> Tried:
    """Return a policy ready to be tested."""
    rules = tuple((each.name, each.digest) for each in bundle.environments)
    return Tried(bundle, bundle.digest, rules, _directory(bundle))


@dataclass(frozen=True, slots=True)
class Ran:
    """One case, what was decided of it, and how that differs from what was expected."""

    case: TestCase
    situation: Situation
    court: Court
    decision: Decision
    problems: tuple[str, ...]


def run_case(case: TestCase, policy: Tried, golden: Mapping[str, Any], court: Court = ALWAYS_IN_SESSION) -> Ran:
    """Judge one case and compare.

    Args:
        case: As it was read.
        policy: The policy under test.
        golden: The facts that the case's own are laid over.
        court: When the environments are frozen, and when people work.

    Raises:
        Malformed: Its facts break their form, with ``file:line:column``.
    """
    text = case.text
    place = Place(text.environment, text.application, text.image, text.requester, text.platforms)
    try:
        situation = read_situation(place, case.facts(golden), policy.bundle)
        asked = Track(text.asks_for) if text.asks_for else None
        bench = replace(court, asked=asked)
        decision = judge_situation(situation, policy, bench).decision
    except Misfit as error:
        raise case.located(error) from error
    except Absent as error:
        raise case.located(Misfit((), str(error))) from error
    return Ran(case, situation, bench, decision, tuple(_problems(text.expect, decision, text.approvals)))


def judge_situation(situation: Situation, policy: Tried, court: Court) -> Record:
    """Return the record that the one judge makes of a situation."""
    bundle = policy.bundle
    return judge(
        Case(
            promotion=build_id(Kind.PROMOTION, situation.now, bytes(10)),
            generation=1,
            inputs=_inputs(situation, policy, court),
            application=bundle.application(situation.application),
            rules=bundle.rules(situation.to),
            directory=policy.directory,
            platforms=observed(situation),
            review_by=bundle.metadata.review_by,
            waivers=situation.waivers,
        )
    )


def _inputs(situation: Situation, policy: Tried, court: Court) -> Inputs:
    bundle, current = policy.bundle, situation.current
    rules = bundle.rules(situation.to)
    listed = list_pieces(piece.piece for piece in situation.pieces)
    application = bundle.application(situation.application)
    try:
        destination = str(application.image(situation.image_name).destination(situation.to).repository)
    except PratiqueError:
        destination = ""  # a test may ask about an environment that the application does not reach yet
    return Inputs(
        now=situation.now,
        application=situation.application,
        image=Image(
            situation.image_name,
            str(situation.repository),
            IMAGE,
            tuple(Platform(name, digest) for name, digest in situation.platforms),
        ),
        from_=rules.predecessors[0] if rules.predecessors else None,
        to=situation.to,
        destination=destination,
        policy=policy.used_in(rules.name),
        directory=DirectoryUsed(policy.directory.digest),
        request=RequestUsed(None, situation.requester, False, court.asked),
        evidence=EvidenceUsed(root_of_evidence(listed), listed),
        feeds=(),
        history=HistoryUsed(
            Held(Digest.of(b"what runs there"), None) if current else None,
            situation.arrivals or (),
            current,
            situation.left,
            situation.first_seen,
        ),
        calendar=court.calendar(rules, situation.now),
    )


def _directory(bundle: Bundle) -> Directory:
    """Return the people of every test: an author whom nobody else is, and every service that the policy names."""
    author, owner = Actor("person:author"), Actor("person:owner-of-ci")
    people = {author: Person((), (AUTHOR,), Status.ACTIVE), owner: Person((), (), Status.ACTIVE)}
    roles = {role for rules in bundle.environments for _, role in rules.named_roles}
    holders = [(role, holder_of(role, place)) for role in sorted(roles) for place in range(_HOLDERS)]
    people |= {holder: Person((), (), Status.ACTIVE) for _, holder in holders}
    named = {Actor("service:ci"), *(key for rules in bundle.environments for key in _keys(rules))}
    services = {
        name: Service((), ("evidence",), (BUILDER,) if name == "service:ci" else (), owner) for name in named
    }
    groups = tuple((Group(application.owner), Members((author,))) for application in bundle.applications)
    document = DirectoryDocument(
        schema="pratique/directory/1",
        installation="a policy's test",
        version=1,
        previous=None,
        issued=EPOCH,
        root=Root((), 1),
        people=tuple(people.items()),
        groups=groups,
        roles=tuple(Role(role, holder, ("*",), ("*",), None) for role, holder in holders),
        services=tuple(sorted(services.items())),
        revoked=(),
    )
    return Directory(Digest.of(b"a policy's test"), document, _named(people), _named(services), {AUTHOR: author})


def _named(parts: dict[Actor, T]) -> dict[str, T]:
    return {str(name): part for name, part in parts.items()}


def _keys(rules: EnvironmentRules) -> Iterator[Actor]:
    for rule in rules.checks:
        yield from getattr(rule, "keys", ())


# ------------------------------------------------------------------------------------------------- comparison


def _problems(expected: Expected, decision: Decision, approvals: tuple[str, ...]) -> Iterator[str]:
    if expected.outcome is not None and expected.outcome is not decision.outcome:
        yield f"expected the outcome {expected.outcome}, found {decision.outcome}{_worst(decision)}"
    if expected.track is not None and str(expected.track) != str(decision.track.name):
        why = decision.track.why[0] if decision.track.why else "no reason"
        yield f"expected the track {expected.track}, found {decision.track.name}: {why}"
    if expected.why is not None and not any(expected.why in reason for reason in decision.track.why):
        yield f"expected a reason with {expected.why!r}, found: {'; '.join(decision.track.why) or 'none'}"
    if expected.frozen is not None and str(expected.frozen) != (frozen := _frozen(decision)):
        yield f"expected the freeze {expected.frozen}, found {frozen}"
    results = {result.id: result for result in decision.checks}
    for check in expected.checks:
        yield from _check_problems(check, results.get(check.id), tuple(results))
    if expected.approvals is not None:
        yield from _asked_problems("approvals", expected.approvals, Counter(_counted(decision.approvals)))
    if expected.missing is not None:
        left = _counted(decision.approvals) - Counter(approvals)
        yield from _asked_problems("missing approvals", expected.missing, left)


def _frozen(decision: Decision) -> str:
    freeze = decision.inputs.calendar.freeze_at(decision.track.name, decision.inputs.now)
    return freeze.name if freeze else "none"


def _worst(decision: Decision) -> str:
    bad = next((result for result in decision.checks if result.outcome is decision.outcome), None)
    return f"; check {bad.id}: {bad.message}" if bad and bad.outcome is not Outcome.PASS else ""


def _check_problems(expected: CheckExpected, found: CheckResult | None, known: tuple[str, ...]) -> Iterator[str]:
    if found is None:
        yield f"expected the check {expected.id}, which is not among {', '.join(known)}"
        return
    if expected.outcome is not None and expected.outcome is not found.outcome:
        yield f"check {found.id}: expected {expected.outcome}, found {found.outcome}: {found.message}"
    terms = [finding.term for finding in found.findings]
    for term in expected.findings:
        if term not in terms:
            yield f"check {found.id}: expected a finding {term}, found {', '.join(terms[:5]) or 'none'}"
    waived = dict(found.counts).get("by_waiver", 0)
    if expected.waived is not None and expected.waived != waived:
        yield f"check {found.id}: expected {expected.waived} waived, found {waived}"


def _counted(needs: tuple[Need, ...]) -> Counter[str]:
    found: Counter[str] = Counter()
    for need in needs:
        found["anybody" if need.role == ANY_ROLE else need.role] += need.count
    return found


def _asked_problems(what: str, expected: tuple[Asked, ...], found: Counter[str]) -> Iterator[str]:
    wanted = Counter({str(one.role): int(one.count) for one in expected})
    if wanted != found:
        yield f"expected {what} of {_told(wanted)}, found {_told(found)}"


def _told(people: Counter[str]) -> str:
    return ", ".join(f"{count} x {role}" for role, count in sorted(people.items())) or "nobody"
