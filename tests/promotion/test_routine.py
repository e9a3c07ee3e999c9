"""A routine change brings nothing new that a person should look at; what is not known is not routine."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.evidence.facts.scan import Severity
from pratique.promotion.profile import Profile
from pratique.promotion.routine import why_not_routine

NOW = Profile(
    bases=("pkg:docker/library/debian@12.5",),
    commit="c" * 40,
    components=("pkg:pypi/flask@3.0.0", "pkg:deb/debian/openssl@1%3A3.0.11"),
    licences=("Permissive",),
    vulnerabilities=("CVE-1@pkg:pypi/flask",),
)


def reasons(new: Profile, severity: Severity | None = None) -> tuple[str, ...]:
    severities = {} if severity is None else dict.fromkeys(new.vulnerabilities or (), severity)
    return why_not_routine(new, NOW, severities)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"bases": ("pkg:docker/library/debian@12.6",)},
        {"components": ("pkg:pypi/flask@3.1.2", "pkg:pypi/new@1.0")},
        {"vulnerabilities": ()},
        {"commit": None},
    ],
)
def test_these_changes_are_routine(change: dict[str, Any]) -> None:
    assert reasons(replace(NOW, **change)) == ()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"bases": ("pkg:docker/library/debian@12.4",)}, "it is built on"),
        ({"bases": ("pkg:docker/library/debian@12.5-slim",)}, "it is built on"),
        ({"bases": ("pkg:docker/other/debian@12.5",)}, "it is built on"),
        ({"bases": ()}, "it is built on no image"),
        ({"bases": None}, "no signed provenance"),
        ({"components": ("pkg:pypi/flask@4.0.0",)}, "another major version: pkg:pypi/flask 3 → 4"),
        ({"components": ("pkg:pypi/flask@2.9.9",)}, "another major version: pkg:pypi/flask 3 → 2"),
        ({"components": ("pkg:deb/debian/openssl@1%3A4.0",)}, "another major version"),
        ({"components": None}, "there is no bill of materials"),
        ({"licences": ("Copyleft", "Permissive")}, "licences of a new category: Copyleft"),
        ({"vulnerabilities": None}, "nobody looked for vulnerabilities"),
        ({"vulnerabilities": ("CVE-2@pkg:pypi/flask",)}, "new and high, critical or of unknown severity: CVE-2"),
    ],
)
def test_these_are_not_and_say_why(change: dict[str, Any], why: str) -> None:
    assert any(reason.startswith(why) for reason in reasons(replace(NOW, **change)))


@pytest.mark.parametrize(("severity", "routine"), [(Severity.MEDIUM, True), (Severity.HIGH, False), (None, False)])
def test_only_grave_new_vulnerabilities_need_a_look(severity: Severity | None, routine: bool) -> None:
    assert (reasons(replace(NOW, vulnerabilities=("CVE-2@pkg:pypi/x",)), severity) == ()) is routine


PARTS = ("bases", "components", "licences", "vulnerabilities")


@given(st.sets(st.sampled_from(PARTS), min_size=1), st.booleans())
def test_what_is_not_known_of_either_image_is_not_routine(parts: set[str], of_the_new: bool) -> None:
    unknown = replace(NOW, **dict.fromkeys(parts))
    found = why_not_routine(unknown, NOW, {}) if of_the_new else why_not_routine(NOW, unknown, {})
    assert found or parts == {"licences"}  # licences are unknown only together with the components


def test_a_larger_attack_surface_is_for_people_and_a_smaller_one_is_routine() -> None:
    small, large = Profile(surface=("port:80",)), Profile(surface=("port:22", "port:80"))
    assert "a larger attack surface: port:22" in why_not_routine(large, small, {})
    assert not any("surface" in why for why in why_not_routine(small, large, {}))


def test_leaving_out_the_measurement_of_the_layers_is_no_way_around_it() -> None:
    measured, not_measured = Profile(surface=("port:80",)), Profile()
    assert any("nobody measured its layers" in why for why in why_not_routine(not_measured, measured, {}))
    assert not any("layers" in why for why in why_not_routine(measured, not_measured, {}))
