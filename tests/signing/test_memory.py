"""The signer seals nothing that is behind what it has seen."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from tests.promotion.builders import NOW, identifier
from tests.proof.attacks import decided
from tests.proof.builders import REVIEWERS, Story, approved_story, founded, trust_root

from pratique.errors import Malformed, Unreachable, Unverified
from pratique.proof.established import Established
from pratique.proof.verify import verify_clearance
from pratique.service.zone import zone_named
from pratique.signing.keyfile import Algorithm, create_key
from pratique.signing.memory import Memory
from pratique.signing.sealer import Sealer, SignedSeal
from pratique.values.ids import Kind

OTHER = identifier(Kind.PROMOTION, "other")


@pytest.fixture
def sealer(tmp_path: Path) -> Sealer:
    key = create_key(tmp_path / "seal.pem", Algorithm.ED25519)
    return Sealer(trust_root(), lambda _: key, Memory(tmp_path / "signer-state.json"), zone_named)


def seal(sealer: Sealer, story: Story) -> SignedSeal:
    return sealer.seal(story.clearance(), story.book.objects.__getitem__, NOW)


def established() -> Established:
    return verify_clearance(approved_story().clearance(), trust_root())


def again(story: Story, promotion: str, **request: str) -> Story:
    """Return another promotion in the same ledger, approved on a request that differs in this."""
    other = replace(story, id=promotion, reviews=[])
    other.ask(statement=request, **request)
    other.gather()
    other.judge()
    for name in REVIEWERS:
        other.review(name)
    other.approve()
    return other


def test_the_same_promotion_is_sealed_as_often_as_it_is_tried(sealer: Sealer) -> None:
    story = approved_story()
    seal(sealer, story)
    story.noise()
    assert seal(sealer, story).established.size == len(story.book.events)


def test_a_request_that_was_sealed_is_not_sealed_for_another_promotion(sealer: Sealer) -> None:
    story = approved_story()
    seal(sealer, story)
    replayed = again(story, OTHER)
    assert verify_clearance(replayed.clearance(), trust_root())
    with pytest.raises(Unverified, match=rf"this request of service:ci was sealed for {story.id}, found it again"):
        seal(sealer, replayed)


def test_another_request_for_the_same_is_sealed(sealer: Sealer) -> None:
    story = approved_story()
    seal(sealer, story)
    assert seal(sealer, again(story, OTHER, nonce="1" * 32))


def test_a_shorter_ledger_is_not_sealed_on(sealer: Sealer) -> None:
    story = approved_story()
    shorter = story.branch()
    story.noise()
    seal(sealer, story)
    with pytest.raises(Unverified, match=r"number of entries in the ledger: expected at least 18, .* found 17"):
        seal(sealer, shorter)


def test_an_older_directory_is_not_sealed_on(sealer: Sealer) -> None:
    story = approved_story()
    without = story.branch()
    without.noise()
    story.publish_directory()
    seal(sealer, story)
    with pytest.raises(Unverified, match=r"version of the directory: expected at least 2, .* found 1"):
        seal(sealer, without)


def test_an_older_policy_is_not_sealed_on(sealer: Sealer) -> None:
    story = founded()
    without = story.branch()
    story.publish_policy()
    seal(sealer, decided(story, *REVIEWERS))
    without.policies.pop()
    without.noise()
    with pytest.raises(Unverified, match=r"version of the policy: expected at least 2, .* found 1"):
        seal(sealer, decided(without, *REVIEWERS))


def test_what_was_refused_is_not_remembered(sealer: Sealer) -> None:
    story = approved_story()
    seal(sealer, story)
    known = sealer.memory.path.read_bytes()
    replayed = again(story, OTHER)
    with pytest.raises(Unverified):
        seal(sealer, replayed)
    assert sealer.memory.path.read_bytes() == known


def test_unsigned_requests_are_anybodys(tmp_path: Path) -> None:
    memory, found = Memory(tmp_path / "state"), replace(established(), request_signed=False)
    memory.remember(found)
    memory.remember(replace(found, promotion=OTHER))
    assert "requests" not in json.loads(memory.path.read_bytes())


def test_only_its_owner_reads_it_and_nothing_half_written_stays(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "state")
    memory.remember(established())
    assert memory.path.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["state", "state.lock"]


def test_what_two_remember_at_once_is_remembered_both(tmp_path: Path) -> None:
    found = established()
    several = [replace(found, nonce=f"{number:032x}") for number in range(24)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda one: Memory(tmp_path / "state").remember(one), several))
    assert len(json.loads((tmp_path / "state").read_bytes())["requests"]) == 24


def test_a_damaged_file_is_not_taken_for_a_new_one(tmp_path: Path) -> None:
    (tmp_path / "state").write_bytes(b"")
    with pytest.raises(Malformed, match="signer state"):
        Memory(tmp_path / "state").remember(established())


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="cannot be written: No such file or directory"):
        Memory(tmp_path / "none" / "state").remember(established())
