"""Laws of copying, on random graphs: the same closure arrives, once or twice, also after dying anywhere; and no tag
ever points at something incomplete on the way.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.registry.builders import (
    BUNDLE,
    CYCLONEDX,
    DSSE,
    Built,
    build_buildkit_attestation,
    build_image,
    build_index,
    build_legacy,
    build_referrer,
    no_lock,
    on,
    push,
)
from tests.servers.faulty.faults import Fault, at_once
from tests.servers.faulty.registry import COMPLETE, Rules
from tests.servers.faulty.wire import Asked, Reply
from tests.servers.oci_server import Running, oci_server

from pratique.errors import Refused
from pratique.registry.closure import Closure, plan
from pratique.registry.copy import CopyReport, copy
from pratique.registry.edges import LEGACY, legacy_tag
from pratique.registry.interface import Registry
from pratique.registry.open import Settings, open_repository
from pratique.registry.progress import Way
from pratique.values.reference import parse_repository

_BODIES = tuple(b"layer %d" % at for at in range(6))  # few, so that images share them
_NAMES = count()


@dataclass(frozen=True)
class Graph:
    """A root, and what claims to be about any of its nodes, in an order in which it can be pushed."""

    root: Built
    referrers: tuple[Built, ...]
    legacy: tuple[tuple[str, Built], ...]


def nodes_of(built: Built) -> Iterator[Built]:
    for part in built.parts:
        yield from nodes_of(part)
    yield built


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Nested indexes over images that share layers, with attestations, referrers of referrers and legacy tags."""
    chance = Random(draw(st.integers(0, 2**32)))  # one number, so that a failing graph is found again
    images = [
        build_image(f"image{at}", layers=tuple(chance.choices(_BODIES, k=chance.randint(0, 4))))
        for at in range(chance.randint(1, 4))
    ]
    root = images[0]
    for _ in range(chance.randint(0, 3)):
        parts = [(each, on(chance.choice(("amd64", "arm64")))) for each in chance.choices([*images, root], k=2)]
        attested = [build_buildkit_attestation(images[0], {"for": 1})] if chance.random() < 0.3 else []
        root = build_index((root, {}), *parts, *attested)
    subjects = list(nodes_of(root))
    referrers: list[Built] = []
    for at in range(chance.randint(0, 4)):
        subject = chance.choice(subjects)
        referrers.append(build_referrer(subject, chance.choice((CYCLONEDX, BUNDLE)), b'{"number":%d}' % at))
        subjects.append(referrers[-1])
    legacy = {
        legacy_tag(chance.choice(subjects).digest, chance.choice(LEGACY)): build_legacy((DSSE, b"%d" % at, {}))
        for at in range(chance.randint(0, 2))
    }
    return Graph(root, tuple(referrers), tuple(legacy.items()))


@dataclass
class Death:
    """From the write with this number on, everything written is refused, as if the writer had died there."""

    repository: str = ""
    after: int | None = None
    writes: int = 0

    def strikes(self, asked: Asked) -> bool:
        if asked.method in ("GET", "HEAD") or f"/{self.repository}/" not in asked.target or self.after is None:
            return False
        self.writes += 1
        return self.writes > self.after


@dataclass
class Harbour:
    """One registry with two repositories for each example, and every tag that ever was incomplete."""

    running: Running
    death: Death
    folder: Path
    broken: list[str] = field(default_factory=list)

    def fresh(self) -> tuple[Registry, Registry]:
        number = next(_NAMES)
        self.death.repository, self.death.after, self.death.writes = f"to{number}", None, 0
        return self.at(f"from{number}"), self.at(f"to{number}")

    def at(self, name: str) -> Registry:
        host = self.running.host
        return open_repository(
            parse_repository(f"{host}/{name}"), Settings(self.folder, insecure=frozenset({host}))
        )


@pytest.fixture(scope="module", params=[COMPLETE, Rules(referrers=False)], ids=["referrers API", "fallback tags"])
def harbour(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harbour]:
    death = Death()

    def look(asked: Asked, _: Reply) -> None:
        if asked.method == "PUT" and "/manifests/" in asked.target:
            found = running.store[death.repository].broken_tags()
            here.broken.extend(f"{asked.target}: {tag} lacks {missing}" for tag, missing in found.items())

    fault = Fault(death.strikes, at_once(Reply(403)))
    lenient = Rules(referrers=request.param.referrers, checks_references=False)  # the order is our own merit
    with oci_server(fault, rules=lenient, watch=look) as running:
        here = Harbour(running, death, tmp_path_factory.mktemp("laws"))
        yield here


def fill(registry: Registry, graph: Graph) -> Closure:
    push(registry, graph.root)
    for built in graph.referrers:
        push(registry, built)
    for tag, built in graph.legacy:
        push(registry, built, tag)
    return plan(registry, graph.root.digest)


def carry(found: Closure, source: Registry, destination: Registry) -> CopyReport:
    wanted = frozenset(edge.child for edge in found.evidence)
    report = copy(found, source, destination, wanted, no_lock)
    destination.put_tag("v1", found.root, None)
    return report


@given(graph=graphs())
@settings(max_examples=8, deadline=None)
def test_the_same_closure_arrives_and_a_second_copy_changes_nothing(harbour: Harbour, graph: Graph) -> None:
    source, destination = harbour.fresh()
    found = fill(source, graph)

    carry(found, source, destination)
    first = dict(harbour.running.store[harbour.death.repository].tags)
    again = carry(found, source, destination)

    assert plan(destination, found.root) == found
    assert {way for _, way in again.blobs} <= {Way.PRESENT}
    assert harbour.running.store[harbour.death.repository].tags == first
    assert harbour.broken == []


@given(graph=graphs(), after=st.integers(0, 40))
@settings(max_examples=12, deadline=None)
def test_a_copy_that_died_anywhere_ends_the_same_when_it_is_run_again(
    harbour: Harbour, graph: Graph, after: int
) -> None:
    source, destination = harbour.fresh()
    found = fill(source, graph)
    harbour.death.after = after
    with suppress(Refused):
        carry(found, source, destination)
    there = set(harbour.running.store[harbour.death.repository].blobs)
    harbour.death.after = None

    report = carry(found, source, destination)

    assert plan(destination, found.root) == found
    moved = {str(digest) for digest, way in report.blobs if way is Way.MOVED}
    assert moved & there == set(), "what had arrived was not moved again"
    assert harbour.broken == []


@given(graph=graphs())
@settings(max_examples=4, deadline=None)
def test_a_way_over_a_layout_and_back_changes_nothing(harbour: Harbour, graph: Graph) -> None:
    source, destination = harbour.fresh()
    found = fill(source, graph)
    layout = open_repository(parse_repository(f"oci:layout{next(_NAMES)}"), Settings(harbour.folder))

    carry(found, source, layout)
    carry(plan(layout, found.root), layout, destination)

    assert plan(layout, found.root) == plan(destination, found.root) == found
    assert harbour.broken == []
