"""Verification summaries: what a consumer demands, in the specification's order."""

import contextlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.attest.signers import envelope, service_p256

from pratique.attest.dsse import Envelope, Signature, parse_envelope
from pratique.attest.keys import parse_pem
from pratique.attest.seal import Level, Seal
from pratique.attest.statement import Subject, build_statement, parse_statement
from pratique.attest.vsa import VSA, Expected, Result, Vsa, build_vsa, check_vsa, read_vsa
from pratique.errors import Malformed, Unverified
from pratique.values.canonical import canonical
from pratique.values.digest import Digest
from pratique.values.ids import Kind, build_id
from pratique.values.names import Environment
from pratique.values.uris import SEAL_EXTENSION

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
KEY = service_p256()
IMAGE, PLATFORM, OTHER = Digest("a" * 64), Digest("b" * 64), Digest("c" * 64)
SEAL = Seal(
    environment=Environment("prod-eu"),
    application="shop",
    promotion=build_id(Kind.PROMOTION, NOW, bytes(10)),
    approved_index=41,
    checkpoint="ledger.example/pratique\n42\nAAAA\n\n— ledger.example/pratique AAAA\n",
    directory=OTHER,
    record=OTHER,
    level=Level.PROMOTED,
    expires=NOW + timedelta(days=30),
)
SUMMARY = Vsa(
    subjects=(Subject(IMAGE), Subject(PLATFORM)),
    verifier="https://pratique.example/verifier/v1",
    verified_at=NOW,
    resource_uri="registry.example/prod/api",
    policy_uri="https://pratique.example/policy/7",
    policy=OTHER,
    inputs=(OTHER, IMAGE),
    result=Result.PASSED,
    levels=("PRATIQUE_PROMOTED_PROD_EU",),
    seal=SEAL,
)
DEMANDS = Expected(
    key=KEY.key,
    verifier=SUMMARY.verifier,
    digest=IMAGE,
    resource_uri=SUMMARY.resource_uri,
    level="PRATIQUE_PROMOTED_PROD_EU",
)


def signed(summary: Vsa) -> Envelope:
    payload = build_vsa(summary)
    return envelope(payload, KEY.signature(payload))


digests = st.integers(0, 2**256 - 1).map(lambda number: Digest(f"{number:064x}"))
texts = st.text(st.characters(codec="utf-8"), max_size=20)
moments = st.integers(0, 4 * 10**12).map(lambda ms: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms))
seals = st.builds(
    Seal,
    st.sampled_from(["prod", "prod-eu"]).map(Environment),
    st.just("shop"),
    st.just(SEAL.promotion),
    st.integers(0, 2**53 - 1),
    texts,
    digests,
    digests,
    st.sampled_from(Level),
    st.none() | moments,
)
summaries = st.builds(
    Vsa,
    st.lists(st.builds(Subject, digests, texts), max_size=3).map(tuple),
    texts,
    st.none() | moments,
    texts,
    texts,
    st.none() | digests,
    st.lists(digests, max_size=3).map(tuple),
    st.sampled_from(Result),
    st.lists(texts, max_size=3).map(tuple),
    st.none(),
)


@given(summaries, st.none() | seals)
def test_what_was_built_is_read_back(summary: Vsa, seal: Seal | None) -> None:
    levels = (*summary.levels, seal.level_name) if seal else summary.levels
    whole = replace(summary, seal=seal, levels=levels)
    assert read_vsa(parse_statement(build_vsa(whole))) == whole


@pytest.mark.parametrize("digest", [IMAGE, PLATFORM])
def test_a_good_seal_holds_for_the_image_and_each_platform(digest: Digest) -> None:
    assert check_vsa(signed(SUMMARY), replace(DEMANDS, digest=digest), NOW) == SUMMARY


def test_a_summary_that_is_no_seal_of_ours_holds_too() -> None:
    assert check_vsa(signed(replace(SUMMARY, seal=None)), DEMANDS, NOW).seal is None


@pytest.mark.parametrize(
    ("summary", "demands", "what"),
    [
        (SUMMARY, replace(DEMANDS, key=service_p256().key), "no trusted key signed it"),
        (SUMMARY, replace(DEMANDS, digest=OTHER), "subject"),
        (SUMMARY, replace(DEMANDS, verifier="https://other.example"), r"verifier\.id"),
        (SUMMARY, replace(DEMANDS, resource_uri="registry.example/prod/api2"), "resourceUri"),
        (replace(SUMMARY, result=Result.FAILED), DEMANDS, "verificationResult"),
        (SUMMARY, replace(DEMANDS, level="PRATIQUE_PROMOTED_PROD"), "verifiedLevels"),
        (replace(SUMMARY, levels=(), seal=None), DEMANDS, "verifiedLevels"),
    ],
)
def test_a_demand_that_is_not_met_is_named(summary: Vsa, demands: Expected, what: str) -> None:
    with pytest.raises(Unverified, match=what) as caught:
        check_vsa(signed(summary), demands, NOW)
    assert "\n" not in str(caught.value)


def test_the_first_unmet_demand_is_named_in_the_specifications_order() -> None:
    all_wrong = replace(DEMANDS, digest=OTHER, verifier="x", resource_uri="x", level="x")
    subject_right = replace(all_wrong, digest=IMAGE)
    verifier_right = replace(subject_right, verifier=DEMANDS.verifier)
    resource_right = replace(verifier_right, resource_uri=DEMANDS.resource_uri)
    for demands, what in [
        (all_wrong, "subject"),
        (subject_right, r"verifier\.id"),
        (verifier_right, "resourceUri"),
        (resource_right, "verifiedLevels"),
    ]:
        with pytest.raises(Unverified, match=what):
            check_vsa(signed(SUMMARY), demands, NOW)


def test_another_kind_of_statement_by_the_same_key_is_no_summary() -> None:
    payload = build_statement((Subject(IMAGE),), "https://slsa.dev/provenance/v1", {})
    with pytest.raises(Unverified, match="predicateType"):
        check_vsa(envelope(payload, KEY.signature(payload)), DEMANDS, NOW)


def test_a_seal_holds_until_just_before_it_expires() -> None:
    assert SEAL.expires
    check_vsa(signed(SUMMARY), DEMANDS, SEAL.expires - timedelta(milliseconds=1))
    with pytest.raises(Unverified, match="expired"):
        check_vsa(signed(SUMMARY), DEMANDS, SEAL.expires)


def test_the_level_names_the_environment() -> None:
    assert Level.PROMOTED.name_in(Environment("prod-eu-1")) == "PRATIQUE_PROMOTED_PROD_EU_1"
    assert Level.EMERGENCY.name_in(Environment("prod")) == "PRATIQUE_EMERGENCY_PROD"


def test_an_extension_that_contradicts_the_summary_is_malformed() -> None:
    payload = build_vsa(replace(SUMMARY, levels=("PRATIQUE_PROMOTED_DEV",)))
    with pytest.raises(Malformed, match="verifiedLevels"):
        read_vsa(parse_statement(payload))


@settings(max_examples=200)
@given(st.integers(0, len(build_vsa(SUMMARY)) * 8 - 1))
def test_a_flipped_bit_in_a_seal_is_refused(bit: int) -> None:
    good = signed(SUMMARY)
    payload = bytearray(good.payload)
    payload[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Unverified):
        check_vsa(envelope(bytes(payload), *good.signatures), DEMANDS, NOW)


REQUIRED = ["verifier", "resourceUri", "policy", "verificationResult", "verifiedLevels"]


@pytest.mark.parametrize("name", REQUIRED)
def test_without_a_required_field_it_is_malformed(name: str) -> None:
    document = json.loads(build_vsa(SUMMARY))
    del document["predicate"][name]
    with pytest.raises(Malformed, match=name):
        read_vsa(parse_statement(canonical(document)))


@pytest.mark.parametrize("name", json.loads(build_vsa(SUMMARY))["predicate"][SEAL_EXTENSION])
@pytest.mark.parametrize("wrong", [5.5, True, "", [], {"sha256": "x"}, ...])
def test_a_broken_extension_is_malformed(name: str, wrong: Any) -> None:
    document = json.loads(build_vsa(SUMMARY))
    extension = document["predicate"][SEAL_EXTENSION]
    extension[name] = wrong
    if wrong is ...:
        del extension[name]
    optional = wrong is ... and name == "expires"
    free_text = wrong == "" and name == "checkpoint"
    with contextlib.nullcontext() if optional or free_text else pytest.raises(Malformed):
        read_vsa(parse_statement(json.dumps(document).encode()))


def test_a_field_that_the_extension_does_not_know_is_refused() -> None:
    document = json.loads(build_vsa(SUMMARY))
    document["predicate"][SEAL_EXTENSION]["unless"] = "friday"
    with pytest.raises(Malformed, match="unless"):
        read_vsa(parse_statement(canonical(document)))


def test_fields_of_others_are_ignored() -> None:
    document = json.loads(build_vsa(SUMMARY))
    document["predicate"] |= {"https://other.example/x": 1, "dependencyLevels": {"SLSA_BUILD_LEVEL_1": 4}}
    assert read_vsa(parse_statement(canonical(document))) == SUMMARY


def test_another_companys_summary_is_verified_and_its_foreign_digest_matches_nothing(corpus: Path) -> None:
    folder = corpus / "slsa-provenance/slsa-framework__slsa-verifier/vsa/gce/v1"
    theirs = parse_envelope((folder / "gke-gce-pre.bcid-vsa.jsonl").read_bytes())
    summary = read_vsa(parse_statement(theirs.payload))
    assert summary.result is Result.PASSED
    assert summary.levels == ("BCID_L1", "SLSA_BUILD_LEVEL_2")
    key = parse_pem((folder / "vsa_signing_public_key.pem").read_text())
    with pytest.raises(Unverified, match="subject"):
        check_vsa(theirs, replace(DEMANDS, key=key, verifier=summary.verifier), NOW)


@given(st.binary(max_size=60))
def test_nothing_but_malformed_and_unverified_escapes(payload: bytes) -> None:
    for made in (KEY.signature(payload), Signature(payload)):
        with pytest.raises((Malformed, Unverified)):
            check_vsa(envelope(payload, made), DEMANDS, NOW)


def test_the_predicate_type_is_the_published_one() -> None:
    assert json.loads(build_vsa(SUMMARY))["predicateType"] == VSA == "https://slsa.dev/verification_summary/v1"
