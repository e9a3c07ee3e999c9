"""The demo's advisories say what the story needs, and agree with the locks of its images."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from cvss import CVSS3, CVSS4
from packaging.version import Version

ROOT = Path(__file__).parents[2]
RECORDS = sorted((ROOT / "demo" / "advisories").glob("*.json"))


def records() -> list[dict[str, Any]]:
    return [json.loads(path.read_bytes()) for path in RECORDS]


def locked(name: str) -> dict[str, Version]:
    text = (ROOT / "demo" / "images" / f"{name}.lock").read_text()
    return {package: Version(version) for package, version in re.findall(r"^([a-z0-9-]+)==(\S+) ", text, re.M)}


def affects(record: dict[str, Any], packages: dict[str, Version]) -> bool:
    return any(
        Version(start["introduced"]) <= packages[affected["package"]["name"]] < Version(end["fixed"])
        for affected in record["affected"]
        if affected["package"]["name"] in packages
        for range_ in affected["ranges"]
        for start, end in zip(range_["events"][::2], range_["events"][1::2], strict=True)
    )


def known(name: str) -> list[dict[str, Any]]:
    return [record for record in records() if affects(record, locked(name))]


def test_nothing_known_concerns_the_fixed_image() -> None:
    assert known("fixed") == []


def test_one_finding_of_medium_severity_concerns_the_middling_image() -> None:
    assert [(record["id"], record["database_specific"]["severity"]) for record in known("middling")] == [
        ("GHSA-65pc-fj4g-8rjx", "MODERATE")
    ]


def test_the_middling_image_differs_from_the_fixed_one_in_one_package() -> None:
    assert {package for package, _ in locked("middling").items() ^ locked("fixed").items()} == {"idna"}


def test_every_advisory_concerns_the_stale_image_or_the_middling_one() -> None:
    assert [record["id"] for record in records() if record not in known("stale") + known("middling")] == []


def test_the_stale_image_has_high_findings_in_its_main_packages() -> None:
    high = [record for record in known("stale") if record["database_specific"]["severity"] == "HIGH"]
    packages = {affected["package"]["name"] for record in high for affected in record["affected"]}
    assert packages >= {"flask", "jinja2", "requests", "urllib3"}


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: str(path.stem))
def test_a_record_is_named_by_its_id_and_has_what_osv_requires(path: Path) -> None:
    record = json.loads(path.read_bytes())
    assert path.stem == record["id"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", record["modified"])
    assert record.get("published", record["modified"]) <= record["modified"]
    assert any(alias.startswith("CVE-") for alias in record["aliases"])
    assert record["database_specific"]["basis"] in {"record", "changelog", "report"}


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: str(path.stem))
def test_every_vector_is_well_formed(path: Path) -> None:
    for severity in json.loads(path.read_bytes()).get("severity", []):
        read = CVSS4 if severity["type"] == "CVSS_V4" else CVSS3
        assert read(severity["score"]).scores()[0] > 0
