"""What the watch knows of an image is not only what its judgement knew: evidence comes later, too."""

import json
from pathlib import Path

from tests.registry.builders import build_platforms, no_lock, push
from tests.stories.ci import CLEAN, statements
from tests.stories.shop import Shop
from tests.stories.test_layers import change_policy
from tests.stories.test_watch import NEW, drop, record

from pratique.registry.attach import attach_referrer
from pratique.registry.closure import plan

LATER = record("PYSEC-2026-10", "hidden", aliases=["CVE-2026-9100"])
BILL = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.5",
    "components": [{"type": "library", "name": "hidden", "version": "1.0", "purl": "pkg:pypi/hidden@1.0"}],
}


def hand_in(shop: Shop, tmp_path: Path) -> None:
    """Hand in, signed by CI, a bill of materials that lists one package more."""
    bill = tmp_path / "later.cdx.json"
    bill.write_text(json.dumps(BILL))
    signed = ("--as", "service:ci", "--key", shop.key("service:ci"))
    shop.done("evidence", "add", "oci:registry/build:clean", bill, *signed)


def test_a_bill_of_materials_that_came_later_is_watched(shop: Shop, tmp_path: Path) -> None:
    shop.bring("clean", "dev")
    assert shop.done("watch", "import", drop(tmp_path, LATER), "--json").value["signals"]["raised"] == 0
    hand_in(shop, tmp_path)
    assert shop.done("watch", "run", "--json").value["signals"]["raised"] == 1
    (raised,) = (event for event in shop.events() if event["type"] == "signal.raised/1")
    assert raised["data"]["term"] == "CVE-2026-9100@pkg:pypi/hidden"


def test_a_package_that_was_listed_later_is_found_after_it_was_asked_for_before(
    shop: Shop, tmp_path: Path
) -> None:
    shop.bring("clean", "dev")
    assert shop.done("watch", "where", "--package", "pkg:pypi/hidden", "--json").value["places"] == []
    hand_in(shop, tmp_path)
    assert len(shop.done("watch", "where", "--package", "pkg:pypi/hidden", "--json").value["places"]) == 1


def test_each_platform_of_an_image_says_where_a_package_is(shop: Shop, tmp_path: Path) -> None:
    repository = shop.repository("build")
    image = push(repository, build_platforms("both"), tag="both")
    platforms = tuple(one.digest for one in plan(repository, image).platforms)
    for platform in platforms:
        for kind, statement in statements(platform, CLEAN):
            attach_referrer(repository, platform, shop.signed(kind, statement), no_lock)
    assert shop.state(shop.bring("both", "dev")) == "promoted"
    places = shop.done("watch", "where", "--package", "pkg:pypi/flask", "--json").value["places"]
    assert {one["platform"] for one in places} == {str(platform) for platform in platforms}
    shop.done("watch", "import", drop(tmp_path, NEW))
    found = shop.done("watch", "where", "--cve", "CVE-2026-9000", "--json").value["places"]
    assert len(found) == len(platforms) == 2


def test_a_feed_that_lost_an_ecosystem_is_not_taken_for_good_news(shop: Shop, tmp_path: Path) -> None:
    both = (NEW, {**LATER, "affected": [{"package": {"ecosystem": "npm", "name": "hidden"}, "versions": ["1.0"]}]})
    shop.done("watch", "import", drop(tmp_path, *both), "--feed", "all")
    said = shop.pratique("watch", "import", drop(tmp_path, NEW), "--feed", "all")
    assert said.code == 1
    assert "npm" in said.err
    assert shop.done("watch", "import", drop(tmp_path, NEW), "--feed", "other").code == 0


def exploited(folder: Path, *names: str) -> Path:
    entries = [{"cveID": name, "dateAdded": "2026-11-01", "dueDate": "2026-11-20"} for name in names]
    path = folder / "known_exploited_vulnerabilities.json"
    count = {"catalogVersion": "2026.11.24", "count": len(entries)}
    path.write_text(json.dumps({"title": "CISA Catalog", **count, "vulnerabilities": entries}))
    return path


def likely(folder: Path, name: str, probability: str) -> Path:
    path = folder / "epss.csv"
    head = "#model_version:v2025.03.14,score_date:2026-11-24T00:00:00+0000\ncve,epss,percentile\n"
    path.write_text(f"{head}{name},{probability},0.9\n")
    return path


def test_what_comes_to_be_exploited_is_judged_otherwise_from_then_on(shop: Shop, tmp_path: Path) -> None:
    change_policy(shop, lambda text: text.replace("where: {severity: [critical, high]}", "where: {kev: true}", 1))
    shop.done("watch", "import", drop(tmp_path, NEW))
    promotion = shop.bring("clean", "dev", "staging")
    assert outcome(shop, promotion) == "unknown"  # nobody can say what is exploited
    for names, expected in (((), "pass"), (("CVE-2026-9000",), "block")):
        shop.done("watch", "import", exploited(tmp_path, "CVE-1999-1", *names))
        again = shop.deliver(f"clean-{expected}")
        assert outcome(shop, shop.bring(f"clean-{expected}", "dev", "staging")) == expected, again


def test_what_comes_to_be_likely_is_judged_otherwise_from_then_on(shop: Shop, tmp_path: Path) -> None:
    change_policy(
        shop, lambda text: text.replace("where: {severity: [critical, high]}", 'where: {epss: ">= 0.5"}', 1)
    )
    shop.done("watch", "import", drop(tmp_path, NEW))
    for probability, expected in (("0.10000", "pass"), ("0.90000", "block")):
        shop.done("watch", "import", likely(tmp_path, "CVE-2026-9000", probability))
        shop.deliver(f"clean-{expected}")
        assert outcome(shop, shop.bring(f"clean-{expected}", "dev", "staging")) == expected


def outcome(shop: Shop, promotion: str) -> str:
    (check,) = (one for one in shop.show(promotion)["decision"]["checks"] if one["id"] == "high")
    return str(check["outcome"])
