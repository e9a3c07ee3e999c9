"""JUnit XML: test cases, counted one by one.

Source: the Ant JUnit task's report, Maven Surefire's surefire-test-report.xsd and github.com/testmoapp/junitxml.
No standard exists, declared totals are often wrong or absent, and a report without cases is a fact, not a success.
"""

from xml.etree.ElementTree import Element

from pratique.evidence.document import Document, XmlDocument
from pratique.evidence.facts.suites import Suites, TestRun
from pratique.evidence.model import Parse, Reading

FORMAT = "junit"
_ROOTS = frozenset({"testsuites", "testsuite"})
_NOT_RUN = frozenset({"notrun", "suppressed", "skipped", "ignored"})  # GoogleTest's status and result


def read_junit(document: Document) -> Reading | None:
    """Return a run for each suite of a JUnit report, or nothing where it is something else."""
    if not isinstance(document, XmlDocument) or _tag(document.root) not in _ROOTS:
        return None
    return Reading(FORMAT, None, Parse.OK, (), (Suites(tuple(_runs(document.root))),))


def _runs(root: Element) -> list[TestRun]:
    found: list[TestRun] = []
    waiting: list[tuple[Element, tuple[str, ...]]] = [(root, ())]
    while waiting:
        suite, within = waiting.pop()
        cases = [child for child in suite if _tag(child) == "testcase"]
        inner = [child for child in suite if _tag(child) == "testsuite"]
        name = suite.get("name") or ""
        if cases or (_tag(suite) == "testsuite" and not inner):
            found.append(_count(name, within, cases))
        waiting += [(child, (*within, name) if name else within) for child in reversed(inner)]
    return found


def _count(name: str, within: tuple[str, ...], cases: list[Element]) -> TestRun:
    outcomes = [_outcome(case) for case in cases]
    return TestRun(
        suite=name,
        total=len(outcomes),
        passed=outcomes.count("passed"),
        failed=outcomes.count("failure"),
        errored=outcomes.count("error"),
        skipped=outcomes.count("skipped"),
        within=within,
    )


def _outcome(case: Element) -> str:
    """Return the worst that is said of a case; flakyFailure and rerunFailure alone are no outcome."""
    said = {_tag(child) for child in case}
    for outcome in ("error", "failure", "skipped"):
        if outcome in said:
            return outcome
    stated = {(case.get("status") or "").lower(), (case.get("result") or "").lower()}
    return "skipped" if stated & _NOT_RUN else "passed"


def _tag(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]
