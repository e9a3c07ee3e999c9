"""syft's own JSON, old and new."""

import json
from typing import Any

import pytest

from pratique.evidence.facts.packages import Component, Sbom
from pratique.evidence.model import Reading
from pratique.evidence.read import read

DIGEST = "sha256:" + "a" * 64
CONFIG = "sha256:" + "c" * 64


def syft(*artifacts: Any, **fields: Any) -> Reading:
    content = {"artifacts": list(artifacts), "source": {}, "descriptor": {"name": "syft"}, **fields}
    return read(json.dumps(content).encode(), "")


def artifact(**fields: Any) -> Component:
    debian = {"id": "debian", "versionID": "12", "name": "Debian GNU/Linux"}
    return syft({"name": "a", "version": "1", **fields}, distro=debian).of(Sbom)[0].components[0]


@pytest.mark.parametrize(
    ("licences", "texts"),
    [
        (["MIT", "GPL-2"], ("MIT", "GPL-2")),
        (
            [{"value": "GPL-2", "spdxExpression": "GPL-2.0-only"}, {"value": "BSLA", "spdxExpression": ""}],
            ("GPL-2.0-only", "BSLA"),
        ),
        (None, ()),
    ],
)
def test_licences_are_texts_or_objects(licences: Any, texts: tuple[str, ...]) -> None:
    assert artifact(licenses=licences).licences == texts


def test_the_distribution_of_the_document_counts_for_its_packages() -> None:
    assert artifact(purl="pkg:deb/debian/a@1").distro == "debian-12"
    assert artifact(purl="pkg:deb/debian/a@1?distro=debian-11").distro == "debian-11"
    assert artifact(purl="pkg:pypi/a@1").distro is None
    assert syft(distro={"name": "ubuntu", "version": "20.04"}).of(Sbom)[0].distro == "ubuntu-20.04"


def test_the_source_package_is_in_the_metadata() -> None:
    component = artifact(
        purl="pkg:deb/debian/a@1", metadata={"source": "src", "sourceVersion": "0", "maintainer": "M"}
    )
    assert (component.source_package, component.source_version, component.supplier) == ("src", "0", "M")
    assert artifact(metadata={"sourceRpm": "bash-4.4-1.src.rpm"}).source_package == "bash"
    assert artifact(metadata={"originPackage": "alpine-base"}).source_package == "alpine-base"


@pytest.mark.parametrize("place", ["target", "metadata"])
def test_the_source_names_manifest_and_config(place: str) -> None:
    details = {"manifestDigest": DIGEST, "imageID": CONFIG, "repoDigests": [f"shop@{DIGEST}"]}
    assert [str(each) for each in syft(source={"type": "image", place: details}).about] == [DIGEST, CONFIG]
    assert syft(source={"type": "directory", place: details}).about == ()


def test_a_document_that_is_not_syfts_is_something_else() -> None:
    assert read(b'{"artifacts": [], "source": "x"}', "").format == "json"
    assert read(b'{"artifacts": [], "source": {}}', "").format == "json"
