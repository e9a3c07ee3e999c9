"""What a statement calls an image or a package, and whether it is ours."""

import pytest

from pratique.evidence.facts.vex import Scope
from pratique.evidence.product import ImageNames, is_image, is_linked, is_package
from pratique.values.digest import Digest

DIGEST, OTHER = Digest("a" * 64), Digest("b" * 64)
IMAGE = ImageNames(frozenset({DIGEST}), "registry.example/shop/api")
HUB = ImageNames(frozenset({DIGEST}), "docker.io/library/nginx")
DEB = "pkg:deb/debian/bash@5.1?arch=amd64&distro=debian-12"


@pytest.mark.parametrize(
    "name",
    [
        f"pkg:oci/api@{DIGEST}",
        f"pkg:oci/api@sha256%3A{DIGEST.hex}?repository_url=registry.example/shop/api",
        f"pkg:oci/elsewhere@{DIGEST}",
        f"pkg:docker/shop/api@{DIGEST}",
        "pkg:oci/api",
        "pkg:oci/api?repository_url=registry.example/shop",
        "pkg:oci/api?repository_url=https://registry.example/shop/api",
        "registry.example/shop/api",
        f"registry.example/shop/api@{DIGEST}",
        str(DIGEST),
    ],
)
def test_these_are_names_of_our_image(name: str) -> None:
    assert is_image(Scope((name,)), IMAGE)


@pytest.mark.parametrize(
    "name",
    [
        f"pkg:oci/api@{OTHER}",
        f"registry.example/shop/api@{OTHER}",
        str(OTHER),
        "pkg:oci/mismatch",
        "pkg:oci/api?repository_url=elsewhere.example/shop",
        "pkg:oci/api@1.2",
        "pkg:oci/api?tag=1.2",
        "pkg:oci/api?arch=arm64",
        "registry.example/shop/api:1.2",
        "shop/api",
        "api",
        "cpe:2.3:a:shop:api:*:*:*:*:*:*:*:*",
        "pkg:deb/debian/api",
        "",
        "pkg:",
    ],
)
def test_these_are_not(name: str) -> None:
    assert not is_image(Scope((name,)), IMAGE)


@pytest.mark.parametrize(
    "name",
    [
        "nginx",
        "docker.io/library/nginx",
        "index.docker.io/library/nginx",
        "pkg:oci/nginx?repository_url=index.docker.io/library",
        "pkg:docker/nginx",
    ],
)
def test_docker_hub_has_many_spellings(name: str) -> None:
    assert is_image(Scope((name,)), HUB)


def test_a_digest_decides_over_a_name_beside_it() -> None:
    assert not is_image(Scope(("pkg:oci/api", str(OTHER))), IMAGE)
    assert not is_image(Scope(("pkg:oci/api",), digests=(OTHER,)), IMAGE)
    assert is_image(Scope(("pkg:oci/other",), digests=(DIGEST,)), IMAGE)


@pytest.mark.parametrize(
    ("name", "same"),
    [
        ("pkg:deb/debian/bash", True),
        ("pkg:deb/debian/bash@5.1", True),
        ("pkg:deb/debian/bash@5.1?arch=amd64", True),
        ("pkg:deb/debian/bash@5.2", False),
        ("pkg:deb/debian/bash@5.1?arch=arm64", False),
        ("pkg:deb/debian/bash@5.1?epoch=1", False),
        ("pkg:deb/ubuntu/bash", False),
        ("pkg:deb/debian/bash#bin", False),
        ("bash", False),
        ("", False),
    ],
)
def test_what_a_package_url_says_must_hold_and_what_it_leaves_out_is_free(name: str, same: bool) -> None:
    assert is_package(name, (DEB,)) is same


def test_every_report_must_agree_and_one_must_say_something() -> None:
    assert not is_package("pkg:deb/debian/bash@5.1", (DEB, "pkg:deb/debian/bash@5.0"))
    assert not is_package("pkg:deb/debian/bash?arch=amd64", (DEB, "pkg:deb/debian/bash@5.1"))
    assert not is_package("pkg:deb/debian/bash", ())


def test_a_bom_link_leads_only_into_signed_bills_of_this_image() -> None:
    serial = "3e671687-395b-41f5-a30f-a58921a69b79"
    link = f"urn:cdx:{serial}/1#pkg:deb/debian/bash@5.1"
    known = ImageNames(frozenset({DIGEST}), "x/api", frozenset({f"urn:uuid:{serial}"}))
    assert is_linked(link, (DEB,), known)
    assert is_linked(link.replace("@", "%40"), (DEB,), known)
    assert not is_linked(link, (DEB,), IMAGE)
    assert not is_linked(f"urn:cdx:{serial}/1", (DEB,), known)
    assert not is_linked(f"urn:cdx:{serial}/1#some-reference", (DEB,), known)
