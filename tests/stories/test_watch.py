"""The watch: what comes to be known about images that environments hold already, and where a package is."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from tests.stories.shop import Shop


def record(identifier: str, package: str, *events: dict[str, str], **more: Any) -> dict[str, Any]:
    said = {"package": {"ecosystem": "PyPI", "name": package}}
    ranges = [{"type": "ECOSYSTEM", "events": list(events) or [{"introduced": "0"}]}]
    moment = {"modified": "2026-12-01T00:00:00Z"}
    return {"id": identifier, **moment, "affected": [{**said, "ranges": ranges}], **more}


def drop(folder: Path, *records: dict[str, Any]) -> Path:
    """Write records as a zip, as an advisory database is carried in."""
    path = folder / "PyPI.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in records:
            archive.writestr(f"{one['id']}.json", json.dumps(one))
    return path


def packages(shop: Shop, promotion: str) -> list[dict[str, Any]]:
    seen = shop.done("watch", "list", "--json").value["images"]
    return [one for one in seen if one["promotion"] == promotion]


NEW = record("PYSEC-2026-9", "flask", aliases=["CVE-2026-9000", "GHSA-aaaa-bbbb-cccc"])


def test_a_vulnerability_that_turns_out_later_raises_one_signal_and_settles_when_it_is_withdrawn(
    shop: Shop, tmp_path: Path
) -> None:
    promotion = shop.bring("clean", "dev", "staging")
    said = shop.done("watch", "import", drop(tmp_path, NEW), "--json").value
    assert said["feeds"][0]["added"] == 1
    assert said["signals"] == {"raised": 2, "reconciled": 0, "open": 2}  # dev and staging hold it
    raised = [event for event in shop.events() if event["type"] == "signal.raised/1"]
    assert {event["environment"] for event in raised} == {"dev", "staging"}
    assert {event["data"]["term"] for event in raised} == {"CVE-2026-9000@pkg:pypi/flask"}
    assert all("promotion" not in event for event in raised)
    again = shop.done("watch", "import", drop(tmp_path, NEW), "--json").value
    assert (again["feeds"][0]["added"], again["signals"]["raised"]) == (0, 0)
    assert len(shop.done("status", "--json").value["signals"]) == 2
    withdrawn = {**NEW, "modified": "2026-12-02T00:00:00Z", "withdrawn": "2026-12-02T00:00:00Z"}
    gone = shop.done("watch", "import", drop(tmp_path, withdrawn), "--json").value
    assert gone["feeds"][0]["withdrawn"] == 1
    assert gone["signals"] == {"raised": 0, "reconciled": 2, "open": 0}
    assert shop.state(promotion) == "promoted"


def test_a_signal_settles_when_the_environment_holds_another_image(shop: Shop, tmp_path: Path) -> None:
    shop.bring("clean", "dev")
    shop.done("watch", "import", drop(tmp_path, NEW))
    shop.deliver("repaired", (("flask", "9.9.9"),))
    fixed_later = record("PYSEC-2026-9", "flask", {"introduced": "0"}, {"fixed": "9.9"}, aliases=NEW["aliases"])
    shop.done("watch", "import", drop(tmp_path, fixed_later))
    shop.bring("repaired", "dev")
    assert [event["type"] for event in shop.events()].count(
        "signal.reconciled/1"
    ) == 1  # the worker looked by itself
    assert shop.done("watch", "run", "--json").value["signals"] == {"raised": 0, "reconciled": 0, "open": 0}
    (event,) = [event for event in shop.events() if event["type"] == "signal.reconciled/1"]
    assert event["data"]["because"] == "the environment holds the image no more"


@pytest.mark.parametrize("name", ["PYSEC-2026-9", "CVE-2026-9000", "GHSA-aaaa-bbbb-cccc"])
def test_a_vulnerability_is_found_by_any_of_its_names(shop: Shop, tmp_path: Path, name: str) -> None:
    shop.bring("clean", "dev")
    shop.done("watch", "import", drop(tmp_path, NEW))
    found = shop.done("watch", "where", "--cve", name, "--json").value
    assert [(one["environment"], one["purl"], one["affected"]) for one in found["places"]] == [
        ("dev", "pkg:pypi/flask@3.0.0", True)
    ]
    assert shop.pratique("watch", "where", "--cve", "CVE-1999-1").code == 1  # nobody knows it: not "nowhere"


def test_a_package_is_found_whatever_its_spelling_and_by_version(shop: Shop) -> None:
    shop.bring("clean", "dev")
    found = shop.done("watch", "where", "--package", "pkg:pypi/Flask", "--json").value
    assert [one["version"] for one in found["places"]] == ["3.0.0"]
    assert found == shop.done("watch", "where", "--package", "pkg:pypi/flask@3.0.0", "--json").value
    assert shop.done("watch", "where", "--package", "pkg:pypi/flask@1", "--json").value["places"] == []
    assert shop.pratique("watch", "where", "--package", "flask").code == 2
