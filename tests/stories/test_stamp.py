"""Timestamp authorities: a ledger whose checkpoints somebody else dated."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from tests.servers.timestamp_server import Ill, TimestampServer, timestamp_server
from tests.stories.shop import Shop, run_pratique


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
    from pratique.service.stamp import stamp_if_due
    from pratique.wire import open_workspace

    with open_workspace(str(shop.workspace)) as workspace:
        first = stamp_if_due(workspace)
        assert first is not None
        assert {kept.authority for kept in first.stamps} == {"one", "two"}
        assert stamp_if_due(workspace) is None
    shop.bring("clean", "dev")
    with open_workspace(str(shop.workspace)) as workspace:
        assert stamp_if_due(workspace) is None  # it has grown, and a day has not passed
