"""A whole policy as one value: resolved, complete, and addressed by the digest of its canonical JSON.

Nothing outside it is needed to judge: lists are written out, inheritance is applied. ``parse_bundle`` of
``Bundle.resolved`` is the same bundle, and bytes that are not in that one form are no bundle.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from pratique.errors import Absent, Malformed
from pratique.policy.application import Application
from pratique.policy.change_rules import ChangeRules
from pratique.policy.consistency import problems
from pratique.policy.environment import EnvironmentRules
from pratique.policy.remediation import NOBODY_NAMED, Remediation
from pratique.policy.schema import TAG, Misfit, decode, encode, keyed_by, suggestion
from pratique.policy.words import Slug, Version
from pratique.values.canonical import canonical, parse_object
from pratique.values.digest import Digest
from pratique.values.names import Environment, Group

MAX_BYTES = 4 * 1024 * 1024  # a bundle of a hundred applications is about 200 kB


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What the policy is called, who answers for it, and by when it must be looked at again."""

    name: Slug
    owner: Group
    review_by: date
    version: Version | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A resolved policy; every name in it leads somewhere."""

    schema: Literal["pratique/policy/1"] = field(default="pratique/policy/1", metadata=TAG)
    metadata: Metadata
    environments: tuple[EnvironmentRules, ...] = field(metadata=keyed_by("name"))
    remediation: Remediation = NOBODY_NAMED
    applications: tuple[Application, ...] = field(default=(), metadata=keyed_by("name"))
    changes: ChangeRules | None = None
    """Who may change it; without a word, root key holders alone."""

    def __post_init__(self) -> None:
        if not self.environments:
            raise Misfit(("environments",), "expected at least one environment, found none")
        for problem in problems(self.environments, self.applications, self.remediation):
            raise problem

    @property
    def resolved(self) -> bytes:
        """The canonical JSON of the whole policy."""
        return canonical(encode(self))

    @property
    def digest(self) -> Digest:
        """The digest of ``resolved``: the policy's name wherever it is signed or recorded."""
        return Digest.of(self.resolved)

    @property
    def in_order(self) -> tuple[Environment, ...]:
        """The environments' names, each after those that it is entered from."""
        waiting = {rules.name: set(rules.predecessors) for rules in self.environments}
        found: list[Environment] = []
        while waiting:
            free = sorted(name for name, before in waiting.items() if not before & waiting.keys())
            found.extend(free)
            waiting = {name: before for name, before in waiting.items() if name not in free}
        return tuple(found)

    def rules(self, environment: str) -> EnvironmentRules:
        """Return one environment's rules, or raise ``Absent`` with what there is."""
        for rules in self.environments:
            if rules.name == environment:
                return rules
        known = suggestion(environment, (rules.name for rules in self.environments))
        raise Absent(f"policy {self.metadata.name}: has no environment {environment!r}{known}")

    def application(self, name: str) -> Application:
        """Return one application, or raise ``Absent`` with what there is."""
        for application in self.applications:
            if application.name == name:
                return application
        known = suggestion(name, (each.name for each in self.applications))
        raise Absent(f"policy {self.metadata.name}: has no application {name!r}{known}")


def parse_bundle(resolved: bytes) -> Bundle:
    """Read a resolved policy from its canonical JSON.

    Raises:
        Malformed: It is not one, or not in the one form that its digest stands for.
    """
    bundle = decode(Bundle, parse_object(resolved, "policy", max_bytes=MAX_BYTES))
    if bundle.resolved != resolved:
        raise Malformed("policy: these bytes are not its canonical form; publish what `policy check` resolves")
    return bundle
