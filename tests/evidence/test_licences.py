"""Licence texts: what is SPDX, what is a name or a list, and what nobody knows."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evidence.files import expected

from pratique.evidence.licence_grammar import Confidence
from pratique.evidence.licence_index import categories, index_version
from pratique.evidence.licence_lists import Lists, Verdict, entries_of, satisfies
from pratique.evidence.licences import MAX_LENGTH, parse_licence, weigh


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("MIT", "MIT"),
        ("  mit ", "MIT"),
        ("apache-2.0", "Apache-2.0"),
        ("GPL-2.0", "GPL-2.0-only"),
        ("GPL-2.0+", "GPL-2.0-or-later"),
        ("AGPL-3.0", "AGPL-3.0-only"),
        ("Apache-2.0+", "Apache-2.0+"),
        ("GPL-2.0-with-classpath-exception", "GPL-2.0-only WITH Classpath-exception-2.0"),
        ("apache-2.0 with llvm-EXCEPTION", "Apache-2.0 WITH LLVM-exception"),
        ("(MIT OR WTFPL)", "MIT OR WTFPL"),
        ("MIT and (Apache-2.0 or ISC)", "MIT AND (Apache-2.0 OR ISC)"),
        ("MIT OR Apache-2.0 AND ISC", "MIT OR Apache-2.0 AND ISC"),
        ("((MIT))", "MIT"),
    ],
)
def test_spdx_expressions_become_canonical(text: str, expression: str) -> None:
    licence = parse_licence(text)
    assert (licence.expression, licence.confidence) == (expression, Confidence.HIGH)


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("Apache License, Version 2.0", "Apache-2.0"),
        ("The Apache Software License, Version 2.0", "Apache-2.0"),
        ("MIT License", "MIT"),
        ("Expat", "MIT"),
        ("AGPLv3+", "AGPL-3.0-or-later"),
        ("GPL v2", "GPL-2.0-only"),
        ("LGPL-2.1+ OR Expat", "LGPL-2.1-or-later OR MIT"),
        ("MIT/X11", "MIT AND X11"),
        ("MIT/Apache-2.0", "MIT AND Apache-2.0"),
        ("GPL-2.0, BSD-4-Clause; ISC", "GPL-2.0-only AND BSD-4-Clause AND ISC"),
        ("MIT, (Apache-2.0 OR ISC)", "MIT AND (Apache-2.0 OR ISC)"),
    ],
)
def test_names_and_lists_are_read_with_low_confidence(text: str, expression: str) -> None:
    licence = parse_licence(text)
    assert (licence.expression, licence.confidence) == (expression, Confidence.LOW)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "NOASSERTION",
        "UNKNOWN",
        "Public Domain",
        "BSD",
        "LicenseRef-acme",
        "Classpath-exception-2.0",
        "GPL-3.0-only WITH nothing-known",
        "MIT AND",
        "AND",
        "MIT MIT",
        "MIT WITH",
        "Acme, Inc. proprietary",
        "MIT AND Acme",
        "(" * 100 + "MIT" + ")" * 100,
    ],
)
def test_what_nobody_knows_is_unknown_and_has_a_category_of_its_own(text: str) -> None:
    licence = parse_licence(text)
    assert (licence.expression, licence.confidence) == (None, Confidence.NONE)
    assert "unknown" in licence.categories


def test_the_known_parts_of_an_unknown_text_are_still_known() -> None:
    licence = parse_licence("GPL-2.0, public-domain")
    assert licence.keys == ("GPL-2.0-only", "public-domain")
    assert licence.categories == ("Copyleft", "unknown")


def test_an_exception_keeps_the_category_of_its_licence() -> None:
    assert parse_licence("GPL-2.0-only WITH Classpath-exception-2.0").categories == ("Copyleft",)


ALLOWED = frozenset({"MIT", "Apache-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"})
DENIED = frozenset({"AGPL-3.0-only", "GPL-2.0-only"})
LISTS = Lists(ALLOWED, DENIED)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("MIT", Verdict.ALLOWED),
        ("ISC", Verdict.UNLISTED),
        ("Acme", Verdict.UNKNOWN),
        ("AGPL-3.0", Verdict.DENIED),
        ("AGPLv3", Verdict.DENIED),
        ("AGPL-3.0-only OR MIT", Verdict.ALLOWED),
        ("AGPL-3.0-only OR ISC", Verdict.UNLISTED),
        ("AGPL-3.0-only OR Acme", Verdict.UNKNOWN),
        ("AGPL-3.0-only AND MIT", Verdict.DENIED),
        ("AGPL-3.0-only AND Acme", Verdict.DENIED),
        ("MIT AND Acme", Verdict.UNKNOWN),
        ("MIT, AGPL-3.0", Verdict.DENIED),
        ("MIT AND (AGPL-3.0-only OR Apache-2.0)", Verdict.ALLOWED),
        ("Apache-2.0+", Verdict.ALLOWED),
        ("Apache-2.0 WITH LLVM-exception", Verdict.ALLOWED),
        ("Apache-2.0 WITH Commons-Clause", Verdict.UNKNOWN),
        ("GPL-2.0-only WITH Classpath-exception-2.0", Verdict.ALLOWED),
        ("GPL-2.0-with-font-exception", Verdict.DENIED),
        ("", Verdict.UNKNOWN),
    ],
)
def test_sets_judge_expressions(text: str, verdict: Verdict) -> None:
    assert satisfies(parse_licence(text), LISTS) is verdict


def test_what_is_allowed_and_denied_is_denied() -> None:
    assert satisfies(parse_licence("MIT"), Lists(frozenset({"MIT"}), frozenset({"MIT"}))) is Verdict.DENIED


def test_an_unknown_text_is_allowed_only_by_its_own_name() -> None:
    assert satisfies(parse_licence("LicenseRef-acme"), Lists(frozenset({"LicenseRef-acme"}))) is Verdict.ALLOWED


@pytest.mark.parametrize(
    ("text", "lists", "verdict"),
    [
        ("MIT", Lists(allow=frozenset({"category:permissive"})), Verdict.ALLOWED),
        ("GPL-2.0", Lists(allow=frozenset({"category:permissive"})), Verdict.UNLISTED),
        ("GPL-3.0", Lists(deny=frozenset({"category:copyleft"})), Verdict.DENIED),
        ("GPL-3.0", Lists(frozenset({"GPL-3.0-only"}), frozenset({"category:copyleft"})), Verdict.ALLOWED),
        ("GPL-3.0", Lists(frozenset({"category:copyleft"}), frozenset({"GPL-3.0-only"})), Verdict.DENIED),
        ("MPL-2.0", Lists(review=frozenset({"category:copyleft-limited"})), Verdict.REVIEW),
        (
            "MPL-2.0",
            Lists(frozenset({"MPL-2.0"}), review=frozenset({"category:copyleft-limited"})),
            Verdict.ALLOWED,
        ),
        (
            "MPL-2.0",
            Lists(frozenset({"category:copyleft-limited"}), review=frozenset({"MPL-2.0"})),
            Verdict.REVIEW,
        ),
        ("MPL-2.0 OR MIT", Lists(review=frozenset({"MPL-2.0"})), Verdict.ALLOWED),
        ("MPL-2.0 AND MIT", Lists(review=frozenset({"MPL-2.0"})), Verdict.REVIEW),
        ("Acme", Lists(review=frozenset({"category:copyleft"})), Verdict.UNKNOWN),
        ("ISC", Lists(deny=frozenset({"MIT"})), Verdict.ALLOWED),
    ],
)
def test_the_more_exact_word_decides_and_a_category_is_the_least_exact(
    text: str, lists: Lists, verdict: Verdict
) -> None:
    assert satisfies(parse_licence(text), lists) is verdict


def test_a_list_names_licences_alternatives_and_categories() -> None:
    words = ("MIT", "AGPL-3.0 OR BUSL-1.1", "category:copyleft")
    assert entries_of(words) == {"MIT", "AGPL-3.0-only", "BUSL-1.1", "category:copyleft"}
    assert {"permissive", "copyleft", "copyleft-limited", "public-domain"} <= categories()
    assert "unknown" not in categories()


def test_the_index_has_a_version() -> None:
    assert len(index_version()) == 12
    assert index_version() == index_version()


def test_a_very_long_text_is_cut_and_read_all_the_same() -> None:
    assert parse_licence("x" * (MAX_LENGTH * 3)).keys == ("x" * MAX_LENGTH,)


# Laws

KEYS = st.sampled_from(["MIT", "ISC", "AGPL-3.0-only", "Acme", "GPL-2.0-only WITH Classpath-exception-2.0"])
WORDS = KEYS | st.sampled_from(["category:permissive", "category:copyleft", "Never-Heard-Of"])
SETS = st.frozensets(WORDS)
EXPRESSIONS = st.recursive(
    KEYS,
    lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from(["AND", "OR"]), inner),
    max_leaves=8,
)


@given(EXPRESSIONS)
def test_the_canonical_expression_means_the_same(text: str) -> None:
    licence = parse_licence(text)
    again = parse_licence(str(licence.tree))
    assert satisfies(again, LISTS) is satisfies(licence, LISTS)
    assert parse_licence(str(again.tree)).tree == again.tree


@given(EXPRESSIONS, st.builds(Lists, SETS, SETS, SETS), WORDS)
def test_allowing_more_never_makes_it_worse_and_denying_more_never_better(
    text: str, lists: Lists, another: str
) -> None:
    licence = parse_licence(text)
    before = satisfies(licence, lists)
    assert satisfies(licence, replace(lists, allow=lists.allow | {another})) <= before or not lists.allow
    assert satisfies(licence, replace(lists, deny=lists.deny | {another})) >= before
    reviewed = satisfies(licence, replace(lists, review=lists.review | {another}))
    assert reviewed == before or Verdict.REVIEW in (reviewed, before) or before > Verdict.REVIEW


@given(EXPRESSIONS, st.builds(Lists, SETS, SETS, SETS))
def test_an_unknown_licence_is_never_allowed_but_by_its_own_text(text: str, lists: Lists) -> None:
    if satisfies(parse_licence(f"({text}) AND Never-Heard-Of"), lists) is Verdict.ALLOWED:
        assert "Never-Heard-Of" in lists.allow


@given(EXPRESSIONS, EXPRESSIONS)
def test_and_is_the_worse_and_or_the_better_of_both(one: str, other: str) -> None:
    ranks = [int(satisfies(parse_licence(text), LISTS)) for text in (one, other)]
    assert satisfies(parse_licence(f"({one}) AND ({other})"), LISTS) == max(ranks)
    assert satisfies(parse_licence(f"({one}) OR ({other})"), LISTS) == min(ranks)


@given(st.text(max_size=40) | st.text(st.sampled_from("MITApache-20.()ANDORWH ,;/+:"), max_size=40))
def test_no_text_raises(text: str) -> None:
    licence = parse_licence(text)
    assert licence.keys
    assert weigh(licence.tree, lambda _: 1) == 1


def test_most_texts_of_real_components_are_understood(corpus: Path) -> None:
    texts = {
        text.partition(":")[2]
        for _, _, expect in expected(corpus, "cyclonedx-json")
        for text in expect.get("licence_top10", {})
    }
    understood = [text for text in texts if parse_licence(text).confidence is not Confidence.NONE]
    assert len(texts) > 60
    assert len(understood) > 0.7 * len(texts)
