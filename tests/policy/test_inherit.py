"""A child environment may only tighten what it inherits, unless it says why."""

import pytest

from pratique.errors import Malformed
from pratique.policy.document import Bundle
from pratique.policy.source import load

GATE = """\
apiVersion: pratique/v1
kind: GatePolicy
metadata: {name: p, owner: group:g, review_by: 2027-05-01}
environments:
  zero: {tracks: {fast: {when: always}}}
  one:
    checks:
      - {id: sig, check: signature, keys: ["service:ci", "service:seal"], min: 1}
      - {id: prov, check: provenance, keys: ["service:ci"], builders: [a, b], sources: ["s/*"], parameters: [x]}
      - {id: sbom, check: sbom, formats: [cyclonedx], min_ratio: {version: 0.9}, binds_to_digest: true}
      - {id: crit, check: vulnerabilities, where: {severity: [critical], fixable: true}, max: 3, scanners: [trivy]}
      - {id: lic, check: licences, allow: [MIT, ISC], deny: [BUSL-1.1], unknown: block}
      - {id: tests, check: tests, required_suites: [unit], max_failed: 1, keys: ["service:ci"]}
      - {id: came, check: promoted_from, environment: zero, min_soak: 1d, within: 30d}
    tracks:
      fast: {when: all_pass, risk_at_most: 35, also: {change: routine}}
      slow: {approvals: [{role: lead, count: 2}], window: 3d}
  two:
    inherits: one
    %s
"""


def load_child(text: str) -> Bundle:
    return load({"gate.yaml": GATE % text.replace("\n", "\n    ")})


def refusal(text: str) -> str:
    with pytest.raises(Malformed) as caught:
        load_child(text)
    return str(caught.value)


SAME = {line.split("id: ")[1].split(",")[0]: line.strip(" -{}") for line in GATE.splitlines() if "- {id: " in line}

LOOSER = [
    ("sig", "min: 1", "min: 1, outcome: review", "outcome"),
    ("sig", '["service:ci", "service:seal"]', '["service:ci", "service:seal", "service:x"]', "keys"),
    ("prov", "[a, b]", "[a, b, c]", "builders"),
    ("prov", ', sources: ["s/*"]', "", "sources"),
    ("prov", ', sources: ["s/*"]', ", sources: []", "sources"),
    ("prov", "parameters: [x]", "parameters: [x, y]", "parameters"),
    ("prov", ", parameters: [x]", "", "parameters"),
    ("sbom", "[cyclonedx]", "[cyclonedx, spdx]", "formats"),
    ("sbom", "0.9}", "0.8}", "min_ratio.version"),
    ("sbom", "min_ratio: {version: 0.9}, ", "", "min_ratio.version"),
    ("sbom", "binds_to_digest: true", "binds_to_digest: false", "binds_to_digest"),
    ("sbom", "id: sbom", "id: sbom, required: false", "required"),
    ("crit", "max: 3", "max: 4", "max"),
    ("crit", "severity: [critical]", "severity: [high]", "where.severity"),
    ("crit", "fixable: true", "fixable: false", "where.fixable"),
    ("crit", "fixable: true", "fixable: true, ids: [CVE-*]", "where.ids"),
    ("crit", "scanners: [trivy]", "scanners: [grype]", "scanners"),
    ("crit", "max: 3", "max: 3, new_only: true", "new_only"),
    ("crit", "max: 3", "max: 3, unknown_severity: low", "unknown_severity"),
    ("lic", "[MIT, ISC]", "[MIT, ISC, Zlib]", "allow"),
    ("lic", "allow: [MIT, ISC], ", "", "allow"),
    ("lic", "deny: [BUSL-1.1]", "deny: [SSPL-1.0]", "deny"),
    ("lic", "unknown: block", "unknown: review", "unknown"),
    ("tests", "[unit]", "[integration]", "required_suites"),
    ("tests", "max_failed: 1", "max_failed: 2", "max_failed"),
    ("tests", ', keys: ["service:ci"]', "", "keys"),
    ("came", "environment: zero", "environment: one", "environment"),
    ("came", "min_soak: 1d", "min_soak: 23h", "min_soak"),
    ("came", ", within: 30d", "", "within"),
    ("came", "within: 30d", "within: 30d, levels: [promoted, admitted]", "levels"),
]


@pytest.mark.parametrize(("check", "old", "new", "field"), LOOSER)
def test_a_looser_check_is_refused_with_the_field_that_is_looser(
    check: str, old: str, new: str, field: str
) -> None:
    assert old in SAME[check]
    message = refusal(f"checks: [{{{SAME[check].replace(old, new)}}}]")
    assert f"{field} of {check!r} is looser than in one; tighten it, or say why in 'relax'" in message


@pytest.mark.parametrize(("check", "old", "new", "field"), LOOSER)
def test_a_looser_check_that_says_why_is_taken(check: str, old: str, new: str, field: str) -> None:
    bundle = load_child(f'checks: [{{{SAME[check].replace(old, new)}, relax: "we know why"}}]')
    (rule,) = (rule for rule in bundle.rules("two").checks if rule.id == check)
    assert rule.relax == "we know why"


@pytest.mark.parametrize(
    ("check", "old", "new"),
    [
        ("sig", "min: 1", "min: 2"),
        ("sig", '["service:ci", "service:seal"]', '["service:ci"]'),
        ("prov", "[a, b]", "[b]"),
        ("prov", "parameters: [x]", "parameters: []"),
        ("prov", ", parameters: [x]", ", parameters: [x], build_types: [t]"),
        ("sbom", "0.9}", "0.95, purl: 0.5}"),
        ("crit", "max: 3", "max: 0"),
        ("crit", "severity: [critical]", "severity: [critical, high]"),
        ("crit", "severity: [critical], ", ""),
        ("crit", ", fixable: true", ""),
        ("crit", "[trivy]", "[trivy, grype]"),
        ("crit", "max: 3", 'max: 3, keys: ["service:scan"]'),
        ("lic", "[MIT, ISC]", "[MIT]"),
        ("lic", "[BUSL-1.1]", "[BUSL-1.1, SSPL-1.0]"),
        ("tests", "[unit]", "[unit, integration]"),
        ("came", "1d", "2d"),
        ("came", "30d", "20d"),
    ],
)
def test_a_tighter_check_needs_no_reason(check: str, old: str, new: str) -> None:
    assert old in SAME[check]
    load_child(f"checks: [{{{SAME[check].replace(old, new)}}}]")


def test_what_a_child_does_not_mention_it_inherits() -> None:
    bundle = load_child("relax: nothing is looser")
    assert bundle.rules("two").checks == bundle.rules("one").checks
    assert bundle.rules("two").tracks == bundle.rules("one").tracks


def test_another_kind_of_check_under_the_same_id_is_refused() -> None:
    message = refusal("checks: [{id: sbom, check: tests, required_suites: [unit]}]")
    assert "'sbom' is a sbom check in one, and a tests check here" in message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("without: [sbom]", "checks of one are left out; keep them, or say why in 'relax'"),
        ("without: [sbm]\nrelax: why", "one has no check 'sbm'; did you mean 'sbom'?"),
        ("enforcement: warn", "this gate only warns where one blocks"),
        (
            "tracks: {fast: {when: always, risk_at_most: 35, also: {change: routine}}}",
            "when is looser than in one",
        ),
        ("tracks: {fast: {when: all_pass, risk_at_most: 36, also: {change: routine}}}", "risk_at_most is looser"),
        ("tracks: {fast: {when: all_pass, also: {change: routine}}}", "risk_at_most is looser than in one"),
        ("tracks: {fast: {when: all_pass, risk_at_most: 35}}", "also is looser than in one"),
        (
            "tracks: {fast: {when: all_pass, risk_at_most: 35, also: {change: routine}, first_arrival: fast}}",
            "first_arrival is looser than in one",
        ),
        ("tracks: {slow: {approvals: [{role: lead, count: 1}], window: 3d}}", "approvals is looser than in one"),
        ("tracks: {slow: {approvals: [{role: other, count: 2}], window: 3d}}", "approvals is looser than in one"),
        ("tracks: {slow: {approvals: [{role: lead, count: 2}], window: 4d}}", "window is looser than in one"),
        (
            "tracks: {slow: {approvals: [{role: lead, count: 2}], window: 3d, separation: [requester]}}",
            "separation is looser than in one",
        ),
    ],
)
def test_a_looser_environment_is_refused(text: str, words: str) -> None:
    assert words in refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        "without: [sbom]\nrelax: because",
        "enforcement: warn\nrelax: because",
        "tracks: {fast: {when: always, relax: because}}",
        "tracks: {slow: {approvals: [{role: other, count: 1}], relax: because}}",
        "tracks: {slow: {approvals: [{role: lead, count: 3}, {role: other, count: 1}], window: 1d}}",
    ],
)
def test_a_looser_environment_that_says_why_and_a_tighter_one_are_taken(text: str) -> None:
    load_child(text)


def test_a_check_that_is_left_out_is_gone() -> None:
    bundle = load_child("without: [sbom]\nrelax: because")
    assert "sbom" not in [rule.id for rule in bundle.rules("two").checks]
    assert bundle.rules("two").relax == "because"


def test_a_track_that_the_parent_does_not_have_is_a_new_way_in() -> None:
    text = GATE.replace("      fast: {when: all_pass, risk_at_most: 35, also: {change: routine}}\n", "")
    with pytest.raises(Malformed, match="one has no fast track, so this is a new way in"):
        load({"gate.yaml": text % "tracks: {fast: {when: all_pass}}"})


def test_witnesses_that_a_parent_demands_are_demanded_of_its_children_or_it_says_why() -> None:
    def load_both(parent: str, child: str) -> int:
        gate = GATE.replace("  one:\n", f"  one:\n    {parent}\n", 1) % child.replace("\n", "\n    ")
        return load({"gate.yaml": gate}).rules("two").require_witnesses

    demanded = "require_witnesses: 2"
    assert load_both(demanded, "enforcement: block") == 2
    assert load_both(demanded, "require_witnesses: 3") == 3
    assert load_both(demanded, "require_witnesses: 1\nrelax: because") == 1
    with pytest.raises(Malformed, match="fewer than the 2 of one"):
        load_both(demanded, "require_witnesses: 1")


def test_leaving_out_where_nothing_is_inherited_is_refused() -> None:
    text = (GATE % "").replace("    inherits: one\n", "    without: [sbom]\n")
    with pytest.raises(Malformed, match="nothing is inherited here"):
        load({"gate.yaml": text})


def test_grandchildren_inherit_through_their_parent() -> None:
    bundle = load_child("without: [sbom]\nrelax: because\n\n").environments
    assert bundle
    text = GATE % "without: [sbom]\n    relax: because" + "  three: {inherits: two}\n"
    three = load({"gate.yaml": text}).rules("three")
    assert "sbom" not in [rule.id for rule in three.checks]
    assert three.relax is None


CIRCLE = """\
apiVersion: pratique/v1
kind: GatePolicy
metadata: {name: p, owner: group:g, review_by: 2027-05-01}
environments:
  one: {inherits: three, tracks: {fast: {when: always}}}
  two: {inherits: one}
  three: {inherits: two}
"""


def test_environments_that_inherit_from_each_other_are_told_with_both_places() -> None:
    with pytest.raises(Malformed, match="inherit from each other: one ← three ← two ← one") as caught:
        load({"gate.yaml": CIRCLE})
    assert str(caught.value).startswith("gate.yaml:5:")
    assert "gate.yaml:6:" in str(caught.value)


def frozen(text: str) -> str:
    freeze = "freeze: [{name: weekend, weekly: [sat, sun]}, {name: monday, weekly: [mon]}]"
    one, _, two = GATE.partition("  two:\n")
    return f"{one}    {freeze}\n  two:\n{two % text.replace(chr(10), chr(10) + '    ')}"


def test_an_inherited_freeze_is_left_out_only_with_a_reason() -> None:
    bundle = load({"gate.yaml": frozen("without_freezes: [weekend]\nrelax: somebody is always there")})
    assert [freeze.name for freeze in bundle.rules("two").freeze] == ["monday"]
    with pytest.raises(Malformed, match="without_freezes: freezes of one are left out; keep them"):
        load({"gate.yaml": frozen("without_freezes: [weekend]")})


def test_an_inherited_way_in_is_left_out_without_a_reason_since_that_is_tighter() -> None:
    bundle = load({"gate.yaml": GATE % "without_tracks: [fast]"})
    assert bundle.rules("one").tracks.fast is not None
    assert bundle.rules("two").tracks.fast is None
    assert bundle.rules("two").tracks.slow == bundle.rules("one").tracks.slow


def test_a_way_in_that_is_not_there_or_said_again_cannot_be_left_out() -> None:
    with pytest.raises(Malformed, match=r"without_tracks\.0: one has no rollback track"):
        load({"gate.yaml": GATE % "without_tracks: [rollback]"})
    again = "without_tracks: [fast]\n    tracks: {fast: {when: all_pass}}"
    with pytest.raises(Malformed, match=r"without_tracks\.0: fast stands in 'tracks' too"):
        load({"gate.yaml": GATE % again})
    with pytest.raises(Malformed, match="without_tracks: nothing is inherited here"):
        load({"gate.yaml": GATE.replace("inherits: one", "without_tracks: [fast]") % "relax: why"})


def test_a_freeze_that_is_not_there_cannot_be_left_out() -> None:
    with pytest.raises(Malformed, match="one has no freeze 'weekends'; did you mean 'weekend'"):
        load({"gate.yaml": frozen("without_freezes: [weekends]\nrelax: somebody is always there")})
    with pytest.raises(Malformed, match="without_freezes: nothing is inherited here"):
        load({"gate.yaml": GATE.replace("inherits: one", "without_freezes: [weekend]") % "relax: why"})
