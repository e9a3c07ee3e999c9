"""Whose word counts for what is in the layers, and for nothing else."""

import pytest
from tests.evidence.surface.test_claim import VALUES

from pratique.attest.dsse import IN_TOTO
from pratique.attest.statement import Subject, build_statement
from pratique.evidence.bind import ImageSubject, Platform, understand
from pratique.evidence.model import Bound, Evidence, Origin, Piece
from pratique.evidence.surface.claim import MEASURER, SCAI, build_surface, read_surface
from pratique.policy.facts import Facts, observe
from pratique.policy.facts import Subject as Judged
from pratique.signing.keyfile import Algorithm, ServiceKey, create_key
from pratique.values.digest import Digest
from pratique.values.moment import parse_moment
from pratique.values.names import Actor
from pratique.values.uris import ENVELOPE_MEDIA

IMAGE = Digest.of(b"image")
SURFACE = read_surface(VALUES)
CI = Actor("service:ci")


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> ServiceKey:
    """A key; whose it is, a test says."""
    return create_key(tmp_path_factory.mktemp("keys") / "key.pem", Algorithm.ECDSA_P256)


def understood(statement: bytes, key: ServiceKey, holder: Actor, use: str) -> Evidence:
    """What is made of a statement by a key that the directory lists so."""
    content = key.envelope(IN_TOTO, statement)
    piece = Piece(Digest.of(content), ENVELOPE_MEDIA, len(content), IMAGE, Origin.UPLOAD, content)
    image = ImageSubject(IMAGE, (Platform("linux/amd64", IMAGE, None),))
    (found,) = understand((piece,), ((holder, key.public, frozenset((use,))),), image)
    return found


def observed(evidence: Evidence) -> Facts:
    """What a check sees of it."""
    now = parse_moment("2026-11-24T09:30:00.000Z")
    return observe(Judged(IMAGE, IMAGE, "shop", now, (), None), (evidence,), ())


def test_what_was_measured_here_counts(key: ServiceKey) -> None:
    found = understood(build_surface(SURFACE, IMAGE, "x"), key, MEASURER, "record")
    assert found.bound is Bound.STATEMENT
    assert [surface for surface, _ in observed(found).surfaces] == [SURFACE]


def test_the_same_words_of_another_service_are_evidence_and_no_measurement(key: ServiceKey) -> None:
    found = understood(build_surface(SURFACE, IMAGE, "x"), key, CI, "evidence")
    assert (found.bound, observed(found).surfaces) == (Bound.STATEMENT, ())


def test_the_record_key_vouches_for_no_other_evidence(key: ServiceKey) -> None:
    for predicate, body in (
        ("https://cyclonedx.org/bom", {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": []}),
        (SCAI, {"attributes": [{"attribute": "WITH_STACK_PROTECTION"}]}),
        (SCAI, {"attributes": []}),
    ):
        found = understood(build_statement((Subject(IMAGE),), predicate, body), key, MEASURER, "record")
        assert found.signers == ()


def test_a_measurement_that_misses_a_measure_is_none(key: ServiceKey) -> None:
    body = {"attributes": [{"attribute": "attack-surface.setuid", "conditions": {"value": []}}]}
    found = understood(build_statement((Subject(IMAGE),), SCAI, body), key, MEASURER, "record")
    assert observed(found).surfaces == ()
