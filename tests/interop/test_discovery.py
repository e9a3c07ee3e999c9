"""Other tools find what we attached and copied, and we find what they attach."""

import json
from pathlib import Path

import pytest
from tests.interop.tools import ask
from tests.registry.builders import BUNDLE, build_image, no_lock, push

from pratique.registry.attach import Body, attach_referrer
from pratique.registry.blob import fetch_blob
from pratique.registry.closure import plan
from pratique.registry.copy import copy
from pratique.registry.interface import Registry
from pratique.registry.open import Settings, open_repository
from pratique.values.digest import Digest
from pratique.values.reference import parse_repository

SEAL = Body(BUNDLE, b'{"seal":1}', (("dev.sigstore.bundle.content", "dsse-envelope"),))


@pytest.fixture
def registry(referrers_host: str, tmp_path: Path) -> Registry:
    name = f"{referrers_host}/{Digest.of(str(tmp_path).encode()).hex[:40]}/shop"
    return open_repository(parse_repository(name), Settings(tmp_path, insecure=frozenset({referrers_host})))


def test_oras_discovers_the_seal_we_attached(registry: Registry, tmp_path: Path) -> None:
    image = push(registry, build_image("web"))
    seal = attach_referrer(registry, image, SEAL, no_lock)

    said = ask(
        "oras", "discover", "--plain-http", "--format", "json", f"{registry.repository}@{image}", home=tmp_path
    )

    assert [found["digest"] for found in json.loads(said)["referrers"]] == [str(seal)]


def test_regctl_lists_the_seal_we_attached(registry: Registry, tmp_path: Path) -> None:
    image = push(registry, build_image("web"))
    seal = attach_referrer(registry, image, SEAL, no_lock)

    said = ask(
        *("regctl", "--host", f"reg={_host(registry)},tls=disabled"),
        *("artifact", "list", f"{registry.repository}@{image}", "--format", "{{jsonPretty .}}"),
        home=tmp_path,
    )

    assert [each["digest"] for each in json.loads(said)["descriptors"]] == [str(seal)]


def test_what_oras_attaches_is_found_and_travels(registry: Registry, tmp_path: Path) -> None:
    image = push(registry, build_image("web"), "v1")
    (tmp_path / "report.json").write_text('{"report":1}')
    ask(
        *(
            "oras",
            "attach",
            "--plain-http",
            "--disable-path-validation",
            "--artifact-type",
            "application/vnd.example",
        ),
        *(f"{registry.repository}@{image}", f"{tmp_path}/report.json:application/json"),
        home=tmp_path,
    )
    layout = open_repository(parse_repository("oci:layout"), Settings(tmp_path))

    found = plan(registry, image)
    (attached,) = {edge.child for edge in found.evidence}
    copy(found, registry, layout, frozenset({attached}), no_lock)

    assert layout.manifest(attached).effective_artifact_type == "application/vnd.example"
    assert fetch_blob(layout, layout.manifest(attached).layers[0], 100) == b'{"report":1}'


def test_crane_reads_the_same_bytes(registry: Registry, tmp_path: Path) -> None:
    image = build_image("web")
    push(registry, image, "v1")

    assert ask("crane", "digest", f"{registry.repository}:v1", home=tmp_path).strip() == str(image.digest)
    assert ask("crane", "manifest", f"{registry.repository}:v1", home=tmp_path).encode() == image.raw
    ask("crane", "validate", "--remote", f"{registry.repository}:v1", home=tmp_path)


def _host(registry: Registry) -> str:
    return str(registry.repository).partition("/")[0]
