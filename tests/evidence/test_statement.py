"""Statements: whatever carries them, the exact bytes are read strictly, and the predicate says what they mean."""

import base64
import json
from collections.abc import Mapping
from typing import Any

import pytest

from pratique.attest.source import SOURCE_FORM, Source
from pratique.evidence.facts.build import Provenance, SourceChange
from pratique.evidence.facts.opaque import Opaque
from pratique.evidence.facts.packages import Sbom
from pratique.evidence.facts.scan import Scan
from pratique.evidence.facts.suites import Suites
from pratique.evidence.facts.suites import TestRun as SuiteRun
from pratique.evidence.model import Parse, Reading
from pratique.evidence.predicates.documents import COSIGN_CUSTOM, COSIGN_VULNERABILITIES, CYCLONEDX_BOM
from pratique.evidence.read import read
from pratique.values.digest import Digest
from pratique.values.uris import SOURCE

IMAGE = Digest("a" * 64)
OTHER = Digest("b" * 64)
SLSA = "https://slsa.dev/provenance/v1"
BOM = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"name": "flask"}]}
TRIVY = {"SchemaVersion": 2, "ArtifactName": "shop", "Results": []}
COMMIT = "c" * 40


def statement(predicate_type: str, predicate: Mapping[str, Any], *subjects: Digest) -> bytes:
    named = [{"name": "shop", "digest": {"sha256": digest.hex}} for digest in subjects or (IMAGE,)]
    kind = "https://in-toto.io/Statement/v1"
    return json.dumps(
        {"_type": kind, "subject": named, "predicateType": predicate_type, "predicate": predicate}
    ).encode()


def dsse(
    payload: bytes, payload_type: str = "application/vnd.in-toto+json", encode: Any = base64.b64encode
) -> dict[str, Any]:
    signature = {"keyid": "", "sig": base64.b64encode(b"anything").decode()}
    return {"payloadType": payload_type, "payload": encode(payload).decode(), "signatures": [signature]}


def enveloped(payload: bytes, **fields: Any) -> bytes:
    return json.dumps(dsse(payload, **fields)).encode()


def bundled(payload: bytes, media: str = "application/vnd.dev.sigstore.bundle.v0.3+json") -> bytes:
    material = {"publicKey": {"hint": ""}}
    return json.dumps(
        {"mediaType": media, "verificationMaterial": material, "dsseEnvelope": dsse(payload)}
    ).encode()


def understood(predicate_type: str, predicate: Mapping[str, Any]) -> Reading:
    return read(enveloped(statement(predicate_type, predicate)), "application/vnd.dsse.envelope.v1+json")


# Carriers


@pytest.mark.parametrize(
    "content",
    [
        statement(CYCLONEDX_BOM, BOM),
        enveloped(statement(CYCLONEDX_BOM, BOM)),
        enveloped(statement(CYCLONEDX_BOM, BOM), encode=base64.urlsafe_b64encode),
        bundled(statement(CYCLONEDX_BOM, BOM)),
        bundled(statement(CYCLONEDX_BOM, BOM), "application/vnd.dev.sigstore.bundle+json;version=0.1"),
    ],
    ids=["bare", "envelope", "url-safe", "bundle", "old-bundle"],
)
def test_a_statement_means_the_same_in_every_carrier(content: bytes) -> None:
    reading = read(content, "")
    assert isinstance(reading.facts[0], Sbom)
    assert (reading.format, reading.about, reading.predicate_type) == ("cyclonedx-json", (IMAGE,), CYCLONEDX_BOM)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_what_is_signed_has_no_byte_order_mark_and_no_other_encoding(encoding: str) -> None:
    for content in (statement(CYCLONEDX_BOM, BOM), enveloped(statement(CYCLONEDX_BOM, BOM))):
        assert read(content.decode().encode(encoding), "").parse is Parse.REFUSED


def test_a_payload_with_a_duplicate_key_is_refused() -> None:
    payload = statement(CYCLONEDX_BOM, BOM).replace(b'"predicateType"', b'"predicateType": "x", "predicateType"')
    assert read(enveloped(payload), "").parse is Parse.REFUSED


@pytest.mark.parametrize("payload", ["!!!", "e30", ""])
def test_an_envelope_whose_payload_is_no_statement_is_refused(payload: str) -> None:
    content = json.dumps({**dsse(b""), "payload": payload}).encode()
    assert (read(content, "").parse, read(content, "").facts) == (Parse.REFUSED, ())


def test_a_signed_payload_of_another_type_is_opaque() -> None:
    reading = read(enveloped(b"anything", payload_type="text/plain"), "")
    assert reading.facts[0] == Opaque("a signed payload of type text/plain, not interpreted")
    assert reading.about == ()


def test_a_bundle_around_a_bare_signature_is_opaque() -> None:
    content = {"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json", "messageSignature": {}}
    assert isinstance(read(json.dumps(content).encode(), "").facts[0], Opaque)


# Predicates


def test_a_cyclonedx_predicate_is_an_sbom_and_its_own_subject_is_kept_apart() -> None:
    root = {"metadata": {"component": {"type": "container", "name": "shop", "version": str(OTHER)}}}
    reading = understood(f"{CYCLONEDX_BOM}/v1.4", {**BOM, **root})
    assert isinstance(reading.facts[0], Sbom)
    assert (reading.about, reading.inner_about) == ((IMAGE,), (OTHER,))


@pytest.mark.parametrize("data", [BOM, json.dumps(BOM)])
def test_old_versions_of_cosign_wrapped_the_document(data: object) -> None:
    reading = understood(CYCLONEDX_BOM, {"Data": data, "Timestamp": "2022-01-01T00:00:00Z"})
    assert isinstance(reading.facts[0], Sbom)


@pytest.mark.parametrize("predicate", [{}, TRIVY, {"Data": "not json"}, {"Data": "[1"}, {"Data": 7}])
def test_a_cyclonedx_predicate_that_is_none_is_refused(predicate: dict[str, Any]) -> None:
    assert understood(CYCLONEDX_BOM, predicate).parse is Parse.REFUSED


@pytest.mark.parametrize("result", [TRIVY, json.dumps(TRIVY)])
def test_a_scanners_report_inside_a_statement_is_a_scan(result: object) -> None:
    reading = understood(COSIGN_VULNERABILITIES, {"scanner": {"uri": "trivy", "result": result}})
    assert isinstance(reading.facts[0], Scan)
    assert (reading.format, reading.about) == ("trivy-json", (IMAGE,))


def test_a_scanners_report_that_nobody_knows_is_opaque_and_still_about_the_image() -> None:
    reading = understood(COSIGN_VULNERABILITIES, {"scanner": {"result": {"something": "else"}}})
    assert isinstance(reading.facts[0], Opaque)
    assert reading.about == (IMAGE,)


def test_test_results_may_be_signed_as_a_custom_attestation() -> None:
    reading = understood(
        COSIGN_CUSTOM, {"Data": '<testsuite name="unit"><testcase/></testsuite>', "Timestamp": ""}
    )
    assert reading.facts[0] == Suites((SuiteRun("unit", 1, 1, 0, 0, 0),))
    assert reading.format == "junit"


def test_a_document_inside_a_statement_that_is_cut_off_is_refused() -> None:
    reading = understood(COSIGN_CUSTOM, {"Data": "<testsuite><testcase/>"})
    assert (reading.parse, reading.about, reading.predicate_type) == (Parse.REFUSED, (IMAGE,), COSIGN_CUSTOM)


def provenance(**definition: Any) -> Reading:
    predicate = {
        "buildDefinition": {
            "buildType": "https://build.example/type/v1",
            "externalParameters": {
                "source": {"uri": "git+https://git.example/shop"},
                "ratio": 0.5,
                "tags": ["b", "a"],
            },
            "resolvedDependencies": [
                {"uri": "git+https://git.example/shop", "digest": {"gitCommit": COMMIT}},
                {"uri": "pkg:docker/debian@12", "digest": {"sha256": OTHER.hex}},
            ],
            **definition,
        },
        "runDetails": {
            "builder": {"id": "https://build.example/builder@refs/tags/v1"},
            "metadata": {"startedOn": "2026-01-01T00:00:00Z", "finishedOn": "2026-01-01T01:00:00+01:00"},
        },
    }
    return understood(SLSA, predicate)


def test_provenance_says_who_built_it_from_what() -> None:
    reading = provenance()
    facts = reading.facts[0]
    assert isinstance(facts, Provenance)
    assert (facts.builder_id, facts.builder_version) == (
        "https://build.example/builder@refs/tags/v1",
        "refs/tags/v1",
    )
    assert (facts.source_uri, facts.source_commit) == ("git+https://git.example/shop", COMMIT)
    assert [material.uri for material in facts.materials] == [
        "git+https://git.example/shop",
        "pkg:docker/debian@12",
    ]
    assert facts.parameters == (
        ("ratio", "0.5"),
        ("source", '{"uri":"git+https://git.example/shop"}'),
        ("tags", '["b","a"]'),
    )
    assert facts.started == facts.finished
    assert reading.reasons == ()


def test_provenance_that_names_two_sources_names_none_and_says_why() -> None:
    reading = provenance(externalParameters={"source": "git+https://git.example/other"})
    assert isinstance(reading.facts[0], Provenance)
    assert reading.facts[0].source_uri is None
    assert "git.example/other" in reading.reasons[0]


def test_provenance_without_parameters_does_not_say_them_and_without_a_build_type_it_is_refused() -> None:
    reading = provenance(externalParameters=None)
    assert isinstance(reading.facts[0], Provenance)
    assert reading.facts[0].parameters is None
    assert "parameters" in reading.reasons[-1]
    assert provenance(buildType=None).parse is Parse.REFUSED


def test_a_source_statement_names_authors_and_must_be_spelt_canonically() -> None:
    said = Source((IMAGE,), "https://git.example/shop", None, COMMIT, ("github:7",), ("git:" + "d" * 64,))
    payload = SOURCE_FORM.build(said)
    reading = read(enveloped(payload), "")
    assert reading.facts[0] == SourceChange(said.repository, None, COMMIT, said.authors, said.committers)
    assert reading.predicate_type == SOURCE
    loose = json.dumps(json.loads(payload), indent=1).encode()
    assert read(enveloped(loose), "").parse is Parse.REFUSED


def test_a_predicate_that_nobody_knows_is_opaque_and_about_its_subjects() -> None:
    reading = read(enveloped(statement("https://example.com/new/v1", {"any": 1}, OTHER, IMAGE, IMAGE)), "")
    assert reading.facts[0] == Opaque("a statement of type https://example.com/new/v1, not interpreted")
    assert reading.about == (IMAGE, OTHER)
