"""The resolved bundle: one form, one digest, nothing needed besides."""

import json
from dataclasses import replace
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.policy.builders import files

from pratique.errors import Absent, Malformed
from pratique.policy.document import Bundle, parse_bundle
from pratique.policy.schema import decode, encode
from pratique.policy.source import load
from pratique.policy.tracks import FastTrack
from pratique.policy.words import Points
from pratique.values.canonical import canonical

SHOP = load(files())


def shuffled(value: Any, random: Any) -> Any:
    if isinstance(value, dict):
        items = [(key, shuffled(item, random)) for key, item in value.items()]
        random.shuffle(items)
        return dict(items)
    return [shuffled(item, random) for item in value] if isinstance(value, list) else value


def test_a_resolved_bundle_is_read_back_as_the_same_bundle() -> None:
    assert parse_bundle(SHOP.resolved) == SHOP
    assert parse_bundle(SHOP.resolved).resolved == SHOP.resolved


@settings(max_examples=10)  # the loader reads 10 kB of YAML each time
@given(st.randoms(use_true_random=False))
def test_the_order_of_keys_in_the_files_changes_no_digest(random: Any) -> None:
    texts = {
        name: yaml.safe_dump(
            shuffled(yaml.load(text, yaml.BaseLoader), random), sort_keys=False, default_style='"'
        )
        for name, text in files().items()
        if name.endswith("yaml")
    }
    # Everything is quoted above, so numbers and booleans are written plainly again.
    plain = {
        name: __import__("re").sub(r'"(\d+|\d+\.\d+|true|false)"', r"\1", text) for name, text in texts.items()
    }
    assert load(plain).digest == SHOP.digest


def test_another_spelling_of_the_same_duration_changes_no_digest() -> None:
    texts = files()
    other = texts | {"gate.yaml": texts["gate.yaml"].replace("min_soak: 24h", "min_soak: 1d")}
    assert load(other).digest == SHOP.digest


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("max: 5, outcome: review}", "max: 4, outcome: review}", {"staging"}),
        ("min_soak: 24h", "min_soak: 25h", {"prod"}),
        ("on_check_error: hold", "on_check_error: fail", {"dev", "staging", "prod"}),
        ("due: {critical: 7d", "due: {critical: 8d", set()),
        ("review_by: 2027-05-01", "review_by: 2027-06-01", set()),
    ],
)
def test_reviews_of_an_environment_bind_to_its_own_rules_only(old: str, new: str, changed: set[str]) -> None:
    texts = files()
    other = load(texts | {"gate.yaml": texts["gate.yaml"].replace(old, new, 1)})
    names = [rules.name for rules in SHOP.environments]
    assert {name for name in names if other.rules(name).digest != SHOP.rules(name).digest} == changed
    assert other.digest != SHOP.digest


def test_two_environments_with_equal_rules_have_two_digests() -> None:
    rules = SHOP.rules("dev")
    assert replace(rules, name=type(rules.name)("test")).digest != rules.digest


def test_what_is_absent_is_told_with_what_there_is() -> None:
    with pytest.raises(Absent, match="policy shop: has no environment 'prd'; did you mean 'prod'"):
        SHOP.rules("prd")
    with pytest.raises(Absent, match="has no application 'shp'; did you mean 'shop'"):
        SHOP.application("shp")


def test_bytes_that_are_not_the_canonical_form_are_no_bundle() -> None:
    value = json.loads(SHOP.resolved)
    with pytest.raises(Malformed, match="not its canonical form"):
        parse_bundle(json.dumps(value).encode())
    value["environments"]["dev"]["settings"]["timezone"] = "UTC"  # a default, written out
    with pytest.raises(Malformed, match="not its canonical form"):
        parse_bundle(canonical(value))


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (
            ("environments", "prod", "from"),
            ["stagin"],
            "environments.prod.from.0: there is no environment 'stagin'",
        ),
        (("environments", "dev", "from"), ["prod"], "these environments come from each other"),
        (("environments",), {}, "expected at least one environment"),
        (("schema",), "pratique/policy/2", "'pratique/policy/2' is not known here"),
        (("surprise",), 1, "unknown key 'surprise'"),
        (("metadata", "owner"), None, "expected group:<slug>, found nothing"),
    ],
)
def test_a_resolved_bundle_is_checked_like_a_written_one(path: tuple[str, ...], value: Any, words: str) -> None:
    document = json.loads(SHOP.resolved)
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(Malformed, match=words):
        parse_bundle(canonical(document))


@given(st.integers(min_value=0, max_value=2**63), st.integers(min_value=0, max_value=255))
def test_a_changed_byte_gives_another_bundle_or_none(place: int, byte: int) -> None:
    content = bytearray(SHOP.resolved)
    content[place % len(content)] = byte
    try:
        other = parse_bundle(bytes(content))
    except Malformed:
        return
    assert (other == SHOP) is (bytes(content) == SHOP.resolved)


@given(st.none() | st.integers(min_value=0, max_value=100))
def test_every_bundle_is_read_back_the_same(limit: int | None) -> None:
    rules = SHOP.rules("prod")
    fast = rules.tracks.fast
    assert isinstance(fast, FastTrack)
    risk = None if limit is None else Points(limit)
    tracks = replace(rules.tracks, fast=replace(fast, risk_at_most=risk))
    others = tuple(each for each in SHOP.environments if each.name != "prod")
    bundle = replace(
        SHOP, environments=tuple(sorted((*others, replace(rules, tracks=tracks)), key=lambda e: e.name))
    )
    assert parse_bundle(bundle.resolved) == bundle
    assert decode(Bundle, encode(bundle)) == bundle
