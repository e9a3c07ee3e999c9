"""What a policy asks of people: how many approvals, whom they fall on, and how long an answer has taken so far.

How long is what the ledger knows: from the decision that was put to people until each of them had signed. That is
waiting and looking in one, so the hours are those of a promotion, not of anybody's work.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from pratique.policy.document import Bundle
from pratique.promotion.directory import Directory
from pratique.promotion.events import Entry
from pratique.promotion.happenings import PromotionJudged, ReviewGiven
from pratique.promotion.named import counts_in
from pratique.promotion.quorum import ANY_ROLE
from pratique.promotion.record import Decision
from pratique.service.workspace import Workspace
from pratique.storage.transaction import View

_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class RoleLoad:
    """How many approvals of a role were asked for and would be, and who can give them, each with how many they gave.

    ``people`` are those of today's directory, by how many decisions they signed in the time replayed.
    """

    role: str
    before: int
    after: int
    people: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked of people, by role; ``answers`` so many were given, half of them within ``median``."""

    roles: tuple[RoleLoad, ...]
    answers: int
    median: timedelta | None

    @property
    def before(self) -> int:
        """All approvals that were asked for."""
        return sum(role.before for role in self.roles)

    @property
    def after(self) -> int:
        """All approvals that would be."""
        return sum(role.after for role in self.roles)

    @property
    def added(self) -> timedelta | None:
        """How much longer people would be waited for, all added up; negative where less; None where nobody answered."""
        return None if self.median is None else (self.after - self.before) * self.median


def load_of(
    workspace: Workspace, view: View, bundle: Bundle, replayed: tuple[tuple[Decision, Decision], ...]
) -> Load:
    """Return what was asked of people in these decisions, and what would be.

    Args:
        workspace: Whose ledger tells who answered, and when.
        view: As it stands.
        bundle: The policy that would ask.
        replayed: Each decision as it was recorded and as it would be.
    """
    answers = tuple(_answers(view, dict.fromkeys(before.promotion for before, _ in replayed)))
    given = Counter(person for person, _ in answers)
    asked, would = (_asked(decisions) for decisions in ((b for b, _ in replayed), (a for _, a in replayed)))
    people = _people(workspace.directory(view), bundle, tuple(after for _, after in replayed), view.now)
    roles = tuple(
        RoleLoad(
            role,
            asked[role],
            would[role],
            tuple((person, given[person]) for person in sorted(people.get(role, ()))),
        )
        for role in sorted({*asked, *would})
    )
    return Load(roles, len(answers), _median(took for _, took in answers))


def _asked(decisions: Iterable[Decision]) -> Counter[str]:
    asked: Counter[str] = Counter()
    for decision in decisions:
        for need in decision.approvals:
            asked[need.role] += need.count
    return asked


def _people(
    directory: Directory, bundle: Bundle, decisions: tuple[Decision, ...], now: datetime
) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for role, application, to in {
        (need.role, one.inputs.application, one.inputs.to) for one in decisions for need in one.approvals
    }:
        narrowed = next((each for each in bundle.rules(to).roles if each.name == role), None)
        holders = () if role == ANY_ROLE else directory.holders(role, application, to, now)
        counting = (person for person in holders if narrowed is None or counts_in(narrowed, person, directory))
        found.setdefault(role, set()).update(map(str, counting))
    return found


def _answers(view: View, promotions: Iterable[str]) -> Iterator[tuple[str, timedelta]]:
    """Yield who signed a decision of these promotions, and how long after it was put to people."""
    for promotion in promotions:
        yield from _answers_in(view.ledger.of_promotion(promotion))


def _answers_in(entries: tuple[Entry, ...]) -> Iterator[tuple[str, timedelta]]:
    put: dict[str, datetime] = {}
    for entry in entries:
        data = entry.event.data
        if isinstance(data, PromotionJudged):
            put[str(data.record)] = entry.event.at
        elif isinstance(data, ReviewGiven) and data.counts and str(data.record) in put:
            yield str(data.reviewer), entry.event.at - put[str(data.record)]


def _median(times: Iterable[timedelta]) -> timedelta | None:
    """Return the middle one, or the mean of the two in the middle, in whole milliseconds."""
    found = sorted(times)
    if not found:
        return None
    middle = (found[(len(found) - 1) // 2] + found[len(found) // 2]) / 2
    return middle // _MILLISECOND * _MILLISECOND
