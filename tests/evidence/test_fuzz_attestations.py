"""Damaged attestations: whatever was changed in or around a payload, a reading comes back."""

import base64
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evidence.files import expected
from tests.evidence.test_fuzz import JUNK, STATEMENT, changed, check, places

from pratique.errors import Malformed
from pratique.evidence.attestation import open_attestation, recognise
from pratique.evidence.document import JsonDocument, open_document
from pratique.values.uris import RUNTIME_REPORT

CLOUD_BUILD = {
    "image_summary": {"digest": "sha256:" + "a" * 64},
    "provenance_summary": {
        "provenance": [
            {
                "kind": "BUILD",
                "resourceUri": "https://registry.example/shop@sha256:" + "a" * 64,
                "build": {"intotoStatement": {"subject": [], "predicateType": "x", "slsaProvenance": {}}},
                "envelope": {
                    "payloadType": "application/vnd.in-toto+json",
                    "payload": base64.b64encode(json.dumps(STATEMENT).encode()).decode(),
                    "signatures": [{"sig": "", "keyid": "x"}],
                },
            }
        ]
    },
}
OLD_PROVENANCE = {
    **STATEMENT,
    "predicateType": "https://slsa.dev/provenance/v0.2",
    "predicate": {
        "builder": {"id": "https://build.example/b"},
        "buildType": "https://mobyproject.org/buildkit@v1",
        "invocation": {
            "configSource": {
                "uri": "https://git.example/shop",
                "digest": {"sha1": "c" * 40},
                "entryPoint": "Dockerfile",
            },
            "parameters": {"args": {"source": "docker/dockerfile:1"}},
            "environment": {"platform": "linux/amd64"},
        },
        "materials": [{"uri": "pkg:docker/alpine@3", "digest": {"sha256": "1" * 64}}],
        "metadata": {
            "buildStartedOn": "2026-01-01T00:00:00Z",
            "completeness": {"materials": False},
            "https://mobyproject.org/buildkit@v1#metadata": {
                "vcs": {"source": "x", "revision": "y"},
                "source": {"infos": [{"filename": "Dockerfile", "language": "Dockerfile", "data": "e30="}]},
            },
        },
    },
}
OLDEST_PROVENANCE = {
    **STATEMENT,
    "predicateType": "https://slsa.dev/provenance/v0.1",
    "predicate": {
        "builder": {"id": "x"},
        "recipe": {"type": "t", "definedInMaterial": 0, "entryPoint": "x", "arguments": {}, "environment": {}},
        "materials": [{"uri": "https://git.example/shop/commit/" + "c" * 40}],
        "metadata": {"buildInvocationId": "x"},
    },
}
CLAIMS = {
    **STATEMENT,
    "predicateType": "https://in-toto.io/attestation/scai/v0.3",
    "predicate": {
        "attributes": [
            {
                "attribute": "x",
                "conditions": {"n": 0.5},
                "target": {"uri": "x"},
                "evidence": {"digest": {"sha256": "a" * 64}},
            }
        ],
        "producer": {"name": "x"},
    },
}
TESTED = {
    **STATEMENT,
    "predicateType": "https://in-toto.io/attestation/test-result/v0.1",
    "predicate": {"result": "PASSED", "configuration": [{"name": "x"}], "passedTests": ["a"], "failedTests": []},
}
VERDICT = {
    **STATEMENT,
    "predicateType": "https://in-toto.io/attestation/svr/v0.2",
    "predicate": {"verifier": {"id": "x", "policies": [{"uri": "x"}]}, "timeCreated": "x", "properties": ["A"]},
}
SUMMARY = {
    **STATEMENT,
    "predicateType": "https://slsa.dev/verification_summary/v1",
    "predicate": {
        "verifier": {"id": "x"},
        "verificationResult": "PASSED",
        "policy": {"uri": "x"},
        "verifiedLevels": ["A"],
    },
}
TRACE = {
    **STATEMENT,
    "predicateType": "https://in-toto.io/attestation/runtime-trace/v0.1",
    "predicate": {"monitor": {"type": "x"}, "monitorLog": {"process": [{}], "network": []}, "metadata": {}},
}
WATCHED = {
    **STATEMENT,
    "predicateType": RUNTIME_REPORT,
    "predicate": {
        "producer": {"id": "x"},
        "environment": "prod",
        "window": {"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"},
        "alerts": {"high": 1},
        "restarts": 0,
    },
}
LISTED = {
    **STATEMENT,
    "predicateType": "https://in-toto.io/attestation/vulns/v0.2",
    "predicate": {
        "scanner": {
            "uri": "x",
            "db": {"lastUpdate": "2026-01-01T00:00:00Z"},
            "result": [{"id": "CVE-2024-1", "severity": [{"method": "nvd", "score": "9.8"}]}],
        },
        "metadata": {"scanFinishedOn": "2026-01-01T00:00:00Z"},
    },
}
FALCO = {
    "rule": "x",
    "priority": "Warning",
    "time": "2026-01-01T00:00:00Z",
    "output": "x",
    "output_fields": {"container.image.digest": "sha256:" + "a" * 64},
}
ZAP = {
    "@programName": "ZAP",
    "@version": "2",
    "site": [{"@name": "x", "alerts": [{"riskcode": "3", "confidence": "1", "instances": [{"uri": "x"}]}]}],
}
SCORECARD = {
    "date": "2026-01-01",
    "repo": {"name": "x", "commit": "y"},
    "scorecard": {"version": "1"},
    "score": 8.9,
    "checks": [{"name": "x", "score": 10}],
}
ATTESTED = [
    CLOUD_BUILD,
    OLD_PROVENANCE,
    OLDEST_PROVENANCE,
    CLAIMS,
    TESTED,
    VERDICT,
    SUMMARY,
    TRACE,
    WATCHED,
    LISTED,
    FALCO,
    ZAP,
    SCORECARD,
]
FOLDERS = ("intoto-statement", "slsa-provenance", "sigstore-bundle", "gcb-provenance", "scorecard")


@pytest.mark.parametrize("seed", ATTESTED, ids=lambda seed: seed.get("predicateType", next(iter(seed))))
def test_one_field_replaced_by_anything_never_raises(seed: Any) -> None:
    for path in places(seed):
        for junk in JUNK:
            check(json.dumps(changed(seed, path, junk)).encode())


@given(st.lists(st.sampled_from([*ATTESTED, STATEMENT]), min_size=2, max_size=4), st.data())
def test_lines_with_changed_bytes_never_raise(seeds: list[Any], data: st.DataObject) -> None:
    content = bytearray(b"\n".join(json.dumps(seed).encode() for seed in seeds))
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=3)):
        content[place] = data.draw(st.integers(0, 255))
    check(bytes(content))


def test_damaged_payloads_in_whole_envelopes_never_raise(corpus: Path) -> None:
    chance = random.Random(20261124)  # the same damage every time
    tried = 0
    for folder in FOLDERS:
        contents = [content for _, content, _ in expected(corpus, folder) if len(content) < 40_000]
        for content in chance.sample(contents, min(len(contents), 25)):
            for damaged in damages(content, chance):
                check(damaged)
                tried += 1
    assert tried > 300


def damages(content: bytes, chance: random.Random) -> list[bytes]:
    """Return documents with one field changed, inside the payload where there is one."""
    try:
        value = json.loads(content)
    except ValueError:
        return [content[: chance.randint(1, len(content))]]
    found = [json.dumps(changed(value, chance.choice([*places(value)]), chance.choice(JUNK))) for _ in range(5)]
    envelope = value.get("dsseEnvelope", value) if isinstance(value, dict) else {}
    if isinstance(envelope, dict) and isinstance(envelope.get("payload"), str):
        found += [json.dumps(one) for one in inside(value, envelope, chance)]
    return [text.encode() for text in found]


def inside(value: dict[str, Any], envelope: dict[str, Any], chance: random.Random) -> list[dict[str, Any]]:
    """Return documents whose payload has one field changed and is encoded again."""
    found: list[dict[str, Any]] = []
    try:
        payload = json.loads(base64.b64decode(envelope["payload"]))
    except ValueError:
        return found
    for _ in range(10):
        damaged = json.dumps(changed(payload, chance.choice([*places(payload)]), chance.choice(JUNK))).encode()
        again = {**envelope, "payload": base64.b64encode(damaged).decode()}
        found.append({**value, "dsseEnvelope": again} if "dsseEnvelope" in value else again)
    return found


def test_a_carrier_of_the_corpus_breaks_with_malformed_only(corpus: Path) -> None:
    chance = random.Random(7)
    opened = 0
    for folder in FOLDERS:
        for _, content, _ in expected(corpus, folder):
            for damaged in (content, *damages(content, chance)[:2]):
                try:
                    document = open_document(damaged)
                    carrier = recognise(document)
                    assert carrier is None or isinstance(document, JsonDocument)
                    if carrier:
                        open_attestation(damaged, carrier)
                        opened += 1
                except Malformed:
                    continue
    assert opened > 200
