"""Many reports, one list: nothing disappears, nothing depends on the order, everything is kept and named."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.evidence.aliases import Aliases
from pratique.evidence.facts.scan import Finding, Fix, Rating, Scan, Severity
from pratique.evidence.merge import Scans, explain_severity, merge
from pratique.evidence.model import Vulnerability
from pratique.values.digest import Digest

LODASH = "pkg:npm/lodash@4.17.15"
OPENSSL = "pkg:deb/debian/libssl3@3.0.14-1"


Reports = list[tuple[str, list[Finding]]]


def finding(
    identifier: str,
    *aliases: str,
    purl: str | None = LODASH,
    ratings: tuple[Rating, ...] = (),
    fix: Fix = Fix.UNKNOWN,
    fixed_versions: tuple[str, ...] = (),
    suppressed: str | None = None,
) -> Finding:
    version = purl.rpartition("@")[2] if purl else None
    return Finding(identifier, aliases, "lodash", version, purl, ratings, fix, fixed_versions, suppressed)


def scans(*reports: tuple[str, tuple[Finding, ...]]) -> Scans:
    return tuple(
        (producer, Scan(producer, None, None, None, None, findings), None) for producer, findings in reports
    )


def merged(*findings: Finding) -> tuple[Vulnerability, ...]:
    return merge(scans(("trivy", findings)))


def one(*findings: Finding) -> Vulnerability:
    (found,) = merged(*findings)
    return found


def severity(purl: str | None, *ratings: Rating) -> tuple[Severity | None, str | None]:
    found = one(finding("CVE-2021-1", purl=purl, ratings=ratings))
    return found.severity, found.severity_source


# Names


def test_a_ghsa_and_its_cve_are_one_vulnerability_with_the_name_of_the_cve() -> None:
    found = one(finding("GHSA-1", "CVE-2021-1"), finding("CVE-2021-1"))
    assert (found.identifier, found.aliases) == ("CVE-2021-1", ("GHSA-1",))
    assert found.term == "CVE-2021-1@pkg:npm/lodash"


def test_aliases_of_one_report_name_the_findings_of_another() -> None:
    first, second = ("grype", (finding("GHSA-1", "CVE-2021-1"),)), ("osv", (finding("GHSA-1"),))
    assert [found.identifier for found in merge(scans(first, second))] == ["CVE-2021-1"]


def test_a_chain_of_aliases_is_followed_to_its_end() -> None:
    chain = [finding("GHSA-1", "PYSEC-1"), finding("GO-1", "PYSEC-1"), finding("GO-1", "CVE-2021-1")]
    assert one(*chain).identifier == "CVE-2021-1"


def test_without_a_cve_the_first_native_name_counts() -> None:
    assert one(finding("PYSEC-1", "GHSA-1"), finding("GHSA-1")).identifier == "GHSA-1"


def test_of_two_cves_the_older_names_the_finding() -> None:
    assert one(finding("GHSA-1", "CVE-2021-10000", "CVE-2021-999")).identifier == "CVE-2021-999"
    assert one(finding("GHSA-1", "CVE-2020-10000", "CVE-2021-999")).identifier == "CVE-2020-10000"
    assert one(finding("GHSA-1", "CVE-", "CVE-2021-999")).identifier == "CVE-"


def test_a_report_cannot_hide_a_cve_behind_another() -> None:
    honest = finding("CVE-2021-1"), finding("CVE-2021-2"), finding("GHSA-2", "CVE-2021-2")
    lie = finding("LIE-1", "CVE-2021-1", "CVE-2021-2", "GHSA-2")
    assert {found.identifier for found in merged(*honest, lie)} >= {"CVE-2021-1", "CVE-2021-2"}


def test_a_cve_is_never_an_alias_of_another_cve() -> None:
    found = merged(finding("CVE-2021-1", "CVE-2021-2", "GHSA-1"), finding("GHSA-1"), finding("CVE-2021-2"))
    assert [each.identifier for each in found] == ["CVE-2021-1", "CVE-2021-2"]


def test_a_native_name_that_leads_to_two_cves_keeps_itself() -> None:
    aliases = Aliases([("GHSA-1", "CVE-2021-1"), ("GHSA-1", "CVE-2021-2")])
    assert aliases.canonical("GHSA-1", ()) == "GHSA-1"
    assert aliases.canonical("GHSA-1", ("CVE-2021-2",)) == "CVE-2021-2"


def test_one_package_in_two_versions_is_one_term_with_both_versions() -> None:
    found = one(finding("CVE-2021-1"), finding("CVE-2021-1", purl="pkg:npm/lodash@3.0.0"))
    assert (found.version, found.versions) == ("3.0.0", ("3.0.0", "4.17.15"))


def test_two_packages_with_one_vulnerability_are_two_terms() -> None:
    assert len(merged(finding("CVE-2021-1"), finding("CVE-2021-1", purl="pkg:npm/lodash-es@4.17.15"))) == 2


def test_a_package_without_a_package_url_is_named_by_its_name() -> None:
    assert one(finding("CVE-2021-1", purl=None)).term == "CVE-2021-1@lodash"


# Severity


@pytest.mark.parametrize(
    ("purl", "source", "counts"),
    [
        (OPENSSL, "debian", Severity.LOW),
        ("pkg:deb/ubuntu/libssl3@3", "ubuntu", Severity.NEGLIGIBLE),
        ("pkg:rpm/rhel/openssl@1", "redhat", Severity.MEDIUM),
        ("pkg:rpm/centos/openssl@1", "redhat", Severity.MEDIUM),
        ("pkg:apk/alpine/openssl@1", "nvd", Severity.HIGH),
        (LODASH, "ghsa", Severity.CRITICAL),
        ("pkg:pypi/flask@1", "ghsa", Severity.CRITICAL),
        (None, "nvd", Severity.HIGH),
    ],
)
def test_whose_opinion_counts_depends_on_the_package(purl: str | None, source: str, counts: Severity) -> None:
    opinions = (
        Rating("debian", Severity.LOW),
        Rating("ghsa", Severity.CRITICAL),
        Rating("nvd", Severity.HIGH),
        Rating("redhat", Severity.MEDIUM),
        Rating("ubuntu", Severity.NEGLIGIBLE),
    )
    found = one(finding("CVE-2021-1", purl=purl, ratings=opinions))
    assert (found.severity, found.severity_source) == (counts, source)
    assert found.ratings == opinions


def test_without_the_expected_sources_the_highest_opinion_counts() -> None:
    assert severity(OPENSSL, Rating("amazon", Severity.LOW), Rating("photon", Severity.HIGH)) == (
        Severity.HIGH,
        "photon",
    )


def test_a_source_that_contradicts_itself_is_taken_at_its_worst() -> None:
    assert severity(None, Rating("nvd", Severity.HIGH), Rating("nvd", Severity.LOW)) == (Severity.HIGH, "nvd")


def test_over_several_findings_the_worst_of_what_each_comes_to_counts() -> None:
    vendor = finding(
        "CVE-2021-1", purl=OPENSSL, ratings=(Rating("debian", Severity.LOW), Rating("nvd", Severity.HIGH))
    )
    other = finding("CVE-2021-1", purl=OPENSSL, ratings=(Rating("nvd", Severity.HIGH),))
    assert one(vendor).severity is Severity.LOW
    assert one(vendor, other).severity is Severity.HIGH
    (found,) = merge(scans(("trivy", (vendor,)), ("grype", (other,))))
    assert (found.severity, found.severity_source) == (Severity.HIGH, "nvd")


def test_an_unknown_opinion_decides_nothing_and_nobody_knowing_is_unknown() -> None:
    assert severity(OPENSSL, Rating("debian", None), Rating("nvd", Severity.HIGH)) == (Severity.HIGH, "nvd")
    assert severity(OPENSSL, Rating("nvd", None)) == (None, None)
    assert severity(OPENSSL) == (None, None)


# Fixes and silence


def test_a_fix_that_any_report_knows_is_known() -> None:
    found = one(
        finding("CVE-2021-1", fix=Fix.WONT_FIX),
        finding("CVE-2021-1", fix=Fix.FIXED, fixed_versions=("4.17.21",)),
        finding("CVE-2021-1"),
    )
    assert (found.fix, found.fixed_versions) == (Fix.FIXED, ("4.17.21",))


def test_what_one_tool_silenced_and_another_reports_shows_both() -> None:
    silenced = finding("CVE-2021-1", suppressed="ignored")
    (found,) = merge(scans(("grype", (silenced,)), ("trivy", (finding("CVE-2021-1"),))))
    assert (found.reported_by, found.suppressed_by) == (("trivy",), ("grype: ignored",))


def test_what_everybody_silenced_is_still_there() -> None:
    assert one(finding("CVE-2021-1", suppressed="ignored")).reported_by == ()


# Dates


def test_of_several_dates_the_earliest_counts() -> None:
    early, late = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
    found = one(
        replace(finding("CVE-2021-1"), published=late, fixed_since=late),
        replace(finding("CVE-2021-1"), published=early),
    )
    assert (found.published, found.fixed_since) == (early, late)


def test_a_report_that_nobody_signed_dates_nothing_that_others_report() -> None:
    said = replace(finding("CVE-2021-1"), published=datetime(2026, 6, 1, tzinfo=UTC))
    hearsay = Digest("a" * 64)
    (_, signed, _), (producer, scan, _) = scans(("trivy", (finding("CVE-2021-1"),)), ("grype", (said,)))
    (found,) = merge((("trivy", signed, None), (producer, scan, hearsay)), (hearsay,))
    assert found.published is None


@pytest.mark.parametrize(
    ("said", "counted"),
    [(Severity.LOW, None), (Severity.HIGH, None), (Severity.CRITICAL, Severity.CRITICAL), (None, None)],
)
def test_hearsay_makes_no_unknown_severity_a_lower_one(said: Severity | None, counted: Severity | None) -> None:
    hearsay = Digest("a" * 64)
    unknown = finding("CVE-2021-1", ratings=(Rating("nvd", None),))
    rumour = finding("CVE-2021-1", ratings=(Rating("nvd", said),))
    (_, sworn, _), (producer, scan, _) = scans(("trivy", (unknown,)), ("grype", (rumour,)))
    (found,) = merge((("trivy", sworn, None), (producer, scan, hearsay)), (hearsay,))
    assert found.severity is counted
    assert Rating("nvd", said) in found.ratings
    (vouched,) = merge((("trivy", sworn, None), (producer, scan, None)))
    assert vouched.severity is said


def test_no_report_is_no_vulnerability() -> None:
    assert merge(()) == ()


# Laws

NAMES = st.sampled_from(["CVE-2021-1", "CVE-2021-2", "GHSA-1", "GHSA-2", "PYSEC-1", "GO-1"])
RATINGS = st.builds(Rating, st.sampled_from(["nvd", "ghsa", "debian"]), st.none() | st.sampled_from(Severity))
FINDINGS = st.builds(
    lambda name, aliases, purl, ratings, fix, silence: finding(
        name, *aliases, purl=purl, ratings=tuple(ratings), fix=fix, suppressed=silence
    ),
    NAMES,
    st.lists(NAMES, max_size=2),
    st.sampled_from([LODASH, OPENSSL, None]),
    st.lists(RATINGS, max_size=3),
    st.sampled_from(Fix),
    st.none() | st.just("ignored"),
)
REPORTS = st.lists(
    st.tuples(st.sampled_from(["trivy", "grype", "osv"]), st.lists(FINDINGS, max_size=4)), max_size=4
)


def together(reports: Reports) -> tuple[Vulnerability, ...]:
    return merge(scans(*[(producer, tuple(findings)) for producer, findings in reports]))


@given(REPORTS, st.randoms(use_true_random=False))
def test_the_order_of_reports_and_findings_changes_nothing(reports: Reports, random: Random) -> None:
    shuffled = [(producer, random.sample(findings, len(findings))) for producer, findings in reports]
    random.shuffle(shuffled)
    assert together(shuffled) == together(reports)


@given(REPORTS)
def test_every_finding_is_somewhere_with_all_its_opinions(reports: Reports) -> None:
    found = together(reports)
    assert len({each.term for each in found}) == len(found)
    for _, findings in reports:
        for each in findings:
            homes = [home for home in found if each.vulnerability in (home.identifier, *home.aliases)]
            assert any(set(each.ratings) <= set(home.ratings) for home in homes)


@given(REPORTS, FINDINGS)
def test_another_report_never_makes_a_reported_cve_disappear(reports: Reports, extra: Finding) -> None:
    reported = {each.vulnerability for _, findings in reports for each in findings}
    after = {each.identifier for each in together([*reports, ("other", [extra])])}
    assert {name for name in reported if name.startswith("CVE-")} <= after


@given(REPORTS, st.lists(FINDINGS, max_size=3))
def test_another_report_never_lowers_a_known_severity(reports: Reports, extra: list[Finding]) -> None:
    after = together([*reports, ("other", extra)])
    for before in together(reports):
        if before.severity is not None:
            now = max(known for each in after if same(before, each) and (known := each.severity) is not None)
            assert now >= before.severity


def same(one: Vulnerability, other: Vulnerability) -> bool:
    """Tell whether two terms are about one package and share a name: a report may split a name, but hide nothing."""
    return one.term.partition("@")[2] == other.term.partition("@")[2] and not names(one).isdisjoint(names(other))


def test_a_report_that_joins_two_findings_of_another_one_lowers_neither() -> None:
    debian = "pkg:deb/debian/libssl3@3.0.14-1"
    cve = finding("CVE-2021-1", purl=debian, ratings=(Rating("ghsa", Severity.NEGLIGIBLE),))
    ghsa = finding("GHSA-1", purl=debian, ratings=(Rating("nvd", Severity.NONE),))
    joining = finding("CVE-2021-1", "GHSA-1", purl="pkg:npm/lodash@4.17.15")
    (found, _) = merge(scans(("trivy", (cve, ghsa)), ("other", (joining,))))
    assert found.severity is Severity.NEGLIGIBLE


def names(vulnerability: Vulnerability) -> set[str]:
    return {vulnerability.identifier, *vulnerability.aliases}


STATED = st.lists(st.lists(NAMES, min_size=1, max_size=3).map(tuple), max_size=6)


@given(STATED)
def test_being_an_alias_is_mutual_and_transitive(stated: list[tuple[str, ...]]) -> None:
    aliases = Aliases(stated)
    for group in stated:
        others = [name for name in group if not (name.startswith("CVE-") and group[0].startswith("CVE-"))]
        assert all(aliases.names(name) == aliases.names(group[0]) for name in others)
    for name in {name for group in stated for name in group}:
        assert name in aliases.names(name)
        assert all(aliases.names(other) == aliases.names(name) for other in aliases.names(name))


def test_whose_severity_counts_is_explained_where_others_disagree() -> None:
    opinions = (Rating("debian", Severity.LOW), Rating("nvd", Severity.CRITICAL))
    reported = replace(finding("CVE-1"), purl="pkg:deb/debian/bash@5", ratings=opinions)
    told = explain_severity(one(reported))
    assert told == "low because debian speaks for this package; nvd says critical"
    elsewhere = explain_severity(one(replace(reported, purl="pkg:generic/bash@5")))
    assert elsewhere == "critical because nvd counts where nobody speaks for a package; debian says low"
    assert explain_severity(one(replace(reported, ratings=opinions[:1]))) is None


@given(STATED)
def test_a_name_is_the_only_cve_of_its_closure_or_the_first_name_where_it_has_none(
    stated: list[tuple[str, ...]],
) -> None:
    aliases = Aliases(stated)
    for name in (name for group in stated for name in group if not name.startswith("CVE-")):
        joined = aliases.names(name)
        cves = [each for each in joined if each.startswith("CVE-")]
        expected = joined[0] if not cves else cves[0] if len(cves) == 1 else name
        assert aliases.canonical(name, ()) == expected


def test_a_chain_of_very_many_aliases_costs_no_more_than_its_length() -> None:
    names = [f"GHSA-{number:05}" for number in range(20_000)]
    aliases = Aliases(itertools.pairwise(names))
    assert {aliases.canonical(name, ()) for name in names} == {names[0]}  # each by each took minutes
