"""Another key for seals or the record: what was signed before holds, what the older one signs later does not."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.stories.shop import ENVIRONMENTS, ORIGIN, Said, Shop, drift
from tests.stories.test_rotation import copied, proof, verified

SEAL = "seal:dev"
STEPS = ("--announce", "--switch", "--finish")


def root(shop: Shop) -> tuple[object, ...]:
    return ("--root", f"person:ann={shop.key('person:ann')}")


def step(shop: Shop, use: str, *words: object) -> Said:
    return shop.pratique("ledger", "replace-key", use, *words)


def stepped(shop: Shop, use: str, *words: object) -> dict[str, Any]:
    signed = () if "--switch" in words else root(shop)
    return shop.done("ledger", "replace-key", use, *words, *signed, "--json").value


def sealed(shop: Shop, path: Path) -> str:
    said = shop.done("proof", "verify", path, "--trust-root", shop.trust_root, "--json")
    return str(next(fact["text"] for fact in said.value["facts"] if fact["label"] == "sealed"))


def types(shop: Shop) -> list[str]:
    return [event["type"] for event in shop.events() if event["type"].startswith(("key.", "directory."))]


def test_proofs_hold_whether_sealed_before_or_after_a_key_was_replaced(shop: Shop) -> None:
    first = shop.bring("clean", "dev")
    before, trust = proof(shop, first, "before"), copied(shop, "handed-out.json")
    keys = stepped(shop, SEAL, "--announce")
    during = proof(shop, shop.bring("middling", "dev"), "during")
    stepped(shop, SEAL, "--switch")
    stepped(shop, SEAL, "--finish")
    shop.deliver("newer")
    after = proof(shop, shop.bring("newer", "dev"), "after")
    again = proof(shop, first, "again")
    assert [verified(path, trust).code for path in (before, during, after, again)] == [0, 0, 0, 0]
    assert keys["old"] in sealed(shop, during)
    assert keys["new"] in sealed(shop, after)
    assert keys["old"] in sealed(shop, again)


def test_each_step_is_in_the_ledger_and_everything_is_checked_and_restored(shop: Shop) -> None:
    before = types(shop)
    for word in STEPS:
        stepped(shop, SEAL, word)
    assert types(shop)[len(before) :] == ["directory.published/1", "key.replaced/1", "directory.published/1"]
    assert "0 missing" in shop.done("ledger", "drill").out
    assert shop.done("ledger", "fsck").out.endswith("all is well\n")
    assert drift(shop) == ()


def test_the_older_key_is_gone_and_a_copy_of_it_seals_nothing(shop: Shop) -> None:
    file = shop.workspace / "keys" / "seal-dev.pem"
    old = file.read_bytes()
    for word in STEPS:
        stepped(shop, SEAL, word)
    assert [path for path in file.parent.iterdir() if path.read_bytes() == old] == []
    assert [path.name for path in file.parent.glob("*.next.pem")] == []
    file.write_bytes(old)
    promotion = shop.bring("clean", "dev")
    assert shop.state(promotion) == "failed"
    assert "does not list" in json.dumps(shop.show(promotion))


def test_a_stolen_key_counts_for_nothing_from_the_entry_on_that_is_named(shop: Shop) -> None:
    early = shop.bring("clean", "dev")
    since = len(shop.events())
    late = shop.bring("middling", "dev")
    before, trust = proof(shop, early, "before"), copied(shop, "handed-out.json")
    done = stepped(shop, SEAL, "--stolen", "--since", since)
    again, worthless = proof(shop, early, "again"), proof(shop, late, "worthless")
    assert verified(again, shop.trust_root).code == 0
    assert done["old"] in verified(worthless, shop.trust_root).err
    said = verified(before, shop.trust_root)
    assert (said.code, "the newest versions were left out" in said.err) == (1, True), said
    assert verified(before, trust).code == 0  # nobody has told this verifier
    shop.deliver("newer")
    assert done["new"] in sealed(shop, proof(shop, shop.bring("newer", "dev"), "after"))
    assert shop.done("ledger", "fsck").out.endswith("all is well\n")


def test_what_came_by_a_stolen_key_has_to_come_again_before_it_goes_on(shop: Shop) -> None:
    shop.bring("clean", "dev")
    since = len(shop.events())
    shop.bring("clean", "staging")
    stepped(shop, "seal:staging", "--stolen", "--since", since)
    shop.done(
        "directory", "publish", shop.folder / "people" / "people.yaml", *root(shop)
    )  # it says nothing of keys
    onwards = shop.bring("clean", "prod")
    assert shop.state(onwards) == "remediation"
    shop.bring("clean", "staging")
    shop.done("retry", onwards)
    shop.work()
    assert shop.state(onwards) == "promoted"
    assert verified(proof(shop, onwards, "onwards"), shop.trust_root).code == 0


def test_a_successor_that_was_announced_goes_with_the_key_that_was_stolen(shop: Shop) -> None:
    announced = stepped(shop, SEAL, "--announce")
    done = stepped(shop, SEAL, "--stolen")
    assert announced["new"] != done["new"]
    listed = shop.done("directory", "show", "--json").value["directory"]
    assert {one["key"] for one in listed["revoked"]} == {announced["old"], announced["new"]}
    assert len(listed["services"]["service:seal-dev"]["keys"]) == 1


def test_what_the_older_record_key_stated_counts_until_it_is_retired(shop: Shop) -> None:
    shop.bring("clean", "dev")
    stepped(shop, "record", "--announce")
    stepped(shop, "record", "--switch")
    measured = len([event for event in shop.events() if event["type"] == "evidence.added/1"])
    shop.bring("clean", "staging")
    assert len([event for event in shop.events() if event["type"] == "evidence.added/1"]) == measured
    stepped(shop, "record", "--finish")
    assert shop.state(shop.bring("clean", "prod", actor="person:cai")) in ("review", "promoted")
    assert shop.done("ledger", "drill").code == 0


def test_a_people_file_that_is_published_later_keeps_the_new_key(shop: Shop) -> None:
    keys = [stepped(shop, SEAL, word) for word in STEPS][-1]
    shop.done("directory", "publish", shop.folder / "people" / "people.yaml", *root(shop))
    promotion = shop.bring("clean", "dev")
    assert keys["new"] in sealed(shop, proof(shop, promotion, "after"))


@pytest.mark.parametrize(
    ("before", "words", "code", "message"),
    [
        ((), ("seal:moon", "--announce"), 1, "does not list any key for it"),
        ((), (SEAL, "--switch"), 1, "begin with --announce"),
        ((), (SEAL, "--finish"), 1, "begin with --announce"),
        (("--announce",), (SEAL, "--finish"), 1, "let it with --switch"),
        (("--announce", "--switch"), (SEAL, "--announce"), 1, "end that with --finish"),
        ((), (SEAL, "--announce", "--since", 3), 2, "--since says since when a key is --stolen"),
        ((), (SEAL,), 2, "one of the arguments"),
    ],
)
def test_a_step_out_of_order_changes_nothing_and_says_what_comes_first(
    shop: Shop, before: tuple[str, ...], words: tuple[object, ...], code: int, message: str
) -> None:
    for word in before:
        stepped(shop, SEAL, word)
    events = types(shop)
    said = step(shop, *(str(word) for word in words), *root(shop))
    assert (said.code, message in said.err) == (code, True), said
    assert types(shop) == events


def test_without_enough_root_keys_nothing_is_listed(shop: Shop) -> None:
    said = step(shop, SEAL, "--announce")
    assert (said.code, "at least one root key holder" in said.err) == (1, True), said
    other = step(shop, SEAL, "--announce", "--root", f"person:bea={shop.key('person:bea')}")
    assert other.code == 1
    assert types(shop) == ["directory.published/1"]
    stepped(shop, SEAL, "--announce")


def stopped_half_way(shop: Shop, old: bytes) -> None:
    """Put the files back as they are when everything was recorded and the next key is not in place yet."""
    file = shop.workspace / "keys" / "seal-dev.pem"
    file.rename(file.with_name("seal-dev.next.pem"))
    file.write_bytes(old)


@pytest.mark.parametrize(("before", "word"), [(("--announce",), "--switch"), ((), "--stolen")])
def test_a_step_that_was_stopped_half_way_goes_on_when_it_is_run_again(
    shop: Shop, before: tuple[str, ...], word: str
) -> None:
    for earlier in before:
        stepped(shop, SEAL, earlier)
    old = (shop.workspace / "keys" / "seal-dev.pem").read_bytes()
    done, events = stepped(shop, SEAL, word), types(shop)
    stopped_half_way(shop, old)
    again = stepped(shop, SEAL, word)
    assert (again["new"], types(shop)) == (done["new"], events)
    assert done["new"] in sealed(shop, proof(shop, shop.bring("clean", "dev"), "after"))


def test_whoever_lost_every_key_goes_on_with_new_ones(shop: Shop) -> None:
    before = proof(shop, shop.bring("clean", "dev"), "before")
    shop.done("ledger", "export")
    for key in (shop.workspace / "keys").iterdir():
        key.unlink()
    last = shop.workspace / "export" / "checkpoint"
    shop.done("ledger", "new-epoch", "--origin", f"{ORIGIN}/epoch2", "--last-checkpoint", last)
    for use in ("record", *(f"seal:{name}" for name in ENVIRONMENTS)):
        stepped(shop, use, "--stolen")
    after = proof(shop, shop.bring("middling", "dev"), "after")
    assert verified(after, shop.trust_root).code == 0
    assert "0 missing" in shop.done("ledger", "drill").out
    assert shop.done("ledger", "fsck").out.endswith("all is well\n")
    assert "versions were left out" in verified(before, shop.trust_root).err
