"""Who may change the policy: its own quorum, so that root keys can stay in their safes.

A member of the owning group and people in the roles named, all distinct; whoever wrote the change is none of them.
Whoever would change this very rule needs root keys.
"""

from dataclasses import dataclass

from pratique.policy.schema import Misfit
from pratique.policy.words import Positive, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeApproval:
    """So many people in this role, appointed for everything."""

    role: Role
    count: Positive


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRules:
    """Who must approve a change, besides a member of the owning group."""

    approvals: tuple[ChangeApproval, ...]

    def __post_init__(self) -> None:
        if not self.approvals:
            raise Misfit(("approvals",), "expected at least one role, found none; the owners alone are no quorum")
        roles = [one.role for one in self.approvals]
        twice = next((role for role in roles if roles.count(role) > 1), None)
        if twice:
            raise Misfit(("approvals",), f"the role {twice!r} is named twice; add the counts up")
