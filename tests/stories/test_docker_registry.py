"""The whole way on a real registry: Debian's docker-registry on a free port, looked at with skopeo."""

import json
import shutil
import subprocess
from collections.abc import Iterator

import pytest
from tests.servers.docker_registry import docker_registry
from tests.stories.shop import Shop, folder_in_memory, found_with_images

ENVIRONMENTS = ("dev", "staging", "prod")


@pytest.fixture(scope="module")
def harbour() -> Iterator[Shop]:
    """A shop whose images are in a registry over HTTP; nothing has been promoted yet."""
    with folder_in_memory() as folder, docker_registry(folder / "registry") as host:
        settings = f'\n[registry."{host}"]\ninsecure = true\n'
        yield found_with_images(folder / "shop", f"{host}/shop", settings)


def skopeo(*words: str) -> bytes:
    if shutil.which("skopeo") is None:
        pytest.skip("skopeo is not installed; on Debian: apt-get install skopeo")
    return subprocess.run(["skopeo", *words], capture_output=True, check=True).stdout


def test_a_reviewed_image_goes_from_registry_to_registry_and_is_proved(harbour: Shop) -> None:
    harbour.bring("middling", "dev", "staging")
    promotion = harbour.bring("middling", "prod", actor="person:cai")
    assert harbour.state(promotion) == "review"
    harbour.approve(promotion, "person:bea")
    harbour.approve(promotion, "person:eve")
    harbour.work()
    assert harbour.state(promotion) == "promoted"

    proof = harbour.folder / "proof.json"
    harbour.done("proof", "export", promotion, "--out", proof)
    image = harbour.repository("build").resolve("middling")
    place = f"{harbour.place}/prod"
    said = harbour.pratique(
        *("proof", "verify", proof, "--trust-root", harbour.trust_root, "--image", image, "--resource-uri", place)
    )
    assert said.code == 0, said


def test_another_tool_sees_the_same_digest_at_both_ends(harbour: Shop) -> None:
    harbour.bring("clean", *ENVIRONMENTS)
    seen = {
        json.loads(skopeo("inspect", "--tls-verify=false", f"docker://{harbour.place}/{place}:clean"))["Digest"]
        for place in ("build", *ENVIRONMENTS)
    }
    assert seen == {str(harbour.repository("build").resolve("clean"))}


def test_a_refused_image_leaves_nothing_at_the_destination(harbour: Shop) -> None:
    promotion = harbour.bring("stale", "dev", "staging")
    assert harbour.state(promotion) == "remediation"
    image = harbour.repository("build").resolve("stale")
    assert image
    assert not harbour.repository("staging").has_manifest(image)
