"""Attack surface: what the layers offer to an attacker, at most so much, and no more than what runs there now.

It rests on what this installation measured itself; nobody else's word counts. Where the environment holds no image
of this name, or of the one that it holds nothing was recorded, everything counts as added.
"""

from dataclasses import dataclass, field, fields
from typing import Literal

from pratique.errors import Malformed
from pratique.evidence.surface.measure import Surface
from pratique.policy.checks.rule import CheckRule, Problem, judged
from pratique.policy.facts import Facts
from pratique.policy.result import CheckFinding, CheckResult, Outcome
from pratique.policy.schema import TAG
from pratique.policy.tightening import allows_less, higher, lower, tighter
from pratique.policy.traits import MEASURES, ROOT, items_of
from pratique.policy.words import Count, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many of each there may be; what is not named here is not limited."""

    setuid: Count | None = field(default=None, metadata=tighter(lower))
    setgid: Count | None = field(default=None, metadata=tighter(lower))
    world_writable: Count | None = field(default=None, metadata=tighter(lower))
    file_capabilities: Count | None = field(default=None, metadata=tighter(lower))
    shells: Count | None = field(default=None, metadata=tighter(lower))
    package_managers: Count | None = field(default=None, metadata=tighter(lower))
    net_tools: Count | None = field(default=None, metadata=tighter(lower))
    interpreters: Count | None = field(default=None, metadata=tighter(lower))
    ports: Count | None = field(default=None, metadata=tighter(lower))
    volumes: Count | None = field(default=None, metadata=tighter(lower))
    env_suspicious: Count | None = field(default=None, metadata=tighter(lower))
    secrets: Count | None = field(default=None, metadata=tighter(lower))
    secret_in_hidden_file: Count | None = field(default=None, metadata=tighter(lower))


@dataclass(frozen=True, slots=True, kw_only=True)
class AttackSurfaceRule(CheckRule):
    """At most so much of each, and at most so much more than what runs there."""

    check: Literal["attack_surface"] = field(default="attack_surface", metadata=TAG)
    max: Limits = Limits()
    max_added: Limits = Limits()
    """What may be there that the image in the environment does not have."""
    no_larger: bool = field(default=False, metadata=tighter(higher))
    """Nothing at all may be added, and it may not begin to run as root."""
    root: bool = field(default=True, metadata=tighter(lower))
    """``false`` refuses an image that runs as root unless told otherwise."""
    ports: tuple[Text, ...] = field(default=(), metadata=tighter(allows_less))
    """The only ports that it may expose, for example ``8080/tcp``; where empty, any."""

    def __post_init__(self) -> None:
        if (
            self.max == Limits()
            and self.max_added == Limits()
            and self.root
            and not (self.no_larger or self.ports)
        ):
            raise Malformed(
                "expected 'max', 'max_added', 'no_larger', 'root: false' or 'ports'; nothing is limited"
            )


_ORDERS = {
    "setuid": "take the setuid bit away, or the program out",
    "setgid": "take the setgid bit away, or the program out",
    "world_writable": "let only its owner write there",
    "file_capabilities": "take the capabilities away",
    "shells": "build on a base image without a shell",
    "package_managers": "build in one stage, and copy only the result into the last",
    "net_tools": "leave network tools out of the last stage",
    "interpreters": "leave interpreters out that the service does not run on",
    "ports": "expose only what the service answers on",
    "volumes": "declare only volumes that the service writes to",
    "env_suspicious": "give credentials when it runs, not when it is built",
    "secrets": "take the credential out, and have it replaced: it is published",
    "secret_in_hidden_file": "build without ever copying the credential in, and have it replaced",
}
"""What to do about each measure."""


def judge_attack_surface(rule: AttackSurfaceRule, facts: Facts) -> CheckResult:
    """Pass where the layers were measured and every limit holds."""
    if not facts.surfaces:
        gap = CheckFinding(
            "layers",
            "nobody measured what the image's layers hold",
            fix="have the image gathered again, so that its layers are measured",
        )
        return judged(rule, facts, ((Outcome.UNKNOWN, gap),), "")
    problems = {
        problem[1].term: problem for surface, _ in facts.surfaces for problem in _problems(rule, surface, facts)
    }
    return judged(
        rule,
        facts,
        tuple(problems.values()),
        _told(facts.surfaces[0][0], facts),
        counts=_counts(rule, facts),
        evidence=[evidence.piece.digest for _, evidence in facts.surfaces],
    )


def _problems(rule: AttackSurfaceRule, surface: Surface, facts: Facts) -> list[Problem]:
    held = (facts.current.surface if facts.current else None) or frozenset()
    found: dict[str, Problem] = {}
    for measure in MEASURES:
        items = items_of(surface, measure)
        added = tuple(item for item in items if item not in held)
        for over, why in (
            (_over(items, getattr(rule.max, measure)), f"{len(items)}, at most {getattr(rule.max, measure)}"),
            (
                _over(added, _most_added(rule, measure)),
                f"{len(added)} added, at most {_most_added(rule, measure)}",
            ),
        ):
            found |= {item: _problem(rule, item, why, _ORDERS[measure]) for item in over}
    found |= {port: _problem(rule, port, "not allowed", _ORDERS["ports"]) for port in _ports(rule, surface)}
    if surface.root_user and (not rule.root or (rule.no_larger and ROOT not in held)):
        found[ROOT] = _problem(rule, ROOT, "it runs as root", "name another user in the last stage")
    return list(found.values())


def _most_added(rule: AttackSurfaceRule, measure: str) -> Count | None:
    return Count(0) if rule.no_larger else getattr(rule.max_added, measure)


def _over(items: tuple[str, ...], most: Count | None) -> tuple[str, ...]:
    return items if most is not None and len(items) > most else ()


def _ports(rule: AttackSurfaceRule, surface: Surface) -> tuple[str, ...]:
    allowed = {f"port:{port}" for port in rule.ports}
    return tuple(port for port in items_of(surface, "ports") if rule.ports and port not in allowed)


def _problem(rule: AttackSurfaceRule, item: str, why: str, order: str) -> Problem:
    return rule.outcome.outcome, CheckFinding(item, f"{item} ({why})", fix=order)


def _told(surface: Surface, facts: Facts) -> str:
    if facts.current is None:
        compared = "the environment holds nothing to compare it with"
    elif facts.current.surface is None:
        compared = "of what runs there nothing is recorded to compare it with"
    else:
        compared = f"compared with {facts.current.digest.short}"
    return f"{surface.files} files in {len(surface.layers)} layers measured; {compared}"


def _counts(rule: AttackSurfaceRule, facts: Facts) -> tuple[tuple[str, int], ...]:
    limited = [each.name for each in fields(Limits) if _is_limited(rule, each.name)]
    return tuple((name, max(len(items_of(surface, name)) for surface, _ in facts.surfaces)) for name in limited)


def _is_limited(rule: AttackSurfaceRule, measure: str) -> bool:
    return getattr(rule.max, measure) is not None or _most_added(rule, measure) is not None
