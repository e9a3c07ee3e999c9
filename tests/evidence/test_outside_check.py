"""What an outside check answered, and what became of a second build, as statements."""

import json
from typing import Any

import pytest

from pratique.attest.statement import Subject, build_statement
from pratique.errors import Malformed
from pratique.evidence.facts.rebuild import Rebuild
from pratique.evidence.facts.verdict import CheckRun, Objection
from pratique.evidence.model import Parse, Reading
from pratique.evidence.predicates.verdict import Run, build_verdict, read_answer
from pratique.evidence.read import read
from pratique.values.digest import Digest
from pratique.values.uris import REBUILD, VERDICT

IMAGE = Digest("a" * 64)
OTHER = Digest("b" * 64)
AT = "2026-11-24T09:30:00.000Z"


def answer(*objections: dict[str, Any], image: Digest = IMAGE, **more: Any) -> bytes:
    return json.dumps({"image": str(image), "objections": list(objections), **more}).encode()


def stated(run: Run) -> Reading:
    return read(build_verdict(run, IMAGE), "application/json")


def run(answer: bytes | None, reason: str = "") -> Run:
    return Run("names", AT, AT, ("check-names", "{layout}"), answer, reason)


def test_an_answer_keeps_what_it_objects_to() -> None:
    said = {"term": "label:owner", "message": "no label says who owns it", "severity": "low", "fix": "add one"}
    (found,) = stated(run(answer(said))).of(CheckRun)
    assert found.objections == (Objection("label:owner", "no label says who owns it", "low", "add one"),)


def test_an_answer_without_objections_looked_and_found_nothing() -> None:
    (found,) = stated(run(answer())).of(CheckRun)
    assert found.objections == ()


def test_a_run_without_an_answer_found_nothing_out_and_says_why() -> None:
    (found,) = stated(run(None, "it took more than 60 s")).of(CheckRun)
    assert found.objections is None
    assert found.reason == "it took more than 60 s"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b"not json",
        answer(image=OTHER),
        answer(passed=True),
        answer({"term": "a"}),
        answer({"term": "a", "message": "b", "pass": True}),
        answer({"term": "a\nb", "message": "b"}),
        answer({"term": "a", "message": "b", "severity": "grave"}),
        answer({"term": "a", "message": "b"}, {"term": "a", "message": "c"}),
        answer(*({"term": str(place), "message": "b"} for place in range(1001))),
        b'{"image": "' + str(IMAGE).encode() + b'", "objections": [' + b"[" * 5000,
    ],
)
def test_what_is_no_answer_is_refused(content: bytes) -> None:
    with pytest.raises(Malformed):
        read_answer(content, IMAGE)


def test_a_verdict_that_breaks_its_form_is_refused_as_evidence() -> None:
    statement = build_statement(
        (Subject(IMAGE),), VERDICT, {"check": "names", "finishedOn": AT, "outcome": "passed"}
    )
    reading = read(statement, "application/json")
    assert reading.parse is Parse.REFUSED
    assert "expected answered or failed" in reading.reasons[0]


def rebuilt(**changes: Any) -> Reading:
    said: dict[str, Any] = {
        "equal": True,
        "first": str(IMAGE),
        "second": str(IMAGE),
        "platforms": [],
        "differences_total": 0,
        "differences": [],
        "rebuilder": {"id": "service:rebuilder", "where": "builder 7"},
    }
    return read(build_statement((Subject(IMAGE),), REBUILD, {**said, **changes}), "application/json")


def test_a_second_build_is_read_with_what_came_of_it() -> None:
    assert rebuilt().of(Rebuild) == (Rebuild(IMAGE, IMAGE, True, 0, "builder 7"),)
    assert rebuilt(equal=False, differences_total=3).of(Rebuild)[0].differences == 3


def test_a_second_build_that_calls_itself_equal_beside_differences_is_refused() -> None:
    assert rebuilt(differences_total=1).parse is Parse.REFUSED
    assert rebuilt(equal=1).parse is Parse.REFUSED
