"""Missing never helps: taking away required evidence, an attribute or a coverage fact improves no outcome.

What a finding or a package is called, and of which kind it is, is the thing itself and no attribute of it. Whole
findings, and evidence that nobody requires, are protected by the digest of the evidence set. An option by which a
policy lets go of the law says so by its name, and is not among these rules.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, TypeVar, get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.policy.builders import (
    NOW,
    arrival,
    component,
    evidence,
    facts,
    finding,
    provenance,
    run,
    sbom,
    scan,
    signed,
)
from tests.policy.worlds import answered, attribute, measured, rebuilt, searched, watched

from pratique.attest.seal import Level
from pratique.evidence.facts.build import Material, Provenance
from pratique.evidence.facts.claims import Attributes, RuntimeReport
from pratique.evidence.facts.packages import Sbom
from pratique.evidence.facts.rebuild import Rebuild
from pratique.evidence.facts.results import Results
from pratique.evidence.facts.scan import Fix, Scan, Severity
from pratique.evidence.facts.suites import Suites
from pratique.evidence.facts.verdict import CheckRun
from pratique.evidence.model import Bound, Evidence, Parse, Vulnerability
from pratique.evidence.surface.claim import MEASURER
from pratique.policy.check import Rule, judge_check
from pratique.policy.checks.vulnerabilities import VulnerabilitiesRule
from pratique.policy.environment import EnvironmentRules
from pratique.policy.facts import Arrival, CurrentFacts, Facts
from pratique.policy.result import OnUnknown, Outcome
from pratique.policy.schema import decode
from pratique.policy.settings import Settings
from pratique.values.digest import Digest
from pratique.values.moment import render_moment

T = TypeVar("T")

STRICT = Settings(on_missing_evidence=OnUnknown.FAIL, on_check_error=OnUnknown.FAIL)
PATIENT = Settings(on_missing_evidence=OnUnknown.HOLD, on_check_error=OnUnknown.HOLD)
BADNESS = (Outcome.PASS, Outcome.WARN, Outcome.REVIEW, Outcome.BLOCK)


@dataclass(frozen=True)
class World:
    """Everything that is known about an image, before it is arranged."""

    pieces: tuple[Evidence, ...] = ()
    matched: tuple[Scan, ...] = ()
    arrivals: tuple[Arrival, ...] | None = ()
    current: CurrentFacts | None = None

    def observed(self) -> Facts:
        return facts(*self.pieces, matched=self.matched, arrivals=self.arrivals, current=self.current)


def rule(**document: Any) -> Rule:
    everything = {
        "name": "prod",
        "from": [],
        "checks": [{"id": "it"} | document],
        "tracks": {"fast": {"when": "always"}},
    }
    return decode(EnvironmentRules, everything).checks[0]


# ------------------------------------------------------------------------------------------------ rules
OUTCOMES = st.sampled_from(["block", "review", "warn"])
KEYS = st.sampled_from([[], ["service:ci"], ["service:ci", "service:scan"]])
SOME_KEYS = st.sampled_from([["service:ci"], ["service:ci", "service:scan"]])
SHARES = st.sampled_from(["0", "0.5", "0.98", "1"])


def rules(check: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Rule]:
    return st.fixed_dictionaries({"check": st.just(check), "outcome": OUTCOMES, **fields}).map(lambda d: rule(**d))


WHERE = st.fixed_dictionaries(
    {},
    optional={
        "severity": st.lists(st.sampled_from(["critical", "high", "medium", "low"]), max_size=3, unique=True),
        "fixable": st.booleans(),
        "ids": st.sampled_from([["CVE-1"], ["CVE-*"], ["GHSA-*"]]),
    },
)
GRACES = st.sampled_from([{"days": 9, "from": clock} for clock in ("published", "fix_available")])
LIMITS = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("setuid", "shells", "secrets", "ports"), st.integers(0, 1))
)
RULES = {
    "signature": rules("signature", keys=SOME_KEYS),
    "provenance": rules(
        "provenance",
        keys=SOME_KEYS,
        builders=st.just(["https://ci.shop.example/builder/*"]),
        sources=st.sampled_from([[], ["git+https://git.shop.example/**"]]),
        build_types=st.sampled_from([[], ["https://build.example/v1"]]),
        parameters=st.sampled_from([[], ["workflow"]]),
    ),
    "sbom": rules(
        "sbom",
        keys=KEYS,
        formats=st.sampled_from([[], ["cyclonedx"]]),
        binds_to_digest=st.booleans(),
        min_ratio=st.fixed_dictionaries(
            {}, optional=dict.fromkeys(("version", "purl", "licence", "supplier", "relationships"), SHARES)
        ),
        must_say=st.lists(
            st.sampled_from(["tool", "timestamp", "distro", "relationships", "complete"]), max_size=2, unique=True
        ),
    ),
    "vulnerabilities": rules(
        "vulnerabilities",
        where=WHERE,
        max=st.integers(0, 2),
        scanners=st.sampled_from([[], ["trivy"], ["trivy", "grype"], ["pratique-matcher"]]),
        keys=KEYS,
        new_only=st.booleans(),
        grace=GRACES,
    ),
    "licences": rules(
        "licences",
        keys=KEYS,
        allow=st.sampled_from([[], ["MIT"], ["category:permissive"]]),
        deny=st.just(["AGPL-3.0-only"]),
        review=st.sampled_from([[], ["MIT"], ["category:copyleft"]]),
    ),
    "tests": rules(
        "tests",
        keys=KEYS,
        required_suites=st.sampled_from([["unit"], ["unit", "integration"]]),
        max_failed=st.integers(0, 2),
        min_coverage=st.sampled_from([0, 70]),
    ),
    "vulnerability_budget": rules(
        "vulnerability_budget",
        points=st.sampled_from([{"critical": 10, "high": 2}, {"low": 1}]),
        max=st.integers(0, 12),
        scanners=st.sampled_from([[], ["trivy"]]),
        grace=GRACES,
    ),
    "attack_surface": rules(
        "attack_surface",
        max=LIMITS,
        max_added=LIMITS,
        no_larger=st.booleans(),
        root=st.booleans(),
        ports=st.just(["8080/tcp"]),
    ),
    "secrets": rules("secrets", max=st.integers(0, 1), scanners=st.sampled_from([[], ["trivy"]]), keys=KEYS),
    "runtime": rules(
        "runtime",
        **{"from": st.just("staging")},
        window=st.sampled_from(["1h", "24h"]),
        max_restarts=st.integers(0, 2),
        max_high_alerts=st.integers(0, 1),
        keys=KEYS,
    ),
    "reproducible": rules("reproducible", rebuilders=st.integers(1, 2), independent=st.booleans(), keys=KEYS),
    "base_image": rules(
        "base_image",
        keys=SOME_KEYS,
        allowed=st.sampled_from([[], ["docker.io/library/debian:*"]]),
        max_age=st.sampled_from(["30d", "60d"]),
    ),
    "freshness": rules(
        "freshness",
        max_age=st.fixed_dictionaries(
            {"scan": st.sampled_from(["1h", "90d"])},
            optional=dict.fromkeys(("sbom", "database", "provenance", "runtime"), st.just("1d")),
        ),
        keys=KEYS,
    ),
    "churn": rules(
        "churn",
        max_added=st.integers(0, 2),
        max_major_bumps=st.integers(0, 1),
        max_new_maintainers=st.integers(0, 1),
        keys=KEYS,
    ),
    "exec": rules("exec", uses=st.just("names"), max=st.integers(0, 1), max_age=st.sampled_from(["1h", "30d"])),
    "expr": rules(
        "expr",
        for_each=st.just("vulnerability"),
        expr=st.sampled_from(
            ['v.severity == "high"', "v.fixable", 'v.severity in ["low", "medium"] && v.new_since_current']
        ),
        max=st.integers(0, 1),
    ),
    "promoted_from": rules(
        "promoted_from",
        environment=st.just("staging"),
        min_soak=st.sampled_from(["0s", "1d"]),
        within=st.sampled_from(["2d", "30d"]),
        levels=st.sampled_from([["promoted"], ["promoted", "admitted"]]),
    ),
}

# ------------------------------------------------------------------------------------------------ worlds
COMPONENTS = st.builds(
    component,
    st.sampled_from(["a", "b", "c"]),
    st.sampled_from(["MIT", "AGPL-3.0-only", "MIT OR AGPL-3.0-only", "Some Licence", "NOASSERTION", None]),
    version=st.sampled_from(["1", None]),
    purl=st.sampled_from(["pkg:pypi/a@1", None]),
    supplier=st.sampled_from(["them", None]),
    kind=st.sampled_from(["library", None]),
    distro=st.sampled_from(["debian-12", None]),
    related=st.sampled_from([True, False, None]),
)
SBOMS = st.builds(
    lambda found, distro, aggregates: replace(sbom(*found), distro=distro, aggregates=aggregates, relationships=2),
    st.lists(COMPONENTS, max_size=4),
    st.sampled_from(["debian-12", None]),
    st.sampled_from([(), ("complete",), ("complete", "incomplete")]),
)
DATES = st.integers(-1, 90).map(lambda days: NOW - timedelta(days=days))
FINDINGS = st.builds(
    finding,
    st.sampled_from(["CVE-1", "CVE-2", "GHSA-3"]),
    st.sampled_from([*Severity, None]),
    fix=st.sampled_from([Fix.FIXED, Fix.UNKNOWN]),
    fixed_versions=st.sampled_from([("2.11",), ()]),
    published=st.none() | DATES,
    fixed_since=st.none() | DATES,
) | st.builds(finding, fix=st.sampled_from([Fix.NOT_FIXED, Fix.WONT_FIX]), fixed_versions=st.just(()))
SCANS = st.builds(
    lambda found, producer, examined: scan(*found, producer=producer, examined=examined),
    st.lists(FINDINGS, max_size=3),
    st.sampled_from(["trivy", "grype"]),
    st.sampled_from([None, 0, 7]),
)
MATCHED = st.builds(
    lambda found, examined: scan(*found, producer="pratique-matcher", examined=examined),
    st.lists(FINDINGS, max_size=2),
    st.sampled_from([None, 0, 7]),
)
BASE = Material("pkg:docker/debian@12", (("sha256", "d" * 64),))
PROVENANCES = st.builds(
    provenance,
    builder_id=st.sampled_from(["https://ci.shop.example/builder/v1", "https://evil.example/b", ""]),
    source_uri=st.sampled_from(["git+https://git.shop.example/shop/api", "git+https://evil.example/x", None]),
    build_type=st.sampled_from(["https://build.example/v1", "other", ""]),
    finished=st.none() | DATES,
    base_images=st.sampled_from([(), (BASE,), (Material("pkg:docker/alpine@3", ()),)]),
    parameters=st.sampled_from([(), (("workflow", "1"),), (("debug", "1"),)]),
)
RUNS = st.builds(
    run,
    st.sampled_from(["unit", "integration"]),
    st.integers(0, 2),
    st.integers(0, 2),
    st.integers(0, 1),
    st.integers(0, 1),
)
HOURS = st.integers(0, 3).map(lambda hours: NOW - timedelta(hours=hours))
SIGNERS = st.sampled_from([None, "service:ci", "service:scan", "service:other"])
COUNTS = st.integers(0, 2)
ITEMS = st.sampled_from([(), ("bin/su",), ("bin/su", "bin/mount")])
OTHERS = st.one_of(
    st.builds(watched, st.integers(1, 30), ended=HOURS, restarts=st.none() | COUNTS, by=SIGNERS, high=COUNTS),
    st.builds(rebuilt, equal=st.booleans(), by=SIGNERS),
    st.builds(searched, looked=st.booleans(), by=SIGNERS),
    st.builds(searched, st.just("aws-key"), by=SIGNERS),
    st.builds(answered, at=HOURS, by=st.sampled_from(["service:record", "service:ci"])),
    st.builds(answered, st.just("a"), at=HOURS, by=st.sampled_from(["service:record", "service:ci"])),
    st.builds(answered, at=HOURS, reason=st.just("it crashed")),
    st.builds(
        attribute, st.just("line-coverage"), st.sampled_from([{"percent": 50}, {"percent": "70.5"}, {}]), SIGNERS
    ),
    st.builds(
        attribute,
        st.just("base-image"),
        DATES.map(lambda at: {"digest": "sha256:" + "d" * 64, "created": render_moment(at)}),
        SIGNERS,
    ),
)
SURFACES = st.builds(
    measured,
    setuid=ITEMS,
    shells=st.sampled_from([(), ("bash",)]),
    ports=st.sampled_from([(), ("22/tcp",), ("8080/tcp",)]),
    root_user=st.booleans(),
)
EVIDENCE = st.builds(
    evidence,
    SBOMS | SCANS | PROVENANCES | st.lists(RUNS, max_size=3).map(tuple),
    by=st.sampled_from([None, "service:ci", "service:scan", "service:other"]),
    form=st.sampled_from(["cyclonedx-json", "spdx-json"]),
    parse=st.sampled_from([Parse.OK, Parse.OK, Parse.PARTIAL]),
)
ARRIVALS = st.builds(
    arrival,
    st.sampled_from(["staging", "dev"]),
    st.integers(0, 60).map(lambda days: NOW - timedelta(days=days)),
    st.sampled_from([Level.PROMOTED, Level.ADMITTED]),
    st.sampled_from([None, NOW, NOW - timedelta(days=10)]),
)
CURRENT = st.builds(
    CurrentFacts,
    st.just(Digest("b" * 64)),
    st.none() | st.frozensets(st.sampled_from(["CVE-1@pkg:pypi/jinja2", "CVE-2@pkg:pypi/jinja2"])),
    st.none() | st.frozensets(st.sampled_from(["pkg:pypi/a@1", "pkg:pypi/b@2"])),
    st.none(),
    st.none() | st.frozensets(st.sampled_from(["setuid:bin/su", "shell:bash", "user:root"])),
    st.none() | st.frozensets(st.sampled_from(["them", "others"])),
)
WORLDS = st.builds(
    World,
    st.tuples(st.lists(EVIDENCE | OTHERS, max_size=5), st.lists(SURFACES, max_size=1)).map(
        lambda drawn: (*drawn[0], *drawn[1])
    ),
    st.lists(MATCHED, max_size=1).map(tuple),
    st.none() | st.lists(ARRIVALS, max_size=3).map(tuple),
    st.none() | CURRENT,
)


# ------------------------------------------------------------------------------------------------ what is taken away
def swapped(items: tuple[T, ...], place: int, other: T) -> tuple[T, ...]:
    return (*items[:place], other, *items[place + 1 :])


def without_evidence(world: World, check: str) -> Iterator[tuple[str, World]]:
    """One piece where one good piece is enough; every piece of a kind where all of them count."""
    if check in ("signature", "provenance", "sbom"):
        for place in range(len(world.pieces)):
            yield f"piece {place}", replace(world, pieces=world.pieces[:place] + world.pieces[place + 1 :])
            elsewhere = replace(world.pieces[place], covers=())
            yield f"the cover of piece {place}", replace(world, pieces=swapped(world.pieces, place, elsewhere))
    for kind in (Sbom, Scan, Provenance, Suites, RuntimeReport, Rebuild, Results, CheckRun, Attributes):
        kept = tuple(each for each in world.pieces if not each.reading.of(kind))
        if kind is Results:  # whoever measures the layers searches them, too
            kept = tuple(each for each in kept if each.signers[:1] != signed(MEASURER))
        gone = replace(world, pieces=kept, matched=() if kind is Scan else world.matched)
        yield f"every {kind.__name__}", gone
    yield "the ledger's answer", replace(world, arrivals=None)
    for place, one in enumerate(world.arrivals or ()):
        others = tuple(each for each in world.arrivals or () if each is not one)
        yield f"arrival {place}", replace(world, arrivals=others)
        forgotten = tuple(replace(each, until=None) if each is one else each for each in world.arrivals or ())
        yield f"the end of arrival {place}", replace(world, arrivals=forgotten)
    if check != "expr" or not world.current or world.current.vulnerabilities is not None:
        # That an environment holds nothing is known; of what it holds nothing may be known, which is something else.
        yield "the current image", replace(world, current=None)
    if world.current:
        yield "its vulnerabilities", replace(world, current=replace(world.current, vulnerabilities=None))
        yield "its components", replace(world, current=replace(world.current, components=None))
        yield "its surface", replace(world, current=replace(world.current, surface=None))
        yield "its suppliers", replace(world, current=replace(world.current, suppliers=None))


def without_scanner(world: World, producer: str) -> World:
    def made(found: object) -> bool:
        return isinstance(found, Scan) and found.producer == producer

    kept = tuple(each for each in world.pieces if not any(made(fact) for fact in each.reading.facts))
    return replace(world, pieces=kept, matched=tuple(each for each in world.matched if not made(each)))


def without_attributes(world: World) -> Iterator[tuple[str, World]]:
    for place, each in enumerate(world.pieces):
        for what, less in poorer(each):
            yield f"{what} of piece {place}", replace(world, pieces=swapped(world.pieces, place, less))
    for what, less_scan in (item for each in world.matched for item in poorer_scan(each)):
        yield f"{what} of the matcher", replace(world, matched=(less_scan,))


def poorer(piece: Evidence) -> Iterator[tuple[str, Evidence]]:
    def read(found: Any) -> Evidence:
        return replace(piece, reading=replace(piece.reading, facts=(found,)))

    yield "signers", replace(piece, signers=(), bound=Bound.REFERRER)
    yield "binding", replace(piece, bound=Bound.CLAIM)
    yield "understanding", replace(piece, reading=replace(piece.reading, parse=Parse.PARTIAL))
    yield "format", replace(piece, reading=replace(piece.reading, format="json"))
    match piece.reading.facts[0]:
        case Sbom() as found:
            yield from ((what, read(less)) for what, less in poorer_sbom(found))
        case Scan() as found:
            yield from ((what, read(less)) for what, less in poorer_scan(found))
        case Provenance() as found:
            yield "source", read(replace(found, source_uri=None))
            yield "builder", read(replace(found, builder_id=""))
            yield "build type", read(replace(found, build_type=""))
            yield "parameters", read(replace(found, parameters=None))
            yield "its end", read(replace(found, finished=None, started=None))
            yield "base images", read(replace(found, base_images=()))
        case RuntimeReport() as found:
            yield "restarts", read(replace(found, restarts=None))
            yield "alerts", read(replace(found, alerts=None))
            yield "window", read(replace(found, started=None))
            yield "environment", read(replace(found, environment=None))
        case Results() as found:
            if not found.results:  # what it found is the thing itself
                yield "having looked", read(replace(found, results=None))
        case CheckRun() as found:
            yield "the answer", read(replace(found, objections=None, reason="it crashed"))


def poorer_sbom(found: Sbom) -> Iterator[tuple[str, Sbom]]:
    for place, one in enumerate(found.components):
        for less in (
            replace(one, version=None),
            replace(one, purl=None),
            replace(one, supplier=None),
            replace(one, licences=()),
            replace(one, distro=None),
            replace(one, related=None),
        ):
            yield f"an attribute of {one.name}", replace(found, components=swapped(found.components, place, less))
    yield "its tool", replace(found, producer=None)
    yield "its time", replace(found, created=None)
    yield "its system", replace(found, distro=None)
    yield "its relationships", replace(found, relationships=None)
    yield "its completeness", replace(found, aggregates=())


def poorer_scan(found: Scan) -> Iterator[tuple[str, Scan]]:
    yield "packages_examined", replace(found, packages_examined=None)
    yield "examined packages", replace(found, packages_examined=0)


def without_opinions(known: Facts) -> Iterator[tuple[str, Facts]]:
    for place, one in enumerate(known.vulnerabilities):
        for less in poorer_vulnerability(one):
            others = swapped(known.vulnerabilities, place, less)
            yield f"an attribute of {one.term}", replace(known, vulnerabilities=others)


def poorer_vulnerability(one: Vulnerability) -> Iterator[Vulnerability]:
    yield replace(one, severity=None)
    yield replace(one, fix=Fix.UNKNOWN, fixed_versions=())
    yield replace(one, fix=Fix.UNKNOWN)
    yield replace(one, version=None)
    yield replace(one, ratings=())
    yield replace(one, published=None)
    yield replace(one, fixed_since=None)


# ------------------------------------------------------------------------------------------------ the law
def badness(rule: Rule, known: Facts, settings: Settings) -> int:
    return BADNESS.index(settings.counts_as(judge_check(rule, known).outcome))


def check_law(rule: Rule, before: Facts, after: Facts, what: str) -> None:
    assert badness(rule, after, STRICT) >= badness(rule, before, STRICT), what
    # Where a policy lets people look at what is missing, they look at it: it is still no pass.
    held = min(badness(rule, before, PATIENT), BADNESS.index(Outcome.REVIEW))
    assert badness(rule, after, PATIENT) >= held, what


@pytest.mark.parametrize("check", RULES)
@given(st.data())
def test_taking_something_away_never_improves_an_outcome(check: str, data: st.DataObject) -> None:
    rule, world = data.draw(RULES[check]), data.draw(WORLDS)
    before = world.observed()
    for what, poorer_world in (*without_evidence(world, check), *without_attributes(world)):
        check_law(rule, before, poorer_world.observed(), what)
    for what, after in without_opinions(before):
        check_law(rule, before, after, what)
    for producer in rule.scanners if isinstance(rule, VulnerabilitiesRule) else ():
        check_law(rule, before, without_scanner(world, producer).observed(), f"every report by {producer}")


@given(WORLDS, st.data())
def test_nothing_at_all_passes_no_check(world: World, data: st.DataObject) -> None:
    rule = data.draw(st.one_of(*RULES.values()))
    empty = replace(world, pieces=(), matched=(), arrivals=None).observed()
    assert badness(rule, empty, STRICT) == BADNESS.index(Outcome.BLOCK)
    assert badness(rule, empty, PATIENT) == BADNESS.index(Outcome.REVIEW)


HELD = CurrentFacts(
    Digest("b" * 64), frozenset(), frozenset({"pkg:pypi/a@1.0"}), None, frozenset(), frozenset({"them"})
)
GOOD = World(
    (
        evidence(sbom(component("a"))),
        evidence(scan()),
        evidence(provenance(base_images=(BASE,))),
        evidence(Suites((run(), run("integration")))),
        measured(),
        watched(),
        rebuilt(),
        answered(),
    ),
    arrivals=(arrival("staging", NOW - timedelta(days=1)),),
    current=HELD,
)
BAD = World(
    (
        evidence(sbom(component("new", "AGPL-3.0-only", version=None, purl="pkg:pypi/new@1")), form="spdx-json"),
        evidence(replace(scan(finding()), created=NOW - timedelta(days=2))),
        evidence(
            provenance(builder_id="https://evil.example/b", base_images=(Material("pkg:docker/evil@1", ()),))
        ),
        evidence(Suites((run(failed=3), run("integration")))),
        measured(setuid=("bin/su",), env_suspicious=("TOKEN",)),
        watched(critical=1),
        rebuilt(equal=False),
        answered("a"),
    ),
    arrivals=(),
    current=HELD,
)
DOCUMENTS: dict[str, dict[str, Any]] = {
    "signature": {"keys": ["service:ci"]},
    "provenance": {"keys": ["service:ci"], "builders": ["https://ci.shop.example/**"]},
    "sbom": {"min_ratio": {"version": "1"}},
    "vulnerabilities": {},
    "vulnerability_budget": {"points": {"high": 1}, "max": 0},
    "licences": {"deny": ["AGPL-3.0-only"]},
    "tests": {"required_suites": ["unit", "integration"]},
    "promoted_from": {"environment": "staging"},
    "attack_surface": {"max": {"setuid": 0}},
    "secrets": {},
    "runtime": {"from": "staging", "window": "24h"},
    "reproducible": {},
    "base_image": {"keys": ["service:ci"], "allowed": ["docker.io/library/debian:*"]},
    "freshness": {"max_age": {"scan": "1d"}},
    "churn": {"max_added": 0},
    "exec": {"uses": "names"},
    "http": {"uses": "names"},
    "plugin": {"uses": "names"},
    "expr": {"for_each": "vulnerability", "expr": 'v.severity == "high"'},
}


@pytest.mark.parametrize("check", DOCUMENTS)
def test_every_check_is_seen_to_pass_to_fail_and_not_to_know(check: str) -> None:
    bad = World((evidence(sbom(), by="service:other"),)) if check == "signature" else BAD
    it = rule(check=check, **DOCUMENTS[check])
    assert judge_check(it, GOOD.observed()).outcome is Outcome.PASS
    assert judge_check(it, bad.observed()).outcome is Outcome.BLOCK
    assert judge_check(it, World(arrivals=None).observed()).outcome is Outcome.UNKNOWN


def test_every_kind_of_check_is_judged_and_stands_here() -> None:
    kinds = {get_args(get_type_hints(kind)["check"])[0] for kind in get_args(Rule)}
    assert kinds == set(DOCUMENTS)


# ------------------------------------------------------------------------------------------------ other laws
@pytest.mark.parametrize("check", RULES)
@given(st.data())
def test_a_judgement_never_raises_and_the_order_of_evidence_changes_nothing(
    check: str, data: st.DataObject
) -> None:
    rule, world = data.draw(RULES[check]), data.draw(WORLDS)
    told = judge_check(rule, world.observed())
    assert judge_check(rule, world.observed()) == told
    shuffled = replace(world, pieces=tuple(data.draw(st.permutations(world.pieces))))
    again = judge_check(rule, shuffled.observed())
    assert (again.outcome, again.counts, again.holds_until) == (told.outcome, told.counts, told.holds_until)
    assert {finding.term for finding in again.findings} == {finding.term for finding in told.findings}


@pytest.mark.parametrize("check", RULES)
@given(st.data())
def test_until_the_moment_that_it_names_a_judgement_holds(check: str, data: st.DataObject) -> None:
    rule, world = data.draw(RULES[check]), data.draw(WORLDS)
    now = judge_check(rule, world.observed())
    if now.holds_until is not None and now.holds_until > NOW and now.outcome is Outcome.PASS:
        later = facts(
            *world.pieces,
            matched=world.matched,
            arrivals=world.arrivals,
            current=world.current,
            now=now.holds_until,
        )
        assert judge_check(rule, later).outcome is Outcome.PASS
