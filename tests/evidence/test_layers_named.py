"""In which layers a report says that something lies."""

import json
from typing import Any

import pytest

from pratique.evidence.facts.packages import Sbom
from pratique.evidence.facts.scan import Scan
from pratique.evidence.read import read
from pratique.values.digest import Digest

UNPACKED, PACKED, OTHER = (Digest.of(name) for name in (b"unpacked", b"packed", b"other"))
BOTH = {"DiffID": str(UNPACKED), "Digest": str(PACKED)}


def scanned(document: dict[str, Any]) -> tuple[Digest, ...]:
    """The layers of a report's only finding."""
    (scan,) = read(json.dumps(document).encode(), "application/json").of(Scan)
    (finding,) = scan.findings
    return finding.layers


def listed(content: bytes) -> tuple[Digest, ...]:
    """The layers of a bill of materials' only component."""
    (sbom,) = read(content, "application/json").of(Sbom)
    (component,) = sbom.components
    return component.layers


def trivy(layer: Any) -> dict[str, Any]:
    vulnerability = {"VulnerabilityID": "CVE-1", "PkgName": "a", "Layer": layer}
    return {
        "SchemaVersion": 2,
        "ArtifactName": "x",
        "Results": [{"Target": "x", "Class": "os-pkgs", "Vulnerabilities": [vulnerability]}],
    }


def grype(*layers: Any) -> dict[str, Any]:
    artifact = {"name": "a", "locations": [{"path": "x", "layerID": layer} for layer in layers]}
    return {"descriptor": {"name": "grype"}, "matches": [{"vulnerability": {"id": "CVE-1"}, "artifact": artifact}]}


def cyclonedx(*properties: tuple[str, str]) -> bytes:
    told = [{"name": name, "value": value} for name, value in properties]
    component = {"type": "library", "name": "a", "version": "1", "properties": told}
    return json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.5", "components": [component]}).encode()


def test_trivy_names_a_layer_by_what_it_is_unpacked() -> None:
    assert scanned(trivy(BOTH)) == (UNPACKED,)
    assert scanned(trivy({"Digest": str(PACKED)})) == (PACKED,)


@pytest.mark.parametrize("layer", [None, {}, [], "x", {"DiffID": 7}, {"DiffID": "sha256:short"}])
def test_a_layer_that_is_no_digest_is_none(layer: Any) -> None:
    assert scanned(trivy(layer)) == ()


def test_grype_names_every_layer_in_which_a_package_lies() -> None:
    assert scanned(grype(str(UNPACKED), str(OTHER), str(OTHER))) == tuple(sorted((UNPACKED, OTHER)))
    assert scanned(grype(None, 7, "")) == ()


def test_cyclonedx_of_trivy_and_of_syft_name_layers_in_properties() -> None:
    assert listed(
        cyclonedx(
            ("aquasecurity:trivy:LayerDigest", str(PACKED)), ("aquasecurity:trivy:LayerDiffID", str(UNPACKED))
        )
    ) == (UNPACKED,)
    assert listed(cyclonedx(("syft:location:0:path", "/x"), ("syft:location:0:layerID", str(OTHER)))) == (OTHER,)
    assert listed(cyclonedx(("aquasecurity:trivy:PkgID", "a@1"))) == ()


def test_syft_names_layers_in_locations() -> None:
    artifact = {"name": "a", "version": "1", "locations": [{"path": "/x", "layerID": str(UNPACKED)}]}
    document = {"artifacts": [artifact], "source": {}, "schema": {"version": "16.0.0"}, "descriptor": {}}
    assert listed(json.dumps(document).encode()) == (UNPACKED,)


def test_spdx_of_trivy_names_layers_in_attributions_and_annotations() -> None:
    notes = [f"LayerDigest: {PACKED}", f"LayerDiffID: {UNPACKED}"]
    for told in (
        {"attributionTexts": notes},
        {"annotations": [{"annotator": "Tool: trivy", "comment": each} for each in notes]},
    ):
        package = {"SPDXID": "SPDXRef-a", "name": "a", "versionInfo": "1", **told}
        document = {"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "packages": [package]}
        assert listed(json.dumps(document).encode()) == (UNPACKED,)
