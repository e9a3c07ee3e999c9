"""in-toto test results: which tests passed, and which did not.

Source: in-toto/attestation, spec/predicates/test-result.md, version 0.1. It knows no skipped test, and its lists are
optional: a run that names no test is a run of none.
"""

from typing import Any

from pratique.attest.statement import Statement
from pratique.evidence.facts.suites import Suites, TestRun
from pratique.evidence.lookup import Notes, shown, tables_at, text_at, texts_at
from pratique.evidence.model import Reading
from pratique.evidence.predicates.reader import Interpret, loose, noted, version_of

FORMAT = "in-toto-test-result"
_PASSED = frozenset({"PASSED", "WARNED"})


def read_test_result(statement: Statement, _: Interpret) -> Reading:
    """Return one run; where the verdict and the lists disagree, the worse of both counts."""
    predicate, notes = loose(statement), Notes()
    warned = texts_at(predicate, "warnedTests")
    passed, failed = len(texts_at(predicate, "passedTests")) + len(warned), len(texts_at(predicate, "failedTests"))
    result = text_at(predicate, "result")
    errored = 0
    if result in _PASSED and failed:
        notes.add(f"result: it says {result}, and names {failed} failed tests")
    if result not in _PASSED and not failed:
        errored = 1
        notes.add(f"result: it says {shown(result, 40)} and names no failed test; it counts as one that broke")
    run = TestRun(_suite(predicate), passed + failed + errored, passed, failed, errored, 0)
    return noted(FORMAT, Suites((run,)), notes, version_of(statement.predicate_type))


def _suite(predicate: dict[str, Any]) -> str:
    for place in tables_at(predicate, "configuration", Notes()):
        if name := text_at(place, "name") or text_at(place, "uri") or text_at(place, "downloadLocation"):
            return name
    return text_at(predicate, "url") or ""
