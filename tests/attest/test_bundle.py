"""Sigstore bundles: written as cosign reads them, read as Sigstore's own conformance files say."""

import contextlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.attest.signers import envelope, service_p256

from pratique.attest.bundle import BUNDLE_MEDIA, build_bundle, bundle_annotations, legacy_annotations, parse_bundle
from pratique.attest.dsse import Signature
from pratique.attest.verify import verify_envelope
from pratique.errors import Malformed
from pratique.registry.attach import Body, build_referrer
from pratique.registry.manifest import parse_manifest
from pratique.values.canonical import canonical
from pratique.values.digest import Digest
from pratique.values.names import Actor

KEY = service_p256()
GOOD = envelope(b"{}", KEY.signature(b"{}"))
VSA = "https://slsa.dev/verification_summary/v1"
CONFORMANCE = "sigstore-bundle/sigstore__sigstore-conformance/bundle-verify"


def document(**changes: Any) -> bytes:
    whole = json.loads(build_bundle(GOOD)) | changes
    return json.dumps({name: value for name, value in whole.items() if value is not ...}).encode()


def named_twice(hint: str) -> dict[str, Any]:
    """An envelope whose signature names its key, beside a hint."""
    return {
        "verificationMaterial": {"publicKey": {"hint": hint}},
        "dsseEnvelope": json.loads(GOOD.content),
    }


def test_the_bundle_has_the_published_shape() -> None:
    inner = json.loads(GOOD.content)
    inner["signatures"][0]["keyid"] = ""
    assert json.loads(build_bundle(GOOD)) == {
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {"publicKey": {"hint": KEY.key.key_id}},
        "dsseEnvelope": inner,
    }


def test_a_signature_may_name_its_key_as_the_hint_does() -> None:
    assert parse_bundle(document(**named_twice(KEY.key.key_id))).envelope == GOOD


def test_an_envelope_in_a_bundle_still_verifies() -> None:
    read = parse_bundle(build_bundle(GOOD))
    assert read.hint == KEY.key.key_id
    assert read.envelope == GOOD
    holder = Actor("service:seal-prod")
    assert verify_envelope(read.envelope, ((holder, KEY.key),), None)[0].holder == holder


@given(st.binary(max_size=60), st.binary(max_size=60), st.text(st.characters(codec="ascii"), min_size=1))
def test_what_was_built_is_read_back(payload: bytes, sig: bytes, keyid: str) -> None:
    inner = envelope(payload, Signature(sig, keyid))
    content = build_bundle(inner)
    read = parse_bundle(content)
    assert (read.envelope, read.hint, read.content) == (inner, keyid, content)


@pytest.mark.parametrize("signatures", [(), (Signature(b"x"),), (KEY.signature(b"{}"),) * 2])
def test_a_bundle_holds_exactly_one_signature_with_a_hint(signatures: tuple[Signature, ...]) -> None:
    with pytest.raises(Malformed, match="signature"):
        build_bundle(envelope(b"{}", *signatures))


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"mediaType": "application/vnd.dev.sigstore.bundle+json;version=0.2"}, "mediaType"),
        ({"mediaType": ...}, "mediaType"),
        ({"dsseEnvelope": ...}, "dsseEnvelope"),
        ({"dsseEnvelope": ..., "messageSignature": {}}, "dsseEnvelope"),
        ({"verificationMaterial": ...}, "verificationMaterial"),
        ({"verificationMaterial": {}}, "publicKey or certificate"),
        ({"verificationMaterial": {"publicKey": {"hint": "x"}, "certificate": {}}}, "publicKey or certificate"),
        ({"verificationMaterial": {"x509CertificateChain": {}}}, "publicKey or certificate"),
        (named_twice("other"), "hint"),
        (named_twice(""), "hint"),
        ({"dsseEnvelope": json.loads(envelope(b"{}").content)}, "exactly one signature"),
    ],
)
def test_another_bundle_is_malformed(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(Malformed, match=named):
        parse_bundle(document(**changes))


def test_the_older_spelling_of_the_version_is_read() -> None:
    parse_bundle(document(mediaType="application/vnd.dev.sigstore.bundle+json;version=0.3"))


def test_a_bundle_with_a_certificate_names_no_key(corpus: Path) -> None:
    content = (corpus / CONFORMANCE / "rekor2-dsse-happy-path" / "bundle.sigstore.json").read_bytes()
    read = parse_bundle(content)
    assert read.hint is None
    assert read.envelope.payload_type == "application/vnd.in-toto+json"


def test_the_conformance_files_are_read_or_refused_in_words(corpus: Path) -> None:
    read = 0
    for path in sorted((corpus / CONFORMANCE).rglob("bundle.sigstore.json")):
        with contextlib.suppress(Malformed):
            parse_bundle(path.read_bytes())
            read += 1
    assert read >= 5


@given(st.binary(max_size=60))
def test_nothing_but_malformed_escapes_the_reader(content: bytes) -> None:
    with contextlib.suppress(Malformed):
        parse_bundle(content)


def test_the_referrer_has_the_shape_that_cosign_looks_for() -> None:
    image = parse_manifest(
        canonical(
            {
                "schemaVersion": 2,
                "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "config": {
                    "mediaType": "application/vnd.oci.image.config.v1+json",
                    "digest": str(Digest("a" * 64)),
                    "size": 2,
                },
                "layers": [],
            }
        )
    )
    bundle = build_bundle(GOOD)
    annotations = bundle_annotations(VSA, datetime(2026, 11, 24, tzinfo=UTC))
    referrer = json.loads(build_referrer(image, Body(BUNDLE_MEDIA, bundle, annotations)).raw)
    assert referrer == {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "artifactType": BUNDLE_MEDIA,
        "config": {
            "mediaType": "application/vnd.oci.empty.v1+json",
            "digest": "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
            "size": 2,
        },
        "layers": [{"mediaType": BUNDLE_MEDIA, "digest": str(Digest.of(bundle)), "size": len(bundle)}],
        "subject": {"mediaType": image.media_type, "digest": str(image.digest), "size": image.size},
        "annotations": {
            "dev.sigstore.bundle.content": "dsse-envelope",
            "dev.sigstore.bundle.predicateType": VSA,
            "org.opencontainers.image.created": "2026-11-24T00:00:00.000Z",
        },
    }


def test_the_legacy_layer_says_its_predicate_type() -> None:
    assert dict(legacy_annotations(VSA)) == {"dev.cosignproject.cosign/signature": "", "predicateType": VSA}
