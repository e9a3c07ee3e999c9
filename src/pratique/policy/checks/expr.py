"""Expressions: a condition in CEL that the image meets, or that at most so many of its parts meet.

Without ``for_each`` the condition must hold. With it, the parts of which it is true are counted, and more than ``max``
fail the check: ``v.severity == "critical" && v.new_since_current`` says what is not wanted. A fact that is not known
is an error, before anything is evaluated; of a part it is an error of that part, and the others are still counted.
Where nobody looked for such parts at all, nobody knows.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal, assert_never

from pratique.errors import Malformed
from pratique.evidence.facts.results import Results
from pratique.evidence.facts.scan import Severity
from pratique.evidence.model import Parse
from pratique.evidence.overlay import standing
from pratique.evidence.quality import is_package
from pratique.policy import words
from pratique.policy.checks.counting import NOBODY_HEARD, Statements
from pratique.policy.checks.coverage import find_gaps
from pratique.policy.checks.rule import (
    CheckRule,
    Problem,
    is_waived,
    judged,
    listed,
    number,
    signers_wanted,
    trusted,
)
from pratique.policy.expression import Expression, Value, Vocabulary, compile_expression, examine
from pratique.policy.expression_facts import (
    COMPONENT,
    DIFF,
    IMAGE,
    LICENCE,
    RESULT,
    VULNERABILITY,
    component_facts,
    components_of,
    diff_facts,
    image_facts,
    licence_facts,
    result_facts,
    vulnerability_facts,
)
from pratique.policy.facts import Facts
from pratique.policy.result import CheckFinding, CheckResult, Outcome
from pratique.policy.schema import TAG, Misfit, suggestion
from pratique.policy.tightening import allows_less, demands_more, lower, same_or_unset, tighter
from pratique.policy.words import Count, Service, Text

MOST_PARTS: Final = 100_000
"""How many parts one expression may look at; an image with more cannot be judged by it."""
MOST_FINDINGS: Final = 1000
"""How many parts become findings of their own; all are counted."""
MOST_WORDS: Final = 500
"""Characters of a message that a rule writes."""
_PLACE = re.compile(r"\{([^{}]*)\}")


class Part(StrEnum):
    """What an expression is asked of, one after the other."""

    VULNERABILITY = "vulnerability"
    COMPONENT = "component"
    LICENCE = "licence"
    RESULT = "result"
    """What analysers found: weak code, weak settings, credentials, licences."""


_PARTS: Final[Mapping[Part | None, Vocabulary]] = {
    None: Vocabulary((*IMAGE, *DIFF)),
    Part.VULNERABILITY: Vocabulary((*VULNERABILITY, *IMAGE, *DIFF)),
    Part.COMPONENT: Vocabulary((*COMPONENT, *IMAGE, *DIFF)),
    Part.LICENCE: Vocabulary((*LICENCE, *IMAGE, *DIFF)),
    Part.RESULT: Vocabulary((*RESULT, *IMAGE, *DIFF)),
}
_MESSAGE_FACTS = frozenset(name for name, _ in (*IMAGE, *DIFF))


@dataclass(frozen=True, slots=True, kw_only=True)
class ExprRule(CheckRule):
    """A condition on the image, or on its parts."""

    check: Literal["expr"] = field(default="expr", metadata=TAG)
    expr: words.Expression
    for_each: Part | None = None
    max: Count = field(default=Count(0), metadata=tighter(lower))
    """How many parts may meet it."""
    message: Text | None = None
    """What is told where it fails; ``{count}``, ``{ids}`` and facts of the image, ``{image.user}``, are filled in."""
    remedy: Text | None = None
    """What is to be done then, as an order to a person."""
    scanners: tuple[Text, ...] = field(default=(), metadata=tighter(demands_more))
    """For vulnerabilities: producers that must each have looked."""
    keys: tuple[Service, ...] = field(default=(), metadata=tighter(allows_less))
    """Who must have signed the evidence that shows that somebody looked."""
    unknown_severity: Severity | None = field(default=None, metadata=tighter(same_or_unset))
    """What an unknown severity counts as; where it is not given, ``v.severity`` is then not known."""
    vex: Statements = NOBODY_HEARD

    def __post_init__(self) -> None:
        try:
            examine(self.expr, _PARTS[self.for_each])
        except Malformed as error:
            raise Misfit(("expr",), str(error)) from error
        for place in _PLACE.findall(self.message or ""):
            known = {*_MESSAGE_FACTS, *({"count", "ids"} if self.for_each else ())}
            if place not in known:
                raise Misfit(
                    ("message",), f"there is nothing to fill {{{place}}} in with{suggestion(place, known)}"
                )


def check_expression(rule: ExprRule) -> Expression:
    """Return the rule's expression, compiled; raises ``Fault``."""
    return compile_expression(rule.expr, _PARTS[rule.for_each])


def judge_expr(rule: ExprRule, facts: Facts) -> CheckResult:
    """Pass where the condition holds, or at most ``max`` parts meet it, and everything it asks is known."""
    expression = check_expression(rule)
    shared = image_facts(facts) | diff_facts(facts)
    if rule.for_each is None:
        return _of_image(rule, expression, shared, facts)
    return _of_parts(rule, expression, shared, facts)


def _of_image(rule: ExprRule, expression: Expression, shared: Mapping[str, Value], facts: Facts) -> CheckResult:
    evidence = [each.piece.digest for _, each in (*facts.sboms, *facts.surfaces)]
    if expression.holds(shared):
        return judged(rule, facts, (), "the condition holds", evidence=evidence)
    message = _filled(rule, shared, {}) or f"it does not hold that {' '.join(rule.expr.split())}"[:MOST_WORDS]
    problem = (rule.outcome.outcome, CheckFinding("expr", message, fix=rule.remedy))
    return judged(rule, facts, (problem,), "", evidence=evidence)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One part: its term, how it is told, its severity, and what is known of it."""

    term: str
    told: str
    severity: str | None
    known: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class _Answers:
    """Which parts meet the condition, and of how many it could not be said."""

    met: tuple[_Asked, ...]
    unanswered: int
    why: str


def _of_parts(rule: ExprRule, expression: Expression, shared: Mapping[str, Value], facts: Facts) -> CheckResult:
    parts = tuple(_parts(rule, facts))
    if len(parts) > MOST_PARTS:
        raise Malformed(f"expected at most {MOST_PARTS} parts to look at, found {len(parts)}")
    answers = _ask(expression, parts, shared)
    found = tuple(_finding(rule, part) for part in answers.met[:MOST_FINDINGS])
    failures = tuple((rule.outcome.outcome, finding) for finding in found)
    waived = tuple(failure for failure in failures if is_waived(rule, facts, failure))
    counted = len(answers.met) - len(waived)
    over = counted > rule.max
    return judged(
        rule,
        facts,
        (*_gaps(rule, facts), *_unanswered(answers), *(failures if over else waived)),
        _told(rule, shared, answers, counted),
        counts=(("asked", len(parts)), ("counted", counted), ("max", rule.max)),
        evidence=[each.piece.digest for each in facts.evidence if each.reading.facts],
        tell=lambda problem: problem not in failures,
    )


def _ask(expression: Expression, parts: Iterable[_Asked], shared: Mapping[str, Value]) -> _Answers:
    """Ask every part; parts of which the same is known are asked together, so that thousands stay quick."""
    answered: dict[tuple[Value, ...], bool | str] = {}
    own = tuple(name for name in expression.references if name not in shared)
    met: list[_Asked] = []
    unanswered: list[str] = []
    for part in parts:
        place = tuple(part.known.get(name, _ABSENT) for name in own)
        if place not in answered:
            answered[place] = _answer(expression, {**shared, **part.known})
        answer = answered[place]
        if isinstance(answer, str):
            unanswered.append(f"{part.term}: {answer}")
        elif answer:
            met.append(part)
    return _Answers(tuple(met), len(unanswered), unanswered[0] if unanswered else "")


_ABSENT: Final = ("absent",)  # stands apart from every fact, also from null


def _answer(expression: Expression, known: Mapping[str, Value]) -> bool | str:
    try:
        return expression.holds(known)
    except Malformed as error:
        return str(error)


def _unanswered(answers: _Answers) -> tuple[Problem, ...]:
    if not answers.unanswered:
        return ()
    message = f"of {number(answers.unanswered, 'part')} it cannot be said: {answers.why}"
    return ((Outcome.ERROR, CheckFinding("facts", message[:MOST_WORDS], fix="have examined what it asks for")),)


def _parts(rule: ExprRule, facts: Facts) -> Iterator[_Asked]:
    match rule.for_each:
        case Part.VULNERABILITY:
            yield from _vulnerabilities(rule, facts)
        case Part.COMPONENT:
            for part in components_of(facts):
                name = part.purl or part.name
                yield _Asked(name, name, None, component_facts(part, facts))
        case Part.LICENCE:
            texts: dict[str, int] = {}
            for licences, parts in facts.index.components.items():
                texts |= {text: texts.get(text, 0) + len(parts) for text in licences}
            for text, count in sorted(texts.items()):
                yield _Asked(f"licence:{text[:200]}", text[:200], None, licence_facts(text, count))
        case Part.RESULT:
            for run, _ in facts.of(Results):
                for one in run.results or ():
                    term = f"{one.rule}@{one.place or 'nowhere'}"
                    yield _Asked(term, term, None, result_facts(run, one))
        case None:
            return
        case _:
            assert_never(rule.for_each)


def _vulnerabilities(rule: ExprRule, facts: Facts) -> Iterator[_Asked]:
    signers = rule.vex.signers
    for group in facts.index.groups:
        for found in group.members:
            one = found.vulnerability
            if not (one.vex and signers and standing(one, signers, facts.now)):
                known = vulnerability_facts(one, facts, rule.unknown_severity)
                yield _Asked(one.term, found.finding.message, found.finding.severity, known)


def _gaps(rule: ExprRule, facts: Facts) -> tuple[Problem, ...]:
    """Return why nobody can say that these parts are all: that nobody looked for them."""
    if rule.for_each is Part.VULNERABILITY:
        return tuple((Outcome.UNKNOWN, gap) for gap in find_gaps(facts, rule.scanners, rule.keys))
    if rule.for_each is Part.RESULT:
        looked = any(
            run.results is not None and each.reading.parse is Parse.OK and trusted(each, rule.keys)
            for run, each in facts.of(Results)
        )
        what = "report of an analyser"
    else:
        looked = any(
            each.reading.parse is Parse.OK and trusted(each, rule.keys) and any(map(is_package, sbom.components))
            for sbom, each in facts.sboms
        )
        what = "bill of materials"
    if looked:
        return ()
    message = f"no {what}{signers_wanted(rule.keys)} says what there is"
    order = f"add a {what} of {facts.subject}{signers_wanted(rule.keys)}"
    return ((Outcome.UNKNOWN, CheckFinding("coverage", message, fix=order)),)


def _finding(rule: ExprRule, part: _Asked) -> CheckFinding:
    return CheckFinding(part.term, part.told[:MOST_WORDS], part.severity, rule.remedy)


def _told(rule: ExprRule, shared: Mapping[str, Value], answers: _Answers, counted: int) -> str:
    ids = listed(part.term for part in answers.met[:MOST_FINDINGS])
    own = {"count": str(counted), "ids": ids}
    words = _filled(rule, shared, own) if counted > rule.max else None
    which = f": {ids}" if ids else ""
    return words or f"{counted} of at most {rule.max} meet the condition{which}"


def _filled(rule: ExprRule, shared: Mapping[str, Value], own: Mapping[str, str]) -> str | None:
    """Return the rule's message with everything filled in, on one line and of bounded length."""
    if rule.message is None:
        return None
    known = {**{name: _shown(value) for name, value in shared.items()}, **own}
    return _PLACE.sub(lambda place: known.get(place[1], "unknown"), rule.message)[:MOST_WORDS]


def _shown(value: Value) -> str:
    match value:
        case None:
            return "unknown"
        case bool():
            return "yes" if value else "no"
        case tuple():
            return listed(value) or "none"
        case _:
            return "".join(letter if letter.isprintable() else " " for letter in str(value))
