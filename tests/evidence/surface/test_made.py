"""When base images were made: stated, read again, and signed by whoever may."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.evidence.facts.claims import Attribute, Attributes
from pratique.evidence.read import read
from pratique.evidence.surface.made import ATTRIBUTE, BaseMade, build_made, made_by, states_made
from pratique.values.digest import Digest

IMAGE = Digest("a" * 64)
MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))
BASES = st.builds(
    BaseMade,
    st.text("0123456789abcdef", min_size=64, max_size=64).map(Digest),
    MOMENTS.map(lambda moment: moment.replace(microsecond=0)),
    st.text(st.characters(codec="utf-8"), max_size=40),
)


@given(st.lists(BASES, min_size=1, max_size=5))
def test_what_is_stated_is_read_again_whatever_the_order(bases: list[BaseMade]) -> None:
    content = build_made(tuple(bases), IMAGE, "https://pratique.example/measurer")
    assert content == build_made(tuple(reversed(bases)), IMAGE, "https://pratique.example/measurer")
    reading = read(content, "application/json")
    assert states_made(reading)
    assert reading.about == (IMAGE,)
    (report,) = reading.of(Attributes)
    told = {made_by(attribute) for attribute in report.attributes}
    assert told == {(base.digest.hex, base.created) for base in bases}


@pytest.mark.parametrize("value", [None, "{}", "[]", "{", '{"created":1}', '{"created":"yesterday","digest":"x"}'])
def test_what_cannot_be_read_states_nothing(value: str | None) -> None:
    assert made_by(Attribute(ATTRIBUTE, value, None)) is None


def test_another_attribute_is_no_date_and_makes_the_document_another_one() -> None:
    assert made_by(Attribute("line-coverage", '{"created":"2026-01-01T00:00:00Z","digest":"x"}', None)) is None
