"""Step 5: an auditor verifies offline, and every forgery fails with its own reason."""

import base64
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.stories.shop import Said, Shop, copied, found, run_pratique

from pratique.values.canonical import canonical


@pytest.fixture(scope="module")
def audited(template: Shop) -> Iterator[Shop]:
    """A shop with *middling* in prod by two people, and the proof of it in ``proof.json``."""
    with copied(template) as shop:
        shop.bring("middling", "dev", "staging")
        promotion = shop.bring("middling", "prod", actor="person:cai")
        for person in ("person:bea", "person:eve"):
            shop.approve(promotion, person)
        shop.work()
        shop.done("proof", "export", promotion, "--out", shop.folder / "proof.json")
        yield shop


def verify(shop: Shop, proof: bytes | None = None, *more: object, trust_root: Path | None = None) -> Said:
    """Verify a proof as an auditor does: without a workspace."""
    file = shop.folder / "proof.json"
    if proof is not None:
        file = shop.folder / "changed.json"
        file.write_bytes(proof)
    return run_pratique("proof", "verify", file, "--trust-root", trust_root or shop.trust_root, *more)


def content(shop: Shop) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((shop.folder / "proof.json").read_bytes())
    return document


def reviews(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [entry for entry in document["entries"] if b'"review.given/1"' in base64.b64decode(entry["event"])]


def test_the_proof_holds_with_nothing_but_the_trust_root(audited: Shop) -> None:
    image = audited.repository("prod").resolve("middling")
    said = verify(audited, None, "--image", image, "--environment", "prod")
    assert said.code == 0
    assert "approved by  person:bea as security" in said.out
    assert "approved by  person:eve as release" in said.out
    assert "judgement not recomputed" in said.out
    assert "not witnessed" in said.out


def test_on_the_fast_track_it_says_that_no_person_signed(shop: Shop) -> None:
    promotion = shop.bring("clean", "dev")
    shop.done("proof", "export", promotion, "--out", shop.folder / "proof.json")
    said = verify(shop)
    assert said.code == 0
    assert "no person signed this" in said.out


def test_any_flipped_bit_is_refused(audited: Shop) -> None:
    whole = (audited.folder / "proof.json").read_bytes()
    chance = random.Random(20261124)
    for _ in range(150):
        changed = bytearray(whole)
        place = chance.randrange(len(whole))
        changed[place] ^= 1 << chance.randrange(8)
        said = verify(audited, bytes(changed))
        assert said.code in (1, 2), f"byte {place}: {said}"
        assert said.err.count("\n") == 1


def test_a_byte_flipped_within_an_approval_is_said_to_be_in_the_ledger_entry(audited: Shop) -> None:
    document = content(audited)
    entry = reviews(document)[0]
    event = bytearray(base64.b64decode(entry["event"]))
    event[100] ^= 1
    entry["event"] = base64.b64encode(event).decode()
    said = verify(audited, canonical(document))
    assert said.code == 1
    assert f"inclusion of entry {entry['index']}" in said.err


def test_a_dropped_approval_is_missed(audited: Shop) -> None:
    document = content(audited)
    dropped = reviews(document)[-1]
    document["entries"].remove(dropped)
    for item in json.loads(base64.b64decode(dropped["event"]))["objects"]:
        del document["objects"][item["sha256"]]
    said = verify(audited, canonical(document))
    assert said.code == 1
    assert "expected 1 people as release" in said.err


def test_an_approval_whose_signed_bytes_are_missing_is_missed(audited: Shop) -> None:
    document = content(audited)
    for item in json.loads(base64.b64decode(reviews(document)[0]["event"]))["objects"]:
        del document["objects"][item["sha256"]]
    assert verify(audited, canonical(document)).code in (1, 2)


def test_it_proves_nothing_about_another_image(audited: Shop) -> None:
    said = verify(audited, None, "--image", audited.repository("build").resolve("clean"))
    assert said.code == 1
    assert "expected one about the image" in said.err


def test_it_proves_nothing_about_another_environment(audited: Shop) -> None:
    assert verify(audited, None, "--environment", "staging").code == 1


def test_whoever_trusts_another_shop_does_not_trust_this_one(audited: Shop, tmp_path: Path) -> None:
    other = found(tmp_path / "other")
    said = verify(audited, trust_root=other.trust_root)
    assert said.code == 1


def test_before_it_is_sealed_there_is_no_proof(shop: Shop) -> None:
    promotion = shop.request("clean", "dev").promotion
    said = shop.pratique("proof", "export", promotion, "--out", shop.folder / "proof.json")
    assert said.code == 1
    assert not (shop.folder / "proof.json").exists()
