"""Asking again with the same key: one promotion, however often and from however many processes."""

import shutil
import sqlite3

from tests.stories.processes import ends, start
from tests.stories.shop import Shop, drift, run_pratique


def asking(shop: Shop, name: str, to: str, key: str, *more: object) -> tuple[object, ...]:
    actor = ("--as", "service:ci", "--key", shop.key("service:ci"), "--idempotency-key", key)
    return ("request", f"oci:registry/build:{name}", "--application", "shop", "--to", to, *actor, *more)


def test_the_same_wish_with_the_same_key_is_answered_with_the_promotion_that_it_made(shop: Shop) -> None:
    first = shop.done(*asking(shop, "clean", "dev", "build 7"))
    again = shop.done(*asking(shop, "clean", "dev", "build 7"))
    assert again.promotion == first.promotion
    assert shop.types(first.promotion).count("promotion.requested/1") == 1
    shop.work()
    ended = shop.done(*asking(shop, "clean", "dev", "build 7", "--comment", "the job was run again", "--wait=1s"))
    assert (ended.promotion, "promoted" in ended.out) == (first.promotion, True)
    assert len(shop.done("status", "--json").value["open"]) == 0


def test_the_same_key_with_another_wish_is_a_conflict_that_names_the_first(shop: Shop) -> None:
    first = shop.done(*asking(shop, "clean", "dev", "build 7")).promotion
    for name, to in (("middling", "dev"), ("clean", "staging")):
        said = shop.pratique(*asking(shop, name, to, "build 7"))
        assert (said.code, f"was used for {first}" in said.err) == (1, True), said
    emergency = shop.pratique(*asking(shop, "clean", "dev", "build 7", "--emergency", "--comment", "it burns"))
    assert "was used for" in emergency.err


def test_another_person_has_keys_of_their_own(shop: Shop) -> None:
    shop.done(*asking(shop, "clean", "dev", "build 7"))
    actor = ("--as", "person:cai", "--key", shop.key("person:cai"), "--idempotency-key", "build 7")
    wish = ("request", "oci:registry/build:middling", "--application", "shop", "--to", "dev")
    assert shop.pratique(*wish, *actor).code == 0


def test_a_key_that_nobody_can_read_is_refused(shop: Shop) -> None:
    for key in ("", "two\nlines", "x" * 201):
        said = shop.pratique(*asking(shop, "clean", "dev", key))
        assert (said.code, "idempotency key: expected" in said.err) == (2, True), said


def test_of_several_processes_with_the_same_key_all_are_answered_with_one_promotion(shop: Shop) -> None:
    said = [ends(each) for each in [start(shop, *asking(shop, "clean", "dev", "build 7")) for _ in range(3)]]
    assert [code for code, _, _ in said] == [0, 0, 0], said
    assert len({out.split()[0] for _, out, _ in said}) == 1
    assert len(shop.done("status", "--json").value["open"]) == 1
    assert drift(shop) == ()


def test_a_restored_ledger_knows_its_keys(shop: Shop) -> None:
    first = shop.done(*asking(shop, "clean", "dev", "build 7")).promotion
    with sqlite3.connect(shop.workspace / "pratique.db") as database:
        before = database.execute("SELECT key, result, at FROM answer").fetchall()
    shop.done("ledger", "export", "--with-evidence", "--with-private")
    for file in shop.workspace.glob("pratique.db*"):
        file.unlink()
    export = shop.folder / "saved"
    shutil.move(shop.workspace / "export", export)
    target = ("--to", f"sqlite:///{shop.workspace / 'pratique.db'}", "--blobs", shop.workspace / "blobs")
    said = run_pratique("ledger", "restore", "--from", export, *target, "--trust-root", shop.trust_root)
    assert said.code == 0, said
    with sqlite3.connect(shop.workspace / "pratique.db") as database:
        assert database.execute("SELECT key, result, at FROM answer").fetchall() == before
    assert shop.done(*asking(shop, "clean", "dev", "build 7")).promotion == first
