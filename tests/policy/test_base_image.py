"""Which images it was built on, and how old they are."""

from datetime import timedelta

import pytest
from tests.policy.builders import NOW, evidence, facts, provenance
from tests.policy.worlds import attribute, judge

from pratique.evidence.facts.build import Material
from pratique.evidence.model import Evidence
from pratique.policy.base import image_name
from pratique.policy.result import Outcome
from pratique.values.moment import render_moment

DEBIAN = Material("pkg:docker/debian@12-slim?platform=linux%2Famd64", (("sha256", "d" * 64),))
BASE = {"check": "base_image", "keys": ["service:ci"], "allowed": ["docker.io/library/debian:12*"]}
YOUNG = {"check": "base_image", "keys": ["service:ci"], "max_age": "60d"}


def built(*bases: Material, by: str | None = "service:ci", **changes: object) -> Evidence:
    return evidence(provenance(base_images=bases, **changes), by=by)


def made(days: int, *, by: str | None = "service:ci", digest: str = "sha256:" + "d" * 64) -> Evidence:
    created = render_moment(NOW - timedelta(days=days))
    return attribute("base-image", {"image": "debian", "digest": digest, "created": created}, by=by)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("pkg:docker/debian@12-slim?platform=linux%2Famd64", "docker.io/library/debian:12-slim"),
        ("pkg:docker/library/debian@12", "docker.io/library/debian:12"),
        ("pkg:docker/shop/base@1?repository_url=registry.example", "registry.example/shop/base:1"),
        (
            "pkg:oci/debian@sha256%3A00?repository_url=docker.io/library/debian&tag=12",
            "docker.io/library/debian:12",
        ),
        ("docker-image://docker.io/library/debian:12@sha256:00", "docker.io/library/debian:12"),
        ("docker-image://registry.example:5000/a/b", "registry.example:5000/a/b:latest"),
        ("debian:12", "docker.io/library/debian:12"),
        ("shop/api:3", "docker.io/shop/api:3"),
    ],
)
def test_an_image_has_one_name_in_every_notation(written: str, name: str) -> None:
    assert image_name(written) == name


def test_without_keys_any_service_of_the_directory_counts_and_nobody_else() -> None:
    anybody = {name: item for name, item in BASE.items() if name != "keys"}
    assert judge(anybody, facts(built(DEBIAN, by="service:other"))).outcome is Outcome.PASS
    result = judge(anybody, facts(built(DEBIAN, by=None)))
    assert result.outcome is Outcome.UNKNOWN
    assert "no provenance signed by a service of the directory" in result.message


def test_when_a_base_was_made_as_seen_here_counts_whoever_is_named() -> None:
    assert judge(YOUNG, facts(built(DEBIAN), made(1, by="service:record"))).outcome is Outcome.PASS
    assert judge(YOUNG, facts(built(DEBIAN), made(61, by="service:record"))).outcome is Outcome.BLOCK


def test_an_allowed_base_passes_and_another_does_not() -> None:
    assert judge(BASE, facts(built(DEBIAN))).outcome is Outcome.PASS
    result = judge(BASE, facts(built(DEBIAN, Material("pkg:docker/alpine@3", ()))))
    assert result.outcome is Outcome.BLOCK
    assert [finding.term for finding in result.findings] == ["base:docker.io/library/alpine:3"]


def test_provenance_that_names_no_base_or_not_every_one_leaves_it_open() -> None:
    assert judge(BASE, facts(built())).outcome is Outcome.UNKNOWN
    assert judge(BASE, facts(built(DEBIAN, incomplete=("materials",)))).outcome is Outcome.UNKNOWN
    assert judge(BASE, facts(built(DEBIAN, by=None))).outcome is Outcome.UNKNOWN
    assert judge(BASE, facts()).outcome is Outcome.UNKNOWN


def test_a_base_is_young_enough_to_the_day_and_holds_until_then() -> None:
    result = judge(YOUNG, facts(built(DEBIAN), made(60)))
    assert (result.outcome, result.holds_until) == (Outcome.PASS, NOW)
    assert judge(YOUNG, facts(built(DEBIAN), made(61))).outcome is Outcome.BLOCK


@pytest.mark.parametrize("statement", [made(1, by=None), made(-1), made(1, digest="sha256:00")])
def test_an_age_that_nobody_trusted_states_is_not_known(statement: Evidence) -> None:
    assert judge(YOUNG, facts(built(DEBIAN), statement)).outcome is Outcome.UNKNOWN


def test_of_two_dates_the_earlier_counts() -> None:
    assert judge(YOUNG, facts(built(DEBIAN), made(1), made(99))).outcome is Outcome.BLOCK


def test_what_is_too_old_stays_so_and_is_not_judged_again_at_once() -> None:
    assert judge(YOUNG, facts(built(DEBIAN), made(61))).holds_until is None
    assert judge(YOUNG, facts(built(DEBIAN), made(59))).holds_until == NOW + timedelta(days=1)
