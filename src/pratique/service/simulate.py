"""What a policy would have decided: recorded decisions judged again under other rules, from their recorded inputs.

Two clocks: *then* judges each by its own moment, *now* by this one; what was found of the image stays as recorded.
Nothing is recorded, and the same ledger gives the same answer.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from pratique.errors import Absent, PratiqueError
from pratique.policy.document import Bundle
from pratique.promotion.case import bodies_of, build_case
from pratique.promotion.directory import Directory
from pratique.promotion.happenings import PromotionJudged
from pratique.promotion.judge import judge
from pratique.promotion.record import Decision, Inputs, PolicyUsed
from pratique.promotion.record_form import parse_record
from pratique.promotion.waiver import Fate
from pratique.service.workspace import Workspace
from pratique.storage.transaction import View
from pratique.values.canonical import Json
from pratique.values.digest import Digest


class Clock(StrEnum):
    """By which clock a recorded decision is judged again."""

    THEN = "then"
    NOW = "now"


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

    ``orphaned`` are waivers that would no longer apply, with why; ``asked`` the approvals that would be asked for,
    before and after; ``unplayed`` the decisions that cannot be replayed, with why.
    """

    policy: Digest
    replayed: int
    flips: tuple[Flip, ...]
    orphaned: tuple[tuple[str, str], ...]
    asked: tuple[int, int]
    unplayed: tuple[tuple[str, str], ...]

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
            "replayed": self.replayed,
            "unplayed": len(self.unplayed),
            "flips": dict(self.kinds),
            "orphaned_waivers": [waiver for waiver, _ in self.orphaned],
            "approvals_asked": {"before": self.asked[0], "after": self.asked[1]},
        }


def simulate(workspace: Workspace, bundle: Bundle, since: Since, clock: Clock) -> Simulation:
    """Return what a policy would have made of the decisions recorded since a moment.

    Args:
        workspace: Whose ledger is replayed.
        bundle: The policy to judge by.
        since: From when on.
        clock: By which clock.
    """
    recorded, now = workspace.store.read(lambda view: (tuple(_recorded(view, since)), view.now))
    flips: list[Flip] = []
    orphaned: dict[str, str] = {}
    unplayed: list[tuple[str, str]] = []
    asked = [0, 0]
    for promotion, digest in recorded:
        decision = parse_record(workspace.blobs.get(digest)).decision
        try:
            after = judge_under(workspace, bundle, decision, now if clock is Clock.NOW else decision.inputs.now)
        except PratiqueError as error:
            unplayed.append((promotion, str(error)))
            continue
        flips.extend(_flip(decision, after))
        orphaned.update(_orphaned(decision, after))
        asked = [asked[0] + _people(decision), asked[1] + _people(after)]
    return Simulation(
        policy=bundle.digest,
        replayed=len(recorded) - len(unplayed),
        flips=tuple(flips),
        orphaned=tuple(sorted(orphaned.items())),
        asked=(asked[0], asked[1]),
        unplayed=tuple(unplayed),
    )


def _recorded(view: View, since: Since) -> Iterator[tuple[str, Digest]]:
    """Yield each promotion's decisions, one for each record, in the ledger's order."""
    for entry in view.ledger.of_type("promotion.judged/1"):
        data, event = entry.event.data, entry.event
        late = since.moment is None or event.at >= since.moment
        if late and isinstance(data, PromotionJudged) and event.promotion is not None:
            yield event.promotion, data.record


def judge_under(workspace: Workspace, bundle: Bundle, decision: Decision, now: datetime) -> Decision:
    """Return what a policy makes of the recorded inputs of a decision at a moment; raises where these are gone."""
    rules = bundle.rules(decision.inputs.to)
    inputs = replace(
        decision.inputs, now=now, policy=PolicyUsed(bundle.digest, rules.digest, decision.inputs.policy.editors)
    )
    bodies = {digest: workspace.blobs.get(digest) for digest in bodies_of(inputs)}
    directory = workspace.store.read(lambda view: _directory(workspace, view, inputs))
    case = build_case(
        decision.promotion, decision.generation, inputs, bundle=bundle, directory=directory, bodies=bodies
    )
    return judge(case).decision


def _directory(workspace: Workspace, view: View, inputs: Inputs) -> Directory:
    for _, directory in workspace.chain(view).versions:
        if directory.digest == inputs.directory.digest:
            return directory
    raise Absent(f"directory {inputs.directory.digest}: this ledger never had it")


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
            yield heard.waiver, now.because or now.fate if now else "it would not be heard"


def _people(decision: Decision) -> int:
    return sum(need.count for need in decision.approvals)
