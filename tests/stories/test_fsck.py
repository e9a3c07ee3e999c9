"""The whole memory of an installation is checked: what was changed behind its back is named, and words can go."""

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.stories.shop import Said, Shop, copied, read_entries, run_pratique


@pytest.fixture(scope="module")
def kept(template: Shop) -> Iterator[Shop]:
    """A shop with *middling* reviewed in prod, one review with a comment, and everything exported."""
    with copied(template) as shop:
        shop.bring("middling", "dev", "staging")
        promotion = shop.bring("middling", "prod", actor="person:cai")
        shop.approve(promotion, "person:bea", "--comment", "Looked at the changes with Dan on Tuesday")
        shop.approve(promotion, "person:eve")
        shop.work()
        shop.done("ledger", "export")
        yield shop


@pytest.fixture
def own(kept: Shop) -> Iterator[Shop]:
    with copied(kept) as shop:
        yield shop


def fsck(shop: Shop) -> Said:
    return shop.pratique("ledger", "fsck")


def sql(shop: Shop, *statements: str) -> None:
    """Change the database as somebody with the file does: past the triggers."""
    with sqlite3.connect(shop.workspace / "pratique.db") as database:
        triggers = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            database.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            database.execute(statement)


def test_all_is_well_and_says_what_was_checked(own: Shop) -> None:
    said = fsck(own)
    assert said.code == 0, said
    assert "1 opened" in said.out
    assert "all is well" in said.out
    alone = run_pratique(
        "ledger", "fsck", "--export", own.workspace / "export", "--trust-root", own.trust_root, "--json"
    )
    assert alone.code == 0, alone
    assert alone.value["ok"] is True


def exported_evidence(shop: Shop) -> Path:
    """Return a place with everything of the shop, evidence included."""
    place = shop.folder / "everything"
    shop.done("ledger", "export", "--to", place, "--with-evidence")
    return place


def evidence_in(place: Path) -> Path:
    bodies = [json.loads(entry) for entry in read_entries(place)]
    named = next(item for body in bodies for item in body.get("objects", []) if item["class"] == "evidence")
    return next((place / "objects").rglob(named["sha256"]))


def alone(shop: Shop, place: Path) -> Said:
    return run_pratique("ledger", "fsck", "--export", place, "--trust-root", shop.trust_root)


def test_exported_evidence_is_hashed_too_by_whoever_has_no_database(own: Shop) -> None:
    place = exported_evidence(own)
    assert alone(own, place).code == 0
    found = evidence_in(place)
    _write(found, found.read_bytes() + b" ")
    said = alone(own, place)
    assert said.code == 1
    assert f"objects/sha256/{found.parent.name}/{found.name}: expected its own bytes" in said.out


def test_evidence_that_was_left_out_is_counted_and_no_fault(own: Shop) -> None:
    place = exported_evidence(own)
    assert "left out" not in alone(own, place).out
    evidence_in(place).unlink()
    said = alone(own, place)
    assert (said.code, "(1 left out)" in said.out) == (0, True), said


def test_a_file_among_objects_that_is_named_after_nothing_is_told(own: Shop) -> None:
    place = exported_evidence(own)
    (place / "objects" / "sha256" / "notes.txt").write_text("whose?")
    said = alone(own, place)
    assert (said.code, "notes.txt: expected objects/sha256" in said.out) == (1, True), said


def test_copies_and_leftovers_beside_the_database_are_named(own: Shop) -> None:
    (own.workspace / "pratique.db.0001").write_bytes(b"as it was")
    (own.workspace / ".pratique.db.0123456789abcdef.part").write_bytes(b"half")
    said = fsck(own)
    assert said.code == 0, said
    assert "pratique.db.0001, as it was before an upgrade; it holds what people wrote" in said.out
    assert "unfinished: " in said.out
    listed = own.done("ledger", "fsck", "--json").value["beside"]
    assert [one["why"] for one in listed] == ["upgrade", "restore"]


def an_object(shop: Shop) -> Path:
    return next(path for path in sorted((shop.workspace / "export" / "objects").rglob("*")) if path.is_file())


def a_blob(shop: Shop) -> Path:
    return shop.workspace / "blobs" / "sha256" / an_object(shop).parent.name / an_object(shop).name


Harm = Callable[[Shop], object]
HARMS: dict[str, tuple[Harm, str]] = {
    "an event changed": (
        lambda shop: sql(
            shop, "UPDATE event SET body = CAST(replace(CAST(body AS TEXT), '2026', '2025') AS BLOB) WHERE idx = 4"
        ),
        "(entry 4)",
    ),
    "a column that says otherwise": (
        lambda shop: sql(shop, "UPDATE event SET actor = 'person:dan' WHERE idx = 3"),
        "event (entry 3): its columns actor say otherwise than its body",
    ),
    "an event removed": (lambda shop: sql(shop, "DELETE FROM event WHERE idx = 5"), "rows are missing"),
    "the newest events removed": (
        lambda shop: sql(shop, "DELETE FROM event WHERE idx > 20"),
        "it was rolled back",
    ),
    "a leaf hash changed": (
        lambda shop: sql(shop, "UPDATE event SET leaf_hash = zeroblob(32) WHERE idx = 6"),
        "event (entry 6): its columns leaf_hash say otherwise",
    ),
    "a subtree changed": (
        lambda shop: sql(shop, "UPDATE tree_node SET hash = zeroblob(32) WHERE position = 0"),
        "tree_node (entry 0)",
    ),
    "a subtree removed": (lambda shop: sql(shop, "DELETE FROM tree_node"), "expected a subtree, found none"),
    "the head changed": (lambda shop: sql(shop, "UPDATE ledger_head SET size = size + 1"), "ledger_head"),
    "a checkpoint's note changed": (
        lambda shop: sql(
            shop,
            "UPDATE checkpoint SET note = CAST(replace(CAST(note AS TEXT), 'ledger', 'leader') AS BLOB)",
        ),
        "checkpoint",
    ),
    "a checkpoint's root changed": (
        lambda shop: sql(shop, "UPDATE checkpoint SET root = zeroblob(32)"),
        "differ from those that were signed",
    ),
    "a projection changed": (
        lambda shop: sql(shop, "UPDATE arrival SET environment = 'prod' WHERE environment = 'dev'"),
        "projection: + arrival",
    ),
    "words replaced": (
        lambda shop: sql(
            shop, "UPDATE opening SET content = CAST(replace(CAST(content AS TEXT), 'Dan', 'Eve') AS BLOB)"
        ),
        "others are kept than those committed to",
    ),
    "words gone": (lambda shop: sql(shop, "DELETE FROM opening"), "no event says that they were erased"),
    "an object changed": (lambda shop: _write(a_blob(shop), b"other"), "the disk gives bytes with"),
    "an object gone": (lambda shop: a_blob(shop).unlink(), "object (entry"),
    "an exported object changed": (lambda shop: _write(an_object(shop), b"other"), "expected its own bytes"),
    "an export of another ledger": (
        lambda shop: _write(shop.workspace / "export" / "checkpoint", b"nothing\n"),
        "checkpoint: note:",
    ),
}


def _write(path: Path, content: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(content)


@pytest.mark.parametrize("name", HARMS)
def test_what_was_changed_behind_its_back_is_named(own: Shop, name: str) -> None:
    harm, message = HARMS[name]
    harm(own)
    said = fsck(own)
    assert said.code == 1, said
    assert message in said.out, said.out


def test_a_database_older_than_its_export_is_found(kept: Shop, template: Shop) -> None:
    with copied(template) as old:
        shutil.copytree(kept.workspace / "export", old.workspace / "export")
        said = fsck(old)
        assert said.code == 1
        assert "it was rolled back" in said.out


def commitment(shop: Shop) -> str:
    with sqlite3.connect(shop.workspace / "pratique.db") as database:
        (found,) = database.execute("SELECT commitment FROM opening").fetchone()
    return str(found)


def holds(shop: Shop, text: bytes) -> bool:
    return any(text in path.read_bytes() for path in shop.workspace.rglob("*") if path.is_file())


def test_words_are_erased_with_their_ground_and_nothing_else_changes(own: Shop) -> None:
    assert holds(own, b"Dan on Tuesday")
    before: dict[str, Any] = own.done("status", "--json").value
    said = own.done("ledger", "redact", commitment(own), "--basis", "gdpr-17-1-a")
    assert "erased the words" in said.out
    assert not holds(own, b"Dan on Tuesday")
    checked = fsck(own)
    assert checked.code == 0, checked
    assert "1 redacted" in checked.out
    after = own.done("status", "--json").value
    assert after["holding"] == before["holding"]
    assert after["ledger"]["size"] == before["ledger"]["size"] + 1


def test_a_proof_still_holds_when_the_words_are_gone(own: Shop) -> None:
    promotion = next(one for one in own.done("status", "--json").value["holding"] if one["environment"] == "prod")
    own.done("ledger", "redact", commitment(own), "--basis", "gdpr-17-1-a")
    own.done("proof", "export", promotion["promotion"], "--out", own.folder / "proof.json")
    verified = run_pratique("proof", "verify", own.folder / "proof.json", "--trust-root", own.trust_root)
    assert verified.code == 0, verified


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("sha256:" + "0" * 64, "--basis", "gdpr-17-1-a"), 1),
        (("sha256:" + "0" * 64, "--basis", "because Dan asked"), 2),
        (("nonsense", "--basis", "gdpr-17-1-a"), 2),
        (("sha256:" + "0" * 64,), 2),
    ],
)
def test_what_cannot_be_erased_is_told_and_nothing_is_recorded(
    own: Shop, words: tuple[str, ...], code: int
) -> None:
    said = own.pratique("ledger", "redact", *words)
    assert said.code == code, said
    assert said.err.count("\n") == 1
    assert fsck(own).code == 0


def test_an_export_does_not_vouch_for_itself(own: Shop) -> None:
    said = run_pratique("ledger", "fsck", "--export", own.workspace / "export")
    assert said.code == 2
    assert "--trust-root" in said.err
