"""Holds: placing one, letting it end, and looking at them.

The server never signs for a person. What a hold stops waits, and goes on by itself once two people have lifted it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pratique.attest.hold import HOLD_FORM, Act, Hold, Scope
from pratique.promotion.hold import HoldStanding, consider_hold, consider_lift
from pratique.promotion.states import Promotion, State
from pratique.service.again import begin_again
from pratique.service.perform import want_next
from pratique.service.prefix import only
from pratique.service.scribe import About, Scribe, about
from pratique.service.signatory import Signatory
from pratique.service.withheld import images_of
from pratique.service.word import hear, speak, words_behind
from pratique.service.workspace import Workspace
from pratique.storage.transaction import Transaction, View
from pratique.values.ids import Kind, build_id


@dataclass(frozen=True, slots=True)
class Shown:
    """A hold as it stands, why it was placed, where that may still be read, and what waits for its end."""

    standing: HoldStanding
    words: str | None
    waiting: tuple[Promotion, ...]


def place(workspace: Workspace, scope: Scope, comment: str, signatory: Signatory) -> Shown:
    """Have a person sign that something is stopped, and record it; one signature is enough.

    Raises:
        Absent: The policy knows no such application or environment.
        Refused: This person has no role for all that it would stop.
        Unverified: The signature is not theirs.
    """
    workspace.store.read(lambda view: _expect_known(workspace, view, scope))
    identifier = workspace.store.transact(lambda tx: build_id(Kind.HOLD, tx.now, tx.chance(10)))
    spoken = speak(workspace, HOLD_FORM, comment, signatory, lambda word: Hold(identifier, Act.PLACE, scope, word))

    def command(tx: Transaction) -> None:
        directory = workspace.directory(tx)
        placed = consider_hold(hear(tx, directory, spoken), directory, tx.now)
        Scribe(tx, placed.by, _about(scope)).append(placed, spoken.item)

    workspace.store.transact(command)
    return show(workspace, identifier)


def lift(workspace: Workspace, prefix: str, comment: str, signatory: Signatory) -> Shown:
    """Have a person sign that a hold may end, and record it; with the second person it does.

    Raises:
        Absent, Conflict: No such hold, it has ended, or this person has signed before.
        Refused: This person has no role for all that it stops.
        Unverified: The signature is not theirs.
    """
    one = workspace.store.read(lambda view: by_prefix(workspace, view, prefix))
    spoken = speak(
        workspace, HOLD_FORM, comment, signatory, lambda word: Hold(one.hold, Act.LIFT, one.scope, word)
    )

    def command(tx: Transaction) -> None:
        directory = workspace.directory(tx)
        hold = hear(tx, directory, spoken)
        standing = by_prefix(workspace, tx, hold.hold)
        lifted = consider_lift(standing, hold, directory, tx.now)
        waiting = tuple(_waiting(tx, standing))
        Scribe(tx, lifted.by, _about(standing.scope)).append(lifted, spoken.item)
        for promotion in waiting:
            tx.effects.hasten(promotion.id)
        if by_prefix(workspace, tx, standing.hold).ended is not None:
            _judge_again(tx, standing.hold)

    workspace.store.transact(command)
    return show(workspace, one.hold)


def _judge_again(tx: Transaction, hold: str) -> None:
    """Begin again whatever waits in remediation because a time under this hold did not count: it may pass now."""
    for promotion in tx.promotions.open_everywhere():
        judgement = promotion.judgement
        if promotion.state is State.REMEDIATION and judgement is not None and hold in judgement.withheld:
            begin_again(Scribe(tx, about=about(promotion)), promotion, f"the hold {hold} was lifted")
            want_next(tx, promotion.id)


def _expect_known(workspace: Workspace, view: View, scope: Scope) -> None:
    bundle = workspace.bundle(view)
    if scope.environment is not None:
        bundle.rules(scope.environment)
    if scope.application is not None:
        bundle.application(scope.application)


def _about(scope: Scope) -> About:
    return About(None, scope.application, scope.environment, scope.image)


def listed(workspace: Workspace) -> tuple[Shown, ...]:
    """Return every hold, the newest first."""

    def query(view: View) -> tuple[Shown, ...]:
        return tuple(_shown(view, one) for one in reversed(workspace.holds(view)))

    return workspace.store.read(query)


def show(workspace: Workspace, prefix: str) -> Shown:
    """Return one hold; raises ``Absent`` or ``Conflict`` for its prefix."""
    return workspace.store.read(lambda view: _shown(view, by_prefix(workspace, view, prefix)))


def _shown(view: View, one: HoldStanding) -> Shown:
    return Shown(one, words_behind(view, one.placed.comment), tuple(_waiting(view, one)))


def _waiting(view: View, one: HoldStanding) -> Iterator[Promotion]:
    for promotion in view.promotions.open_everywhere() if one.ended is None else ():
        if one.placed.stops(promotion.application, promotion.to, images_of(promotion)):
            yield promotion


def by_prefix(workspace: Workspace, view: View, prefix: str) -> HoldStanding:
    """Return the one hold whose id begins so; raises ``Absent`` or ``Conflict``."""
    return only(Kind.HOLD, prefix, workspace.holds(view), lambda one: one.hold)
