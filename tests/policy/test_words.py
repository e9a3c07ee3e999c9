"""The small words of a policy: read and written, they stay the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.errors import Malformed
from pratique.policy.words import WORDS, LicenceName, Owner, Service, Share, TagPlan, Zone, render_duration
from pratique.values.moment import parse_duration


@given(st.integers(min_value=0, max_value=999_999), st.sampled_from(["ms", "s", "m", "h", "d"]))
def test_every_duration_that_can_be_written_is_read_back_the_same(number: int, unit: str) -> None:
    duration = parse_duration(f"{number}{unit}")
    assert parse_duration(render_duration(duration)) == duration


@pytest.mark.parametrize(("text", "written"), [("24h", "1d"), ("90m", "90m"), ("0d", "0s"), ("1000ms", "1s")])
def test_one_duration_has_one_spelling(text: str, written: str) -> None:
    assert render_duration(parse_duration(text)) == written


@pytest.mark.parametrize(
    ("text", "written"), [("0.98", "0.98"), ("0.980", "0.98"), ("1", "1"), ("0", "0"), ("1.0", "1")]
)
def test_one_share_has_one_spelling(text: str, written: str) -> None:
    word = WORDS[Share]
    assert word.render(word.parse(text)) == written


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        (Share, "1.01", "a share from 0 to 1"),
        (Share, ".5", "a share from 0 to 1"),
        (Service, "person:ann", "people do not sign evidence"),
        (Owner, "service:ci", "person:<slug> or group:<slug>"),
        (Zone, "utc", "a time zone"),
        (TagPlan, "{version}", "{tag} and {digest}"),
        (LicenceName, "Apache-2", "'Apache-2' is no SPDX licence identifier"),
        (LicenceName, "MIT AND ISC", "joined by OR"),
    ],
)
def test_a_word_of_the_wrong_kind_is_refused_with_what_was_expected(kind: object, text: str, words: str) -> None:
    with pytest.raises(Malformed, match=words.replace("{", r"\{")):
        WORDS[kind].parse(text)


@pytest.mark.parametrize(
    "text", ["MIT", "apache-2.0", "GPL-2.0-only WITH Classpath-exception-2.0", "LicenseRef-ours"]
)
def test_a_licence_is_named_by_its_identifier(text: str) -> None:
    assert WORDS[LicenceName].parse(text) == text
