"""Findings say whose they are: the base image's, or the application's."""

from dataclasses import replace

import pytest

from pratique.evidence.facts.scan import Fix
from pratique.evidence.model import Vulnerability
from pratique.evidence.surface.origin import Origin
from pratique.policy.index import build_index

UNPLACED = Vulnerability(
    term="CVE-1@pkg:deb/debian/libc6",
    identifier="CVE-1",
    aliases=(),
    package="libc6",
    version="2.36",
    purl="pkg:deb/debian/libc6@2.36",
    severity=None,
    severity_source=None,
    ratings=(),
    fix=Fix.UNKNOWN,
    fixed_versions=(),
    reported_by=("trivy",),
    suppressed_by=(),
)


@pytest.mark.parametrize(
    ("origin", "written", "told"),
    [
        (Origin.BASE, "base", "in libc6 2.36 of the base image, reported by trivy"),
        (Origin.APPLICATION, "application", "in libc6 2.36 of the application, reported by trivy"),
        (None, None, "in libc6 2.36, reported by trivy"),
    ],
)
def test_a_finding_says_whose_it_is_where_layers_tell(
    origin: Origin | None, written: str | None, told: str
) -> None:
    index = build_index((replace(UNPLACED, origin=origin),), (), ())
    ((found,),) = (group.members for group in index.groups)
    assert found.finding.origin == written
    assert told in found.finding.message
    assert found.finding.term == UNPLACED.term
