"""What a policy would have decided: recorded decisions judged again under other rules.

Two clocks: *then* judges each by its own moment and its recorded inputs; *now* by this moment and what is known today
(``simulate_inputs``). Nothing is recorded, and the same ledger gives the same answer.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pratique.errors import PratiqueError
from pratique.policy.document import Bundle
from pratique.policy.result import Outcome
from pratique.promotion.case import bodies_of, build_case
from pratique.promotion.happenings import PromotionJudged
from pratique.promotion.judge import judge
from pratique.promotion.record import Decision
from pratique.promotion.record_form import parse_record
from pratique.promotion.waiver import Fate
from pratique.service.simulate_inputs import Candidate, Clock, candidate, inputs_again, knowledge
from pratique.service.simulate_load import Load, load_of
from pratique.service.workspace import Workspace
from pratique.storage.transaction import View
from pratique.values.canonical import Json
from pratique.values.digest import Digest


@dataclass(frozen=True, slots=True)
class Since:
    """From which moment on decisions are replayed; ``None``: all."""

    moment: datetime | None


@dataclass(frozen=True, slots=True)
class Flip:
    """One decision that would come out otherwise; ``why`` is the first reason of the new track."""

    promotion: str
    environment: str
    image: Digest
    at: datetime
    before: tuple[str, str]
    after: tuple[str, str]
    why: str


@dataclass(frozen=True, slots=True)
class Simulation:
    """What came of a replay.

    ``orphaned`` are waivers that would no longer apply, with why; ``unplayed`` the decisions that cannot be replayed,
    with why; ``known`` the lists of today that it went by, and ``unavailable`` what would have been needed besides.
    """

    policy: Digest
    clock: Clock
    replayed: int
    flips: tuple[Flip, ...]
    orphaned: tuple[tuple[str, str], ...]
    load: Load
    unplayed: tuple[tuple[str, str], ...]
    known: tuple[str, ...]
    unavailable: tuple[str, ...]

    @property
    def kinds(self) -> tuple[tuple[str, int], ...]:
        """How often each kind of flip occurs, for example ``pass, fast → block, remediation``."""
        counted = Counter(f"{', '.join(flip.before)} → {', '.join(flip.after)}" for flip in self.flips)
        return tuple(sorted(counted.items()))

    @property
    def summary(self) -> dict[str, Json]:
        """The counts, for a proposal's report."""
        return {
            "policy": str(self.policy),
            "as_of": str(self.clock),
            "replayed": self.replayed,
            "unplayed": len(self.unplayed),
            "flips": dict(self.kinds),
            "orphaned_waivers": [waiver for waiver, _ in self.orphaned],
            "approvals_asked": {"before": self.load.before, "after": self.load.after},
        }


def simulate(workspace: Workspace, bundle: Bundle, since: Since, clock: Clock) -> Simulation:
    """Return what a policy would have made of the decisions recorded since a moment.

    Args:
        workspace: Whose ledger is replayed.
        bundle: The policy to judge by.
        since: From when on.
        clock: By which clock, and which knowledge.
    """
    return workspace.store.read(lambda view: _simulate(workspace, view, bundle, since, clock))


def _simulate(workspace: Workspace, view: View, bundle: Bundle, since: Since, clock: Clock) -> Simulation:
    policy = candidate(bundle)
    pairs: list[tuple[Decision, Decision]] = []
    unplayed: list[tuple[str, str]] = []
    for promotion, digest in _recorded(view, since):
        try:
            before = parse_record(workspace.blobs.get(digest)).decision
            pairs.append((before, _judged_again(workspace, view, policy, before, clock)))
        except PratiqueError as error:
            unplayed.append((promotion, str(error)))
    known, unavailable = knowledge(view, clock)
    replayed = tuple(pairs)
    return Simulation(
        policy=policy.digest,
        clock=clock,
        replayed=len(replayed),
        flips=tuple(flip for before, after in replayed for flip in _flip(before, after)),
        orphaned=tuple(sorted({waiver: why for pair in replayed for waiver, why in _orphaned(*pair)}.items())),
        load=load_of(workspace, view, bundle, replayed),
        unplayed=tuple(unplayed),
        known=known,
        unavailable=(*unavailable, *_never_gathered(replayed)),
    )


def _recorded(view: View, since: Since) -> Iterator[tuple[str, Digest]]:
    """Yield each promotion's decisions, one for each record, in the ledger's order."""
    for entry, data in view.ledger.told(PromotionJudged):
        late = since.moment is None or entry.event.at >= since.moment
        if late and entry.event.promotion is not None:
            yield entry.event.promotion, data.record


def judge_under(workspace: Workspace, bundle: Bundle, decision: Decision) -> Decision:
    """Return what a policy makes of a decision at its own moment; raises where what it rests on is gone."""
    return workspace.store.read(
        lambda view: _judged_again(workspace, view, candidate(bundle), decision, Clock.THEN)
    )


def _judged_again(
    workspace: Workspace, view: View, policy: Candidate, decision: Decision, clock: Clock
) -> Decision:
    again = inputs_again(workspace, view, policy, decision, clock)
    bodies = {digest: workspace.blobs.get(digest) for digest in bodies_of(again.inputs)}
    case = build_case(
        decision.promotion,
        decision.generation,
        again.inputs,
        bundle=policy.bundle,
        directory=again.directory,
        bodies=bodies,
    )
    return judge(case).decision


def _flip(before: Decision, after: Decision) -> Iterator[Flip]:
    old, new = (before.outcome, before.track.name), (after.outcome, after.track.name)
    if old != new:
        inputs = before.inputs
        why = after.track.why[0] if after.track.why else ""
        image = inputs.image.digest
        yield Flip(before.promotion, inputs.to, image, inputs.now, _texts(old), _texts(new), why)


def _texts(pair: tuple[StrEnum, StrEnum]) -> tuple[str, str]:
    return str(pair[0]), str(pair[1])


def _orphaned(before: Decision, after: Decision) -> Iterator[tuple[str, str]]:
    later = {heard.waiver: heard for heard in after.waivers}
    for heard in before.waivers:
        now = later.get(heard.waiver)
        if heard.fate is Fate.APPLIED and (now is None or now.fate is not Fate.APPLIED):
            yield heard.waiver, now.because or now.fate if now else "it is over, or was taken back"


def _never_gathered(replayed: tuple[tuple[Decision, Decision], ...]) -> Iterator[str]:
    """Yield the checks that would find nothing to judge by, which no check of the recorded decision had asked for."""
    lacking: Counter[tuple[str, str]] = Counter()
    for before, after in replayed:
        judged = {result.id for result in before.checks if result.outcome is not Outcome.UNKNOWN}
        unknown = {result.id for result in before.checks} - judged
        for result in after.checks:
            if result.outcome is Outcome.UNKNOWN and result.id not in unknown:
                lacking[after.inputs.to, result.id] += 1
    for (environment, check), count in sorted(lacking.items()):
        yield f"what check {check} of {environment} needs: of {count} of {len(replayed)} decisions it was not gathered"
