"""Everything is rebuilt from an exported ledger, and a drill shows every night that it would be."""

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.stories.shop import Said, Shop, copied, run_pratique

from pratique.service.drill import drill_if_due
from pratique.wire import open_workspace

REVIEWED = "Looked at the changes with Dan on Tuesday"


@pytest.fixture(scope="module")
def lived(template: Shop) -> Iterator[Shop]:
    """A shop with a promotion in prod, one that waits for people, one to be mended, and erased and kept words."""
    with copied(template) as shop:
        shop.bring("middling", "dev", "staging")
        promotion = shop.bring("middling", "prod", actor="person:cai")
        shop.approve(promotion, "person:bea", "--comment", REVIEWED)
        shop.approve(promotion, "person:eve", "--comment", "Told Ann by mail")
        shop.work()
        with sqlite3.connect(shop.workspace / "pratique.db") as database:
            words = database.execute("SELECT commitment, content FROM opening").fetchall()
        erased = next(commitment for commitment, content in words if b"Told Ann" in content)
        shop.done("ledger", "redact", erased, "--basis", "gdpr-17-1-a")
        shop.request("clean", "dev")  # nothing of it was done yet
        shop.done("ledger", "export", "--with-evidence", "--with-private")
        yield shop


@pytest.fixture
def own(lived: Shop) -> Iterator[Shop]:
    with copied(lived) as shop:
        yield shop


def restored(shop: Shop, *more: object) -> tuple[Shop, Said]:
    """Restore a shop's export into a workspace that lost its database and objects, and keeps its keys."""
    export = shop.folder / "saved"
    shutil.move(shop.workspace / "export", export)
    shutil.rmtree(shop.workspace / "blobs")
    for file in shop.workspace.glob("pratique.db*"):
        file.unlink()
    said = run_pratique(
        *("ledger", "restore", "--from", export, "--to", f"sqlite:///{shop.workspace / 'pratique.db'}"),
        *("--blobs", shop.workspace / "blobs", "--trust-root", shop.trust_root),
        *("--openings", shop.workspace / "keys" / "openings.key", *more),
    )
    return shop, said


def test_everything_is_rebuilt_and_goes_on(own: Shop) -> None:
    before = own.done("status", "--json").value
    queue = own.done("show", before["open"][0]["promotion"], "--json").value
    shop, said = restored(own)
    assert said.code == 0, said
    assert shop.done("status", "--json").value == before
    assert shop.done("show", before["open"][0]["promotion"], "--json").value["state"] == queue["state"]
    checked = shop.pratique("ledger", "fsck")
    assert checked.code == 0, checked
    assert "1 opened, 1 redacted" in checked.out
    shop.work()
    holding = shop.done("status", "--json").value["holding"]
    assert len(holding) == len(before["holding"])
    assert {one["image"] for one in holding} != {one["image"] for one in before["holding"]}


def test_a_request_that_was_made_once_is_not_taken_again_after_a_restore(own: Shop) -> None:
    with sqlite3.connect(own.workspace / "pratique.db") as database:
        before = set(database.execute("SELECT nonce, at FROM nonce"))
    assert len(before) >= 6
    restored(own)
    with sqlite3.connect(own.workspace / "pratique.db") as database:
        assert set(database.execute("SELECT nonce, at FROM nonce")) == before


def test_proofs_of_the_restored_ledger_hold(own: Shop) -> None:
    prod = next(one for one in own.done("status", "--json").value["holding"] if one["environment"] == "prod")
    shop, _ = restored(own)
    shop.done("proof", "export", prod["promotion"], "--out", shop.folder / "proof.json")
    verified = run_pratique("proof", "verify", shop.folder / "proof.json", "--trust-root", shop.trust_root)
    assert verified.code == 0, verified


def test_a_decision_is_judged_again_from_an_export_alone(own: Shop) -> None:
    prod = next(one for one in own.done("status", "--json").value["holding"] if one["environment"] == "prod")
    shop, said = restored(own)
    assert said.code == 0, said
    assert shop.pratique("judge", prod["promotion"]).code == 0


def test_what_is_missing_is_named(own: Shop) -> None:
    with sqlite3.connect(own.workspace / "pratique.db") as database:
        bodies = [json.loads(body) for (body,) in database.execute("SELECT body FROM event")]
    evidence = next(item for body in bodies for item in body.get("objects", []) if item["class"] == "evidence")
    digest = evidence["sha256"]
    (own.workspace / "export" / "objects" / "sha256" / digest[:2] / digest).unlink()
    _, said = restored(own)
    assert said.code == 1
    assert f"missing: evidence sha256:{digest}" in said.out


def test_entries_that_a_saved_checkpoint_covers_and_the_export_lacks_are_named(own: Shop) -> None:
    own.work()
    note = own.done("ledger", "checkpoint", "--json").value
    saved = own.folder / "saved.checkpoint"
    saved.write_text(note["note"])
    shop, said = restored(own, "--newest", saved)
    assert said.code == 1
    size = shop.done("status", "--json").value["ledger"]["size"]
    assert f"lost: entries {size} to {note['size'] - 1}" in said.out


def test_a_saved_checkpoint_of_another_history_is_refused_however_short_it_is(own: Shop) -> None:
    with copied(own) as other:
        other.done("evidence", "add", "oci:registry/build:clean", other.trust_root)
        saved = own.folder / "saved.checkpoint"
        saved.write_text(other.done("ledger", "checkpoint", "--json").value["note"])
    own.work()
    own.done("ledger", "export", "--with-evidence", "--with-private")
    shop, said = restored(own, "--newest", saved)
    assert (said.code, "of another history" in said.err) == (1, True), said
    assert not (shop.workspace / "pratique.db").exists()


def test_a_saved_checkpoint_that_the_export_went_on_from_is_fine(own: Shop) -> None:
    saved = own.folder / "saved.checkpoint"
    saved.write_text(own.done("ledger", "checkpoint", "--json").value["note"])
    own.work()
    own.done("ledger", "export", "--with-evidence", "--with-private")
    _, said = restored(own, "--newest", saved)
    assert (said.code, "lost" in said.out) == (0, False), said


def test_erased_words_that_somebody_put_back_into_the_export_stay_erased(own: Shop) -> None:
    kept = {
        path: path.read_bytes() for path in (own.workspace / "export" / "private").rglob("*") if path.is_file()
    }
    for path in kept:
        own.done("ledger", "redact", f"sha256:{path.name}", "--basis", "gdpr-17-1-a")
    own.done("ledger", "export", "--with-evidence", "--with-private")
    for path, content in kept.items():
        path.write_bytes(content)
    shop, said = restored(own)
    assert said.code == 0, said
    with sqlite3.connect(shop.workspace / "pratique.db") as database:
        assert database.execute("SELECT count(*) FROM opening").fetchone() == (0,)
    assert shop.pratique("ledger", "fsck").code == 0


Harm = Callable[[Path], object]
HARMS: dict[str, Harm] = {
    "a changed bundle": lambda export: _flip(next((export / "tile" / "entries").rglob("*.p/*"))),
    "a changed tile": lambda export: _flip(next((export / "tile" / "0").rglob("*.p/*"))),
    "a changed object": lambda export: _flip(next(p for p in (export / "objects").rglob("*") if p.is_file())),
    "no checkpoint": lambda export: (export / "checkpoint").unlink(),
}


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("name", HARMS)
def test_nothing_is_restored_from_what_is_not_whole(own: Shop, name: str) -> None:
    HARMS[name](own.workspace / "export")
    shop, said = restored(own)
    assert said.code == 1, said
    assert said.err.count("\n") == 1
    assert not (shop.workspace / "pratique.db").exists()


def test_what_a_killed_restore_left_is_removed_and_named_by_the_next_one(own: Shop) -> None:
    left = own.workspace / ".pratique.db.0123456789abcdef.part"
    left.write_bytes(b"half")
    shop, said = restored(own)
    assert said.code == 0, said
    assert f"removed {left}, which a restore left" in said.out
    assert not left.exists()
    assert "unfinished" not in shop.done("ledger", "fsck").out


def test_a_database_is_never_restored_over(own: Shop) -> None:
    said = run_pratique(
        *("ledger", "restore", "--from", own.workspace / "export", "--to"),
        *(f"sqlite:///{own.workspace / 'pratique.db'}", "--blobs", own.workspace / "blobs"),
        *("--trust-root", own.trust_root),
    )
    assert said.code == 1
    assert "exists; restore into a database that is not there yet" in said.err


def test_openings_need_their_key(own: Shop) -> None:
    (own.workspace / "keys" / "openings.key").write_text("0" * 64)
    _, said = restored(own)
    assert said.code == 1
    assert "another key, or changed bytes" in said.err


def test_what_was_erased_leaves_the_export_too(own: Shop) -> None:
    with sqlite3.connect(own.workspace / "pratique.db") as database:
        (commitment,) = database.execute("SELECT commitment FROM opening").fetchone()
    hexadecimal = commitment.removeprefix("sha256:")
    file = own.workspace / "export" / "private" / "sha256" / hexadecimal[:2] / hexadecimal
    assert REVIEWED.encode() not in file.read_bytes()
    own.done("ledger", "redact", commitment, "--basis", "gdpr-17-1-a")
    own.done("ledger", "export", "--with-private")
    assert not file.exists()


def test_a_drill_finds_nothing_missing_and_is_recorded(own: Shop) -> None:
    (own.workspace / "export" / "private" / "sha256" / "notes.txt").write_text("nobody's")
    said = own.done("ledger", "drill", "--json").value
    assert said["faults"] == []
    assert said["openings"] == 1
    assert said["blobs"] > 10
    again = own.done("ledger", "drill", "--json").value
    assert again["size"] == said["size"] + 1
    assert own.pratique("ledger", "fsck").code == 0


def _blob_gone(shop: Shop) -> None:
    for folder in (shop.workspace / "blobs", shop.workspace / "export" / "objects"):
        first = next(path for path in sorted((shop.workspace / "export" / "objects").rglob("*")) if path.is_file())
        for path in folder.rglob(first.name):
            path.unlink()


def _published_evidence_changed(shop: Shop) -> None:
    with sqlite3.connect(shop.workspace / "pratique.db") as database:
        bodies = [json.loads(body) for (body,) in database.execute("SELECT body FROM event")]
    evidence = next(item for body in bodies for item in body.get("objects", []) if item["class"] == "evidence")
    _flip(next((shop.workspace / "export" / "objects").rglob(evidence["sha256"])))


SPOILT: dict[str, tuple[Callable[[Shop], object], str]] = {
    "evidence that is whole here and not in the export": (_published_evidence_changed, "is nowhere"),
    "a row that no event made": (
        lambda shop: _sql(
            shop,
            "INSERT INTO arrival SELECT 9999, promotion, application, image_name, 'prod', image, "
            "level, at FROM arrival LIMIT 1",
        ),
        "arrival",
    ),
    "words that are gone": (lambda shop: _sql(shop, "DELETE FROM opening"), "are missing"),
}


def _sql(shop: Shop, statement: str) -> None:
    with sqlite3.connect(shop.workspace / "pratique.db") as database:
        database.execute(statement)


@pytest.mark.parametrize("name", SPOILT)
def test_a_drill_that_finds_something_says_so_and_records_it(own: Shop, name: str) -> None:
    harm, message = SPOILT[name]
    harm(own)
    said = own.pratique("ledger", "drill")
    assert said.code == 1, said
    assert message in said.out


def test_a_worker_drills_when_the_settings_want_it_and_status_tells(own: Shop) -> None:
    assert "never drilled" in own.done("status").out
    settings = own.workspace / "pratique.toml"
    settings.write_text(f'drill = "24h"\n{settings.read_text()}')
    with open_workspace(str(own.workspace)) as workspace:
        first, second = drill_if_due(workspace), drill_if_due(workspace)
    assert first is not None
    assert second is None
    assert "nothing was missing" in own.done("status").out
    assert own.done("status", "--json").value["drill"]["faults"] == 0


@pytest.mark.parametrize(("text", "message"), [("often", "drill"), ("5s", "at least 1m")])
def test_a_drill_that_cannot_be_meant_is_refused_with_its_file(own: Shop, text: str, message: str) -> None:
    settings = own.workspace / "pratique.toml"
    settings.write_text(f'drill = "{text}"\n{settings.read_text()}')
    said = own.pratique("status")
    assert said.code == 2
    assert message in said.err
