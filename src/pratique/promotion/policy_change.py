"""Whether enough people approve a change of the policy, by the rule that the policy before it set.

People are counted, not keys. Whoever wrote the change never counts; nobody fills two places. Only who is appointed for
every application and environment counts in a role: the rules are everybody's.

Pure: no clock, no storage. Source: spec/policy.md section 3.6.
"""

from datetime import datetime

from pratique.attest.policy import Changes
from pratique.promotion.directory import Directory
from pratique.values.names import Actor

EVERYWHERE = "*"
_OWNER = "owner"


def why_not_enough(
    changes: Changes, author: Actor | None, people: tuple[Actor, ...], directory: Directory, now: datetime
) -> str | None:
    """Return who is missing, or None where these people may publish the change together.

    Args:
        changes: The rule of the policy in force.
        author: Who wrote the change.
        people: Who signed it.
        directory: The version in force.
        now: The moment of counting.
    """
    if author is None:
        return "it does not say who wrote it, and only root key holders publish without"
    seats = (_OWNER, *(role for role, number in changes.approvals for _ in range(number)))
    counted = tuple(sorted({person for person in people if person != author}))
    fits = {
        person: tuple(at for at, seat in enumerate(seats) if may_fill(seat, person, changes, directory, now))
        for person in counted
    }
    taken: dict[int, Actor] = {}
    for person in counted:
        _seat(person, fits, taken, set())
    missing = (seat for at, seat in enumerate(seats) if at not in taken)
    return ", ".join(_named(seat, changes) for seat in missing) or None


def _seat(person: Actor, fits: dict[Actor, tuple[int, ...]], taken: dict[int, Actor], tried: set[int]) -> bool:
    """Find this person a place, moving others where that helps (augmenting paths, as ``promotion.quorum``)."""
    for at in fits[person]:
        if at in tried:
            continue
        tried.add(at)
        if at not in taken or _seat(taken[at], fits, taken, tried):
            taken[at] = person
            return True
    return False


def _named(seat: str, changes: Changes) -> str:
    return f"a member of {changes.owner}" if seat == _OWNER else f"somebody as {seat}"


def may_fill(seat: str, person: Actor, changes: Changes, directory: Directory, now: datetime) -> bool:
    """Tell whether a person may approve in this place: a role, or ``owner``."""
    if seat == _OWNER:
        return directory.in_group(person, changes.owner)
    return seat in directory.roles_of(person, EVERYWHERE, EVERYWHERE, now)


def has_a_say(person: Actor, changes: Changes, directory: Directory, now: datetime) -> bool:
    """Tell whether a person may approve in any place."""
    seats = (_OWNER, *(role for role, _ in changes.approvals))
    return any(may_fill(seat, person, changes, directory, now) for seat in seats)
