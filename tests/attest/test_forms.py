"""The statements of our own: closed, canonical, read back as they were written."""

import contextlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pratique.attest import waiver
from pratique.attest.closing import CLOSING_FORM, Closing
from pratique.attest.hold import HOLD_FORM, Act, Hold, Scope
from pratique.attest.policy import POLICY_FORM, Policy
from pratique.attest.policy_review import POLICY_REVIEW_FORM, PolicyReview
from pratique.attest.recall import RECALL_FORM, Recall
from pratique.attest.request import REQUEST_FORM, Request
from pratique.attest.request import Part as Asked
from pratique.attest.review import REVIEW_FORM, Condition, Decision, Review, Seen
from pratique.attest.review import Part as Reviewed
from pratique.attest.signed_form import SignedForm
from pratique.attest.source import SOURCE_FORM, Source, parse_alias
from pratique.attest.waiver import Terms
from pratique.attest.withdrawal import WITHDRAWAL_FORM, Withdrawal
from pratique.attest.word import Word
from pratique.errors import Malformed, Unverified
from pratique.values.canonical import canonical
from pratique.values.digest import Digest
from pratique.values.ids import Kind, build_id
from pratique.values.names import Actor, Environment
from pratique.values.reference import parse_reference

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
PROMOTION = build_id(Kind.PROMOTION, NOW, bytes(10))
OTHER = PROMOTION[:-1] + "1"
URI = re.escape("https://pratique.example/")
A, B = Digest("a" * 64), Digest("b" * 64)


def hexadecimal(digits: int) -> st.SearchStrategy[str]:
    return st.integers(0, 16**digits - 1).map(lambda number: f"{number:0{digits}x}")


digests = hexadecimal(64).map(Digest)
images = st.lists(digests, min_size=1, max_size=3, unique=True).map(tuple)
slugs = st.text("abcxyz019-", min_size=1, max_size=20).map(lambda text: f"a{text}")
environments = slugs.map(Environment)
actors = st.builds(lambda kind, slug: Actor(f"{kind}:{slug}"), st.sampled_from(["person", "service"]), slugs)
moments = st.integers(0, 4 * 10**12).map(lambda ms: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms))
nonces = hexadecimal(32)
commits = hexadecimal(40) | hexadecimal(64)
lines = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=30)
aliases = hexadecimal(64).map("git:{}".format) | st.integers(0, 10**9).map("github:{}".format)
people = st.lists(aliases, min_size=1, max_size=3, unique=True).map(lambda found: tuple(sorted(found)))
references = st.sampled_from(
    ["registry.example:5000/shop/api:v1", f"r.example/api@{A}", "oci:build/dev:fixed", f"oci:/srv/x@{B}"]
).map(parse_reference)

requests = st.builds(
    Request,
    images,
    slugs,
    slugs,
    references,
    st.none() | environments,
    environments,
    actors,
    nonces,
    moments,
    st.none() | digests,
)
sources = st.builds(Source, images, lines, st.none() | commits, commits, people, people)
policies = st.builds(
    Policy, slugs, digests, st.just(1), st.none(), st.none() | moments, digests, st.none() | digests
) | st.builds(Policy, slugs, digests, st.integers(2, 99), digests, st.none() | moments, digests, st.none())
reviews = st.builds(
    Review,
    images,
    st.just(PROMOTION),
    slugs,
    st.none() | environments,
    environments,
    lines,
    st.sampled_from(Decision),
    actors,
    digests,
    digests,
    digests,
    digests,
    slugs,
    st.none() | digests,
    st.lists(st.builds(Condition, digests, st.none() | moments), max_size=2).map(tuple),
    st.builds(Seen, lines, st.integers(0, 2**53 - 1), digests),
    moments,
    moments,
    nonces,
).filter(lambda review: review.expires_at > review.issued_at)


@dataclass(frozen=True)
class Form:
    """One kind of statement, and an example of it."""

    example: Any
    form: SignedForm[Any]

    @property
    def build(self) -> Callable[[Any], bytes]:
        return self.form.build

    @property
    def parse(self) -> Callable[[bytes], Any]:
        return self.form.parse


WORD = Word(Actor("person:bea"), Digest.of(b"words"), Digest.of(b"directory"), NOW, "ab" * 16)
STOPPED = Scope(A, None, Environment("prod"))
TERMS = Terms(
    proposed_by=Actor("person:dan"),
    check="high",
    term="CVE-2026-1@pkg:deb/debian/libxml2",
    environment=Environment("prod"),
    scope=waiver.Scope(waiver.Over.BASE, base="debian:12"),
    severity=None,
    justification="no_fix_yet",
    controls=("secrets",),
    owner=None,
    ticket="SEC-1",
    not_before=NOW,
    expires=NOW + timedelta(days=1),
    renewal_of=None,
    renewals=0,
    voided_if=waiver.VoidedIf(),
)

FORMS = {
    "request": Form(
        Request(
            images=(A, B),
            application="shop",
            image="api",
            source=parse_reference("registry.example/shop/api:v1"),
            from_=Environment("dev"),
            to=Environment("staging"),
            requester=Actor("service:ci"),
            nonce="0" * 32,
            issued_at=NOW,
            comment=B,
        ),
        REQUEST_FORM,
    ),
    "source": Form(
        Source(
            images=(A,),
            repository="git+https://git.example/shop/api",
            base="1" * 40,
            commit="2" * 40,
            authors=("git:" + "3" * 64, "github:4711"),
            committers=("github:4711",),
        ),
        SOURCE_FORM,
    ),
    "policy": Form(
        Policy(
            bundle="shop",
            digest=A,
            version=2,
            previous=B,
            effective_on=NOW,
            directory=A,
            sources=B,
        ),
        POLICY_FORM,
    ),
    "policy review": Form(
        PolicyReview("shop", A, 2, Actor("person:bea"), B, "0" * 32),
        POLICY_REVIEW_FORM,
    ),
    "review": Form(
        Review(
            images=(A, B),
            promotion=PROMOTION,
            application="shop",
            from_=Environment("staging"),
            to=Environment("prod"),
            resource_uri="registry.example/prod/api",
            decision=Decision.APPROVE,
            reviewer=Actor("person:ann"),
            directory=A,
            policy=B,
            record=A,
            evidence=B,
            reason="risk-accepted",
            comment=A,
            conditions=(Condition(A, NOW), Condition(B, None)),
            checkpoint=Seen("ledger.example/pratique", 12, A),
            issued_at=NOW,
            expires_at=NOW + timedelta(days=1),
            nonce="0" * 32,
        ),
        REVIEW_FORM,
    ),
    "hold": Form(Hold(build_id(Kind.HOLD, NOW, bytes(10)), Act.PLACE, STOPPED, WORD), HOLD_FORM),
    "recall": Form(Recall(A, "shop", "web", Environment("prod"), WORD), RECALL_FORM),
    "closing": Form(Closing(A, PROMOTION, build_id(Kind.REMEDIATION, NOW, bytes(10)), WORD), CLOSING_FORM),
    "withdrawal": Form(Withdrawal((A, B), PROMOTION, Actor("service:ci"), "0" * 32), WITHDRAWAL_FORM),
    "waiver": Form(
        waiver.Waiver(
            waiver=build_id(Kind.WAIVER, NOW, bytes(10)),
            act=waiver.Act.GRANT,
            by=Actor("person:bea"),
            terms=TERMS,
            comment=None,
            directory=A,
            issued_at=NOW,
            nonce="0" * 32,
        ),
        waiver.WAIVER_FORM,
    ),
}
FORMS["request of a release"] = replace(
    FORMS["request"],
    example=replace(
        FORMS["request"].example,
        release=(
            Asked("api", A, parse_reference("registry.example/shop/api:v1"), Environment("dev")),
            Asked("jobs", B, parse_reference("registry.example/shop/jobs:v1"), None),
        ),
    ),
)
FORMS["review of a release"] = replace(
    FORMS["review"],
    example=replace(
        FORMS["review"].example,
        release=(
            Reviewed(PROMOTION, (A,), Environment("staging"), "registry.example/prod/api", A, B),
            Reviewed(OTHER, (B,), None, "registry.example/prod/jobs", B, A),
        ),
        images=(A, B),
        record=A,
        evidence=B,
    ),
)
every_form = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)


@every_form
def test_the_example_is_read_back(form: Form) -> None:
    assert form.parse(form.build(form.example)) == form.example


@settings(max_examples=50)
@given(requests, sources, policies, reviews)
def test_what_was_built_is_read_back(request: Request, source: Source, policy: Policy, review: Review) -> None:
    assert REQUEST_FORM.parse(REQUEST_FORM.build(request)) == request
    assert SOURCE_FORM.parse(SOURCE_FORM.build(source)) == source
    assert POLICY_FORM.parse(POLICY_FORM.build(policy)) == policy
    assert REVIEW_FORM.parse(REVIEW_FORM.build(review)) == review


@every_form
def test_another_spelling_is_refused(form: Form) -> None:
    payload = form.build(form.example)
    for other in (payload + b"\n", json.dumps(json.loads(payload)).encode(), payload.replace(b'":"', b'": "', 1)):
        with pytest.raises(Malformed, match="canonical"):
            form.parse(other)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of every field in a document."""
    if isinstance(value, dict):
        return [found for key in value for found in [(*path, key), *places(value[key], (*path, key))]]
    if isinstance(value, list):
        return [found for at, item in enumerate(value) for found in places(item, (*path, at))]
    return []


def holder(document: Any, path: tuple[Any, ...]) -> Any:
    for step in path[:-1]:
        document = document[step]
    return document


@every_form
def test_without_any_one_field_it_is_malformed(form: Form) -> None:
    whole = json.loads(form.build(form.example))
    optional = {("predicate", "comment")} if form.form is REQUEST_FORM else set()
    for path in places(whole):
        if path in optional:
            continue
        document = json.loads(form.build(form.example))
        del holder(document, path)[path[-1]]
        with pytest.raises(Malformed):
            form.parse(canonical(document))


@every_form
def test_an_unknown_field_is_refused_wherever_it_stands(form: Form) -> None:
    whole = json.loads(form.build(form.example))
    for path in [("x",), *((*path, "x") for path in places(whole))]:
        document = json.loads(form.build(form.example))
        inner = holder(document, path)
        if isinstance(inner, dict):
            inner["x"] = 1
            with pytest.raises(Malformed, match="'x'"):
                form.parse(canonical(document))


@every_form
@pytest.mark.parametrize("wrong", [5, True, "", "x y", [], {}, ["x"], "A" * 64])
def test_another_value_in_any_field_is_malformed_or_means_what_it_says(form: Form, wrong: Any) -> None:
    whole = json.loads(form.build(form.example))
    for path in places(whole):
        document = json.loads(form.build(form.example))
        holder(document, path)[path[-1]] = wrong
        payload = canonical(document)
        with contextlib.suppress(Malformed):
            assert form.build(form.parse(payload)) == payload


@every_form
def test_one_kind_is_not_read_as_another(form: Form) -> None:
    for other in FORMS.values():
        if other.form is not form.form:
            with pytest.raises(Malformed, match=f"expected {URI}"):
                form.parse(other.build(other.example))


@every_form
def test_a_subject_stands_once_and_at_least_once(form: Form) -> None:
    for subjects in ([], [{"digest": {"sha256": A.hex}}] * 2):
        document = json.loads(form.build(form.example)) | {"subject": subjects}
        with pytest.raises(Malformed, match="subject"):
            form.parse(canonical(document))


@pytest.mark.parametrize("name", ["request", "review", "source", "recall", "closing", "withdrawal"])
def test_an_image_is_named_by_its_digest_alone(name: str) -> None:
    form = FORMS[name]
    document = json.loads(form.build(form.example))
    document["subject"][0]["name"] = "api"
    with pytest.raises(Malformed, match="without a name"):
        form.parse(canonical(document))


@pytest.mark.parametrize(("version", "previous"), [(0, None), (1, {"sha256": A.hex}), (2, None)])
def test_a_policy_fits_its_predecessor(version: int, previous: Any) -> None:
    document = json.loads(POLICY_FORM.build(FORMS["policy"].example))
    document["predicate"] |= {"version": version, "previous": previous}
    with pytest.raises(Malformed, match="version"):
        POLICY_FORM.parse(canonical(document))


def test_a_review_cannot_expire_before_it_was_given() -> None:
    document = json.loads(REVIEW_FORM.build(FORMS["review"].example))
    document["predicate"]["expiresAt"] = document["predicate"]["issuedAt"]
    with pytest.raises(Malformed, match="after issuedAt"):
        REVIEW_FORM.parse(canonical(document))


def source_document(**changes: Any) -> bytes:
    document = json.loads(SOURCE_FORM.build(FORMS["source"].example))
    document["predicate"] |= changes
    return canonical(document)


def test_authors_may_be_missing_only_where_nothing_changed() -> None:
    with pytest.raises(Malformed, match="since base"):
        SOURCE_FORM.parse(source_document(authors=[]))
    unchanged = SOURCE_FORM.parse(source_document(authors=[], committers=[], base="2" * 40))
    assert unchanged.authors == ()


@pytest.mark.parametrize("authors", [["github:2", "github:1"], ["github:1", "github:1"]])
def test_authors_are_sorted_and_stand_once(authors: list[str]) -> None:
    with pytest.raises(Malformed, match="sorted"):
        SOURCE_FORM.parse(source_document(authors=authors))


@pytest.mark.parametrize(
    "alias", ["ann@example.org", "git:ann@example.org", "git:abc", "github:", ":1", "git", ""]
)
def test_a_mail_address_is_no_alias(alias: str) -> None:
    with pytest.raises(Malformed, match="alias"):
        parse_alias(alias)


@given(st.binary(max_size=60))
def test_nothing_but_malformed_escapes_the_readers(content: bytes) -> None:
    for form in FORMS.values():
        with contextlib.suppress(Malformed):
            form.parse(content)


def test_a_review_of_a_release_says_of_each_part_what_a_review_of_it_alone_says() -> None:
    review = FORMS["review of a release"].example
    one = review.about(OTHER)
    assert (one.promotion, one.images, one.record, one.evidence, one.release) == (OTHER, (B,), B, A, ())
    with pytest.raises(Unverified, match="expected one about"):
        review.about(OTHER[:-1] + "2")


def test_a_release_names_two_images_or_more_and_each_once() -> None:
    release = FORMS["request of a release"].example.release
    for wrong in ((), release[:1], (release[0], release[0])):
        document = json.loads(REQUEST_FORM.build(FORMS["request of a release"].example))
        items = document["predicate"]["release"]
        document["predicate"]["release"] = [items[release.index(part)] for part in wrong]
        with pytest.raises(Malformed):
            REQUEST_FORM.parse(canonical(document))
