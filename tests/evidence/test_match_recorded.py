"""The built-in matcher against what others found with the same advisories.

Recorded answers of the public OSV service, for the records that are at hand; and what Trivy reports with its own
small databases, for the package lists that it recorded. Of its goldens, ``debian-buster`` and ``opensuse-leap-151``
come without the other half.
"""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.evidence.files import expected
from tests.evidence.test_match import advisories, ecosystem_range, package, record, scan

from pratique.evidence.facts.packages import Component
from pratique.evidence.facts.scan import Scan
from pratique.evidence.purl import parse_purl
from pratique.evidence.read import read


def _public_advisories(corpus: Path) -> list[dict[str, Any]]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    python = [yaml.load(content, loader) for _, content, _ in expected(corpus, "osv-yaml")]
    others = [json.loads(content) for _, content, _ in expected(corpus, "osv")]
    records: list[dict[str, Any]] = json.loads(json.dumps(python + others, default=str))
    return records


def test_recorded_answers_of_the_public_osv_service_are_found_again(corpus: Path) -> None:
    types = {"PyPI": "pypi", "Go": "golang", "npm": "npm", "RubyGems": "gem", "Maven": "maven"}
    records = _public_advisories(corpus)
    known, names = advisories(*records), {one["id"] for one in records if not one.get("withdrawn")}
    found = asked = 0
    for _, _, expect in expected(corpus, "osv-api-cassette"):
        for answer in expect["answers"]:
            kind = types.get(answer["ecosystem"] or "")
            purl = answer["purl"] or (
                kind and f"pkg:{kind}/{answer['name'].replace(':', '/')}@{answer['version']}"
            )
            if not purl or not parse_purl(purl):
                continue
            asked += 1
            said = {one.vulnerability for one in scan(known, package(purl)).findings}
            assert said == set(answer["vulns"]) & names, purl
            found += len(said)
    assert asked > 30
    assert found >= 10


def _trivy_records(corpus: Path, file: str, bucket: str, ecosystem: str) -> list[dict[str, Any]]:
    """Return trivy's own small database for one distribution as OSV records."""
    content = (corpus / "trivy-db/aquasecurity__trivy/fixtures/db" / file).read_bytes()
    records: list[dict[str, Any]] = []
    for release in yaml.safe_load(content):
        for package_said in release["pairs"] if release["bucket"] == bucket else []:
            for said in package_said["pairs"]:
                fixed = said["value"].get("FixedVersion")
                events = [{"introduced": "0"}, *([{"fixed": str(fixed)}] if fixed else [])]
                name = {"package": {"ecosystem": ecosystem, "name": package_said["bucket"]}}
                records.append(record(f"{said['key']}/{len(records)}", {**name, **ecosystem_range(*events)}))
    return records


def _trivy_packages(corpus: Path, file: str, kind: str, distro: str) -> list[Component]:
    folder = corpus / "trivy-packages/aquasecurity__trivy/pkg/fanal/test/integration/testdata/goldens/packages"
    return [
        Component(
            name=said["Name"],
            version=_evr(said, ""),
            purl=f"pkg:{kind}/{said['Name']}",
            source_package=said.get("SrcName"),
            source_version=_evr(said, "Src") if said.get("SrcVersion") else None,
            distro=distro,
        )
        for said in json.loads((folder / file).read_bytes())
    ]


def _evr(said: dict[str, Any], prefix: str) -> str:
    epoch, release = said.get(f"{prefix}Epoch"), said.get(f"{prefix}Release")
    return f"{f'{epoch}:' if epoch else ''}{said[f'{prefix}Version']}{f'-{release}' if release else ''}"


@pytest.mark.parametrize(
    ("file", "bucket", "ecosystem", "packages", "kind", "distro", "golden"),
    [
        ("alpine", "alpine 3.10", "Alpine:v3.10", "alpine-310", "apk/alpine", "alpine-3.10.2", "alpine-310"),
        (
            "ubuntu",
            "ubuntu 18.04",
            "Ubuntu:18.04:LTS",
            "ubuntu-18.04",
            "deb/ubuntu",
            "ubuntu-18.04",
            "ubuntu-1804",
        ),
        (
            "amazon",
            "amazon linux 2",
            "Amazon Linux:2",
            "amazon-2",
            "rpm/amazon",
            "amazon-2 (Karoo)",
            "amazon-2",
        ),
        (
            "oracle",
            "Oracle Linux 8",
            "Oracle Linux:8",
            "oraclelinux-8-slim",
            "rpm/oracle",
            "oracle-8.0",
            "oraclelinux-8",
        ),
        (
            "opensuse",
            "openSUSE Tumbleweed",
            "openSUSE:Tumbleweed",
            "opensuse-tumbleweed",
            "rpm/opensuse",
            "opensuse-tumbleweed-20240607",
            "opensuse-tumbleweed",
        ),
        ("photon", "Photon OS 3.0", "Photon OS:3.0", "photon-30", "rpm/photon", "photon-3.0", "photon-30"),
    ],
)
def test_what_trivy_finds_with_the_same_database_is_found(
    corpus: Path, file: str, bucket: str, ecosystem: str, packages: str, kind: str, distro: str, golden: str
) -> None:
    known = advisories(*_trivy_records(corpus, f"{file}.yaml", bucket, ecosystem))
    installed = _trivy_packages(corpus, f"{packages}.json.golden", kind, distro)
    result = scan(known, *installed)
    report = read((corpus / f"trivy-json/aquasecurity__trivy/{golden}.json.golden").read_bytes(), "").facts[0]
    assert isinstance(report, Scan)
    theirs = {(one.vulnerability, one.package) for one in report.findings}
    ours = {(one.vulnerability.partition("/")[0], one.package) for one in result.findings}
    assert ours == theirs
    assert theirs
    assert result.packages_examined == len(installed)
