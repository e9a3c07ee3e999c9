"""By which words an entry is found: everything that it names exactly, and nothing that people wrote."""

import pytest
from tests.promotion.builders import digest, event, judged, requested, reviewed

from pratique.promotion.keys import Key, KeyKind, key_of, keys_of

TERM = "CVE-2026-12345@pkg:deb/debian/openssl"


def texts(kind: KeyKind, keys: frozenset[Key]) -> set[str]:
    return {key.text for key in keys if key.kind is kind}


def test_an_event_is_found_by_who_where_what_and_its_ids() -> None:
    found = event(requested())
    keys = keys_of(found)
    assert found.actor in texts(KeyKind.ACTOR, keys)
    assert texts(KeyKind.TYPE, keys) == {"promotion.requested"}
    assert found.id in texts(KeyKind.ID, keys)


def test_every_digest_of_an_event_is_a_key() -> None:
    keys = keys_of(event(judged(), image=digest("image")))
    assert {digest("image").hex, digest("record").hex} <= texts(KeyKind.DIGEST, keys)


def test_a_review_is_found_by_its_reviewer() -> None:
    assert "person:bea" in texts(KeyKind.ACTOR, keys_of(event(reviewed("bea"))))


def test_a_finding_of_the_record_is_found_by_its_vulnerability_its_package_and_the_bare_name() -> None:
    keys = keys_of(event(judged()), [{"term": TERM, "message": "no key at all"}])
    assert texts(KeyKind.VULNERABILITY, keys) == {"CVE-2026-12345"}
    assert texts(KeyKind.PACKAGE, keys) == {"pkg:deb/debian/openssl", "openssl"}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("sha256:" + "a" * 64, {Key(KeyKind.DIGEST, "a" * 64)}),
        ("a" * 64, {Key(KeyKind.DIGEST, "a" * 64)}),
        ("person:bea", {Key(KeyKind.ACTOR, "person:bea")}),
        ("GHSA-bbbb-bbbb-bbbb", {Key(KeyKind.VULNERABILITY, "GHSA-bbbb-bbbb-bbbb")}),
        ("DLA-4012-1", {Key(KeyKind.VULNERABILITY, "DLA-4012-1")}),
        (TERM, set(keys_of(event(judged()), [TERM])) - set(keys_of(event(judged())))),
    ],
)
def test_what_is_typed_means_the_key_that_it_spells(typed: str, meant: set[Key]) -> None:
    assert set(key_of(typed)) == meant


def test_a_bare_word_may_mean_a_package_an_application_an_image_an_environment_or_a_type() -> None:
    assert {key.kind for key in key_of("openssl")} == {
        KeyKind.PACKAGE,
        KeyKind.APPLICATION,
        KeyKind.IMAGE,
        KeyKind.ENVIRONMENT,
        KeyKind.TYPE,
    }
