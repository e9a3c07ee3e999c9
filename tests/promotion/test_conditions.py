"""An application's tags are what conditions ask for with ``has_tag``."""

import pytest
from tests.promotion.cases import APPLICATION, CLEAN, MEDIUM, case, evidence
from tests.promotion.situations import gate

from pratique.errors import Malformed
from pratique.policy.document import Bundle
from pratique.policy.explain import explain
from pratique.policy.source import load
from pratique.promotion.happenings import Track
from pratique.promotion.judge import judge
from pratique.promotion.record import Record

ASKED = gate(("{role: security, count: 1}", "{role: security, count: 1, when: 'has_tag(\"auth\")'}"))
FAST = gate(("also: {change: routine}", "also: {expr: '!has_tag(\"auth\")'}"))


def tagged(text: str, tags: str) -> Bundle:
    """Return a policy whose application bears these tags."""
    return load(
        {
            "gate.yaml": text,
            "applications/shop.yaml": APPLICATION.replace("policy: shop}", f"policy: shop{tags}}}"),
        }
    )


def judged(packages: tuple[tuple[str, str], ...], policy: Bundle) -> Record:
    return judge(case(evidence(packages), policy=policy))


@pytest.mark.parametrize(("tags", "asked"), [("", 1), (", tags: [payments]", 1), (", tags: [auth, payments]", 2)])
def test_a_reviewer_is_asked_where_the_application_bears_the_tag(tags: str, asked: int) -> None:
    assert len(judged(MEDIUM, tagged(ASKED, tags)).decision.approvals) == asked


@pytest.mark.parametrize(("tags", "track"), [("", Track.FAST), (", tags: [auth]", Track.SLOW)])
def test_a_tag_keeps_an_application_off_the_fast_track(tags: str, track: Track) -> None:
    assert judged(CLEAN, tagged(FAST, tags)).decision.track.name is track


def test_without_tags_the_policy_has_the_digest_that_it_had() -> None:
    assert tagged(ASKED, "").digest == tagged(ASKED, ", tags: []").digest != tagged(ASKED, ", tags: [auth]").digest


def test_tags_are_explained() -> None:
    assert "auth and payments" in str(explain(tagged(ASKED, ", tags: [auth, payments]")))


def test_a_tag_is_a_plain_name() -> None:
    with pytest.raises(Malformed, match="tags"):
        tagged(ASKED, ", tags: [Auth!]")
