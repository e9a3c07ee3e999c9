"""cosign verifies the seal that a promotion leaves on an image, and we verify what cosign signs."""

import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from tests.interop.referrers_server import SERVERS, referrers_server
from tests.interop.tools import ask, built
from tests.registry.builders import BUNDLE, build_image, push
from tests.servers.docker_registry import docker_registry
from tests.stories.shop import Shop, folder_in_memory, found_with_images

from pratique.attest.keys import parse_pem
from pratique.attest.verify import verify_envelope
from pratique.evidence.attestation import Carrier, open_attestation
from pratique.registry.blob import fetch_blob
from pratique.registry.closure import plan
from pratique.registry.open import Settings, open_repository
from pratique.values.names import Actor
from pratique.values.reference import parse_repository

VSA = "https://slsa.dev/verification_summary/v1"
OFFLINE = ("--insecure-ignore-tlog", "--allow-http-registry")
DOCKER = "docker-registry"


@pytest.fixture(scope="module", params=[DOCKER, SERVERS[0]])
def harbour(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """A shop that has promoted *clean* to dev, in a registry with or without the referrers API."""
    if built("cosign") is None:
        pytest.skip("cosign is not built; where Go is installed: make interop")
    with folder_in_memory() as folder, _registry(request.param, folder) as host:
        shop = found_with_images(folder / "shop", f"{host}/shop", f'\n[registry."{host}"]\ninsecure = true\n')
        shop.bring("clean", "dev")
        yield shop


def _registry(kind: str, folder: Path) -> AbstractContextManager[str]:
    return docker_registry(folder / "registry") if kind == DOCKER else referrers_server(kind)


def public(shop: Shop, name: str) -> Path:
    """Write and return the public half of one of the workspace's keys."""
    pem = shop.folder / f"{name}.pub.pem"
    private = shop.workspace / "keys" / f"{name}.pem"
    subprocess.run(["openssl", "pkey", "-in", private, "-pubout", "-out", pem], check=True)
    return pem


def verify(shop: Shop, name: str, *more: str) -> str:
    """Have cosign verify an attestation of the promoted image by one of the workspace's keys."""
    image = f"{shop.place}/dev:clean"
    key = ("--key", public(shop, name))
    return ask("cosign", "verify-attestation", *key, "--type", VSA, *OFFLINE, *more, image, home=shop.folder)


def test_cosign_verifies_the_seal_under_its_legacy_tag(harbour: Shop) -> None:
    assert '"payloadType":"application/vnd.in-toto+json"' in verify(
        harbour, "seal-dev", "--new-bundle-format=false"
    )


def test_cosign_verifies_the_seal_in_its_bundle(harbour: Shop) -> None:
    assert '"payloadType":"application/vnd.in-toto+json"' in verify(harbour, "seal-dev")


@pytest.mark.parametrize("form", ["--new-bundle-format=false", "--new-bundle-format=true"])
def test_cosign_refuses_the_seal_as_that_of_another_environment(harbour: Shop, form: str) -> None:
    with pytest.raises(AssertionError, match="no matching attestations"):
        verify(harbour, "seal-prod", form)


def test_what_cosign_attests_is_found_and_verifies(referrers_host: str, tmp_path: Path) -> None:
    place = f"{referrers_host}/signed"
    registry = open_repository(parse_repository(place), Settings(tmp_path, insecure=frozenset({referrers_host})))
    image = push(registry, build_image("web"))
    (tmp_path / "report.json").write_text('{"report": 1}')
    _attest(f"{place}@{image}", tmp_path)

    found = plan(registry, image)
    (edge,) = found.evidence
    content = fetch_blob(registry, found.node(edge.child).layers[0], 10**6)
    (envelope,) = open_attestation(content, Carrier.BUNDLE).envelopes

    assert found.node(edge.child).effective_artifact_type == BUNDLE
    assert image.hex.encode() in envelope.payload
    key = parse_pem((tmp_path / "cosign.pub").read_text())
    (signed,) = verify_envelope(envelope, ((Actor("service:ci"), key),), None)
    assert signed.holder == "service:ci"


def _attest(image: str, folder: Path) -> None:
    pair = folder / "cosign"
    ask("cosign", "generate-key-pair", "--output-key-prefix", pair, home=folder)
    quiet = ("--use-signing-config=false", "--tlog-upload=false", "--allow-http-registry", "--yes")
    what = ("--type", "https://example.com/report/v1", "--predicate", folder / "report.json")
    ask("cosign", "attest", "--key", f"{pair}.key", *quiet, *what, image, home=folder)
