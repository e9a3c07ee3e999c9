"""One judgement, everywhere: the same case gives the same bytes, and less evidence never a better answer."""

import itertools
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.promotion.builders import NOW, PR, after, digest, directory, event
from tests.promotion.cases import (
    ARRIVED,
    BEFORE,
    CLEAN,
    GATE,
    HIGH,
    MEDIUM,
    advisories,
    bundle,
    case,
    evidence,
    inputs,
    provenance,
    sbom,
    signed,
    source,
)
from tests.promotion.situations import kev

from pratique.attest.seal import Level
from pratique.attest.statement import Subject, build_statement
from pratique.errors import Absent, Unverified
from pratique.evidence.feed import EXPLOITED
from pratique.policy.document import Bundle
from pratique.policy.result import Outcome
from pratique.promotion.case import Case, build_case, case_of
from pratique.promotion.directory import Directory
from pratique.promotion.events import build_event
from pratique.promotion.happenings import Feed, Track
from pratique.promotion.judge import judge
from pratique.promotion.profile import Profile, profile_of
from pratique.promotion.quorum import ANY_ROLE, Need
from pratique.promotion.record import EvidenceUsed, Inputs, Record
from pratique.promotion.record import judged as announce
from pratique.promotion.record_form import build_record, parse_record
from pratique.promotion.track import Routing
from pratique.values.digest import Digest

TRACKS = list(Track)
REPOSITORY = "git+https://git.example/shop/api"


def judged(contents: tuple[bytes, ...], **changes: Any) -> Record:
    return judge(case(contents, **changes))


def named_case(
    named: Inputs, *, bodies: dict[Digest, bytes], policy: Bundle | None = None, people: Directory | None = None
) -> Case:
    return build_case(PR, 1, named, bundle=policy or bundle(), directory=people or directory(), bodies=bodies)


def test_a_clean_image_takes_the_fast_track_and_asks_nobody() -> None:
    decision = judged(evidence(CLEAN)).decision
    assert decision.track.name is Track.FAST
    assert decision.outcome is Outcome.PASS
    assert decision.approvals == ()
    assert decision.review_until is None
    assert "every check passes" in decision.track.why


def test_a_finding_that_people_may_accept_takes_the_slow_track() -> None:
    decision = judged(evidence(MEDIUM)).decision
    assert decision.track.name is Track.SLOW
    assert decision.approvals == (Need("release", 1), Need("security", 1))
    assert decision.review_until == after(days=3)
    assert "check medium: review" in decision.track.why[0]


def test_a_blocking_finding_goes_to_remediation_whatever_else_passes() -> None:
    decision = judged(evidence(HIGH)).decision
    assert decision.track.name is Track.REMEDIATION
    assert decision.approvals == ()


def test_judging_twice_gives_the_same_bytes() -> None:
    record = judged(evidence(MEDIUM))
    assert judged(evidence(MEDIUM)).content == record.content


def test_an_auditor_judges_again_from_the_record_alone() -> None:
    contents = evidence(MEDIUM)
    record = parse_record(judged(contents).content)
    bodies = {Digest.of(content): content for content in (*contents, advisories())}
    again = judge(case_of(record, bundle=bundle(), directory=directory(), bodies=bodies))
    assert again.content == record.content


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_order_in_which_evidence_was_found_changes_nothing(order: tuple[int, ...]) -> None:
    contents = evidence(MEDIUM)
    assert judged(tuple(contents[place] for place in order)).content == judged(contents).content


@settings(max_examples=30)
@given(st.sampled_from([CLEAN, MEDIUM, HIGH]), st.sets(st.integers(0, 2)))
def test_dropping_evidence_never_improves_the_track(packages: tuple[tuple[str, str], ...], kept: set[int]) -> None:
    contents = evidence(packages)
    whole, less = judged(contents).decision, judged(tuple(contents[place] for place in sorted(kept))).decision
    assert TRACKS.index(less.track.name) >= TRACKS.index(whole.track.name)
    for before, now in zip(whole.checks, less.checks, strict=True):
        assert now.outcome is not Outcome.PASS or before.outcome is Outcome.PASS


def test_an_index_is_as_good_as_its_worst_platform() -> None:
    contents = (*evidence(CLEAN), sbom(*CLEAN, image="amd64"), sbom(*HIGH, image="arm64"))
    decision = judged(contents, platforms=("amd64", "arm64")).decision
    assert decision.track.name is Track.REMEDIATION
    assert next(check for check in decision.checks if check.id == "high").outcome is Outcome.BLOCK


def test_a_platform_without_evidence_is_unknown_and_never_passes() -> None:
    contents = (*evidence(CLEAN), sbom(*CLEAN, image="amd64"))
    decision = judged(contents, platforms=("amd64", "arm64")).decision
    assert next(check for check in decision.checks if check.id == "sbom").outcome is Outcome.UNKNOWN
    assert decision.track.name is Track.REMEDIATION


def test_an_image_without_any_platform_is_unknown_in_every_check() -> None:
    decision = judged(evidence(CLEAN), platforms=()).decision
    assert {check.outcome for check in decision.checks} == {Outcome.UNKNOWN}
    assert {check.message for check in decision.checks} == {"no platform of this image can be judged"}
    assert decision.track.name is Track.REMEDIATION
    assert decision.profile == Profile()


def test_a_decision_holds_until_an_outcome_may_change_by_itself() -> None:
    assert judged(evidence(CLEAN)).decision.holds_until == ARRIVED.at + (after(days=30) - NOW)


def test_what_was_never_in_the_predecessor_is_stopped() -> None:
    assert judged(evidence(CLEAN), arrivals=()).decision.track.name is Track.REMEDIATION
    lesser = replace(ARRIVED, level=Level.ADMITTED)
    assert judged(evidence(CLEAN), arrivals=(lesser,)).decision.track.name is Track.REMEDIATION


def test_a_routine_change_is_fast_and_another_one_says_why_not() -> None:
    current = profile_of(case(evidence(CLEAN)).facts, REPOSITORY)
    assert judged(evidence(CLEAN), current=current).decision.track.why[-1] == "the change is routine"
    other = judged(
        (*evidence(CLEAN)[:1], provenance("pkg:docker/alpine@3.20"), source()), current=current
    ).decision
    assert other.track.name is Track.SLOW
    assert any("built on pkg:docker/alpine@3.20, not on pkg:docker/debian@12.5" in why for why in other.track.why)


def test_nothing_is_routine_when_it_is_not_known_what_runs_there() -> None:
    assert judged(evidence(CLEAN), current=Profile()).decision.track.name is Track.SLOW


def test_an_unknown_author_asks_for_one_more_reviewer_and_says_why() -> None:
    contents = (sbom(*MEDIUM), provenance(), source("github:99", "github:42"))
    decision = judged(contents).decision
    extra = decision.approvals[-1]
    assert (extra.role, extra.count, extra.outside) == (ANY_ROLE, 1, "group:shop")
    assert extra.because == "nobody in the directory is known as github:99, who wrote part of it"
    assert decision.separation.unknown_authors == ("github:99",)


def test_nobody_saying_who_wrote_it_asks_for_one_more_reviewer() -> None:
    extra = judged((sbom(*MEDIUM), provenance())).decision.approvals[-1]
    assert extra.because == "no signed source statement says who wrote it"


def test_authors_are_stated_for_everything_since_what_runs_there() -> None:
    current = replace(profile_of(case(evidence(CLEAN)).facts, REPOSITORY), commit=BEFORE)
    contents = (sbom(*MEDIUM), provenance(), source(base=BEFORE))
    assert len(judged(contents, current=current).decision.approvals) == 2
    gap = judged(contents, current=replace(current, commit="a" * 40)).decision.approvals[-1]
    assert "begins after bbbbbbbbbbbbbbbbbbbb…, but prod holds commit aaaa" in (gap.because or "")


def test_requester_author_and_builders_owner_are_excluded_with_their_reason() -> None:
    excluded = {one.person: one.because for one in judged(evidence(MEDIUM)).decision.separation.excluded}
    assert excluded == {
        "person:ann": "person:ann wrote part of what is promoted (git:aaaaaaaaaaaaaaaa…)",
        "person:ben": "person:ben owns service:ci, which asked for this promotion",
    }


def test_a_person_who_asks_is_excluded() -> None:
    excluded = judged(evidence(MEDIUM), requester="person:cleo").decision.separation.excluded
    assert "person:cleo asked for this promotion" in {one.because for one in excluded}
    assert "person:ben owns the builder https://ci.example/builder" in {one.because for one in excluded}


def test_bytes_with_another_digest_than_the_inputs_name_are_refused() -> None:
    contents = evidence(CLEAN)
    named = inputs(contents)
    bodies = {Digest.of(content): content for content in (*contents, advisories())}
    looser = bundle(GATE.replace("risk_at_most: 60", "risk_at_most: 61"))
    with pytest.raises(Unverified, match="evidence: expected"):
        named_case(named, bodies={**bodies, Digest.of(contents[0]): b"other"})
    with pytest.raises(Unverified, match="policy: expected"):
        named_case(named, bodies=bodies, policy=looser)
    with pytest.raises(Unverified, match="directory: expected"):
        named_case(named, bodies=bodies, people=directory(roles=[]))
    with pytest.raises(Unverified, match="evidence root: expected"):
        named_case(replace(named, evidence=EvidenceUsed(digest("root"), ())), bodies=bodies)
    with pytest.raises(Absent, match="its bytes are not here"):
        named_case(named, bodies={})


def test_a_record_is_read_back_as_it_was_written() -> None:
    record = judged(evidence(HIGH))
    assert parse_record(record.content) == record
    assert parse_record(record.content).digest == Digest.of(record.content)
    assert record.question.record == record.digest


def test_however_many_reasons_there_are_they_fit_into_an_event() -> None:
    decision = judged(evidence(HIGH)).decision
    track = Routing(Track.REMEDIATION, ("\x01" * 500,) * 99)
    content = build_event(event(announce(build_record(replace(decision, track=track)))))
    assert b"and 89 more reasons, in the record" in content


def test_evidence_about_another_image_covers_nothing_here() -> None:
    decision = judged((sbom(*CLEAN, image="other"), provenance(), source())).decision
    assert next(check for check in decision.checks if check.id == "sbom").outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    "source", ["reg.example/shop/api:1", f"reg.example/shop/api:1@{digest('image')}", "oci:a:b"]
)
def test_an_image_is_judged_under_its_repository_without_tag_and_digest(source: str) -> None:
    named = inputs(evidence(CLEAN))
    bodies = {Digest.of(content): content for content in (*evidence(CLEAN), advisories())}
    judged_as = named_case(replace(named, image=replace(named.image, source=source)), bodies=bodies).facts[0]
    assert judged_as.repository == ("oci:a" if source == "oci:a:b" else "reg.example/shop/api")


@pytest.mark.parametrize(
    ("product", "clears"),
    [
        ("pkg:oci/api?repository_url=reg.example/shop", True),
        ("reg.example/shop/api", True),
        ("pkg:oci/api?repository_url=reg.example/other", False),
        ("reg.example/shop/api:1", False),
    ],
)
def test_a_statement_that_names_the_image_by_its_repository_is_heard(product: str, clears: bool) -> None:
    rule = "where: {severity: [critical, high]}, scanners: [pratique-matcher]"
    policy = bundle(GATE.replace(rule, f"{rule}, vex: {{signers: ['service:ci']}}"))
    contents = (*evidence(HIGH), cleared_by(product))
    named = inputs(contents, policy=policy)
    named = replace(named, image=replace(named.image, source=f"reg.example/shop/api:1@{digest('image')}"))
    bodies = {Digest.of(content): content for content in (*contents, advisories())}
    decision = judge(named_case(named, bodies=bodies, policy=policy)).decision
    (high,) = (check for check in decision.checks if check.id == "high")
    assert (high.outcome is Outcome.PASS) is clears


def test_imported_advisories_tell_by_which_cve_a_report_s_finding_is_exploited() -> None:
    artifact = {"name": "log4j", "version": "2.1", "type": "python", "purl": "pkg:pypi/log4j@2.1"}
    found = {"vulnerability": {"id": "GHSA-1", "severity": "High"}, "artifact": artifact}
    report = json.dumps({"matches": [found], "descriptor": {"name": "grype", "version": "0.87.0"}}).encode()
    record = {"id": "GHSA-1", "aliases": ["CVE-2021-1"], "modified": "2026-01-01T00:00:00Z", "affected": []}
    known, listed = json.dumps([record]).encode(), kev("CVE-2021-1")
    feeds = (Feed("advisories", Digest.of(known)), Feed(EXPLOITED, Digest.of(listed)))
    bodies = {Digest.of(content): content for content in (*evidence(CLEAN), report, known, listed)}
    judged_as = named_case(replace(inputs((*evidence(CLEAN), report)), feeds=feeds), bodies=bodies).facts[0]
    assert [(one.identifier, one.known_exploited) for one in judged_as.vulnerabilities] == [("GHSA-1", True)]


def cleared_by(product: str) -> bytes:
    """Return CI's statement that the finding in jinja2 does no harm to this product."""
    stated = {
        "vulnerability": {"name": "CVE-2026-1"},
        "products": [{"@id": product}],
        "status": "not_affected",
        "justification": "vulnerable_code_not_in_execute_path",
    }
    document: dict[str, Any] = {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": "https://shop.example/vex/1",
        "author": "the shop",
        "timestamp": "2026-01-02T03:04:05Z",
        "version": 1,
        "statements": [stated],
    }
    subjects = (Subject(digest("image")),)
    return signed(build_statement(subjects, "https://openvex.dev/ns/v0.2.0", document))
