"""What must be repaired, by whom and by when; and when it counts as repaired."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.promotion.builders import after, event, gathered, requested, story
from tests.promotion.cases import CLEAN, HIGH, MEDIUM, bundle, case, evidence

from pratique.policy.result import CheckFinding, CheckResult, Outcome
from pratique.promotion.events import Entry, build_event
from pratique.promotion.happenings import PromotionRetried, RemediationClosed, RemediationOpened, Track
from pratique.promotion.history import fold, fold_all
from pratique.promotion.judge import judge
from pratique.promotion.record import Record, judged
from pratique.promotion.record_form import build_record
from pratique.promotion.remediation import MOST_ITEMS, remediate
from pratique.promotion.states import Promotion
from pratique.promotion.track import Routing

BLOCKED = judge(case(evidence(HIGH)))


def items(record: Record, promotion: Promotion | None = None) -> tuple[RemediationOpened | RemediationClosed, ...]:
    promotion = promotion or fold_all(story(requested(), gathered(), judged(record)))
    policy = bundle()
    return remediate(
        promotion,
        record,
        rules=policy.rules("prod"),
        application=policy.application("shop"),
        policy=policy.remediation,
    )


def retried(record: Record, *opened: RemediationOpened | RemediationClosed) -> Promotion:
    promotion = fold_all(
        story(requested(), gathered(), judged(BLOCKED), *opened, PromotionRetried(2), gathered(2))
    )
    announced = replace(judged(record), generation=2)
    return fold(promotion, Entry(99, event(announced)))


def with_checks(*results: CheckResult) -> Record:
    track = Routing(Track.REMEDIATION, ("because",))
    return build_record(replace(BLOCKED.decision, checks=results, track=track))


def test_a_blocking_finding_becomes_an_item_with_owner_due_date_and_remedy() -> None:
    (item,) = items(BLOCKED)
    assert isinstance(item, RemediationOpened)
    assert (item.check, item.term) == ("high", "CVE-2026-1@pkg:pypi/jinja2")
    assert item.owner == "person:ben"
    assert item.due == after(days=30)
    assert item.remedy == "upgrade jinja2 from 2.10 to 2.11.3"


def test_what_nobody_was_named_for_falls_to_the_applications_owner() -> None:
    record = judge(case(evidence(CLEAN), arrivals=()))
    (item,) = items(record)
    assert isinstance(item, RemediationOpened)
    assert (item.check, item.owner) == ("came", "group:shop")


@pytest.mark.parametrize("record", [judge(case(evidence(MEDIUM))), judge(case(evidence(CLEAN)))])
def test_only_remediation_opens_items(record: Record) -> None:
    assert items(record) == ()


def test_an_item_stays_open_through_a_retry_that_repaired_nothing() -> None:
    assert items(BLOCKED, retried(BLOCKED, *items(BLOCKED))) == ()


def test_an_item_closes_when_a_later_record_no_longer_has_its_term() -> None:
    (opened,) = items(BLOCKED)
    repaired = judge(case(evidence(CLEAN), generation=2))
    (closed,) = items(repaired, retried(repaired, opened))
    assert isinstance(closed, RemediationClosed)
    assert closed.remediation == opened.remediation


def test_a_check_that_could_not_be_judged_repairs_nothing() -> None:
    unknown = with_checks(CheckResult("high", "vulnerabilities", Outcome.UNKNOWN, "nobody looked"))
    found = items(unknown, retried(unknown, *items(BLOCKED)))
    assert not [item for item in found if isinstance(item, RemediationClosed)]


def test_a_blocking_check_without_findings_is_itself_the_item() -> None:
    (item,) = items(with_checks(CheckResult("sig", "signature", Outcome.BLOCK, "nobody signed", "sign it")))
    assert isinstance(item, RemediationOpened)
    assert (item.check, item.term, item.remedy) == ("sig", "sig", "sign it")


@given(st.integers(1, 3 * MOST_ITEMS))
def test_however_many_findings_a_check_has_its_items_can_be_read(number: int) -> None:
    findings = tuple(CheckFinding(f"CVE-{place}@x", "\x01" * 2000, "high") for place in range(number))
    found = items(
        with_checks(CheckResult("high", "vulnerabilities", Outcome.BLOCK, "too many", findings=findings))
    )
    assert len(found) == min(number, MOST_ITEMS)
    assert len({item.remediation for item in found}) == len(found)
    assert build_event(event(found[-1]))
    if number > MOST_ITEMS:
        assert isinstance(found[-1], RemediationOpened)
        assert found[-1].message == f"{number - MOST_ITEMS + 1} more findings of this check, listed in the record"
