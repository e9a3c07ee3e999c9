"""Witnesses on other machines: they cosign what grew, and stop what shrank; how many are enough is the trust root's."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.stories.processes import PROGRAM
from tests.stories.shop import Said, Shop, run_pratique


@dataclass(frozen=True)
class Running:
    """A witness in a process of its own."""

    directory: Path
    key: str
    url: str


@contextmanager
def witness(directory: Path, *vkeys: str) -> Iterator[Running]:
    """Found a witness where there is none, and let it listen on a free port."""
    if not directory.exists():
        founded = run_pratique("witness", "init", "--at", directory, "--name", f"witness.example/{directory.name}")
        assert founded.code == 0, founded
    for vkey in vkeys:
        assert run_pratique("witness", "add-log", vkey, "--at", directory).code == 0
    key = json.loads(run_pratique("witness", "list", "--at", directory, "--json").out)["key"]
    command = [str(PROGRAM), "witness", "serve", "--at", str(directory), "--listen", "127.0.0.1:0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        said = process.stderr.readline()
        url = re.search(r"http://127\.0\.0\.1:\d+", said)
        assert url, said
        yield Running(directory, key, url[0])
    finally:
        process.terminate()
        process.communicate(timeout=120)


def vkey(shop: Shop) -> str:
    policy = json.loads(shop.trust_root.read_bytes())["ledger"]
    return str(policy.split()[1])


def asked(shop: Shop) -> dict[str, object]:
    found: dict[str, object] = json.loads(shop.done("ledger", "checkpoint", "--json").out)
    return found


def add(shop: Shop, running: Running, name: str = "w1") -> Said:
    return shop.pratique("ledger", "add-witness", name, running.key, running.url)


def prove(shop: Shop, promotion: str) -> Said:
    shop.done("proof", "export", promotion, "--out", shop.folder / "proof.json")
    return run_pratique("proof", "verify", shop.folder / "proof.json", "--trust-root", shop.trust_root)


def test_a_promotion_is_sealed_and_proven_under_what_a_witness_saw(shop: Shop) -> None:
    with witness(shop.folder / "w1", vkey(shop)) as running:
        assert add(shop, running).code == 0
        shop.done("ledger", "require-witnesses", 1)
        promotion = shop.bring("clean", "dev")
        said = prove(shop, promotion)
        assert said.code == 0, said
        assert "witnessed by w1" in said.out
        assert "not witnessed" not in said.out
        export = shop.done("ledger", "export", "--to", shop.folder / "out")
        assert "witnessed by w1" in export.out
        assert (shop.folder / "out" / "wit.vkey").read_text().strip() == running.key
        assert "witnessed by w1" in shop.done("status").out


def test_without_enough_witnesses_nothing_is_sealed_and_it_goes_on_when_they_are_back(shop: Shop) -> None:
    with witness(shop.folder / "w1", vkey(shop)) as running:
        assert add(shop, running).code == 0
    shop.done("ledger", "require-witnesses", 1)
    promotion = shop.bring("clean", "dev")
    shown = shop.done("show", promotion).out
    assert "quorum" in shown, shown
    assert json.loads(shop.done("status", "--json").out)["holding"] == []
    with witness(shop.folder / "w1") as back:
        assert shop.pratique("ledger", "remove-witness", "w1").code == 1  # too few would be left
        shop.done("ledger", "require-witnesses", 0)
        shop.done("ledger", "remove-witness", "w1")
        assert add(shop, back).code == 0
        shop.done("ledger", "require-witnesses", 1)
        shop.done("retry", promotion)
        shop.work()
        assert "witnessed by w1" in prove(shop, promotion).out


def test_a_witness_that_cannot_be_reached_is_told_and_not_waited_for(shop: Shop) -> None:
    with witness(shop.folder / "w1", vkey(shop)) as running:
        add(shop, running)
    found = asked(shop)
    assert found["witnesses"] == []
    assert found["enough"] is True
    assert "w1" in str(found["missing"])
    assert "not witnessed" in prove(shop, shop.bring("clean", "dev")).out


def test_a_witness_that_does_not_know_the_ledger_says_so(shop: Shop) -> None:
    with witness(shop.folder / "w1") as running:
        add(shop, running)
        assert "give its operator the log's key" in str(asked(shop)["missing"])


def test_a_ledger_restored_from_an_old_copy_is_stopped_by_its_witness(shop: Shop) -> None:
    with witness(shop.folder / "w1", vkey(shop)) as running:
        add(shop, running)
        asked(shop)
        old = shop.folder / "old.db"
        shutil.copy(shop.workspace / "pratique.db", old)
        shop.bring("clean", "dev")
        asked(shop)
        for left in shop.workspace.glob("pratique.db-*"):
            left.unlink()
        shutil.copy(old, shop.workspace / "pratique.db")
        said = shop.pratique("ledger", "checkpoint")
        assert said.code == 1
        assert "rolled back; restore the missing" in said.err
        assert "the ledger is stopped: since" in shop.pratique("ledger", "checkpoint").err


def test_a_ledger_that_was_rewritten_is_stopped_and_the_witness_keeps_the_evidence(shop: Shop) -> None:
    with witness(shop.folder / "w1", vkey(shop)) as running:
        add(shop, running)
        old = shop.folder / "old.db"
        shutil.copy(shop.workspace / "pratique.db", old)
        shop.bring("clean", "dev")
        size = asked(shop)["size"]
    for left in shop.workspace.glob("pratique.db-*"):
        left.unlink()
    shutil.copy(old, shop.workspace / "pratique.db")
    for name in ("middling", "stale"):
        shop.bring(name, "dev")
    assert int(str(asked(shop)["size"])) > int(str(size))  # nobody who remembers can be reached: a fork is signed
    shop.done("ledger", "remove-witness", "w1")
    with witness(shop.folder / "w1") as running:
        add(shop, running)
        said = shop.pratique("ledger", "checkpoint")
        assert said.code == 1
        assert "was rewritten" in said.err
        listed = json.loads(run_pratique("witness", "list", "--at", running.directory, "--json").out)
        assert listed["misbehaved"]


def test_a_witness_that_was_restarted_remembers(shop: Shop) -> None:
    with witness(shop.folder / "w1", vkey(shop)) as running:
        add(shop, running)
        first = int(str(asked(shop)["size"]))
    with witness(shop.folder / "w1"):
        listed = json.loads(run_pratique("witness", "list", "--at", shop.folder / "w1", "--json").out)
        assert [each["size"] for each in listed["logs"]] == [first]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("add-witness", "w1", "no key", "http://127.0.0.1:1"), 2),
        (("add-witness", "w1", "LOG", "http://127.0.0.1:1"), 2),
        (("remove-witness", "w1"), 1),
        (("require-witnesses", "1"), 1),
        (("require-witnesses", "many"), 2),
    ],
)
def test_a_wrong_witness_is_refused_and_the_trust_root_stays(
    shop: Shop, words: tuple[str, ...], code: int
) -> None:
    before = shop.trust_root.read_bytes()
    said = shop.pratique("ledger", *(vkey(shop) if word == "LOG" else word for word in words))
    assert said.code == code, said
    assert said.err.count("\n") == 1
    assert shop.trust_root.read_bytes() == before


def test_a_witness_is_never_founded_twice(tmp_path: Path) -> None:
    assert run_pratique("witness", "init", "--at", tmp_path / "w", "--name", "witness.example/w").code == 0
    said = run_pratique("witness", "init", "--at", tmp_path / "w", "--name", "witness.example/w")
    assert said.code == 1
    assert "needs a new directory" in said.err
    assert run_pratique("witness", "list", "--at", tmp_path / "nothing").code == 1


def test_one_environment_can_demand_witnesses_that_others_do_without(shop: Shop) -> None:
    gate = shop.folder / "policy" / "gate.yaml"
    text = gate.read_text()
    assert "  dev:\n" in text
    gate.write_text(text.replace("  dev:\n", "  dev:\n    require_witnesses: 1\n"))
    root = ("--root", f"person:ann={shop.key('person:ann')}")
    shop.done("policy", "publish", gate.parent, *root)
    promotion = shop.bring("clean", "dev")
    assert "the policy wants 1 witnesses, found 0" in shop.done("show", promotion).out
    with witness(shop.folder / "w1", vkey(shop)) as running:
        add(shop, running)
        shop.done("retry", promotion)
        shop.work()
        said = prove(shop, promotion)
        assert said.code == 0, said
        assert "witnessed by w1" in said.out
