"""Where a ledger is published: one contract for a directory and a bucket, and what a bucket does when it fails."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.ledger.test_export import entries, publish_to
from tests.ledger.test_fsck import POLICY
from tests.servers.bucket_server import Bucket, Fault, Plan, bucket_server

from pratique.errors import Absent, Conflict, Malformed, Refused, Unreachable
from pratique.ledger.bucket import open_bucket
from pratique.ledger.directory import DirectoryTarget
from pratique.ledger.export import Exported
from pratique.ledger.fsck import fsck_tree
from pratique.ledger.interface import MAX_FILE_BYTES, Target, bounded


@pytest.fixture(scope="module")
def server() -> Iterator[Bucket]:
    with bucket_server() as found:
        yield found


@pytest.fixture
def bucket(server: Bucket, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """The server's bucket, empty and well, and an environment that says where it is."""
    reset(server)
    for name, value in {
        "AWS_ENDPOINT_URL_S3": server.url,
        "AWS_REGION": "eu-test-1",
        "AWS_DEFAULT_REGION": "eu-test-1",
        "AWS_ACCESS_KEY_ID": "robot",
        "AWS_SECRET_ACCESS_KEY": "not a secret",
        "AWS_CONFIG_FILE": "/nonexistent",
        "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
    }.items():
        monkeypatch.setenv(name, value)
    # Amazon's library still tries as often as it would, and asks nobody to wait in between.
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda backoff, context: 0)
    return server


def reset(server: Bucket) -> None:
    server.plan = lambda method, key, count: None
    for part in (server.objects, server.asked, server.refused):
        part.clear()


def once(method: str, fault: Fault, *, key: str = "") -> Plan:
    return lambda asked, path, count: fault if asked == method and path.endswith(key) and count == 1 else None


@pytest.fixture(params=["directory", "bucket"])
def target(request: pytest.FixtureRequest, tmp_path: Path, bucket: Bucket) -> Target:
    return (
        DirectoryTarget(tmp_path / "out") if request.param == "directory" else open_bucket("s3://ledgers/shop/log")
    )


def test_what_is_kept_is_there_and_is_written_once(target: Target) -> None:
    assert target.read("a/b") is None
    assert (target.keep("a/b", b"bytes"), target.keep("a/b", b"bytes")) == (1, 0)
    assert target.read("a/b") == b"bytes"
    assert b"".join(target.stream("a/b")) == b"bytes"
    assert list(target.stream("a/c")) == []


def test_what_is_kept_is_never_overwritten(target: Target) -> None:
    target.keep("a", b"bytes")
    with pytest.raises(Conflict, match="exists with other bytes"):
        target.keep("a", b"others")
    assert target.read("a") == b"bytes"


def test_what_is_replaced_is_what_stood_there(target: Target) -> None:
    target.replace("checkpoint", b"one", None)
    target.replace("checkpoint", b"two", b"one")
    target.replace("checkpoint", b"two", b"one")  # the answer was lost: it is done already
    assert target.read("checkpoint") == b"two"
    for before in (None, b"one", b"three"):
        with pytest.raises(Conflict, match="changed meanwhile by somebody else"):
            target.replace("checkpoint", b"four", before)
    assert target.read("checkpoint") == b"two"


def test_a_file_is_removed_once_and_again(target: Target) -> None:
    target.keep("private/x", b"")
    target.remove("private/x")
    target.remove("private/x")
    assert target.read("private/x") is None


def test_a_listing_is_whole_in_order_and_of_its_folder_alone(target: Target) -> None:
    names = [f"tile/0/{number:03}" for number in range(20)]
    for name in (*names, "tiles/0", "checkpoint"):
        target.keep(name, b"")
    assert list(target.list("tile")) == names
    assert list(target.list("nothing")) == []


def test_a_whole_ledger_is_published_checked_and_grows(target: Target) -> None:
    assert publish_to(target, entries(300), b"object") == Exported(300, 3, 2, 1)
    assert publish_to(target, entries(300), b"object") == Exported(300, 0, 0, 0)
    publish_to(target, entries(600))
    found = fsck_tree(target, POLICY)
    assert (found.entries, found.faults) == (600, ())
    with pytest.raises(Conflict, match="rewritten"):
        publish_to(target, entries(700, " changed"))
    assert fsck_tree(target, POLICY).entries == 600


def test_the_checkpoint_comes_last(bucket: Bucket) -> None:
    publish_to(open_bucket("s3://ledgers/shop"), entries(300), b"object")
    assert bucket.written()[-1] == "shop/checkpoint"
    assert bucket.refused == []


@pytest.mark.parametrize(
    "fault", [Fault.BUSY, Fault.LOST, Fault.PERSISTED, Fault.PERSISTED_BUSY, Fault.CROSSED, Fault.SLOW]
)
def test_a_write_that_fails_once_is_repeated_and_counts_once(bucket: Bucket, fault: Fault) -> None:
    bucket.plan = once("PUT", fault)
    target = open_bucket("s3://ledgers/log")
    publish_to(target, entries(257))
    publish_to(target, entries(258))
    assert fsck_tree(target, POLICY).faults == ()
    assert bucket.refused == []


def test_somebody_else_who_writes_a_tile_first_is_found_out(bucket: Bucket) -> None:
    bucket.plan = once("PUT", Fault.RACED, key="tile/0/000.p/3")
    with pytest.raises(Conflict, match=r"tile/0/000\.p/3 exists with other bytes"):
        publish_to(open_bucket("s3://ledgers/log"), entries(3))
    assert "log/checkpoint" not in bucket.objects


def test_somebody_else_who_writes_the_checkpoint_first_is_found_out(bucket: Bucket) -> None:
    bucket.plan = once("PUT", Fault.RACED, key="checkpoint")
    with pytest.raises(Conflict, match="checkpoint was changed meanwhile"):
        publish_to(open_bucket("s3://ledgers/log"), entries(3))
    assert bucket.objects["log/checkpoint"] == b"somebody else's"


def test_a_bucket_that_is_always_busy_is_said_and_left_right(bucket: Bucket) -> None:
    bucket.plan = lambda method, key, count: Fault.BUSY if key.endswith("checkpoint") and method == "PUT" else None
    with pytest.raises(Unreachable, match="SlowDown"):
        publish_to(open_bucket("s3://ledgers/log"), entries(3))
    bucket.plan = lambda method, key, count: None
    publish_to(open_bucket("s3://ledgers/log"), entries(3))
    assert fsck_tree(open_bucket("s3://ledgers/log"), POLICY).faults == ()


def test_a_bucket_that_lets_nobody_in_says_what_is_needed(bucket: Bucket) -> None:
    bucket.plan = lambda method, key, count: Fault.FORBIDDEN
    with pytest.raises(Refused, match="need s3:GetObject, s3:PutObject"):
        publish_to(open_bucket("s3://ledgers/log"), entries(3))


def test_a_bucket_that_is_not_there_is_said(bucket: Bucket) -> None:
    with pytest.raises(Absent, match="no such bucket"):
        open_bucket("s3://others/log").keep("a", b"")


def test_without_credentials_it_is_said_where_they_come_from(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(Refused, match="AWS_ACCESS_KEY_ID"):
        open_bucket("s3://ledgers/log").read("checkpoint")


@pytest.mark.parametrize(
    "url", ["s3://", "s3://A/b", "s3://ledgers/a b", "s3:/ledgers", "s3://ledgers/a?b", "s3://x"]
)
def test_what_names_no_bucket_is_refused(url: str) -> None:
    with pytest.raises(Malformed, match="expected s3://BUCKET/PREFIX"):
        open_bucket(url)


WRITES = tuple(fault for fault in Fault if fault not in (Fault.SLOW, Fault.ENDLESS))
"""What may go wrong with a write, without taking time."""


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from([None, *(f for f in Fault if f not in (Fault.SLOW, Fault.ENDLESS))]),
        min_size=12,
        max_size=12,
    )
)
def test_whatever_fails_the_bucket_holds_one_history_or_somebody_is_told(
    bucket: Bucket, faults: list[Fault | None]
) -> None:
    reset(bucket)
    left = iter(faults)
    with ExitStack() as stack:
        stack.callback(reset_plan, bucket)
        bucket.plan = lambda method, key, count: next(left, None) if method == "PUT" else None
        for size in (3, 260):
            try:
                publish_to(open_bucket("s3://ledgers/log"), entries(size))
            except (Conflict, Refused, Unreachable):
                continue
    strangers = [key for key, content in bucket.objects.items() if content == b"somebody else's"]
    found = fsck_tree(open_bucket("s3://ledgers/log"), POLICY)
    if "log/checkpoint" in bucket.objects and not strangers:
        assert found.faults == () or all("beyond" in str(fault) for fault in found.faults)


def reset_plan(server: Bucket) -> None:
    server.plan = lambda method, key, count: None


@pytest.mark.parametrize("strange", ["pipe", "device", "folder"])
def test_what_is_no_file_is_told_and_never_waited_for(tmp_path: Path, strange: str) -> None:
    place = tmp_path / "checkpoint"
    match strange:
        case "pipe":
            os.mkfifo(place)
        case "device":
            place.symlink_to("/dev/zero")
        case _:
            place.mkdir()
    for read in (DirectoryTarget(tmp_path).read, lambda path: list(DirectoryTarget(tmp_path).stream(path))):
        with pytest.raises(Unreachable, match="expected a file, found something else"):
            read("checkpoint")


def test_a_file_that_nobody_can_hold_in_memory_is_told(tmp_path: Path) -> None:
    with (tmp_path / "checkpoint").open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)  # sparse: no bytes on the disk
    with pytest.raises(Unreachable, match="expected at most"):
        DirectoryTarget(tmp_path).read("checkpoint")


def test_an_object_that_does_not_end_is_told(bucket: Bucket) -> None:
    bucket.plan = once("GET", Fault.ENDLESS)
    with pytest.raises(Unreachable, match="checkpoint: expected at most"):
        open_bucket("s3://ledgers/log").read("checkpoint")


@given(st.lists(st.binary(max_size=8)), st.integers(0, 64))
def test_as_much_as_is_allowed_passes_and_nothing_more(chunks: list[bytes], most: int) -> None:
    whole = b"".join(chunks)
    found = bounded(chunks, "here", most)
    if len(whole) <= most:
        assert b"".join(found) == whole
        return
    passed: list[bytes] = []
    with pytest.raises(Unreachable, match=f"here: expected at most {most} bytes"):
        passed.extend(found)
    assert len(b"".join(passed)) <= most


def test_a_place_with_somebody_elses_checkpoint_is_told(target: Target) -> None:
    target.keep("checkpoint", b"somebody else's")
    with pytest.raises(Conflict, match="holds no checkpoint of this ledger"):
        publish_to(target, entries(3))
