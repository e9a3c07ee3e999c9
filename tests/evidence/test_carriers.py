"""What carries statements: several signatures, bundles, lines, Cloud Build's wrapper."""

import base64
import json
from typing import Any

import pytest
from tests.evidence.statements import IMAGE, OTHER, envelope, statement

from pratique.evidence.attestation import MAX_PARTS
from pratique.evidence.facts.build import Provenance
from pratique.evidence.facts.opaque import Opaque
from pratique.evidence.facts.wrapping import Wrapping
from pratique.evidence.model import Parse, Reading
from pratique.evidence.read import examine, read
from pratique.evidence.summary import summarise

KIND = "https://a.example/new"
SIGNATURE = base64.b64encode(b"anything").decode()
ABOUT_IMAGE = statement(KIND, {"n": 1})


def lines(*values: Any) -> Reading:
    return read(b"\n".join(json.dumps(value).encode() for value in values) + b"\n", "")


def bundle(payload: bytes = ABOUT_IMAGE, **material: Any) -> dict[str, Any]:
    return {
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {"certificate": {"rawBytes": "AA=="}, **material},
        "dsseEnvelope": envelope(payload, SIGNATURE),
    }


def wrapping(reading: Reading) -> Wrapping:
    assert reading.wrapping is not None
    return reading.wrapping


# Envelopes


def test_signatures_are_counted_and_an_empty_or_broken_one_counts_for_nobody() -> None:
    reading = read(json.dumps(envelope(ABOUT_IMAGE, SIGNATURE, "", "not base64!")).encode(), "")
    found = wrapping(reading)
    assert (found.carrier, found.signatures, found.empty_signatures) == ("dsse", 3, 2)
    assert found.hints == ("key-0", "key-1", "key-2")
    assert (reading.parse, len(reading.reasons)) == (Parse.OK, 2)
    assert reading.facts == (Opaque(f"a statement of type {KIND}, not interpreted"),)
    assert summarise(reading)["envelope"]["verified"] is False


def test_a_statement_inside_a_text_inside_an_envelope_is_none() -> None:
    reading = read(json.dumps(envelope(json.dumps(ABOUT_IMAGE.decode()).encode(), SIGNATURE)).encode(), "")
    assert reading.parse is Parse.REFUSED


# Bundles


@pytest.mark.parametrize(
    "media",
    [
        "application/vnd.dev.sigstore.bundle+json;version=0.1",
        "application/vnd.dev.sigstore.bundle+json;version=0.2",
        "application/vnd.dev.sigstore.bundle+json;version=0.3",
        "application/vnd.dev.sigstore.bundle.v0.3+json",
    ],
)
def test_a_bundle_is_known_in_every_spelling(media: str) -> None:
    reading = read(json.dumps({**bundle(), "mediaType": media}).encode(), "")
    assert (reading.parse, wrapping(reading).media_type) == (Parse.OK, media)


@pytest.mark.parametrize(
    "change", [{"mediaType": "application/json"}, {"mediaType": 7}, {"verificationMaterial": None}]
)
def test_a_bundle_that_breaks_its_format_is_read_in_part(change: dict[str, Any]) -> None:
    reading = read(json.dumps({**bundle(), **change}).encode(), "")
    assert (reading.parse, reading.about) == (Parse.PARTIAL, (IMAGE,))


def test_certificates_log_entries_and_timestamps_are_counted_and_not_verified() -> None:
    chain = {"certificates": [{"rawBytes": "AA=="}, {"rawBytes": "AA=="}]}
    times = {"rfc3161Timestamps": [{"signedTimestamp": "AA=="}]}
    value = bundle(x509CertificateChain=chain, tlogEntries=[{}, {}, {}], timestampVerificationData=times)
    found = wrapping(read(json.dumps(value).encode(), ""))
    assert (found.certificates, found.log_entries, found.timestamps) == (3, 3, 1)


def test_a_bundles_key_hint_is_among_the_hints() -> None:
    value = {**bundle(), "verificationMaterial": {"publicKey": {"hint": "abc"}}}
    assert wrapping(read(json.dumps(value).encode(), "")).hints == ("abc", "key-0")


# Lines


def test_one_line_is_the_document_itself() -> None:
    assert lines(envelope(ABOUT_IMAGE, SIGNATURE)) == read(
        json.dumps(envelope(ABOUT_IMAGE, SIGNATURE)).encode(), ""
    )


def test_several_lines_of_one_type_about_the_same_image_are_read_together() -> None:
    reading = lines(bundle(), bundle(statement(KIND, {"n": 2})))
    assert (len(reading.facts), reading.about, wrapping(reading).signatures) == (2, (IMAGE,), 2)


@pytest.mark.parametrize(
    "other",
    [statement(KIND, {}, {"sha256": OTHER.hex}), statement("https://a.example/other", {})],
    ids=["another image", "another type"],
)
def test_lines_about_different_things_are_to_be_added_each_by_itself(other: bytes) -> None:
    reading = lines(bundle(), bundle(other))
    assert reading.parse is Parse.REFUSED
    assert "each by itself" in reading.reasons[0]


@pytest.mark.parametrize("second", [{}, {"payload": "!", "payloadType": "x"}, ["x"], "x"])
def test_a_line_that_is_no_statement_refuses_the_file(second: Any) -> None:
    reading = lines(bundle(), second)
    assert (reading.parse, reading.facts) == (Parse.REFUSED, ())


def test_all_the_envelopes_of_several_lines_have_to_be_signed() -> None:
    content = b"\n".join(json.dumps(bundle()).encode() for _ in range(3))
    attestation = examine(content, "").attestation
    assert attestation is not None
    assert len(attestation.envelopes) == len(attestation.parts) == 3


def test_more_envelopes_than_anybody_needs_are_refused() -> None:
    assert lines(*[bundle()] * MAX_PARTS).parse is Parse.OK
    reading = lines(*[bundle()] * (MAX_PARTS + 1))
    assert (reading.parse, "at most 64" in reading.reasons[0]) == (Parse.REFUSED, True)
    assert wrapper(*[entry()] * (MAX_PARTS + 1)).parse is Parse.REFUSED


# Cloud Build


def provenance(builder: str = "https://cloudbuild.googleapis.com/GoogleHostedWorker@v0.3") -> dict[str, Any]:
    return {"builder": {"id": builder}, "recipe": {"type": "t"}, "materials": []}


def entry(**changes: Any) -> dict[str, Any]:
    payload = json.loads(statement("https://slsa.dev/provenance/v0.1", provenance()))
    copy = {key: payload[key] for key in ("subject", "predicateType")} | {"slsaProvenance": payload["predicate"]}
    return {
        "kind": "BUILD",
        "resourceUri": f"https://registry.example/shop@{IMAGE}",
        "build": {"intotoStatement": copy | changes.pop("copy", {})},
        "envelope": envelope(json.dumps(payload).encode(), SIGNATURE),
        **changes,
    }


def wrapper(*entries: dict[str, Any], digest: str = str(IMAGE)) -> Reading:
    value = {"image_summary": {"digest": digest}, "provenance_summary": {"provenance": list(entries)}}
    return read(json.dumps(value).encode(), "")


def test_cloud_builds_envelope_counts_and_its_copy_agrees() -> None:
    reading = wrapper(entry())
    assert (reading.parse, reading.about) == (Parse.OK, (IMAGE,))
    assert reading.of(Provenance)[0].builder_version == "v0.3"
    assert wrapping(reading).carrier == "gcb-provenance"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"copy": {"slsaProvenance": provenance("https://evil.example")}}, "copy for people"),
        ({"copy": {"subject": []}}, "copy for people"),
        ({"copy": {"predicateType": "x"}}, "copy for people"),
        ({"kind": "VULNERABILITY"}, "expected BUILD"),
        ({"resourceUri": f"https://registry.example/shop@{OTHER}"}, "resourceUri"),
    ],
)
def test_what_cloud_build_says_beside_the_envelope_is_never_trusted(changes: dict[str, Any], words: str) -> None:
    reading = wrapper(entry(**changes))
    assert (reading.parse, reading.about) == (Parse.PARTIAL, (IMAGE,))
    assert reading.of(Provenance)[0].builder_id.startswith("https://cloudbuild.googleapis.com/")
    assert words in reading.reasons[-1]


def test_a_summary_about_another_image_is_a_reason() -> None:
    assert "image_summary" in " ".join(wrapper(entry(), digest=str(OTHER)).reasons)


def test_an_entry_without_an_envelope_proves_nothing() -> None:
    bare = entry()
    del bare["envelope"]
    assert wrapper(bare).parse is Parse.REFUSED
    reading = wrapper(bare, entry())
    assert (reading.parse, len(reading.of(Provenance))) == (Parse.PARTIAL, 1)


def test_several_entries_about_one_image_are_read_together() -> None:
    assert len(wrapper(entry(), entry()).of(Provenance)) == 2
    other = envelope(statement("https://slsa.dev/provenance/v0.1", provenance(), {"sha256": OTHER.hex}), SIGNATURE)
    assert wrapper(entry(), entry(envelope=other)).parse is Parse.REFUSED
