"""The part of YAML that policies use, and where everything stands."""

from decimal import Decimal
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pratique.errors import Malformed
from pratique.policy.marked import parse_marked
from pratique.policy.schema import Misfit, UnknownKey


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1", {"a": 1}),
        ("a: 0.98", {"a": Decimal("0.98")}),
        ("a: true", {"a": True}),
        ("a: yes", {"a": "yes"}),
        ("a: no", {"a": "no"}),
        ("a: 0o7", {"a": "0o7"}),
        ("a: 0x1f", {"a": "0x1f"}),
        ("a: 12:30", {"a": "12:30"}),
        ("a: 2027-05-01", {"a": "2027-05-01"}),
        ("a: 'true'", {"a": "true"}),
        ("a:", {"a": None}),
        ("a: ~", {"a": None}),
        ("a: [1, b]", {"a": [1, "b"]}),
        ("a: |\n  two\n  lines\n", {"a": "two\nlines\n"}),
        ("a: 99999999999999999999", {"a": "99999999999999999999"}),
        ("- a\n- b", ["a", "b"]),
    ],
)
def test_plain_words_mean_what_a_person_expects(text: str, value: Any) -> None:
    assert parse_marked(text, "f.yaml").value == value


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a: &x 1", "1:4", "anchors and aliases are not allowed"),
        ("a: &x 1\nb: *x", "1:4", "anchors and aliases are not allowed"),
        ("b: *x", "1:4", "anchors and aliases are not allowed"),
        ("a: !!str 1", "1:4", "the tag"),
        ("a: ! 1", "1:4", "the tag"),
        ("a: !!python/object/apply:os.system [x]", "1:4", "the tag"),
        ("a: 1\na: 2", "2:1", "the key 'a' stands here twice"),
        ("a: 1\n'a': 2", "2:1", "the key 'a' stands here twice"),
        ("<<: {a: 1}", "1:1", "expected a key in plain text"),
        ("1: a", "1:1", "expected a key in plain text"),
        ("true: a", "1:1", "expected a key in plain text"),
        ("[a]: b", "1:1", "expected a key in plain text"),
        ("a: 1\n---\nb: 2", "2:1", "expected a single document"),
        ("a: [1", "1:6", "expected ',' or ']'"),
        ("a:\n\t- b", "2:1", "cannot start any token"),
        ("a: \x07", "1:1", "not YAML"),
        ("", "1:1", "found nothing"),
        ("# only a remark", "1:1", "found nothing"),
        ("[" * 17 + "]" * 17, "1:17", "nested deeper than 16 levels"),
        ("[" * 5000, "1:17", "nested deeper than 16 levels"),
    ],
)
def test_what_could_mean_something_else_is_refused_with_its_place(text: str, place: str, words: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_marked(text, "f.yaml")
    assert str(caught.value).startswith(f"f.yaml:{place}: ")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_huge_text_is_refused_before_it_is_read() -> None:
    with pytest.raises(Malformed, match="at most 1000000 characters"):
        parse_marked("#" * 1_000_001, "f.yaml")


TEXT = """\
a:
  - {id: one, b: 1}
  - {name: two, c: {d: 2}}
"""


@pytest.mark.parametrize(
    ("error", "place"),
    [
        (Misfit(("a",), "x"), "2:3"),
        (Misfit(("a", 0), "x"), "2:5"),
        (Misfit(("a", 0, "b"), "x"), "2:18"),
        (Misfit(("a", "one", "b"), "x"), "2:18"),
        (Misfit(("a", "two", "c", "d"), "x"), "3:24"),
        (UnknownKey(("a", 1, "c"), "x"), "3:17"),
        (Misfit(("a", 1, "missing", "deeper"), "x"), "3:5"),
        (Misfit((), "x"), "1:1"),
        (Misfit(("elsewhere",), "x"), "1:1"),
    ],
)
def test_an_error_is_told_with_the_nearest_place_that_is_written(error: Misfit, place: str) -> None:
    assert str(parse_marked(TEXT, "f.yaml").located(error)).startswith(f"f.yaml:{place}: ")


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_and_never_anything_else(text: str) -> None:
    try:
        told = str(parse_marked(text, "f.yaml").located(Misfit((), "x")))
    except Malformed as error:
        told = str(error)
    assert told.splitlines() == [told]


PLAIN = st.recursive(
    st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.text(st.characters(codec="utf-8", exclude_characters="\x85\u2028\u2029"), max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1, max_size=3), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(st.dictionaries(st.text("abc", min_size=1), PLAIN, min_size=1, max_size=3))
def test_what_another_program_writes_as_plain_yaml_is_read_back(value: Any) -> None:
    class Plain(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            return True

    assert parse_marked(yaml.dump(value, Dumper=Plain, allow_unicode=True), "f.yaml").value == value
