"""A ledger whose only copy outside is in a bucket: published, checked, drilled and restored from there."""

from collections.abc import Iterator

import pytest
from tests.servers.bucket_server import Bucket, Fault, bucket_server
from tests.stories.shop import Shop, run_pratique

PLACE = "s3://ledgers/shop"


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    with bucket_server() as found:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", found.url)
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-test-1")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "robot")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not a secret")
        yield found


def into_bucket(shop: Shop) -> Shop:
    settings = shop.workspace / "pratique.toml"
    settings.write_text(settings.read_text().replace('export = "export"', f'export = "{PLACE}"'))
    return shop


def test_a_ledger_is_published_to_a_bucket_and_restored_from_it(shop: Shop, bucket: Bucket) -> None:
    into_bucket(shop).bring("clean", "dev", "staging")
    said = shop.done("ledger", "export", "--with-evidence", "--with-private")
    assert f"entries in {PLACE}; new:" in said.out
    assert shop.done("ledger", "export", "--json").value["tiles"] == 0
    assert shop.done("ledger", "fsck").out.endswith("all is well\n")
    trust = ("--trust-root", shop.trust_root)
    assert run_pratique("ledger", "fsck", "--export", PLACE, *trust).code == 0
    database, blobs = f"sqlite:///{shop.folder / 'again.db'}", shop.folder / "blobs"
    again = run_pratique("ledger", "restore", "--from", PLACE, "--to", database, "--blobs", blobs, *trust)
    assert again.code == 0, again
    assert bucket.refused == []


def test_a_drill_restores_from_the_bucket(shop: Shop, bucket: Bucket) -> None:
    into_bucket(shop).bring("clean", "dev")
    assert "0 missing" in shop.done("ledger", "drill").out


def test_nothing_is_signed_while_the_bucket_cannot_be_asked_what_it_has(shop: Shop, bucket: Bucket) -> None:
    into_bucket(shop).done("ledger", "export")
    bucket.plan = lambda method, key, count: Fault.FORBIDDEN
    said = shop.pratique("ledger", "checkpoint")
    assert said.code == 1
    assert "the credentials of the environment need" in said.err


def test_a_database_older_than_the_bucket_is_stopped_for_good(shop: Shop, bucket: Bucket) -> None:
    into_bucket(shop)
    old = (shop.workspace / "pratique.db").read_bytes()
    shop.bring("clean", "dev")
    shop.done("ledger", "export")
    for left in shop.workspace.glob("pratique.db-*"):
        left.unlink()
    (shop.workspace / "pratique.db").write_bytes(old)
    assert "rolled back" in shop.pratique("ledger", "checkpoint").err
    assert shop.done("status").out.startswith("STOPPED: nothing is signed or sealed: since 2")
    assert "rolled back" in shop.pratique("ledger", "resume").err
    bucket.objects.clear()  # whoever removes the evidence does not start it again
    assert "the ledger is stopped" in shop.pratique("ledger", "export").err


def test_a_stopped_ledger_goes_on_once_it_is_whole_again(shop: Shop, bucket: Bucket) -> None:
    into_bucket(shop)
    old = (shop.workspace / "pratique.db").read_bytes()
    shop.bring("clean", "dev")
    shop.done("ledger", "export")
    whole = (shop.workspace / "pratique.db").read_bytes()
    for content in (old, whole):
        for left in shop.workspace.glob("pratique.db-*"):
            left.unlink()
        (shop.workspace / "pratique.db").write_bytes(content)
        assert shop.pratique("ledger", "checkpoint").code == 1
    assert "agree with it" in shop.done("ledger", "resume").out
    shop.done("ledger", "checkpoint")
    assert "STOPPED" not in shop.done("status").out


def test_status_is_loud_before_anybody_tries_to_sign(shop: Shop, bucket: Bucket) -> None:
    into_bucket(shop).done("ledger", "export")
    bucket.objects["shop/checkpoint"] = b"no checkpoint"
    assert shop.done("status").out.startswith("STOPPED")
    assert shop.done("status", "--json").value["stopped"]
