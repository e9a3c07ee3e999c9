"""An image that a certificate's holder signed: verified once, recorded as our own word, and told as such."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.stories.shop import Shop
from tests.stories.test_layers import change_policy

from pratique.attest.bundle import build_bundle
from pratique.attest.dsse import IN_TOTO, parse_envelope
from pratique.attest.statement import Subject, build_statement
from pratique.errors import Refused, Unverified
from pratique.service.identity import record_identity
from pratique.signing.keyfile import read_key
from pratique.signing.keyless import Established, Identity
from pratique.values.digest import Digest
from pratique.values.reference import parse_reference
from pratique.wire import open_workspace

WORKFLOW = Identity("https://git.example/shop/web/build.yml@refs/heads/main", "https://issuer.example")
HOLDER = 'identities: [{issuer: "https://issuer.example", identity: "https://git.example/shop/*/build.yml@**"}]'
IMAGE = parse_reference("oci:registry/build:clean")


def signed_bundle(shop: Shop, image: Digest) -> tuple[bytes, bytes]:
    """A bundle with a statement about an image, and the statement; who signed it is for the hand to verify."""
    statement = build_statement((Subject(image),), "https://git.example/built/v1", {"by": "a workflow"})
    return build_bundle(parse_envelope(read_key(shop.key("service:ci")).envelope(IN_TOTO, statement))), statement


def established(statement: bytes, kind: str | None = IN_TOTO) -> Established:
    at = datetime(2026, 11, 24, 9, tzinfo=UTC)
    return Established(WORKFLOW, Digest.of(statement), kind, at, Digest.of(b"a trusted root"))


def digest_of(shop: Shop, name: str) -> Digest:
    found = shop.repository("build").resolve(name)
    assert found is not None
    return found


def record(shop: Shop, image: Digest) -> None:
    bundle, statement = signed_bundle(shop, image)
    with open_workspace(str(shop.workspace)) as workspace:
        record_identity(workspace, IMAGE, bundle, established(statement))


def test_a_certificate_opens_the_gate_and_the_proof_says_what_it_rests_on(shop: Shop, tmp_path: Path) -> None:
    change_policy(
        shop, lambda text: text.replace('check: signature, keys: ["service:ci"]', f"check: signature, {HOLDER}")
    )
    promotion = shop.bring("clean", "dev")
    assert shop.state(promotion) == "remediation"
    record(shop, digest_of(shop, "clean"))
    shop.work()
    assert shop.state(promotion) == "promoted"
    proof = tmp_path / "proof.json"
    shop.done("proof", "export", promotion, "--out", proof)
    said = shop.done("proof", "verify", proof, "--trust-root", shop.trust_root)
    assert "signatures by certificates (1)" in said.out
    assert "not re-verified offline" in said.out


def test_a_statement_about_another_image_is_refused_by_name(shop: Shop) -> None:
    with pytest.raises(Refused, match="expected a statement about sha256:"):
        record(shop, digest_of(shop, "stale"))


def test_what_was_verified_must_be_what_is_recorded(shop: Shop) -> None:
    bundle, _ = signed_bundle(shop, digest_of(shop, "clean"))
    with open_workspace(str(shop.workspace)) as workspace:
        with pytest.raises(Unverified, match="found another one"):
            record_identity(workspace, IMAGE, bundle, established(b"another"))
        with pytest.raises(Refused, match="holds a statement"):
            record_identity(workspace, IMAGE, bundle, established(b"a file", None))


def test_a_bundle_that_does_not_hold_records_nothing(shop: Shop, tmp_path: Path) -> None:
    pytest.importorskip("sigstore", reason="expected the extra keyless")
    bundle, _ = signed_bundle(shop, digest_of(shop, "clean"))
    (tmp_path / "bundle.json").write_bytes(bundle)
    (tmp_path / "root.json").write_text("{}")
    before = len(shop.events())
    who = ("--identity", WORKFLOW.name, "--issuer", WORKFLOW.issuer, "--trusted-root", tmp_path / "root.json")
    said = shop.pratique("evidence", "identity", tmp_path / "bundle.json", *who, "--record", IMAGE)
    assert said.code in (1, 2)
    assert len(shop.events()) == before
