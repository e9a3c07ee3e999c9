"""Whether enough people approve, who counts, and why the others do not.

People are counted, not keys and not signatures. Roles come from the directory, and who is excluded from the
decision record; a review says only who decided what about which record. An error here denies.

Pure: no clock, no storage. ``now`` is an argument.
"""

from dataclasses import replace
from datetime import datetime

from pratique.attest.review import Decision
from pratique.promotion.directory import Directory
from pratique.promotion.directory_form import Status
from pratique.promotion.states import ReviewStanding
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.moment import render_moment
from pratique.values.names import Actor, Environment, Group

ANY_ROLE = "*"
"""In a need: whoever holds one of the roles that the other needs name."""


@dataclass(frozen=True, slots=True)
class Need:
    """So many distinct people in a role; ``outside`` excludes the members of a group.

    Where the policy names ``members``, only these people and groups count in the role; and nobody does while fewer
    than ``least`` could.
    """

    role: str
    count: int
    outside: Group | None = None
    because: str | None = None
    members: tuple[str, ...] = ()
    least: int = 1


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A person whose decision cannot count for this image."""

    person: Actor
    because: str


@dataclass(frozen=True, slots=True)
class Question:
    """What is put to people: one decision record, for one application in one environment."""

    record: Digest
    application: str
    environment: Environment
    needs: tuple[Need, ...]
    excluded: tuple[Exclusion, ...]


@dataclass(frozen=True, slots=True)
class Voter:
    """A person's last decision; ``fills`` names the need it counts towards, ``because`` why it counts for none."""

    person: Actor
    decision: Decision
    counts: bool
    because: str | None
    fills: str | None
    envelope: Digest | None


@dataclass(frozen=True, slots=True)
class Quorum:
    """How things stand; ``missing`` are the needs not yet filled, with the number still missing."""

    voters: tuple[Voter, ...]
    missing: tuple[Need, ...]
    vetoed_by: tuple[Actor, ...]

    @property
    def met(self) -> bool:
        """Tell whether the promotion is approved: every need filled, and nobody against."""
        return not self.missing and not self.vetoed_by

    @property
    def counted(self) -> tuple[Digest, ...]:
        """The digests of the signed approvals that fill a need, by person."""
        return tuple(voter.envelope for voter in self.voters if voter.fills and voter.envelope)


def count(
    question: Question, reviews: tuple[ReviewStanding, ...], directory: Directory, *, now: datetime
) -> Quorum:
    """Return who approves, who does not count, and what is missing.

    A person's last decision replaces the earlier ones; one veto outweighs any number of approvals; a person with
    two roles fills one of them.

    Args:
        question: What was asked.
        reviews: Every review of the promotion, in any order; those of another record count for nothing.
        directory: The version in force.
        now: The moment of counting; a review counts while ``now`` is before its expiry.
    """
    last: dict[Actor, ReviewStanding] = {}
    for review in sorted(reviews, key=lambda review: review.index):
        if review.record == question.record:
            last[review.reviewer] = review
    reasons = {person: why_not(question, review, directory, now=now) for person, review in sorted(last.items())}
    approving = tuple(
        person
        for person, because in reasons.items()
        if because is None and last[person].decision is Decision.APPROVE
    )
    filled = _match(question, approving, directory, now)
    return Quorum(
        voters=tuple(
            _voter(last[person], because, question.needs[filled[person]].role if person in filled else None)
            for person, because in reasons.items()
        ),
        missing=_missing(question, filled),
        vetoed_by=tuple(
            person
            for person, because in reasons.items()
            if because is None and last[person].decision is Decision.VETO
        ),
    )


def why_not(question: Question, review: ReviewStanding, directory: Directory, *, now: datetime) -> str | None:
    """Return why this person's decision does not count, or None where it does; ``now`` as in :func:`count`."""
    for exclusion in question.excluded:
        if exclusion.person == review.reviewer:
            return exclusion.because
    person = directory.person(review.reviewer)
    if person is None:
        return f"{review.reviewer} is not in the directory"
    if person.status is not Status.ACTIVE:
        return f"{review.reviewer} is {person.status} in the directory"
    if now >= review.expires:
        return f"the review was valid until {render_moment(review.expires)}"
    if review.record != question.record:
        return f"the review is about the record {review.record.short}, not {question.record.short}"
    return _why_no_role(question, review.reviewer, directory, now)


def _why_no_role(question: Question, person: Actor, directory: Directory, now: datetime) -> str | None:
    if any(_may_fill(question, need, person, directory, now) for need in question.needs):
        return None
    named = sorted(_named_roles(question))
    lapsed = [
        role
        for role in directory.appointments(person, question.application, question.environment)
        if role.role in named and role.until is not None and role.until <= now
    ]
    if lapsed and lapsed[0].until:
        return f"{person} held the role {lapsed[0].role} until {render_moment(lapsed[0].until)}"
    place = f"{question.application} in {question.environment}"
    return f"{person} holds none of the roles asked for ({', '.join(named)}) for {place}"


def _named_roles(question: Question) -> frozenset[str]:
    return frozenset(need.role for need in question.needs) - {ANY_ROLE}


def _may_fill(question: Question, need: Need, person: Actor, directory: Directory, now: datetime) -> bool:
    if need.outside is not None and directory.in_group(person, need.outside):
        return False
    if need.role == ANY_ROLE:
        others = (other for other in question.needs if other.role != ANY_ROLE)
        return any(_may_fill(question, other, person, directory, now) for other in others)
    held = directory.roles_of(person, question.application, question.environment, now)
    return need.role in held and _is_member(need, person, directory) and _enough(question, need, directory, now)


def _is_member(need: Need, person: Actor, directory: Directory) -> bool:
    return not need.members or any(name == person or directory.in_group(person, name) for name in need.members)


def _enough(question: Question, need: Need, directory: Directory, now: datetime) -> bool:
    if need.least <= 1:
        return True
    holders = directory.holders(need.role, question.application, question.environment, now)
    return sum(_is_member(need, person, directory) for person in holders) >= need.least


def _match(question: Question, people: tuple[Actor, ...], directory: Directory, now: datetime) -> dict[Actor, int]:
    """Return which need each person fills, so that as many as possible are filled.

    Maximum bipartite matching by augmenting paths (Kuhn 1955), over a handful of people and needs.
    """
    seats = tuple(place for place, need in enumerate(question.needs) for _ in range(need.count))
    fits = {
        person: tuple(
            seat
            for seat, place in enumerate(seats)
            if _may_fill(question, question.needs[place], person, directory, now)
        )
        for person in people
    }
    taken: dict[int, Actor] = {}
    for person in people:
        _seat(person, fits, taken, set())
    return {person: seats[seat] for seat, person in taken.items()}


def _seat(person: Actor, fits: dict[Actor, tuple[int, ...]], taken: dict[int, Actor], tried: set[int]) -> bool:
    for seat in fits[person]:
        if seat in tried:
            continue
        tried.add(seat)
        if seat not in taken or _seat(taken[seat], fits, taken, tried):
            taken[seat] = person
            return True
    return False


def _missing(question: Question, filled: dict[Actor, int]) -> tuple[Need, ...]:
    if not question.needs:
        return (Need(ANY_ROLE, 1, because="the record names nobody who could approve, so nobody can"),)
    found = list(filled.values())
    left = (replace(need, count=need.count - found.count(place)) for place, need in enumerate(question.needs))
    return tuple(need for need in left if need.count > 0)


def _voter(review: ReviewStanding, because: str | None, role: str | None) -> Voter:
    return Voter(review.reviewer, review.decision, because is None, because, role, review.envelope)
