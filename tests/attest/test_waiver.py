"""``waiver/v1``: one spelling, closed, and terms that contradict themselves are none."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.attest.waiver import WAIVER_FORM, Act, Over, Scope, Terms, VoidedIf, Waiver
from pratique.errors import Malformed
from pratique.values.canonical import canonical
from pratique.values.digest import Digest
from pratique.values.ids import Kind, build_id
from pratique.values.names import Actor, Environment

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
ID = build_id(Kind.WAIVER, NOW, bytes(10))
DIGESTS = st.binary(max_size=2).map(Digest.of)
SCOPES = (
    st.builds(Scope, st.just(Over.DIGEST), DIGESTS)
    | st.just(Scope(Over.COMPONENT, applications=("shop", "bank")))
    | st.just(Scope(Over.BASE, base="docker.io/library/debian:12"))
)
RENEWALS = st.just((None, 0)) | st.just((ID, 1)) | st.just((ID, 2))
TERMS = st.builds(
    lambda scope, renewal, days, **rest: Terms(
        scope=scope,
        renewal_of=renewal[0],
        renewals=renewal[1],
        not_before=NOW,
        expires=NOW + timedelta(days=days),
        **rest,
    ),
    scope=SCOPES,
    renewal=RENEWALS,
    days=st.integers(1, 90),
    proposed_by=st.just(Actor("person:dan")),
    check=st.sampled_from(["high", "licences"]),
    term=st.sampled_from(["CVE-2026-1@pkg:deb/debian/libxml2", "a finding with spaces", "CVE-*"]),
    environment=st.just(Environment("prod")),
    severity=st.sampled_from([None, "high"]),
    justification=st.just("no_fix_yet"),
    controls=st.sampled_from([(), ("secrets",)]),
    owner=st.sampled_from([None, "group:developers"]),
    ticket=st.sampled_from([None, "SEC-1"]),
    voided_if=st.builds(VoidedIf, st.booleans(), st.sampled_from([None, "0.5", "1"]), st.booleans()),
)
WAIVERS = st.builds(
    Waiver,
    waiver=st.just(ID),
    act=st.sampled_from(Act),
    by=st.just(Actor("person:bea")),
    terms=TERMS,
    comment=st.none() | DIGESTS,
    directory=DIGESTS,
    issued_at=st.just(NOW),
    nonce=st.just("0" * 32),
)


@given(WAIVERS)
def test_what_was_built_is_read_back(waiver: Waiver) -> None:
    assert WAIVER_FORM.parse(WAIVER_FORM.build(waiver)) == waiver


@given(TERMS, TERMS)
def test_other_terms_have_another_digest(one: Terms, other: Terms) -> None:
    assert (one == other) is (one.digest == other.digest)


def changed(**terms: Any) -> bytes:
    example = Waiver(ID, Act.GRANT, Actor("person:bea"), EXAMPLE, None, Digest("d" * 64), NOW, "0" * 32)
    document = json.loads(WAIVER_FORM.build(example))
    document["predicate"]["terms"].update(terms)
    digest = Digest.of(canonical(document["predicate"]["terms"]))
    document["subject"][0]["digest"]["sha256"] = digest.hex
    return canonical(document)


EXAMPLE = Terms(
    proposed_by=Actor("person:dan"),
    check="high",
    term="CVE-2026-1@pkg:deb/debian/libxml2",
    environment=Environment("prod"),
    scope=Scope(Over.BASE, base="debian:12"),
    severity=None,
    justification="no_fix_yet",
    controls=(),
    owner=None,
    ticket=None,
    not_before=NOW,
    expires=NOW + timedelta(days=1),
    renewal_of=None,
    renewals=0,
    voided_if=VoidedIf(),
)


def test_the_example_itself_is_read() -> None:
    assert WAIVER_FORM.parse(changed()).terms == EXAMPLE


@pytest.mark.parametrize(
    "terms",
    [
        {"expires": "2026-11-24T09:30:00.000Z"},
        {"renewals": 1},
        {"renewalOf": ID},
        {"scope": {"over": "base", "image": None, "applications": ["shop"], "base": "debian:12"}},
        {"scope": {"over": "digest", "image": None, "applications": [], "base": None}},
        {"scope": {"over": "everything", "image": None, "applications": [], "base": None}},
        {"voidedIf": {"kev": False, "epss": "1.5", "fixAvailable": False}},
        {"voidedIf": {"kev": "no", "epss": None, "fixAvailable": False}},
        {"justification": "Because I say so"},
        {"term": ""},
        {"check": None},
        {"exclusive": True},
    ],
)
def test_terms_that_say_nothing_clear_are_refused(terms: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        WAIVER_FORM.parse(changed(**terms))


def test_a_subject_that_is_not_the_digest_of_the_terms_is_refused() -> None:
    document = json.loads(changed())
    document["subject"][0]["digest"]["sha256"] = "e" * 64
    with pytest.raises(Malformed, match="digest of its terms"):
        WAIVER_FORM.parse(canonical(document))
