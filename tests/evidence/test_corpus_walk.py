"""The whole corpus through the door that users have: what ``evidence inspect`` prints, against EXPECT.json.

Files in ``differences.toml`` may differ, each for the reason that stands there.
"""

import json
import tomllib
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from pratique.service.inspect import inspect

Expect = dict[str, Any]
DIFFERENCES = tomllib.loads((Path(__file__).parent / "differences.toml").read_text())
_STATES = {"fixed": "fixed", "not-fixed": "not_fixed", "wont-fix": "wont_fix", "unknown": "unknown", "": "unknown"}


@pytest.fixture(scope="module")
def walked(corpus: Path) -> Mapping[str, tuple[Expect, dict[str, Any]]]:
    expectations = json.loads((corpus / "EXPECT.json").read_bytes())
    names = [name for name in expectations if (corpus / name).is_file()]
    found = inspect(tuple(corpus / name for name in names))
    return {name: (expectations[name], one) for name, one in zip(names, found, strict=True)}


def lower(counts: dict[str, int]) -> dict[str, int]:
    """Severity words in lower case; ``None`` where the finding names none, which is not our "none"."""
    return {"unknown" if key == "None" else key.lower(): number for key, number in counts.items()}


def cyclonedx(expect: Expect) -> Expect:
    return {
        "components": expect["components_total_nested"],
        "distinct_purls": expect["distinct_purls"],
        "with_purl": expect["with_purl"],
    }


def spdx(expect: Expect) -> Expect:
    return {"components": expect["packages"], "distinct_purls": expect["distinct_purls"]}


def grype(expect: Expect) -> Expect:
    states: Counter[str] = Counter()
    for state, number in expect["fix_state"].items():
        states[_STATES[state]] += number
    return {
        "findings": expect["matches"] + expect["ignoredMatches"],
        "by_severity": lower(expect["by_severity"]),
        "by_fix_state": dict(states),
    }


def trivy(expect: Expect) -> Expect:
    named = {"findings": expect["vulnerabilities"]}
    return {**named, "by_severity": lower(expect["by_severity"])} if "by_severity" in expect else named


def sarif(expect: Expect) -> Expect:
    levels: Counter[str] = Counter()
    for run in expect["runs"]:
        for level, number in run["effective_levels"].items():
            levels["none" if level in _PASSED else level] += number
    return {"results": dict(levels)} if levels else {}


def junit(expect: Expect) -> Expect:
    outcome = expect["outcome"]
    failed, errored, skipped = (outcome.get(word, 0) for word in ("failure", "error", "skipped"))
    return {
        "tests": {
            "total": expect["testcases"],
            "passed": expect["testcases"] - failed - errored - skipped,
            "failed": failed,
            "errored": errored,
            "skipped": skipped,
        }
    }


EXPECTED: Mapping[str, Callable[[Expect], Expect]] = {
    "cyclonedx-json": cyclonedx,
    "cyclonedx-xml": cyclonedx,
    "spdx-json": spdx,
    "spdx-tagvalue": spdx,
    "syft-json": lambda expect: {"components": expect["artifacts"], "distinct_purls": expect["distinct_purls"]},
    "spdx3-json": lambda expect: {"components": expect["software_packages"]},
    "grype-json": grype,
    "trivy-json": trivy,
    "trivy-operator": trivy,
    "openvex": lambda expect: {"vex_statements": expect["statements"], "vex": expect["statuses"]},
    "csaf": lambda expect: {"vex": expect["product_status_refs"]},
    "osv": lambda _: {"advisories": 1},
    "osv-yaml": lambda _: {"advisories": 1},
    "sarif": sarif,
    "junit": junit,
}
_PASSED = frozenset({"pass", "notApplicable"})  # levels of SARIF 1, which say that nothing was wrong
_EVIDENCE = frozenset({*EXPECTED, "slsa-provenance", "sigstore-bundle", "intoto-statement", "gcb-provenance"})


def test_every_file_is_answered_within_its_limits(walked: Mapping[str, tuple[Expect, dict[str, Any]]]) -> None:
    assert len(walked) > 1_700
    slow = [name for name, (_, one) in walked.items() if any("to read" in reason for reason in one["reasons"])]
    assert not slow
    mute = [name for name, (_, one) in walked.items() if one["parse"] != "ok" and not one["reasons"]]
    assert not mute


def test_what_must_be_refused_is_refused_or_kept_as_text(
    walked: Mapping[str, tuple[Expect, dict[str, Any]]],
) -> None:
    taken = [
        f"{name}: {one['format']} {one['parse']}"
        for name, (expect, one) in walked.items()
        if (expect.get("json_error") or expect.get("xml_error"))
        and one["parse"] != "refused"
        and one["format"] != "text"
    ]
    assert not taken


def test_every_printed_count_agrees_with_an_independent_program(
    walked: Mapping[str, tuple[Expect, dict[str, Any]]],
) -> None:
    compared, differing = 0, []
    for name, (expect, one) in walked.items():
        folder = name.partition("/")[0]
        if folder not in EXPECTED or name in DIFFERENCES or one["parse"] == "refused":
            continue
        try:
            wanted = EXPECTED[folder](expect)
        except KeyError:
            continue  # a file beside the evidence, of which nothing was counted
        compared += 1
        wrong = {
            key: (value, one["counts"].get(key))
            for key, value in wanted.items()
            if value != one["counts"].get(key, 0)
        }
        if wrong and any(value for value, _ in wrong.values()):
            differing.append(f"{name}: {wrong}")
    assert not differing, f"{len(differing)} of {compared} differ:\n" + "\n".join(differing[:30])
    assert compared > 1_100


def test_at_most_one_file_in_a_hundred_is_explained_away(
    walked: Mapping[str, tuple[Expect, dict[str, Any]]],
) -> None:
    evidence = [name for name in walked if name.partition("/")[0] in _EVIDENCE]
    assert DIFFERENCES.keys() <= walked.keys()
    assert len(DIFFERENCES) * 100 <= len(evidence)
    assert all(len(why) > 20 for why in DIFFERENCES.values())
