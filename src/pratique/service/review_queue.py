"""What people have to decide: judged promotions, how their quorums stand, and for whom each still waits."""

from dataclasses import dataclass

from pratique.errors import Absent
from pratique.promotion.quorum import Quorum, count
from pratique.promotion.record import Record
from pratique.promotion.record_form import parse_record
from pratique.promotion.states import Promotion, State
from pratique.service.workspace import Workspace
from pratique.storage.transaction import View
from pratique.values.names import Actor


@dataclass(frozen=True, slots=True)
class Standing:
    """A promotion with its record and how its quorum stands."""

    promotion: Promotion
    record: Record
    quorum: Quorum


def queue(workspace: Workspace, reviewer: Actor | None) -> tuple[Standing, ...]:
    """Return what waits for people; with a reviewer, only what still needs this one."""

    def query(view: View) -> tuple[Standing, ...]:
        waiting = view.promotions.latest(1000, states=(State.REVIEW,))
        return tuple(standing(workspace, view, promotion) for promotion in reversed(waiting))

    every = workspace.store.read(query)
    return tuple(one for one in every if reviewer is None or _needs(workspace, one, reviewer))


def _needs(workspace: Workspace, one: Standing, reviewer: Actor) -> bool:
    """Tell whether this person holds a role that is still missing, may fill it, and has not decided yet."""
    if any(voter.person == reviewer for voter in one.quorum.voters):
        return False
    if any(excluded.person == reviewer for excluded in one.record.question.excluded):
        return False
    directory, now = workspace.store.read(lambda view: (workspace.directory(view), view.now))
    roles = directory.roles_of(reviewer, one.promotion.application, one.promotion.to, now)
    judgement = one.promotion.judgement
    if judgement and judgement.escalated and judgement.escalate_to in roles:
        return True
    return any(need.role in roles or need.role == "*" for need in one.quorum.missing)


def standing(workspace: Workspace, view: View, promotion: Promotion) -> Standing:
    """Return how a judged promotion stands; raises ``Absent`` before it is judged."""
    record = record_of(workspace, promotion)
    quorum = count(record.question, promotion.reviews, workspace.directory(view), now=view.now)
    return Standing(promotion, record, quorum)


def record_of(workspace: Workspace, promotion: Promotion) -> Record:
    """Return the decision record in force for a promotion; raises ``Absent`` before there is one."""
    if promotion.judgement is None:
        raise Absent(f"{promotion.id} has no decision record yet, it is {promotion.state}; wait for the judgement")
    return parse_record(workspace.blobs.get(promotion.judgement.record))
