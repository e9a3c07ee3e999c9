"""JUnit XML: cases are counted, totals are not believed."""

import pytest

from pratique.evidence.facts.opaque import Opaque
from pratique.evidence.facts.suites import Suites
from pratique.evidence.facts.suites import TestRun as SuiteRun
from pratique.evidence.model import Parse
from pratique.evidence.read import read


def runs(xml: str) -> tuple[SuiteRun, ...]:
    (found,) = read(xml.encode(), "application/xml").of(Suites)
    return found.runs


def test_declared_totals_are_not_believed() -> None:
    (run,) = runs(
        '<testsuite name="unit" tests="99" failures="0"><testcase/><testcase><failure/></testcase></testsuite>'
    )
    assert run == SuiteRun("unit", total=2, passed=1, failed=1, errored=0, skipped=0)


def test_zero_cases_are_a_fact() -> None:
    assert runs('<testsuite name="unit" tests="5"/>') == (SuiteRun("unit", 0, 0, 0, 0, 0),)
    assert runs("<testsuites/>") == ()


def test_nested_suites_count_once_and_name_what_is_around_them() -> None:
    inner = '<testsuite name="inner"><testcase/></testsuite>'
    outer = f'<testsuites name="all"><testsuite name="outer">{inner}<testcase/></testsuite></testsuites>'
    assert [(run.suite, run.within, run.total) for run in runs(outer)] == [
        ("outer", ("all",), 1),
        ("inner", ("all", "outer"), 1),
    ]


def test_a_suite_that_only_holds_suites_is_no_run_of_its_own() -> None:
    xml = '<testsuites><testsuite name="a"><testsuite name="b"><testcase/></testsuite></testsuite></testsuites>'
    assert [run.suite for run in runs(xml)] == ["b"]


@pytest.mark.parametrize(
    ("case", "outcome"),
    [
        ("<testcase/>", "passed"),
        ("<testcase><error/></testcase>", "errored"),
        ("<testcase><failure/><failure/></testcase>", "failed"),
        ("<testcase><failure/><error/></testcase>", "errored"),
        ("<testcase><skipped/></testcase>", "skipped"),
        ("<testcase><failure/><skipped/></testcase>", "failed"),
        ("<testcase><failure/><rerunFailure/></testcase>", "failed"),
        ("<testcase><flakyFailure/></testcase>", "passed"),
        ("<testcase><system-out/></testcase>", "passed"),
        ('<testcase status="notrun"/>', "skipped"),
        ('<testcase status="run" result="completed"/>', "passed"),
        ('<testcase result="suppressed"/>', "skipped"),
        ("<ns:testcase xmlns:ns='u'><ns:failure/></ns:testcase>", "failed"),
    ],
)
def test_a_case_has_one_outcome_and_the_worst_counts(case: str, outcome: str) -> None:
    (run,) = runs(f"<testsuite>{case}</testsuite>")
    assert (run.total, getattr(run, outcome)) == (1, 1)


def test_cases_outside_any_suite_are_not_lost() -> None:
    (run,) = runs('<testsuites name="loose"><testcase/><testcase/></testsuites>')
    assert (run.suite, run.total) == ("loose", 2)


def test_another_tools_xml_is_opaque() -> None:
    assert isinstance(read(b"<test-run><test-case/></test-run>", "text/xml").facts[0], Opaque)


def test_a_truncated_report_is_refused() -> None:
    assert read(b'<testsuite name="unit"><testcase/>', "text/xml").parse is Parse.REFUSED


@pytest.mark.parametrize("encoding", ["ISO-8859-1", "windows-1252", "UTF-8", "UTF-16"])
def test_xml_is_read_in_the_encoding_that_it_states(encoding: str) -> None:
    xml = f'<?xml version="1.0" encoding="{encoding}"?><testsuite name="Prüfung"><testcase/></testsuite>'
    (found,) = read(xml.encode(encoding), "").of(Suites)
    assert found.runs[0].suite == "Prüfung"


@pytest.mark.parametrize("stated", ["", ' encoding="UTF-8"', ' encoding="utf-7"', ' encoding="none"'])
def test_xml_that_is_not_in_the_encoding_that_it_states_is_refused(stated: str) -> None:
    content = f'<?xml version="1.0"{stated}?><testsuite name="Prüfung"/>'.encode("latin-1")
    assert read(content, "").parse is Parse.REFUSED
