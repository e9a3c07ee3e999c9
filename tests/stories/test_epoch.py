"""Entries under a signed checkpoint are lost: the ledger goes on under another name, and forks nothing."""

from pathlib import Path

import pytest
from tests.stories.shop import Shop, run_pratique
from tests.stories.test_rotation import copied, keys_of, proof, verified
from tests.stories.test_witness import add, asked, witness

NEXT = "ledger.example/stories/epoch2"


def lose(shop: Shop, old: bytes) -> None:
    """Put an old database in place; what the signer saw went with the machine."""
    for left in shop.workspace.glob("pratique.db-*"):
        left.unlink()
    (shop.workspace / "pratique.db").write_bytes(old)
    (shop.workspace / "signer-state.json").unlink(missing_ok=True)


def saved(shop: Shop) -> Path:
    path = shop.folder / "saved.checkpoint"
    path.write_text(str(asked(shop)["note"]))
    return path


def begin(shop: Shop, last: Path) -> str:
    return shop.done("ledger", "new-epoch", "--origin", NEXT, "--last-checkpoint", last).out


def test_what_survived_and_what_comes_can_be_proven_after_a_loss(shop: Shop) -> None:
    survivor = shop.bring("clean", "dev")
    early = proof(shop, survivor, "early")
    old = (shop.workspace / "pratique.db").read_bytes()
    lost = proof(shop, shop.bring("middling", "dev"), "lost")
    shop.done("ledger", "export")
    last = saved(shop)
    lose(shop, old)
    assert "rolled back" in shop.pratique("ledger", "export").err
    assert "are lost; the ledger is ledger.example/stories/epoch2" in begin(shop, last)
    assert "STOPPED" not in shop.done("status").out
    later = proof(shop, shop.bring("clean", "staging"), "later")
    again = proof(shop, survivor, "again")
    for path in (early, lost, later, again):
        assert verified(path, shop.trust_root).code == 0, path
    assert "epoch2" in verified(later, shop.trust_root).out


def test_the_new_ledger_is_whole_checked_and_restored(shop: Shop) -> None:
    old = (shop.workspace / "pratique.db").read_bytes()
    shop.bring("clean", "dev")
    last = saved(shop)
    lose(shop, old)
    begin(shop, last)
    events = shop.events()
    begun = next(event for event in events if event["type"] == "epoch.begun/1")
    assert begun["data"]["size"] > begun["data"]["survived"] == events.index(begun)
    assert begun["objects"][0]["role"] == "checkpoint"
    assert "0 missing" in shop.done("ledger", "drill").out
    assert shop.done("ledger", "fsck").out.endswith("all is well\n")
    assert (shop.workspace / "export-epoch2" / "checkpoint").read_text().startswith(f"{NEXT}\n")


def test_whoever_has_the_old_trust_root_does_not_believe_the_new_name(shop: Shop) -> None:
    old_trust = copied(shop, "old.json")
    begin(shop, saved(shop))
    later = proof(shop, shop.bring("clean", "dev"), "later")
    assert verified(later, old_trust).code == 1
    assert verified(later, shop.trust_root).code == 0


def test_a_review_given_before_counts_for_an_approval_after(shop: Shop) -> None:
    shop.bring("middling", "dev", "staging")
    promotion = shop.bring("middling", "prod", actor="person:cai")
    assert shop.approve(promotion, "person:bea").code == 0
    old = (shop.workspace / "pratique.db").read_bytes()
    shop.bring("clean", "dev")
    last = saved(shop)
    lose(shop, old)
    begin(shop, last)
    assert shop.approve(promotion, "person:eve").code == 0
    shop.work()
    assert shop.state(promotion) == "promoted"
    assert verified(proof(shop, promotion, "both"), shop.trust_root).code == 0


def test_a_witness_takes_the_new_name_up_from_its_beginning(shop: Shop) -> None:
    with witness(shop.folder / "w1", keys_of(shop.trust_root)[0]) as running:
        add(shop, running)
        old = (shop.workspace / "pratique.db").read_bytes()
        shop.bring("clean", "dev")
        last = saved(shop)
        lose(shop, old)
        assert "rolled back" in shop.pratique("ledger", "checkpoint").err
        begin(shop, last)
        assert run_pratique("witness", "add-log", keys_of(shop.trust_root)[1], "--at", running.directory).code == 0
        assert asked(shop)["witnesses"] == ["w1"]


@pytest.mark.parametrize("name", ["ledger.example/stories/epoch3", "ledger.example/other/epoch2", "x"])
def test_a_name_that_does_not_follow_is_refused(shop: Shop, name: str) -> None:
    said = shop.pratique("ledger", "new-epoch", "--origin", name, "--last-checkpoint", saved(shop))
    assert said.code == 2
    assert f"expected the name {NEXT}" in said.err


def test_a_checkpoint_that_is_not_the_last_one_is_refused(shop: Shop) -> None:
    first = saved(shop).read_text()
    shop.bring("clean", "dev")
    shop.done("ledger", "checkpoint")
    (shop.folder / "first").write_text(first)
    said = shop.pratique("ledger", "new-epoch", "--origin", NEXT, "--last-checkpoint", shop.folder / "first")
    assert said.code == 1
    assert "entries was signed, found one of" in said.err


def test_a_checkpoint_of_somebody_else_is_refused(shop: Shop) -> None:
    last = saved(shop)
    last.write_text(last.read_text().replace("stories", "others"))
    assert shop.pratique("ledger", "new-epoch", "--origin", NEXT, "--last-checkpoint", last).code == 1
