"""A policy in plain words: every word of it is said, and the same policy always in the same words."""

from dataclasses import MISSING, fields, is_dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Literal, get_args, get_origin

import pytest
from tests.policy.builders import files
from tests.policy.test_new_words import GATE

from pratique.errors import Absent, Malformed
from pratique.evidence.facts.scan import Severity
from pratique.policy.application import Application, ApplicationImage
from pratique.policy.check import Rule
from pratique.policy.document import Bundle, Metadata
from pratique.policy.environment import EnvironmentRules
from pratique.policy.explain import explain
from pratique.policy.explain_phrases import KINDS
from pratique.policy.explain_words import phrases, words
from pratique.policy.inherit import EnvironmentText
from pratique.policy.pattern import Pattern
from pratique.policy.schema import slots
from pratique.policy.source import GateText, load
from pratique.policy.tracks import Tracks
from pratique.policy.words import WORDS, AtLeast, Count, Zone
from pratique.service.policy_words import classes
from pratique.values.reference import parse_repository

SHOP, PORT = load(files()), load({"gate.yaml": GATE})

SAMPLES: dict[Any, tuple[Any, ...]] = {
    bool: (True, False),
    Severity: (Severity.HIGH, Severity.LOW),
    Pattern: (Pattern("one"), Pattern("two")),
    AtLeast: (AtLeast(Decimal("0.1")), AtLeast(Decimal("0.2"))),
    date: (date(2027, 5, 1), date(2027, 5, 2)),
    time: (time(8), time(18)),
    timedelta: (timedelta(hours=5), timedelta(days=2), timedelta(0)),
}
TEXTS = ("a", "b")
NUMBERS = (3, 4)
CONDITIONS = ("diff.major_bumps == 0", "diff.major_bumps == 1")
MOMENTS = tuple(datetime(2027, 1, day, tzinfo=UTC) for day in (1, 2))
ODD: dict[str, dict[str, Any]] = {
    "Freeze": {"weekly": (), "end": MOMENTS[1]},
    "Approval": {"when": None},
    "Granter": {"severity": ()},
    "Match": {"path": None},
    "EmergencyTrack": {"never": ("other",)},
    "SlowTrack": {"window": timedelta(days=9), "distinct_people": True},
    "ProvenanceRule": {"keys": ("service:ci",)},
}
"""What a class demands of its fields together."""


def samples(hint: Any) -> tuple[Any, ...]:
    """Return some values that a field of this type may hold."""
    if hint in SAMPLES:
        return SAMPLES[hint]
    if hint in WORDS:
        word = WORDS[hint]
        by_kind = {"a moment": MOMENTS, "a condition": CONDITIONS, "a share": (Decimal("0.5"), Decimal("0.6"))}
        found = next((found for start, found in by_kind.items() if word.expected.startswith(start)), None)
        if word.expected == "a repository":
            return tuple(parse_repository(f"r.example/{text}") for text in TEXTS)
        return found or (NUMBERS if int in word.raw else TEXTS)
    if is_dataclass(hint):
        return (instance(hint),)
    return composed(hint)


def composed(hint: Any) -> tuple[Any, ...]:
    arguments = [each for each in get_args(hint) if each is not type(None)]
    if get_origin(hint) is Literal:
        return tuple(arguments)
    if get_origin(hint) is tuple:
        inner = samples(arguments[0])
        return ((inner[0],), inner[1:2] or ())
    return samples(arguments[0]) if arguments else (*hint,)


def instance(kind: Any) -> Any:
    """Return one of a class in which every field says something."""
    odd = ODD.get(kind.__name__, {})
    given = {slot.attribute: samples(slot.hint)[0] for slot in slots(kind).values()} | odd
    try:
        return kind(**given)
    except Malformed:
        needed = [each.name for each in fields(kind) if each.default is MISSING]
        return kind(**{name: given[name] for name in needed})


TOLD = [
    (kind, slot.attribute)
    for kind in classes(GateText)
    if kind not in (GateText, EnvironmentText, Metadata, Tracks)
    for slot in slots(kind).values()
    if not slot.tag and slot.attribute not in ("id", "name")
]


@pytest.mark.parametrize(("kind", "attribute"), TOLD, ids=lambda part: getattr(part, "__name__", part))
def test_every_field_is_said_and_another_value_is_said_differently(kind: Any, attribute: str) -> None:
    one = instance(kind)
    slot = next(slot for slot in slots(kind).values() if slot.attribute == attribute)
    told = set()
    for value in (getattr(one, attribute), *samples(slot.hint)):
        try:
            other = replace(one, **{attribute: value})
        except Malformed:
            continue
        told.add((str(value), words(other), tuple(phrases(other))))
    by_value = {value: told_words for value, *told_words in told}
    assert len(set(map(str, by_value.values()))) == len(by_value)
    assert by_value


def test_every_kind_of_check_has_its_sentence() -> None:
    kinds = {slots(kind)["check"].default for kind in get_args(Rule)}
    assert kinds - KINDS.keys() == set()


def changes(bundle: Bundle) -> dict[str, Bundle]:
    """Return the same policy with one part changed, by the part's name."""
    rules, other = bundle.environments[0], PORT.rules("prod")
    rest = bundle.environments[1:]
    changed: dict[str, Any] = {
        "name": "other",
        "enforcement": next(each for each in type(rules.enforcement) if each is not rules.enforcement),
        "relax": "because",
        "checks": rules.checks[:1],
        "tracks": other.tracks if rules.tracks != other.tracks else Tracks(fast=other.tracks.fast),
        "settings": replace(rules.settings, timezone=Zone("Asia/Tokyo")),
        "freeze": other.freeze[:1],
        "waivers": None if rules.waivers else replace(other.waivers, never=()) if other.waivers else None,
        "roles": other.roles[:1],
        "risk": replace(
            rules.risk, mission=next(each for each in type(rules.risk.mission) if each != rules.risk.mission)
        ),
        "effective_on": MOMENTS[0],
        "require_witnesses": Count(2),
    }
    assert changed.keys() == {slot.attribute for slot in slots(EnvironmentRules).values()} - {"predecessors"}
    return {
        name: replace(bundle, environments=(replace(rules, **{name: value}, **freed(name)), *rest))
        for name, value in changed.items()
    }


def freed(name: str) -> dict[str, Any]:
    return {"tracks": Tracks(fast=SHOP.rules("staging").tracks.fast), "waivers": None} if name == "checks" else {}


@pytest.mark.parametrize(
    "name", sorted({slot.attribute for slot in slots(EnvironmentRules).values()} - {"predecessors"})
)
def test_every_part_of_an_environment_is_said(name: str) -> None:
    assert explain(changes(PORT)[name]) != explain(PORT)


def test_the_policy_tells_its_name_its_version_its_owner_and_the_day() -> None:
    text = explain(PORT)
    assert text.startswith("Policy p, version 2026.11.1, of group:g\n- looked at again by 2027-05-01; ")
    assert "- images go: from outside to dev, from dev to staging and from staging to prod" in explain(SHOP)


def test_who_may_change_the_policy_is_said() -> None:
    assert "- changed by those who hold root keys" in explain(PORT)
    changes = "changes: {approvals: [{role: lead, count: 2}]}\nenvironments:"
    changed = load({"gate.yaml": GATE.replace("environments:", changes, 1)})
    assert "- changed by one of group:g and 2 people in the role lead, none of them its author" in explain(changed)


def test_a_policy_has_no_part_that_nobody_looked_at_here() -> None:
    parts = {slot.attribute for slot in slots(Bundle).values()}
    assert parts == {"schema", "metadata", "environments", "remediation", "applications", "changes"}


def test_every_part_of_an_application_is_said() -> None:
    application = SHOP.application("shop")
    image = application.image("api")
    assert {slot.attribute for slot in slots(Application).values()} == {"name", "owner", "images", "tags"}
    text = explain(SHOP)
    assert f"Application shop, of {application.owner}; its images move together or not at all:" in text
    for slot in slots(ApplicationImage).values():
        assert slot.attribute in ("destinations", "source") or words(getattr(image, slot.attribute)) in text
    assert f"its source is in {image.source.repository}, under {image.source.path}" in text
    assert "prod: in registry.shop.example/prod/api, its tag there: {tag}-{digest}, " in text


FAIR = "- fair: from 2026-10-01 00:00:00 on the wall until 2026-10-05 06:00:00 on the wall; "


@pytest.mark.parametrize(
    "line",
    [
        FAIR + "besides going back, this moves all the same: emergency",
        "- weekend: every week on Saturday and Sunday; besides going back, this moves all the same: emergency",
        "- these sign: 1 person in the role lead and 2 people in the role board if risk.score > 60.0",
        "- that time runs only on Monday and Tuesday from 08:30 until 17:00",
        "- findings of kev and high",
        "- never waived are findings of sig",
        "- never what is missing, or could not be judged",
        "- these checks may fail, or lack evidence: high",
        "- these must pass: sig",
        "- kev must pass, too, but for what the image that runs there has as well",
        "    - where it fails, the image is kept out",
    ],
)
def test_the_plain_words_of_a_gate(line: str) -> None:
    assert line in explain(PORT, "prod").splitlines()


def told(gate: str) -> str:
    head = (
        "apiVersion: pratique/v1\nkind: GatePolicy\nmetadata: {name: p, owner: group:g, review_by: 2027-05-01}\n"
    )
    return explain(load({"gate.yaml": f"{head}environments:\n  prod:\n    {gate}\n"}))


FAST = "\n    tracks: {fast: {when: always}}"
PROVENANCE = 'checks: [{id: prov, check: provenance, keys: ["service:ci"], builders: [b]%s}]' + FAST


def test_no_parameters_and_whatever_parameters_are_told_apart() -> None:
    assert "    - with whatever parameters" in told(PROVENANCE % "")
    assert "    - with no parameters" in told(PROVENANCE % ", parameters: []")
    assert "    - with no other parameters than tag" in told(PROVENANCE % ", parameters: [tag]")


def test_a_gate_that_only_warns_keeps_nothing_out_and_does_not_say_so() -> None:
    text = told(f"enforcement: warn\n    {PROVENANCE % ''}")
    assert "where it fails, the image does not pass, and is let in as admitted" in text
    assert "what nobody knows, or cannot be judged, is no pass; the image is let in as admitted" in text
    assert "kept out" not in text


def test_a_gate_that_blocks_takes_nothing_fast_that_does_not_pass_whatever_when_says() -> None:
    assert "- every check passes, or only warns; this gate lets in nothing else without people" in told(
        PROVENANCE % ""
    )


SLOW = "slow: {approvals: [{role: lead, count: 1}], separation: [%s]}"


@pytest.mark.parametrize(
    ("separation", "said"), [("author", True), ("requester, author", True), ("requester", False)]
)
def test_one_more_person_signs_what_nobody_is_known_to_have_written(separation: str, said: bool) -> None:
    text = told("checks: []\n    tracks: {" + SLOW % separation + "}")
    assert ("where it is not known who wrote it, one more person signs" in text) is said


@pytest.mark.parametrize(("also", "said"), [(", also: {change: routine}", True), ("", False)])
def test_what_is_routine_is_said_where_it_matters(also: str, said: bool) -> None:
    text = told(f"checks: []\n    tracks: {{fast: {{when: always{also}}}}}")
    assert ("- routine: nothing new of high" in text) is said
    assert "what was first asked for before the image that runs there goes to people" in text


@pytest.mark.parametrize("words_of_it", ["", "scanners: [trivy], ", "scanners: [trivy, pratique-matcher], "])
def test_it_is_said_what_counts_as_having_looked_and_what_does_not(words_of_it: str) -> None:
    rule = f"{{id: all, check: vulnerabilities, {words_of_it}max: 0}}"
    text = told(f"checks: [{rule}]{FAST}")
    assert "    - every vulnerability is counted" in text
    assert "    - there must be none of them" in text
    assert "any report that names the image, signed or not, shows that somebody looked" in text
    assert ("some scanner, or the built-in matcher, must have looked" in text) is (words_of_it == "")
    assert ("only the built-in matcher finds is not counted" in text) is (words_of_it == "scanners: [trivy], ")


def test_one_environment_is_told_alone() -> None:
    text = explain(SHOP, "staging")
    assert "staging\n=======" in text
    assert "prod\n====" not in text
    with pytest.raises(Absent, match="did you mean 'prod'"):
        explain(SHOP, "prd")


def test_the_same_policy_is_told_in_the_same_words() -> None:
    assert explain(load(dict(reversed(files().items())))) == explain(SHOP)
