"""The same inputs give the same record in every process: hash seed, locale, time zone and order change no byte."""

import json
import os
import pickle
import subprocess
import sys
from typing import Any

import pytest
from tests.promotion.builders import PR, digest, directory
from tests.promotion.cases import GATE, HIGH, MEDIUM, advisories, bundle, inputs, provenance, sbom, signed, source

from pratique.attest.statement import Subject, build_statement
from pratique.promotion.case import build_case
from pratique.promotion.judge import judge
from pratique.values.digest import Digest

JUDGE = """\
import pickle, sys
from pratique.promotion.case import build_case
from pratique.promotion.judge import judge
promotion, generation, inputs, bundle, directory, bodies = pickle.load(sys.stdin.buffer)
case = build_case(promotion, generation, inputs, bundle=bundle, directory=directory, bodies=bodies)
sys.stdout.buffer.write(judge(case).content)
"""
HIGH_RULE = "where: {severity: [critical, high]}, scanners: [pratique-matcher]"
POLICY = GATE.replace(HIGH_RULE, f"{HIGH_RULE}, vex: {{signers: ['service:ci']}}")
NAMES = ("jinja2", "requests", "flask")


def grype() -> bytes:
    """A report that nobody signed, with several names for each finding and several opinions."""
    matches = [
        {
            "vulnerability": {
                "id": f"GHSA-{place}",
                "severity": "High",
                "fix": {"state": "unknown", "versions": []},
            },
            "relatedVulnerabilities": [
                {"id": f"CVE-2026-{place}", "severity": "Medium"},
                {"id": f"PYSEC-{place}", "severity": "Low"},
            ],
            "artifact": {"name": name, "version": "2.10", "type": "python", "purl": f"pkg:pypi/{name}@2.10"},
        }
        for place, name in enumerate(NAMES, 1)
    ]
    return json.dumps({"matches": matches, "descriptor": {"name": "grype", "version": "0.87.0"}}).encode()


def vex() -> bytes:
    """A signed document of several statements, some of which disagree."""
    statements = [
        {
            "vulnerability": {"name": f"GHSA-{place}", "aliases": [f"CVE-2026-{place}"]},
            "products": [{"@id": f"pkg:oci/api@{digest('image')}"}],
            "status": status,
            "justification": "component_not_present",
        }
        for place in range(1, 4)
        for status in ("not_affected", "under_investigation")
    ]
    document: dict[str, Any] = {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": "https://shop.example/vex/1",
        "author": "the shop",
        "timestamp": "2026-01-02T03:04:05Z",
        "version": 1,
        "statements": statements,
    }
    kind = "https://openvex.dev/ns/v0.2.0"
    return signed(build_statement((Subject(digest("image")),), kind, document))


@pytest.fixture(scope="module")
def parts() -> tuple[Any, ...]:
    contents = (sbom(*HIGH), sbom(*MEDIUM), provenance(), source(), grype(), vex())
    policy, people = bundle(POLICY), directory()
    bodies = {Digest.of(content): content for content in (*contents, advisories())}
    return PR, 1, inputs(contents, policy=policy, people=people), policy, people, bodies


def here(parts: tuple[Any, ...]) -> bytes:
    promotion, generation, found, policy, people, bodies = parts
    case = build_case(promotion, generation, found, bundle=policy, directory=people, bodies=bodies)
    return judge(case).content


def test_the_record_has_something_to_disagree_about(parts: tuple[Any, ...]) -> None:
    record = here(parts)
    assert b"GHSA-" in record
    assert b"VEX" in record


@pytest.mark.parametrize(
    ("seed", "locale", "zone"),
    [("0", "C", "UTC"), ("1", "C.UTF-8", "Asia/Kathmandu"), ("4242", "POSIX", "EST5EDT")],
)
def test_another_process_writes_the_same_bytes(parts: tuple[Any, ...], seed: str, locale: str, zone: str) -> None:
    *others, bodies = parts
    turned = dict(reversed(bodies.items()))
    environment = {**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": locale, "TZ": zone}
    done = subprocess.run(
        [sys.executable, "-c", JUDGE],
        input=pickle.dumps((*others, turned)),
        env=environment,
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == here(parts)
