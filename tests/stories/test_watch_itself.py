"""The watch looks again by itself: evidence and images come, and somebody trusted states what does no harm."""

import json
from pathlib import Path
from typing import Any

from tests.stories.shop import Shop
from tests.stories.test_vex import statement, trust
from tests.stories.test_watch import NEW, drop
from tests.stories.test_watch_later import LATER, hand_in


def signals(shop: Shop, kind: str) -> list[dict[str, Any]]:
    return [event for event in shop.events() if event["type"] == f"signal.{kind}/1"]


def test_the_worker_looks_again_when_a_bill_of_materials_comes_later(shop: Shop, tmp_path: Path) -> None:
    shop.bring("clean", "dev")
    shop.done("watch", "import", drop(tmp_path, LATER))
    shop.work()
    assert not signals(shop, "raised")
    hand_in(shop, tmp_path)
    shop.work()
    (raised,) = signals(shop, "raised")
    assert raised["data"]["term"] == "CVE-2026-9100@pkg:pypi/hidden"
    shop.work()
    assert len(signals(shop, "raised")) == 1


def test_the_worker_settles_what_a_promotion_replaced(shop: Shop, tmp_path: Path) -> None:
    shop.bring("clean", "dev")
    shop.done("watch", "import", drop(tmp_path, NEW))
    assert len(signals(shop, "raised")) == 1
    shop.deliver("repaired", (("werkzeug", "3.0.6"),))
    shop.bring("repaired", "dev")
    (settled,) = signals(shop, "reconciled")
    assert settled["data"]["because"] == "the environment holds the image no more"


def say(shop: Shop, paper: Path, key: Path, moment: str, status: str) -> None:
    """Hand in, signed by the service for statements, what it says of the finding in flask."""
    image = shop.repository("build").resolve("clean")
    assert image
    said = json.loads(statement(image, paper).read_text()) | {"timestamp": moment}
    said["statements"][0] |= {"vulnerability": {"name": "CVE-2026-9000"}, "status": status}
    said["statements"][0]["products"] = [{"@id": f"pkg:oci/build@{image}"}]
    paper.write_text(json.dumps(said))
    signed = ("--as", "service:vex", "--key", key)
    shop.done("evidence", "add", f"oci:registry/build@{image}", paper, *signed)


def test_a_trusted_statement_settles_a_signal_and_a_later_one_that_takes_it_back_raises_it_again(
    shop: Shop, tmp_path: Path
) -> None:
    key, paper = trust(shop), tmp_path / "vex.json"
    shop.bring("clean", "dev", "staging")
    shop.done("watch", "import", drop(tmp_path, NEW))
    before = {one["environment"] for one in signals(shop, "raised")}
    assert before == {"dev", "staging"}
    say(shop, paper, key, "2026-01-02T03:04:05Z", "not_affected")
    shop.work()
    (settled,) = signals(shop, "reconciled")
    assert settled["environment"] == "staging"  # whose policy trusts the signer, as that of dev does not
    assert settled["data"]["because"].startswith("service:vex states not_affected in sha256:")
    shown = shop.done("watch", "list", "--json").value["images"]
    cleared = {one["environment"]: one["vulnerabilities"][0]["cleared_by"] for one in shown}
    assert cleared == {"dev": [], "staging": ["service:vex"]}
    say(shop, paper, key, "2026-01-03T03:04:05Z", "affected")
    shop.work()
    again = signals(shop, "raised")[2:]
    assert [one["environment"] for one in again] == ["staging"]


def test_an_unsigned_statement_settles_nothing(shop: Shop, tmp_path: Path) -> None:
    trust(shop)
    shop.bring("clean", "dev", "staging")
    shop.done("watch", "import", drop(tmp_path, NEW))
    image = shop.repository("build").resolve("clean")
    assert image
    said = statement(image, tmp_path / "vex.json").read_text().replace("GHSA-aaaa-aaaa-aaaa", "CVE-2026-9000")
    (tmp_path / "vex.json").write_text(said.replace("jinja2@2.10", "flask"))
    shop.done("evidence", "add", f"oci:registry/build@{image}", tmp_path / "vex.json")
    shop.work()
    assert not signals(shop, "reconciled")
