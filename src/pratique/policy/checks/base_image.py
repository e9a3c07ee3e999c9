"""Base image: signed provenance names it, it is one that is allowed, and it is not too old.

Bases count whoever names them; somebody whose word counts must have named them all. Images are compared by their full
names, ``docker.io/library/debian:12-slim``, however the builder wrote them. How old
a base is, provenance does not say: somebody who looked at it states when it was made, as a SCAI attribute
``base-image`` with the conditions ``{"image", "digest", "created"}``, of which the digest is what counts.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from pratique.errors import Malformed
from pratique.evidence.facts.build import Material, Provenance
from pratique.evidence.facts.claims import Attributes
from pratique.evidence.model import Bound, Evidence, Parse
from pratique.evidence.surface.claim import MEASURER
from pratique.evidence.surface.made import ATTRIBUTE, made_by
from pratique.policy.base import image_name
from pratique.policy.checks.rule import CheckRule, Problem, judged, listed, signed_by, signers_wanted
from pratique.policy.facts import Facts
from pratique.policy.pattern import Pattern
from pratique.policy.result import CheckFinding, CheckResult, Outcome
from pratique.policy.schema import TAG
from pratique.policy.tightening import allows_less, lower, tighter
from pratique.policy.words import Service, render_duration
from pratique.values.moment import render_moment

MADE_HERE = Service(MEASURER)


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseImageRule(CheckRule):
    """Every base image is named, allowed, and at most ``max_age`` old."""

    check: Literal["base_image"] = field(default="base_image", metadata=TAG)
    allowed: tuple[Pattern, ...] = field(default=(), metadata=tighter(allows_less))
    """Full names with their tags, for example ``docker.io/library/debian:12*``; where empty, any."""
    max_age: timedelta | None = field(default=None, metadata=tighter(lower))
    keys: tuple[Service, ...] = field(default=(), metadata=tighter(allows_less))
    """Who must have signed the provenance; where empty, any service of the directory. What this installation itself
    saw of a base counts besides."""

    def __post_init__(self) -> None:
        if not self.allowed and self.max_age is None:
            raise Malformed("expected 'allowed' or 'max_age'; without either, every base image would do")


def judge_base_image(rule: BaseImageRule, facts: Facts) -> CheckResult:
    """Pass where provenance that counts names the base images, and each meets every demand."""
    built = tuple(each for each in facts.provenances if _counts(rule, each[1]))
    bases = tuple(dict.fromkeys(base for provenance, _ in facts.provenances for base in provenance.base_images))
    made = dict(_made(rule, facts))
    ages = [made[digest] for base in bases for digest in _digests(base) if digest in made]
    problems = (
        *_unnamed(rule, built),
        *(problem for base in bases for problem in _problems(rule, base, made, facts)),
    )
    return judged(
        rule,
        facts,
        tuple({problem[1].term: problem for problem in problems}.values()),
        f"built on {listed(image_name(base.uri) for base in bases)}" if bases else "",
        evidence=[each.piece.digest for _, each in built],
        holds_until=_turns_too_old(rule, ages, facts.now),
    )


def _turns_too_old(rule: BaseImageRule, ages: list[datetime], now: datetime) -> datetime | None:
    """Return the last moment at which the next base is young enough; one that is too old stays so."""
    if rule.max_age is None:
        return None
    return min((at + rule.max_age for at in ages if at + rule.max_age >= now), default=None)


def _counts(rule: BaseImageRule, evidence: Evidence) -> bool:
    if evidence.reading.parse is not Parse.OK or evidence.bound is not Bound.STATEMENT:
        return False
    return signed_by(evidence, rule.keys) if rule.keys else bool(evidence.signers)


def _dates(rule: BaseImageRule, evidence: Evidence) -> bool:
    """Tell whether somebody whose word counts states when bases were made; what was seen here counts always."""
    return _counts(rule, evidence) or signed_by(evidence, (MADE_HERE,))


def _unnamed(rule: BaseImageRule, built: tuple[tuple[Provenance, Evidence], ...]) -> Iterator[Problem]:
    who = signers_wanted(rule.keys) or " signed by a service of the directory"
    order = f"let the builder list its base images in provenance{who}"
    if not built:
        message = f"no provenance{who}"
        yield Outcome.UNKNOWN, CheckFinding("provenance", message, fix=order)
    for provenance, _ in built:
        if not provenance.base_images or "materials" in provenance.incomplete:
            message = "provenance does not list every image that it was built on"
            yield Outcome.UNKNOWN, CheckFinding("base", message, fix=order)


def _problems(rule: BaseImageRule, base: Material, made: dict[str, datetime], facts: Facts) -> Iterator[Problem]:
    name = image_name(base.uri)
    if rule.allowed and not any(pattern.matches(name) for pattern in rule.allowed):
        order = f"build on {listed(str(pattern) for pattern in rule.allowed)}"
        yield rule.outcome.outcome, CheckFinding(f"base:{name}", f"{name} is not allowed", fix=order)
    if rule.max_age is None:
        return
    dates = [made[digest] for digest in _digests(base) if digest in made]
    if not dates:
        stated = f"state when it was made as an attribute {ATTRIBUTE!r}{signers_wanted(rule.keys)}"
        order = f"put {name} into the registry that the image is in, where its layers tell, or {stated}"
        yield Outcome.UNKNOWN, CheckFinding(f"age:{name}", f"nobody says when {name} was made", fix=order)
    elif facts.now - min(dates) > rule.max_age:
        told = f"{name} is of {render_moment(min(dates))}, older than {render_duration(rule.max_age)}"
        order = f"build again on a newer {name}"
        yield rule.outcome.outcome, CheckFinding(f"age:{name}", told, fix=order)


def _digests(base: Material) -> tuple[str, ...]:
    return tuple(value for algorithm, value in base.digests if algorithm == "sha256")


def _made(rule: BaseImageRule, facts: Facts) -> Iterator[tuple[str, datetime]]:
    """Yield when images were made, by the hexadecimal digits of their digests; the earliest date comes last.

    Somebody whose word counts must have stated one; an earlier one then counts whoever states it.
    """
    found = [
        (_dates(rule, evidence), *stated)
        for report, evidence in facts.of(Attributes)
        for attribute in report.attributes
        if (stated := made_by(attribute)) and stated[1] <= facts.now  # what is yet to come says nothing
    ]
    known = {digest for counts, digest, _ in found if counts}
    for _, digest, created in sorted(found, key=lambda item: item[2], reverse=True):
        if digest in known:
            yield digest, created
