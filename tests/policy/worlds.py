"""Evidence of the kinds that single checks ask for, small and with plain defaults."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from tests.evidence.surface.test_claim import VALUES
from tests.policy.builders import IMAGE, NOW, evidence

from pratique.evidence.facts.claims import Alerts, Attribute, Attributes, RuntimeReport
from pratique.evidence.facts.rebuild import Rebuild
from pratique.evidence.facts.results import Result, ResultKind, ResultLevel, Results
from pratique.evidence.facts.verdict import CheckRun, Objection
from pratique.evidence.model import Evidence
from pratique.evidence.read import read
from pratique.evidence.surface.claim import MEASURER, build_surface, read_surface
from pratique.evidence.surface.measure import Surface
from pratique.policy.check import Rule, judge_check
from pratique.policy.environment import EnvironmentRules
from pratique.policy.facts import Facts
from pratique.policy.result import CheckResult
from pratique.policy.schema import decode
from pratique.values.canonical import canonical
from pratique.values.digest import Digest

BARE: Surface = read_surface(VALUES)
"""Layers that offer nothing to anybody."""


def rule(**document: Any) -> Rule:
    """One check as a policy writes it."""
    everything = {
        "name": "prod",
        "from": [],
        "checks": [{"id": "it"} | document],
        "tracks": {"fast": {"when": "always"}},
    }
    return decode(EnvironmentRules, everything).checks[0]


def judge(document: dict[str, Any], known: Facts) -> CheckResult:
    return judge_check(rule(**document), known)


def measured(*, by: str = MEASURER, **changes: Any) -> Evidence:
    """What was measured of the layers."""
    content = build_surface(replace(BARE, **changes), IMAGE, "https://pratique.example/surface")
    return replace(evidence(None, by=by), reading=read(content, "application/json"))


def attribute(name: str, conditions: dict[str, Any], by: str | None = "service:ci") -> Evidence:
    return evidence(Attributes("them", (Attribute(name, canonical(conditions).decode(), None),)), by=by)


def watched(
    hours: int = 24,
    *,
    ended: datetime = NOW,
    restarts: int | None = 0,
    by: str | None = "service:ci",
    **alerts: int,
) -> Evidence:
    """A monitor's report about staging."""
    counted = Alerts(tuple(sorted(({"critical": 0} | alerts).items())))
    return evidence(
        RuntimeReport("monitor", "staging", ended - timedelta(hours=hours), ended, counted, restarts), by=by
    )


def rebuilt(*, equal: bool = True, by: str | None = "service:rebuilder", second: str = "a") -> Evidence:
    return evidence(Rebuild(IMAGE, Digest(second * 64), equal, 0 if equal else 3, "elsewhere"), by=by)


def searched(*rules: str, looked: bool = True, by: str | None = "service:ci") -> Evidence:
    """A scanner's search for credentials."""
    found = tuple(Result(name, ResultLevel.ERROR, "HIGH", None, f"{name}.pem") for name in rules)
    return evidence(Results(ResultKind.DISCLOSURE, "trivy", "1", found if looked else None), by=by)


def answered(*terms: str, at: datetime = NOW, by: str = MEASURER, reason: str = "") -> Evidence:
    """What an outside check said, or why it said nothing."""
    objections = None if reason else tuple(Objection(term, f"{term} is wrong") for term in terms)
    return evidence(CheckRun("names", at, objections, reason), by=by)
