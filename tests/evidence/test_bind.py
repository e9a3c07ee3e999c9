"""Binding: what ties a piece to a digest, who signed it, and what it covers."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.attest.signers import ServiceSigner, service_ed25519, service_p256, ssh_ed25519

from pratique.attest.bundle import build_bundle
from pratique.attest.dsse import IN_TOTO, Signature, build_envelope, parse_envelope
from pratique.attest.keykind import KeyKind
from pratique.attest.source import SOURCE_FORM, Source
from pratique.attest.verify import Signed
from pratique.evidence.bind import ImageSubject, Platform, ServiceKeys, understand
from pratique.evidence.facts.build import SourceChange
from pratique.evidence.facts.packages import Sbom
from pratique.evidence.facts.scan import Scan
from pratique.evidence.model import Bound, Evidence, Origin, Parse, Piece
from pratique.values.digest import Digest
from pratique.values.names import Actor

INDEX, AMD, ARM, AMD_CONFIG, ARM_CONFIG, FOREIGN = (Digest(letter * 64) for letter in "1abcdf")
SINGLE = ImageSubject(AMD, (Platform("linux/amd64", AMD, AMD_CONFIG),))
MULTI = ImageSubject(INDEX, (Platform("linux/amd64", AMD, AMD_CONFIG), Platform("linux/arm64", ARM, ARM_CONFIG)))
LONE = ImageSubject(INDEX, (Platform("linux/amd64", AMD, AMD_CONFIG),))

CI, SCANNER = service_p256(), service_ed25519()
KEYS: ServiceKeys = (
    (Actor("service:ci"), CI.key, frozenset({"request", "evidence", "source"})),
    (Actor("service:scanner"), SCANNER.key, frozenset({"evidence"})),
)
BOM: dict[str, Any] = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"name": "flask"}]}
UNKNOWN = "https://example.com/unknown/v1"
BOM_TYPE = "https://cyclonedx.org/bom"


def statement(*subjects: Digest, predicate_type: str = UNKNOWN, predicate: Mapping[str, Any] = BOM) -> bytes:
    named = [{"digest": {"sha256": digest.hex}} for digest in subjects]
    kind = "https://in-toto.io/Statement/v1"
    content = {"_type": kind, "subject": named, "predicateType": predicate_type, "predicate": predicate}
    return json.dumps(content).encode()


def signed(payload: bytes, *signers: ServiceSigner) -> bytes:
    return build_envelope(payload, IN_TOTO, tuple(signer.signature(payload) for signer in signers))


def sbom_about(version: str) -> dict[str, Any]:
    return {**BOM, "metadata": {"component": {"type": "container", "name": "shop", "version": version}}}


def trivy(*repository_digests: Digest, config: Digest | None = None) -> bytes:
    metadata = {
        "RepoDigests": [f"shop@{digest}" for digest in repository_digests],
        "ImageID": config and str(config),
    }
    return json.dumps({"SchemaVersion": 2, "ArtifactName": "shop", "Metadata": metadata, "Results": []}).encode()


def piece(content: bytes, subject: Digest = AMD, origin: Origin = Origin.REFERRER) -> Piece:
    return Piece(Digest.of(content), "application/octet-stream", len(content), subject, origin, content)


def bind(
    content: bytes, subject: Digest = AMD, origin: Origin = Origin.REFERRER, image: ImageSubject = SINGLE
) -> Evidence:
    (found,) = understand((piece(content, subject, origin),), KEYS, image)
    return found


def holders(evidence: Evidence) -> list[str]:
    return [signer.holder for signer in evidence.signers]


# Who signed


def test_a_signed_statement_about_the_image_is_bound_by_it() -> None:
    found = bind(signed(statement(AMD), CI, SCANNER), FOREIGN, Origin.UPLOAD)
    assert (found.bound, found.covers) == (Bound.STATEMENT, (AMD,))
    assert found.signers[0] == Signed(Actor("service:ci"), CI.key.key_id, KeyKind.ECDSA_P256)
    assert holders(found) == ["service:ci", "service:scanner"]
    assert "signed by service:ci, service:scanner" in found.because


def test_a_bundle_counts_as_the_envelope_in_it() -> None:
    envelope = parse_envelope(signed(statement(AMD), CI))
    found = bind(build_bundle(envelope))
    assert (found.bound, holders(found)) == (Bound.STATEMENT, ["service:ci"])


def test_a_signature_by_a_stranger_counts_for_nobody() -> None:
    found = bind(signed(statement(AMD), service_p256()))
    assert (found.bound, found.covers, found.signers) == (Bound.REPORT, (AMD,), ())
    assert "nobody known signed" in found.because


def test_a_signature_over_other_bytes_counts_for_nobody() -> None:
    stolen = CI.signature(statement(FOREIGN))
    assert bind(build_envelope(statement(AMD), IN_TOTO, (stolen,))).signers == ()


def test_a_statement_without_a_signature_is_a_claim_that_names_the_image() -> None:
    assert bind(statement(AMD)).bound is Bound.REPORT


def test_people_do_not_sign_evidence() -> None:
    person = ssh_ed25519()
    payload = statement(AMD)
    envelope = build_envelope(payload, IN_TOTO, (person.signature(payload, "pratique-review"),))
    keys: ServiceKeys = ((Actor("person:ann"), person.key, frozenset({"evidence"})),)
    (found,) = understand((piece(envelope),), keys, SINGLE)
    assert found.signers == ()


def test_only_a_key_listed_for_source_signs_who_wrote_it() -> None:
    payload = SOURCE_FORM.build(
        Source((AMD,), "https://git.example/shop", None, "e" * 40, ("github:7",), ("github:7",))
    )
    by_both = bind(signed(payload, CI, SCANNER))
    assert isinstance(by_both.reading.facts[0], SourceChange)
    assert holders(by_both) == ["service:ci"]
    assert bind(signed(payload, SCANNER)).bound is Bound.REPORT


def test_a_key_listed_for_requests_only_signs_no_evidence() -> None:
    keys: ServiceKeys = ((Actor("service:ci"), CI.key, frozenset({"request", "source"})),)
    (found,) = understand((piece(signed(statement(AMD), CI)),), keys, SINGLE)
    assert found.signers == ()


def test_a_key_that_two_services_share_counts_for_neither() -> None:
    keys: ServiceKeys = tuple((Actor(f"service:{name}"), CI.key, frozenset({"evidence"})) for name in "ab")
    (found,) = understand((piece(signed(statement(AMD), CI)),), keys, SINGLE)
    assert found.signers == ()


def test_a_signed_envelope_that_cannot_be_read_is_kept_and_says_why() -> None:
    found = bind(signed(b"{}", CI))
    assert (found.reading.parse, holders(found), found.bound) == (Parse.REFUSED, ["service:ci"], Bound.REFERRER)


# What it is about


@pytest.mark.parametrize("content", [signed(statement(FOREIGN), CI), statement(FOREIGN), trivy(FOREIGN)])
def test_what_names_another_image_covers_nothing_wherever_it_hangs(content: bytes) -> None:
    for origin in Origin:
        found = bind(content, AMD, origin)
        assert (found.bound, found.covers) == (Bound.OTHER, ())
        assert FOREIGN.short in found.because


def test_a_report_is_bound_by_the_manifest_or_the_config_that_it_names() -> None:
    for content in (trivy(AMD), trivy(config=AMD_CONFIG), trivy(FOREIGN, config=AMD_CONFIG)):
        found = bind(content, FOREIGN, Origin.UPLOAD)
        assert isinstance(found.reading.facts[0], Scan)
        assert (found.bound, found.covers) == (Bound.REPORT, (AMD,))


def test_a_report_that_names_nothing_is_bound_by_where_it_hangs_or_by_its_uploader() -> None:
    content = json.dumps(BOM).encode()
    for origin in (Origin.REFERRER, Origin.LEGACY, Origin.CHILD):
        found = bind(content, AMD, origin)
        assert (found.bound, found.covers) == (Bound.REFERRER, (AMD,))
    assert bind(content, AMD, Origin.UPLOAD).bound is Bound.CLAIM
    assert bind(content, FOREIGN).bound is Bound.OTHER


def test_a_statement_without_a_subject_is_bound_by_where_it_hangs() -> None:
    found = bind(signed(statement(), CI))
    assert (found.bound, holders(found)) == (Bound.REFERRER, ["service:ci"])


def test_a_statement_about_digests_that_are_no_sha256_is_about_something_else_wherever_it_hangs() -> None:
    for digests in ({"sha512": "f" * 128}, {"gitCommit": "c" * 40}, {"sha256": "abc..."}):
        value = {**json.loads(statement()), "subject": [{"digest": digests}]}
        for content in (json.dumps(value).encode(), signed(json.dumps(value).encode(), CI)):
            found = bind(content)
            assert (found.bound, found.covers) == (Bound.OTHER, ())
            assert f"{next(iter(digests))}:" in found.because


def test_a_statement_of_mixed_subjects_is_about_those_with_a_sha256() -> None:
    subjects = [{"digest": {"sha512": "f" * 128}}, {"digest": {"gitCommit": "c" * 40, "sha256": AMD.hex}}]
    value = {**json.loads(statement()), "subject": subjects}
    assert bind(signed(json.dumps(value).encode(), CI)).covers == (AMD,)


def test_several_envelopes_in_one_file_are_signed_by_whoever_signed_each_of_them() -> None:
    both, one = signed(statement(AMD), CI, SCANNER), signed(statement(AMD), SCANNER)
    assert holders(bind(b"\n".join((both, one)))) == ["service:scanner"]
    assert holders(bind(b"\n".join((both, both)))) == ["service:ci", "service:scanner"]
    assert holders(bind(b"\n".join((signed(statement(AMD), CI), one)))) == []


def test_an_unsigned_line_beside_a_signed_one_leaves_the_file_unsigned() -> None:
    nobody = build_envelope(statement(AMD), IN_TOTO, ())
    found = bind(b"\n".join((signed(statement(AMD), CI), nobody)))
    assert (holders(found), found.bound) == ([], Bound.REPORT)


def test_a_broken_signature_spoils_no_other_one() -> None:
    value = json.loads(signed(statement(AMD), CI))
    value["signatures"].insert(0, {"keyid": "x", "sig": "not base64!"})
    found = bind(json.dumps(value).encode())
    assert (holders(found), found.bound, found.reading.parse) == (["service:ci"], Bound.STATEMENT, Parse.OK)


def test_broken_bytes_are_kept_where_they_hang() -> None:
    found = bind(b'{"bomFormat": "CycloneDX", "comp')
    assert (found.reading.parse, found.bound, found.covers) == (Parse.REFUSED, Bound.REFERRER, (AMD,))


# Several platforms


def test_a_statement_about_an_index_covers_every_platform() -> None:
    found = bind(signed(statement(INDEX), CI), INDEX, image=MULTI)
    assert found.covers == (INDEX, AMD, ARM)


def test_a_statement_about_one_platform_covers_that_one() -> None:
    assert bind(signed(statement(ARM), CI), INDEX, image=MULTI).covers == (ARM,)


@pytest.mark.parametrize(
    "content",
    [
        signed(statement(INDEX, predicate_type=BOM_TYPE), CI),
        json.dumps(sbom_about(str(INDEX))).encode(),
        trivy(INDEX),
    ],
)
def test_a_look_into_an_index_of_several_platforms_does_not_say_into_which(content: bytes) -> None:
    found = bind(content, INDEX, image=MULTI)
    assert (found.bound, found.covers) == (Bound.OTHER, ())
    assert "not which of them it examined" in found.because


def test_it_covers_the_platform_that_it_hangs_on() -> None:
    found = bind(trivy(INDEX), ARM, image=MULTI)
    assert (found.bound, found.covers) == (Bound.REFERRER, (ARM,))


def test_it_covers_the_platform_whose_config_it_names() -> None:
    assert bind(trivy(INDEX, config=ARM_CONFIG), INDEX, image=MULTI).covers == (ARM,)


def test_it_covers_the_platform_that_the_signed_document_names_itself() -> None:
    payload = statement(INDEX, predicate_type=BOM_TYPE, predicate=sbom_about(str(ARM)))
    found = bind(signed(payload, CI), INDEX, image=MULTI)
    assert isinstance(found.reading.facts[0], Sbom)
    assert (found.bound, found.covers) == (Bound.STATEMENT, (ARM,))


@pytest.mark.parametrize(
    ("image", "about"), [(SINGLE, AMD), (LONE, INDEX), (LONE, AMD), (MULTI, AMD), (MULTI, INDEX)]
)
def test_a_signature_does_not_make_a_report_inside_be_about_this_image(image: ImageSubject, about: Digest) -> None:
    payload = statement(about, predicate_type=BOM_TYPE, predicate=sbom_about(str(FOREIGN)))
    for content in (payload, signed(payload, CI)):
        found = bind(content, about, image=image)
        assert (found.bound, found.covers) == (Bound.OTHER, ())
        assert found.because == f"the report inside names {FOREIGN.short}, and nothing of this image"


def test_a_signed_report_that_names_another_image_is_not_bound_by_where_it_hangs() -> None:
    payload = statement(predicate_type=BOM_TYPE, predicate=sbom_about(str(FOREIGN)))
    assert bind(signed(payload, CI)).bound is Bound.OTHER


def test_a_report_inside_about_another_platform_covers_neither() -> None:
    payload = statement(AMD, predicate_type=BOM_TYPE, predicate=sbom_about(str(ARM)))
    found = bind(signed(payload, CI), AMD, image=MULTI)
    assert (found.bound, found.covers) == (Bound.OTHER, ())
    assert found.because == f"the report inside names {ARM.short}, and the statement around it {AMD.short}"


def test_a_signed_report_that_names_this_image_or_its_config_is_bound_by_the_statement() -> None:
    for inner in (AMD, AMD_CONFIG):
        payload = statement(AMD, predicate_type=BOM_TYPE, predicate=sbom_about(str(inner)))
        assert bind(signed(payload, CI)).bound is Bound.STATEMENT


def test_an_index_of_one_platform_is_that_platform() -> None:
    assert bind(trivy(INDEX), INDEX, image=LONE).covers == (INDEX, AMD)


def test_what_hangs_on_an_index_without_naming_anything_covers_no_platform_by_itself() -> None:
    found = bind(json.dumps(BOM).encode(), INDEX, image=MULTI)
    assert (found.bound, found.covers) == (Bound.OTHER, ())


# Laws

CONTENTS = st.sampled_from(
    [
        statement(AMD),
        signed(statement(INDEX), CI),
        signed(statement(ARM, FOREIGN), SCANNER),
        trivy(AMD),
        b"text",
        b"",
    ]
)


@given(
    CONTENTS,
    st.sampled_from([INDEX, AMD, ARM, FOREIGN]),
    st.sampled_from(Origin),
    st.sampled_from([SINGLE, MULTI, LONE]),
)
def test_nothing_covers_more_than_the_image_and_only_what_is_bound_covers(
    content: bytes, subject: Digest, origin: Origin, image: ImageSubject
) -> None:
    found = bind(content, subject, origin, image)
    assert set(found.covers) <= {image.digest, *image.manifests}
    assert bool(found.covers) is (found.bound is not Bound.OTHER)
    assert found.bound is not Bound.STATEMENT or found.signers
    assert found.because


@given(st.integers(0, 10**6))
def test_a_changed_byte_never_keeps_a_signature_with_another_payload(place: int) -> None:
    content = signed(statement(AMD), CI)
    changed = bytearray(content)
    changed[place % len(content)] ^= 1
    found = bind(bytes(changed))
    if found.signers:  # the change fell beside the payload, its type and the signature
        assert replace(found.reading, wrapping=None) == replace(bind(content).reading, wrapping=None)


def test_pieces_come_back_in_the_order_given() -> None:
    pieces = tuple(piece(content) for content in (b"a", statement(AMD), b"b"))
    assert tuple(found.piece for found in understand(pieces, KEYS, SINGLE)) == pieces


def test_an_empty_signature_counts_for_nobody() -> None:
    assert bind(build_envelope(statement(AMD), IN_TOTO, (Signature(b""),))).signers == ()
