"""A workspace of an older program is opened by today's, which upgrades it and goes on with what was begun."""

import sqlite3
from pathlib import Path

import pytest
from tests.databases import REVISIONS, unpack
from tests.stories.shop import Shop


@pytest.mark.parametrize("revision", REVISIONS)
def test_an_older_workspace_goes_on(tmp_path: Path, revision: str) -> None:
    unpack(revision, tmp_path)
    shop = Shop(tmp_path)

    before = shop.done("status", "--json").value

    assert (shop.workspace / f"pratique.db.{revision}").is_file()
    assert {held["environment"] for held in before["holding"]} == {"dev", "staging", "prod"}
    [waiting] = before["open"]
    assert waiting["state"] == "gathering"

    shop.work()

    assert shop.show(waiting["promotion"])["state"] != "gathering"
    shop.done("ledger", "fsck")
    arrived = next(held for held in before["holding"] if held["environment"] == "prod")
    proof = tmp_path / "proof.json"
    shop.done("proof", "export", arrived["promotion"], "--out", proof)
    shop.done("proof", "verify", proof, "--trust-root", shop.trust_root)


def test_a_workspace_of_a_newer_program_is_refused_with_what_to_do(shop: Shop) -> None:
    with sqlite3.connect(shop.workspace / "pratique.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    said = shop.pratique("status")
    assert said.code == 1
    assert "or older, found '9999', which a newer program made; end this one and use the newer one" in said.err
