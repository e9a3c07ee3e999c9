"""A bill of materials against what the image's layers hold."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.evidence.surface.test_claim import VALUES
from tests.policy.builders import component, evidence, facts, sbom

from pratique.attest.keykind import KeyKind
from pratique.attest.verify import Signed
from pratique.evidence.crosscheck import InstalledPackage, Manager
from pratique.evidence.model import Evidence
from pratique.evidence.read import read
from pratique.evidence.surface.claim import MEASURER, build_surface, read_surface
from pratique.evidence.surface.measure import Held
from pratique.policy.checks.sbom import SbomRule, judge_sbom
from pratique.policy.result import CheckResult, Outcome, rank
from pratique.policy.schema import decode
from pratique.policy.tightening import loosened
from pratique.values.digest import Digest
from pratique.values.names import Actor

LAYER = Digest.of(b"layer")


def measured(*names: str, unread: tuple[str, ...] = (), by: Actor = MEASURER) -> Evidence:
    """What was measured: these packages of Python, each in version 1."""
    held = tuple(Held(InstalledPackage(Manager.PYTHON, name, "1"), LAYER) for name in names)
    surface = replace(read_surface(VALUES), packages=held, packages_unread=unread)
    piece = evidence(sbom())
    content = build_surface(surface, piece.covers[0], "https://pratique.example/surface")
    return replace(
        piece, reading=read(content, "application/json"), signers=(Signed(by, "key", KeyKind.ECDSA_P256),)
    )


def judge(*pieces: Evidence, **changes: Any) -> CheckResult:
    rule = {"id": "sbom", "check": "sbom", "cross_check": True} | changes
    return judge_sbom(decode(SbomRule, rule), facts(*pieces))


def listing(*names: str) -> Evidence:
    """A bill of materials of these packages of Python, each in version 1."""
    return evidence(sbom(*(replace(component(name), version="1", purl=f"pkg:pypi/{name}@1") for name in names)))


def test_one_that_lists_what_the_layers_hold_passes() -> None:
    result = judge(listing("flask", "more"), measured("flask"))
    assert result.outcome is Outcome.PASS


def test_one_that_hides_packages_is_not_believed() -> None:
    result = judge(listing("flask"), measured("flask", "log4j", "xz"))
    assert result.outcome is Outcome.UNKNOWN
    assert "2 of 3 installed packages are not listed: pypi/log4j@1, pypi/xz@1" in result.message
    assert [finding.term for finding in result.findings] == ["hidden-packages"]


def test_where_nobody_measured_it_is_unknown() -> None:
    result = judge(listing("flask"))
    assert (result.outcome, result.message) == (Outcome.UNKNOWN, "nobody measured what the image's layers hold")


def test_what_others_say_about_the_layers_does_not_count() -> None:
    assert judge(listing("flask"), measured("flask", by=Actor("service:ci"))).outcome is Outcome.UNKNOWN


def test_a_package_database_that_is_not_read_leaves_it_unknown() -> None:
    result = judge(listing("flask"), measured("flask", unread=("var/lib/rpm/rpmdb.sqlite",)))
    assert result.outcome is Outcome.UNKNOWN
    assert "var/lib/rpm/rpmdb.sqlite" in result.message


def test_what_has_no_package_url_is_told_as_not_comparable_and_satisfies_nothing() -> None:
    plain = replace(component("flask"), version="1", purl=None)
    result = judge(evidence(sbom(plain)), measured("flask"))
    assert result.outcome is Outcome.UNKNOWN
    assert "1 of 1 installed package are not listed: pypi/flask@1" in result.message
    assert "1 package not comparable with the layers: flask (no package URL)" in result.message
    assert ("not_comparable", 1) in result.counts


def test_what_the_layers_keep_no_record_of_is_told_and_fails_nothing() -> None:
    flask = replace(component("flask"), version="1", purl="pkg:pypi/flask@1")
    other = replace(component("gson"), version="2", purl="pkg:maven/com.google.code.gson/gson@2")
    result = judge(evidence(sbom(flask, other)), measured("flask"))
    assert result.outcome is Outcome.PASS
    assert "1 package not comparable with the layers: pkg:maven/com.google.code.gson/gson@2" in result.message
    assert "not comparable" not in judge(evidence(sbom(flask, other)), cross_check=False).message


NAMES = st.lists(st.sampled_from(["flask", "jinja2", "idna"]), max_size=3, unique=True)


@given(NAMES, NAMES, st.booleans())
def test_taking_away_what_was_measured_never_helps(lists: list[str], holds: list[str], unread: bool) -> None:
    bill, paths = listing("base", *lists), ("var/lib/rpm/Packages",) if unread else ()
    with_it = judge(bill, measured(*holds, unread=paths))
    assert rank(judge(bill).outcome) >= rank(with_it.outcome)
    assert rank(with_it.outcome) >= rank(judge(bill, measured(*holds)).outcome)


def test_a_rule_that_does_not_ask_looks_at_no_layers() -> None:
    assert judge(listing("flask"), measured("log4j"), cross_check=False).outcome is Outcome.PASS


def test_a_child_may_ask_for_it_and_may_not_let_go_of_it() -> None:
    asks, does_not = (
        decode(SbomRule, {"id": "sbom", "check": "sbom", "cross_check": asked}) for asked in (True, False)
    )
    assert loosened(asks, does_not) == ("cross_check",)
    assert loosened(does_not, asks) == ()
