"""Conditions in CEL: what is refused when a policy is loaded, and what they say of facts."""

import subprocess
import sys
from contextlib import suppress
from time import thread_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.errors import Malformed
from pratique.policy.expression import MAX_ITEMS, MAX_TEXT, Expression, Fault, Kind, Vocabulary, compile_expression
from pratique.policy.expression_facts import TRACK

FACTS = Vocabulary(
    (
        ("v.kev", Kind.FLAG),
        ("v.fixable", Kind.FLAG),
        ("v.severity", Kind.TEXT),
        ("v.epss", Kind.MAYBE_NUMBER),
        ("v.cvss", Kind.NUMBER),
        ("v.reachable", Kind.MAYBE_FLAG),
        ("v.count", Kind.COUNT),
        ("v.aliases", Kind.TEXTS),
    ),
    tags=True,
)
KNOWN: dict[str, Any] = {
    "v.kev": True,
    "v.fixable": False,
    "v.severity": "high",
    "v.epss": "0.25",
    "v.cvss": "7.5",
    "v.reachable": None,
    "v.count": 3,
    "v.aliases": ("GHSA-1",),
}


def holds(source: str) -> bool:
    return compile_expression(source, FACTS).holds(KNOWN, frozenset({"auth"}))


@pytest.mark.parametrize(
    "source",
    [
        'v.severity in ["high", "critical"] && v.reachable != false',
        "v.epss >= 0.25",
        'v.aliases.size() == 1 && "GHSA-1" in v.aliases',
        'v.severity.startsWith("hi") && v.severity.matches("^h.*h$")',
        'has_tag("auth") && !has_tag("billing")',
        "v.count * 2 == 6 ? v.kev : v.fixable",
        "v . kev // spaces and comments change nothing",
        "v.kev &&\n  !v.fixable",
    ],
)
def test_a_condition_says_what_it_reads_like(source: str) -> None:
    assert holds(source)


@given(
    st.sampled_from(("<", "<=", ">", ">=")),
    st.integers(-100, 100),
    st.decimals("-100", "100", places=1).map(lambda number: f"{number:f}"),
)
def test_decimals_compare_with_whole_numbers_as_they_stand_on_one_line(sign: str, whole: int, score: str) -> None:
    known = KNOWN | {"v.cvss": score, "v.count": whole}
    wanted = {"<": float.__lt__, "<=": float.__le__, ">": float.__gt__, ">=": float.__ge__}[sign]
    for source, left, right in (
        (f"v.cvss {sign} {whole}", score, whole),
        (f"{whole} {sign} v.cvss", whole, score),
        (f"v.cvss {sign} v.count", score, whole),
        (f"v.count {sign} {float(score)}", whole, score),
        (f"v.count {sign} 7", whole, 7),
    ):
        assert compile_expression(source, FACTS).holds(known) is wanted(float(left), float(right))


@pytest.mark.parametrize("source", ["v.cvss > 'high'", "v.count < true", "v.severity >= 3"])
def test_what_cannot_be_compared_is_refused_with_its_place(source: str) -> None:
    with pytest.raises(Fault, match=r"1:\d+: '.*' does not take "):
        compile_expression(source, FACTS)


@pytest.mark.parametrize(
    ("source", "place", "problem"),
    [
        ("v.kve", (1, 1), "there is no fact 'v.kve'; did you mean 'v.kev'?"),
        ("v.kev &&\n  v.severty == 'a'", (2, 3), "there is no fact 'v.severty'; did you mean 'v.severity'?"),
        ("v", (1, 1), "there is no fact 'v'"),
        ("v.severity == 1", (1, 12), "'==' does not take a text and a whole number"),
        ("v.kev &&", (1, 9), "Syntax error"),
        ("v.count", (1, 1), "expected a condition, found an expression that gives INT"),
        ("true", (1, 1), "expected at least one fact"),
        ("", (1, 1), "expected 1 to 2000 characters"),
        ("has(v.kev)", (1, 1), "there is no function 'has'"),
        ("v.aliases.exists(x, x == 'a')", (1, 1), "there is no function 'exists'"),
        ("v.aliases.all(x, v.aliases.all(y, x == y))", (1, 1), "there is no function 'all'"),
        (
            'timestamp("2026-01-01T00:00:00Z") < timestamp("2027-01-01T00:00:00Z")',
            (1, 1),
            "no function 'timestamp'",
        ),
        ("dyn(v.count) == 'a'", (1, 1), "there is no function 'dyn'"),
        ("google.protobuf.Empty{} == google.protobuf.Empty{}", (1, 1), "there is no fact"),
        (".v.kev", (1, 1), "expected a fact or a text before the dot"),
        ("v.kev == `v.kev`", (1, 10), "expected texts as 'text'"),
        ("'''v.kev''' == 'a'", (1, 3), "expected an operator between two texts"),
        (r"r'\' == v.severity", (1, 2), "expected texts as 'text'"),
        ("'a\nb' == v.severity", (1, 1), "expected texts as 'text'"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(source: str, place: tuple[int, int], problem: str) -> None:
    with pytest.raises(Fault) as refused:
        compile_expression(source, FACTS)
    assert (refused.value.line, refused.value.column) == place
    assert problem in refused.value.problem


@pytest.mark.parametrize("source", ["v.kev || true", "true || v.kev", "v.fixable ? true : v.kev || !v.kev"])
def test_a_fact_that_is_absent_is_not_absorbed(source: str) -> None:
    known = {name: value for name, value in KNOWN.items() if name != "v.kev"}
    with pytest.raises(Malformed, match=r"v\.kev is not known"):
        compile_expression(source, FACTS).holds(known)


@pytest.mark.parametrize(
    "source", ["v.count / 0 == 1", "v.epss > 0.1", "v.aliases[7] == 'a'", "int(v.severity) > 1"]
)
def test_an_evaluation_that_fails_says_so_in_words_of_ours(source: str) -> None:
    with pytest.raises(Malformed, match="gives no truth value here"):
        compile_expression(source, FACTS).holds({**KNOWN, "v.epss": None})


# ------------------------------------------------------------------------------------------------ limits
HOSTILE = {
    "long": "v.kev && " * 400 + "v.kev",
    "deep": "(" * 25 + "v.kev" + ")" * 25,
    "many lists": "[" * 200 + "]" * 200 + " == [v.kev]",
    "many maps": "{1:" * 60 + "v.kev" + "}" * 60 + " == {}",
    "many signs": "!" * 1500 + "v.kev",
    "many minuses": "-" * 1500 + "v.count == 1",
    "many conditions": "v.kev ? " * 150 + "v.kev" + " : v.kev" * 150,
    "a long sum": "+".join(["v.severity"] * 150) + " == 'a'",
    "a long index": "v.aliases" + "[0]" * 500 + " == 'a'",
    "lists put together": "(" + "+".join(["v.aliases"] * 150) + ").size() > 1",
    "calls in calls": "size(" * 100 + "v.severity" + ")" * 100 + " == 1",
}


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_is_large_or_deep_is_refused_at_once(source: str) -> None:
    began = thread_time()
    with pytest.raises(Fault):
        compile_expression(source, FACTS)
    assert thread_time() - began < 1


@pytest.mark.parametrize(
    "source",
    [
        'v.severity.matches("(a+)+$")',
        'v.severity.matches("(a|a|a?)*b")',
        'v.severity.matches("' + "(a|b)?" * 200 + '")',
        'v.severity.matches("((a{100}){100}){100}")',
        "(" + "+".join(["v.aliases"] * 20) + ").size() > 1",
        " && ".join(['"GHSA-9" in v.aliases'] * 60),
    ],
)
def test_an_expression_over_the_largest_facts_takes_no_time_to_speak_of(source: str) -> None:
    largest = {**KNOWN, "v.severity": "a" * MAX_TEXT, "v.aliases": ("a" * 20,) * MAX_ITEMS}
    expression = compile_expression(source, FACTS)
    began = thread_time()
    with suppress(Malformed):
        expression.holds(largest)
    assert thread_time() - began < 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("v.severity", "a" * (MAX_TEXT + 1)),
        ("v.aliases", ("a",) * (MAX_ITEMS + 1)),
        ("v.aliases", ("a" * (MAX_TEXT + 1),)),
        ("v.count", 2**60),
        ("v.count", True),
        ("v.epss", "nan"),
        ("v.kev", None),
        ("v.kev", 1),
    ],
)
def test_a_fact_that_is_too_large_or_of_another_type_is_refused(name: str, value: Any) -> None:
    source = "v.kev || v.severity == 'a' || v.aliases.size() == 1 || v.count == 1 || v.epss == 1.0"
    with pytest.raises(Malformed, match=name):
        compile_expression(source, FACTS).holds({**KNOWN, name: value})


# ------------------------------------------------------------------------------------------------ laws
NAMES = ("v.kev", "v.severity", "v.count", "v.aliases", "v", "v . kev", "has", "x", "google.protobuf", ".size()")
SIGNS = (
    "&&",
    "||",
    "!",
    "==",
    "?",
    ":",
    ",",
    "-",
    ".",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "//",
    "\n",
    " ",
    "in",
    "null",
)
TEXTS = ('"', "'", "\\", "`", "r", "b", "R", '"a"', "'''", '"""', "true", "1", "0x1", "1.0", "e")
PIECES = st.sampled_from((*NAMES, *SIGNS, *TEXTS))


def told(expression: Expression, known: dict[str, Any]) -> bool | str:
    try:
        return expression.holds(known)
    except Malformed as error:
        return str(error)


@given(st.lists(PIECES, max_size=14).map("".join))
def test_whatever_compiles_names_every_fact_that_it_evaluates(source: str) -> None:
    """Otherwise a fact could be absent, and the library absorb that."""
    try:
        expression = compile_expression(source, FACTS)
    except Malformed:
        return
    known = {name: KNOWN[name] for name in expression.references}
    assert told(expression, known) == told(expression, KNOWN)


@given(st.text(max_size=80))
def test_any_text_is_an_expression_or_a_fault(source: str) -> None:
    with suppress(Fault):
        compile_expression(source, FACTS)


def test_the_conditions_of_tracks_have_their_own_facts() -> None:
    expression = compile_expression('risk.score > 60.0 || has_tag("auth")', TRACK)
    assert expression.holds({"risk.score": "60.1"})
    assert not expression.holds({"risk.score": "60.0"})
    assert expression.holds({"risk.score": "0.0"}, frozenset({"auth"}))
    assert compile_expression("diff.major_bumps == 0 && !diff.base_changed", TRACK).references == (
        "diff.base_changed",
        "diff.major_bumps",
    )


@pytest.mark.parametrize("source", ["risk.score == 60", "risk.score + 1 > 60", "risk.score in [60, 70]"])
def test_where_a_decimal_is_needed_it_is_said_how_it_is_written(source: str) -> None:
    with pytest.raises(
        Fault, match=r"does not take a decimal and a .*; write whole numbers there as decimals, 60\.0"
    ):
        compile_expression(source, TRACK)


def test_nothing_is_imported_before_something_is_compiled() -> None:
    script = (
        "import sys, pratique.policy.expression, pratique.policy.check; print('cel_expr_python' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"
