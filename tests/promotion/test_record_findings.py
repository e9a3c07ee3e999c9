"""A finding that many checks made is written once, and read back by each of them."""

import json

import pytest
from tests.promotion.cases import MEDIUM, case, evidence

from pratique.errors import Malformed
from pratique.promotion.judge import judge
from pratique.promotion.record_form import parse_record
from pratique.values.canonical import canonical


def test_what_is_read_is_what_was_judged() -> None:
    record = judge(case(evidence(MEDIUM)))
    assert parse_record(record.content).decision == record.decision
    assert any(check.findings for check in record.decision.checks)


@pytest.mark.parametrize("places", [[1_000_000], [-1], ["0"], [True], None])
def test_a_place_among_no_findings_is_refused(places: object) -> None:
    document = json.loads(judge(case(evidence(MEDIUM))).content)
    document["checks"][0]["findings"] = places
    with pytest.raises(Malformed, match="places among"):
        parse_record(canonical(document))
