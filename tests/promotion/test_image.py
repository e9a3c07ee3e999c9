"""Which platforms an image has is read from its bytes, by whoever asks."""

import json

import pytest

from pratique.errors import Malformed
from pratique.promotion.happenings import Platform
from pratique.promotion.image import UNSTATED, build_manifests, needed, parse_manifests, platforms_of
from pratique.values.digest import Digest

CONFIG = Digest.of(b"config")


def image(config: Digest = CONFIG, **more: object) -> bytes:
    return json.dumps({"schemaVersion": 2, "config": {"digest": str(config)}, "layers": [], **more}).encode()


def index(*children: tuple[bytes, str | None]) -> bytes:
    return json.dumps({"schemaVersion": 2, "manifests": [child(*each) for each in children]}).encode()


def child(content: bytes, platform: str | None) -> dict[str, object]:
    found: dict[str, object] = {"digest": str(Digest.of(content)), "size": len(content)}
    if platform is not None:
        os, architecture = platform.split("/")
        found["platform"] = {"os": os, "architecture": architecture}
    return found


def known(*contents: bytes) -> dict[Digest, bytes]:
    return {Digest.of(content): content for content in contents}


def test_an_image_without_index_is_its_own_platform() -> None:
    assert platforms_of(Digest.of(image()), known(image())) == (Platform(UNSTATED, Digest.of(image()), CONFIG),)


def test_an_index_names_its_platforms_and_attestations_do_not_run() -> None:
    amd, arm, attestation = (
        image(annotations={"a": "1"}),
        image(annotations={"a": "2"}),
        image(annotations={"a": "3"}),
    )
    whole = index((amd, "linux/amd64"), (arm, "linux/arm64"), (attestation, "unknown/unknown"))
    found = platforms_of(Digest.of(whole), known(whole, amd, arm))
    assert [(one.platform, one.digest) for one in found] == [
        ("linux/amd64", Digest.of(amd)),
        ("linux/arm64", Digest.of(arm)),
    ]
    assert needed(Digest.of(whole), known(whole, amd, arm, attestation)) == (
        Digest.of(whole),
        Digest.of(amd),
        Digest.of(arm),
    )


def test_a_platform_whose_manifest_is_missing_is_never_left_out() -> None:
    whole = index((image(), "linux/amd64"))
    with pytest.raises(Malformed, match="found none"):
        platforms_of(Digest.of(whole), known(whole))


def test_what_is_both_an_image_and_an_index_is_refused() -> None:
    both = image(manifests=[])
    with pytest.raises(Malformed, match="both"):
        platforms_of(Digest.of(both), known(both))


def test_manifests_travel_as_they_are() -> None:
    whole = index((image(), "linux/amd64"))
    assert parse_manifests(build_manifests((whole, image()))) == known(whole, image())


@pytest.mark.parametrize("content", [b"[]", b"{}", b"[1]", b'["e30=","e30="]', b'["!"]'])
def test_another_form_is_refused(content: bytes) -> None:
    with pytest.raises(Malformed):
        parse_manifests(content)
