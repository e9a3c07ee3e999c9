"""Who may fill a role. The signed directory alone says who holds one; a policy may only narrow that."""

from dataclasses import dataclass, field

from pratique.policy.schema import Misfit
from pratique.policy.words import Member, Positive, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleRules:
    """A role counts only for these people and groups, if any are named, and only while so many could fill it."""

    name: Role
    members: tuple[Member, ...] = ()
    min_size: Positive = field(default=Positive(1))

    def __post_init__(self) -> None:
        if len(set(self.members)) != len(self.members):
            raise Misfit(("members",), "expected each person and group once")
