"""Timestamp authorities: a ledger whose checkpoints somebody else dated."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.servers.timestamp_server import Ill, TimestampServer, timestamp_server
from tests.stories.shop import Said, Shop, run_pratique

from pratique.proof.document import parse_proof
from pratique.service.proof import export_bare
from pratique.service.stamp import stamp_if_due
from pratique.wire import open_workspace


@pytest.fixture
def clocks(shop: Shop) -> Iterator[tuple[TimestampServer, TimestampServer]]:
    """Two authorities that the shop's settings name."""
    with ExitStack() as stack, (shop.workspace / "pratique.toml").open("a") as file:
        one, two = (stack.enter_context(timestamp_server(shop.folder / name)) for name in ("one", "two"))
        for name, clock in (("one", one), ("two", two)):
            file.write(f'[timestamp.{name}]\nurl = "{clock.url}"\nca_file = "{clock.ca_file}"\n')
        file.flush()
        yield one, two


def test_every_authority_stamps_the_checkpoint_once(
    shop: Shop, clocks: tuple[TimestampServer, TimestampServer]
) -> None:
    said = shop.done("ledger", "stamp")
    assert "one saw them at" in said.out
    assert "two saw them at" in said.out
    shop.done("ledger", "stamp")
    assert [len(clock.asked) for clock in clocks] == [1, 1]


def test_one_that_fails_is_told_and_the_other_counts(
    shop: Shop, clocks: tuple[TimestampServer, TimestampServer]
) -> None:
    clocks[0].ill = Ill.FLIPPED
    said = shop.done("ledger", "stamp")
    assert "one did not stamp them" in said.out
    assert "two saw them at" in said.out
    for clock in clocks:
        clock.ill = Ill.BUSY
    shop.bring("clean", "dev")
    assert shop.pratique("ledger", "stamp").code == 1


def test_stamps_are_exported_for_any_tool_and_checked(
    shop: Shop, clocks: tuple[TimestampServer, TimestampServer]
) -> None:
    size = shop.done("ledger", "stamp", "--json").value["size"]
    shop.bring("clean", "dev")
    shop.done("ledger", "export")
    folder = shop.workspace / "export" / "timestamp"
    words = ("-data", folder / f"{size}.txt", "-in", folder / f"{size}.one.tsr", "-CAfile", clocks[0].ca_file)
    subprocess.run(["openssl", "ts", "-verify", *words], check=True, capture_output=True)
    assert "2 timestamps" in shop.done("ledger", "fsck").out
    alone = ("ledger", "fsck", "--export", shop.workspace / "export", "--trust-root", shop.trust_root)
    assert "2 timestamps by nobody known here" in run_pratique(*alone).out
    wrong = run_pratique(*alone, "--authority", f"one={clocks[1].ca_file}")
    assert wrong.code == 1
    assert f"timestamp/{size}.one.tsr" in wrong.out


def verified(shop: Shop, path: Path, *more: object) -> Said:
    return run_pratique("proof", "verify", path, "--trust-root", shop.trust_root, *more)


def exported(shop: Shop, promotion: str, *form: object, name: str = "proof.json") -> Path:
    path = shop.folder / name
    shop.done("proof", "export", promotion, *form, "--out", path)
    return path


def test_a_proof_carries_stamps_and_says_by_when_it_existed_to_whoever_believes(
    shop: Shop, clocks: tuple[TimestampServer, TimestampServer]
) -> None:
    shop.done("ledger", "stamp")
    promotion = shop.bring("clean", "dev")
    assert "timestamps by" not in verified(shop, exported(shop, promotion)).out  # none covers it yet
    shop.bring("middling", "dev")
    shop.done("ledger", "stamp")
    one = ("--authority", f"one={clocks[0].ca_file}")
    for path in (exported(shop, promotion), exported(shop, promotion, "--full", name="full")):
        assert "timestamps by one: give its certificates" in verified(shop, path).out
        said = verified(shop, path, *one)
        assert said.code == 0, said
        assert "everything here, according to the timestamp authority one" in said.out
        assert "timestamps by two: give its certificates" in said.out
    wrong = verified(shop, shop.folder / "proof.json", "--authority", f"one={clocks[1].ca_file}")
    assert (wrong.code, "one: timestamp: no authority that is believed" in wrong.err) == (1, True), wrong


@pytest.mark.parametrize("word", ["one", "=ca.pem", "one="])
def test_an_authority_without_name_or_file_is_refused(shop: Shop, word: str) -> None:
    said = verified(shop, exported(shop, shop.bring("clean", "dev")), "--authority", word)
    assert (said.code, "expected NAME=CERTIFICATES" in said.err) == (2, True), said


def test_what_hangs_on_the_image_has_the_same_bytes_whoever_stamped_meanwhile(
    shop: Shop, clocks: tuple[TimestampServer, TimestampServer]
) -> None:
    promotion = shop.bring("clean", "dev")
    bare = exported(shop, promotion).read_bytes()
    shop.done("ledger", "stamp")
    assert exported(shop, promotion).read_bytes() != bare
    with open_workspace(str(shop.workspace)) as workspace:
        assert export_bare(workspace, promotion) == bare


def test_stamps_are_restored_from_an_export_and_prove_what_they_proved(
    shop: Shop, clocks: tuple[TimestampServer, TimestampServer]
) -> None:
    promotion = shop.bring("clean", "dev")
    shop.done("ledger", "stamp")
    shop.bring("middling", "dev")
    before = exported(shop, promotion).read_bytes()
    shop.done("ledger", "export", "--with-evidence", "--with-private")
    (shop.workspace / "pratique.db").rename(shop.folder / "lost.db")
    for file in shop.workspace.glob("pratique.db-*"):
        file.unlink()
    said = run_pratique(
        *("ledger", "restore", "--from", shop.workspace / "export"),
        *("--to", f"sqlite:///{shop.workspace / 'pratique.db'}", "--blobs", shop.workspace / "blobs"),
        *("--trust-root", shop.trust_root, "--openings", shop.workspace / "keys" / "openings.key"),
    )
    assert (said.code, "2 timestamps" in said.out) == (0, True), said
    after = parse_proof(exported(shop, promotion).read_bytes())
    assert [one.answer for one in after.stamps] == [one.answer for one in parse_proof(before).stamps]
    assert "all is well" in shop.done("ledger", "fsck").out
    shop.done("ledger", "export")


def test_one_that_fails_is_left_alone_longer_each_time_and_status_tells(
    shop: Shop, clocks: tuple[TimestampServer, TimestampServer]
) -> None:
    clocks[0].ill = Ill.BUSY
    with open_workspace(str(shop.workspace)) as workspace:
        first = stamp_if_due(workspace)
        assert first is not None
        assert [one.authority for one in first.missing] == ["one"]
        assert stamp_if_due(workspace) is None
    assert len(clocks[0].asked) == 1
    said = shop.done("status").out
    assert "no timestamp by one, 1 times since" in said
    assert "status 503" in said
    shop.done("ledger", "stamp")  # whoever asks by hand waits for nothing
    (told,) = shop.done("status", "--json").value["timestamps_failing"]
    assert (told["authority"], told["failures"], len(clocks[0].asked)) == ("one", 2, 2)
    clocks[0].ill = None
    shop.done("ledger", "stamp")
    assert shop.done("status", "--json").value["timestamps_failing"] == []


def test_without_an_authority_it_is_said_how_to_name_one(shop: Shop) -> None:
    assert "add [timestamp.NAME] with url and ca_file" in shop.pratique("ledger", "stamp").err


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ('[timestamp.one]\nurl = "https://x"\n', "expected the key 'ca_file'"),
        ('[timestamp.one]\nurl = "ftp://x"\nca_file = "a"\n', "expected https:// or http://"),
        ('[timestamp.One]\nurl = "https://x"\nca_file = "a"\n', "lower-case letters"),
        ('[timestamp.one]\nurl = "https://x"\nca_file = "a"\nevery = "1s"\n', "expected at least 1m"),
        ('[timestamp.one]\nurl = "https://x"\nca_file = "a"\nnever = "1s"\n', "unknown key 'never'"),
    ],
)
def test_a_wrong_table_is_refused(shop: Shop, table: str, message: str) -> None:
    with (shop.workspace / "pratique.toml").open("a") as file:
        file.write(table)
    said = shop.pratique("ledger", "stamp")
    assert said.code == 2
    assert message in said.err


def test_the_worker_has_the_ledger_stamped_when_it_is_due(
    shop: Shop, clocks: tuple[TimestampServer, TimestampServer]
) -> None:
    with open_workspace(str(shop.workspace)) as workspace:
        first = stamp_if_due(workspace)
        assert first is not None
        assert {kept.authority for kept in first.stamps} == {"one", "two"}
        assert stamp_if_due(workspace) is None
    shop.bring("clean", "dev")
    with open_workspace(str(shop.workspace)) as workspace:
        assert stamp_if_due(workspace) is None  # it has grown, and a day has not passed
