"""From a registry without the referrers API to one that has it, to a directory, and back, with all evidence."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from tests.registry.builders import (
    BUNDLE,
    CYCLONEDX,
    DSSE,
    Built,
    build_legacy,
    build_platforms,
    build_referrer,
    no_lock,
    push,
)
from tests.servers.docker_registry import docker_registry

from pratique.registry.closure import plan
from pratique.registry.copy import copy
from pratique.registry.edges import EdgeKind, legacy_tag
from pratique.registry.interface import Registry
from pratique.registry.open import Settings, open_repository
from pratique.registry.referrers import fallback_tag
from pratique.values.digest import Digest
from pratique.values.reference import parse_repository

Place = Callable[[str], Registry]


@pytest.fixture(scope="module")
def docker_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with docker_registry(tmp_path_factory.mktemp("registry") / "files") as address:
        yield address


@pytest.fixture
def places(docker_host: str, referrers_host: str, tmp_path: Path) -> Place:
    """Open *docker*, *modern* or a layout directory of any other name."""
    own = Digest.of(str(tmp_path).encode()).hex[:40]
    hosts = {"docker": f"{docker_host}/{own}", "modern": f"{referrers_host}/{own}"}
    settings = Settings(tmp_path, insecure=frozenset({docker_host, referrers_host}))
    return lambda name: open_repository(parse_repository(hosts.get(name, f"oci:{name}")), settings)


def push_with_evidence(registry: Registry) -> tuple[Built, tuple[Built, ...]]:
    """Push two platforms with a bundle, a report, the report's signature and a legacy attestation."""
    image = build_platforms("web")
    report = build_referrer(image.parts[0], CYCLONEDX, b'{"components":[]}')
    referrers = (build_referrer(image, BUNDLE, b'{"n":1}'), report, build_referrer(report, BUNDLE, b'{"n":2}'))
    legacy = build_legacy((DSSE, b'{"envelope":1}', {"predicateType": "x"}))
    push(registry, image)
    for built in referrers:
        push(registry, built)
    push(registry, legacy, legacy_tag(image.digest, EdgeKind.ATT))
    return image, (*referrers, legacy)


def carry(image: Built, *way: Registry) -> None:
    """Copy an image with everything that is about it from each place to the next."""
    for source, destination in pairwise(way):
        found = plan(source, image.digest)
        copy(found, source, destination, frozenset(edge.child for edge in found.evidence), no_lock)


def test_evidence_survives_the_way_through_every_kind_of_place_and_back(places: Place) -> None:
    start, end = places("docker"), places("again")
    image, evidence = push_with_evidence(start)

    carry(image, start, places("modern"), places("layout"), end)
    carry(image, end, places("modern"))

    for place in (places("modern"), places("layout"), end):
        assert plan(place, image.digest) == plan(start, image.digest)
        assert [place.manifest(each.digest).raw for each in evidence] == [each.raw for each in evidence]


def test_where_the_registry_lists_referrers_no_fallback_tag_is_written(places: Place) -> None:
    image, evidence = push_with_evidence(places("docker"))

    carry(image, places("docker"), places("modern"))

    assert fallback_tag(image.digest) not in places("modern").tags()
    assert places("docker").resolve(fallback_tag(image.digest)) is not None
    assert {each.digest for each in places("modern").referrers(image.digest)} == {evidence[0].digest}


def test_from_a_registry_that_lists_referrers_the_fallback_list_is_built_where_none_is(places: Place) -> None:
    image, evidence = push_with_evidence(places("modern"))

    carry(image, places("modern"), places("docker"))

    assert {each.digest for each in places("docker").referrers(image.digest)} == {evidence[0].digest}
    assert places("docker").resolve(fallback_tag(image.digest)) is not None
