"""How every hold stands, and who may place and lift one.

Stopping takes one signature, and letting go on two (decisions.md, "Who counts"): of people who hold, for all that
the hold reaches, one of the roles in ``ROLES``. The directory alone says who holds one, so that no policy can take
the brake away.

Pure: no clock, no storage.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final

from pratique.attest.hold import Act, Hold, Scope
from pratique.errors import Conflict, Refused, Unverified
from pratique.promotion.directory import Directory
from pratique.promotion.events import Entry
from pratique.promotion.governance import HoldLifted, HoldPlaced
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.names import Actor, Environment

TYPES = (HoldPlaced.TYPE, HoldLifted.TYPE)
"""The events that say something of a hold."""

ROLES: Final = frozenset({"security", "steward", "change-board"})
"""Whoever has one of these roles in the directory may stop something, and take an image back."""

TO_LIFT: Final = 2
"""How many different people must sign before a hold ends."""

_EVERYWHERE = "*"  # a name that only the pattern * fits: whoever stops everything needs a role for everything


@dataclass(frozen=True, slots=True)
class HoldStanding:
    """One hold; ``lifted_by`` are the people who signed that it may end, ``ended`` when enough had."""

    placed: HoldPlaced
    index: int
    at: datetime
    statement: Digest | None
    lifted_by: tuple[Actor, ...] = ()
    ended: datetime | None = None

    @property
    def hold(self) -> str:
        """Its identifier."""
        return self.placed.hold

    @property
    def scope(self) -> Scope:
        """What it stops."""
        return Scope(self.placed.image, self.placed.application, self.placed.environment)

    @property
    def word(self) -> str:
        """How it stands, in a few words."""
        by = " and ".join(self.lifted_by)
        if self.ended is not None:
            return f"lifted by {by}"
        return f"in force; {by} signed that it may end, and one more must" if by else "in force"


def fold_holds(entries: Iterable[Entry]) -> tuple[HoldStanding, ...]:
    """Return every hold, in the order in which they were placed; what is about none is passed over."""
    found: dict[str, HoldStanding] = {}
    for entry in sorted(entries, key=lambda each: each.index):
        data = entry.event.data
        if isinstance(data, HoldPlaced):
            item = entry.event.object("hold")
            found[data.hold] = HoldStanding(data, entry.index, entry.event.at, item.digest if item else None)
        elif isinstance(data, HoldLifted) and data.hold in found:
            found[data.hold] = _lifted(found[data.hold], data.by, entry.event.at)
    return tuple(found.values())


def _lifted(one: HoldStanding, by: Actor, at: datetime) -> HoldStanding:
    if one.ended is not None or by in one.lifted_by:
        return one
    people = (*one.lifted_by, by)
    return replace(one, lifted_by=people, ended=at if len(people) >= TO_LIFT else None)


def holding(
    holds: Iterable[HoldStanding], application: str, environment: Environment, images: tuple[Digest, ...]
) -> HoldStanding | None:
    """Return the first hold in force that stops these images, index and platforms, there; or None."""
    standing = (one for one in holds if one.ended is None)
    return next((one for one in standing if one.placed.stops(application, environment, images)), None)


def roles_to_stop(
    directory: Directory, person: str, application: str | None, environment: str | None, now: datetime
) -> tuple[str, ...]:
    """Return the roles by which a person may stop what this reaches, by name; None reaches everything."""
    held = directory.roles_of(person, application or _EVERYWHERE, environment or _EVERYWHERE, now)
    return tuple(sorted(held & ROLES))


def expect_role(
    directory: Directory, person: str, application: str | None, environment: str | None, now: datetime
) -> None:
    """Return if a person may stop what this reaches, or raise ``Refused``."""
    if not roles_to_stop(directory, person, application, environment, now):
        reach = f"{application or 'every application'} in {environment or 'every environment'}"
        raise Refused(
            f"expected somebody who is {', '.join(sorted(ROLES))} for {reach}, by the directory; found {person}"
        )


def consider_hold(hold: Hold, directory: Directory, now: datetime) -> HoldPlaced:
    """Return a person's word that something is stopped.

    Raises:
        Refused: This person holds no role for all that it would stop.
        Unverified: The statement says something else.
    """
    _expect_act(hold, Act.PLACE)
    scope = hold.scope
    expect_role(directory, hold.by, scope.application, scope.environment, now)
    return HoldPlaced(
        hold.hold, hold.by, scope.image, scope.application, scope.environment, hold.nonce, hold.word.comment
    )


def _expect_act(hold: Hold, act: Act) -> None:
    if hold.act is not act:
        raise Unverified(f"hold: expected a statement that says {act}, found {hold.act}")


def consider_lift(one: HoldStanding, hold: Hold, directory: Directory, now: datetime) -> HoldLifted:
    """Return a person's word that a hold may end.

    Raises:
        Conflict: It has ended, or this person has signed before.
        Refused: This person holds no role for all that it stops.
        Unverified: The statement says something else, or is about another scope than the hold's.
    """
    _expect_act(hold, Act.LIFT)
    if one.ended is not None:
        raise Conflict(f"hold {one.hold}: it is {one.word}")
    if hold.by in one.lifted_by:
        raise Conflict(f"hold {one.hold}: {hold.by} has signed already; somebody else must, too")
    if hold.scope != one.scope:
        raise Unverified(f"hold {one.hold}: expected a statement about its scope, found one about another")
    expect_role(directory, hold.by, one.scope.application, one.scope.environment, now)
    return HoldLifted(one.hold, hold.by, hold.nonce, hold.word.comment)
