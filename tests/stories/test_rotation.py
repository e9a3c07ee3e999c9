"""A new key for the ledger: both sign for a while, nobody who verifies is cut off, and the old one is destroyed."""

import json
from pathlib import Path

from tests.stories.shop import Said, Shop, run_pratique
from tests.stories.test_witness import add, asked, witness


def proof(shop: Shop, promotion: str, name: str) -> Path:
    path = shop.folder / f"{name}.json"
    shop.done("proof", "export", promotion, "--out", path)
    return path


def verified(path: Path, trust_root: Path) -> Said:
    return run_pratique("proof", "verify", path, "--trust-root", trust_root)


def copied(shop: Shop, name: str) -> Path:
    path = shop.folder / name
    path.write_bytes(shop.trust_root.read_bytes())
    return path


def keys_of(trust_root: Path) -> list[str]:
    policy = json.loads(trust_root.read_bytes())["ledger"]
    return [line.split()[1] for line in policy.splitlines() if line.startswith("log ")]


def lines(note: str) -> int:
    return note.count("\n— ")


def test_proofs_verify_before_during_and_after_a_rotation(shop: Shop) -> None:
    before = proof(shop, shop.bring("clean", "dev"), "before")
    old_trust = copied(shop, "old-trust-root.json")
    said = shop.done("ledger", "rotate-key")
    assert "pratique witness add-log" in said.out
    assert lines(str(asked(shop)["note"])) == 2
    during = proof(shop, shop.bring("middling", "dev"), "during")
    assert verified(during, old_trust).code == 0
    assert verified(during, shop.trust_root).code == 0
    shop.done("ledger", "rotate-key", "--finish")
    after = proof(shop, shop.bring("clean", "staging"), "after")
    assert lines(str(asked(shop)["note"])) == 1
    for path in (before, during, after):
        assert verified(path, shop.trust_root).code == 0
    assert verified(after, old_trust).code == 1


def test_the_older_key_is_destroyed_at_the_end(shop: Shop) -> None:
    key = shop.workspace / "keys" / "ledger.pem"
    old = key.read_bytes()
    shop.done("ledger", "rotate-key")
    assert key.read_bytes() == old
    shop.done("ledger", "rotate-key", "--finish")
    assert key.read_bytes() != old
    assert sorted(path.name for path in key.parent.glob("ledger*")) == ["ledger.pem"]


def test_both_keys_are_exported_and_everything_is_checked_and_restored(shop: Shop) -> None:
    shop.done("ledger", "export")
    shop.done("ledger", "rotate-key")
    shop.done("ledger", "export")
    names = ("log.vkey", "log2.vkey")
    assert [(shop.workspace / "export" / name).read_text().strip() for name in names] == keys_of(shop.trust_root)
    shop.done("ledger", "rotate-key", "--finish")
    assert "0 missing" in shop.done("ledger", "drill").out
    assert shop.done("ledger", "fsck").out.endswith("all is well\n")
    types = [event["type"] for event in shop.events()]
    assert [name for name in types if name.startswith("key.")] == ["key.rotated/1", "key.retired/1"]


def test_a_witness_that_was_told_of_the_new_key_goes_on_cosigning(shop: Shop) -> None:
    with witness(shop.folder / "w1", keys_of(shop.trust_root)[0]) as running:
        add(shop, running)
        shop.done("ledger", "rotate-key")
        assert asked(shop)["witnesses"] == ["w1"]
        new = keys_of(shop.trust_root)[1]
        assert run_pratique("witness", "add-log", new, "--at", running.directory).code == 0
        shop.done("ledger", "rotate-key", "--finish")
        shop.bring("clean", "dev")
        assert asked(shop)["witnesses"] == ["w1"]


def test_a_stolen_key_that_was_taken_out_of_the_trust_root_counts_no_longer(shop: Shop) -> None:
    before = proof(shop, shop.bring("clean", "dev"), "before")
    shop.done("ledger", "rotate-key")
    shop.done("ledger", "rotate-key", "--finish")
    shop.done("ledger", "remove-key", keys_of(shop.trust_root)[0])
    assert verified(before, shop.trust_root).code == 1
    after = proof(shop, shop.bring("middling", "dev"), "after")
    assert verified(after, shop.trust_root).code == 0
    assert shop.done("ledger", "fsck").out.endswith("all is well\n")


def test_what_cannot_be_rotated_is_said(shop: Shop) -> None:
    assert "begin with `ledger rotate-key`" in shop.pratique("ledger", "rotate-key", "--finish").err
    shop.done("ledger", "rotate-key")
    assert "overlap already" in shop.pratique("ledger", "rotate-key").err
    for key in keys_of(shop.trust_root)[:1]:
        shop.done("ledger", "remove-key", key)
    assert "has no other" in shop.pratique("ledger", "remove-key", keys_of(shop.trust_root)[0]).err
