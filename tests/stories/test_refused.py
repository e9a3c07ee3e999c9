"""Step 3: an image with known vulnerabilities is refused, and everybody learns what to do about it."""

from tests.stories.ci import CLEAN
from tests.stories.shop import Shop


def test_a_vulnerable_image_is_stopped_with_an_item_that_says_who_when_and_what(shop: Shop) -> None:
    promotion = shop.bring("stale", "dev", "staging")
    assert shop.state(promotion) == "remediation"
    assert shop.repository("staging").resolve("stale") is None
    (item,) = shop.done("remediation", "list", "--json").value["items"]
    assert item["promotion"] == promotion
    assert (item["owner"], item["severity"]) == ("group:developers", "high")
    assert item["term"] == "GHSA-aaaa-aaaa-aaaa@pkg:pypi/jinja2"
    assert item["due"] > shop.show(promotion)["decision"]["inputs"]["now"]
    assert item["remedy"] == "upgrade jinja2 from 2.10 to 2.11.3"


def test_waiting_for_a_refused_promotion_ends_with_exit_code_1(shop: Shop) -> None:
    promotion = shop.bring("stale", "dev", "staging")
    said = shop.pratique("retry", promotion)
    assert said.code == 0
    shop.work()
    said = shop.pratique("retry", promotion, "--wait=0s")
    assert shop.show(promotion)["generation"] == 3
    assert said.code == 4


def test_a_retry_without_a_fix_is_refused_again_and_the_item_stays_one(shop: Shop) -> None:
    promotion = shop.bring("stale", "dev", "staging")
    (before,) = shop.done("remediation", "list", "--json").value["items"]
    shop.done("retry", promotion)
    shop.work()
    assert shop.state(promotion) == "remediation"
    (after,) = shop.done("remediation", "list", "--json").value["items"]
    assert after["remediation"] == before["remediation"]


def test_the_fixed_image_takes_the_place_of_the_refused_one(shop: Shop) -> None:
    refused = shop.bring("stale", "dev", "staging")
    shop.deliver("mended", CLEAN)
    promotion = shop.bring("mended", "dev", "staging")
    assert shop.state(promotion) == "promoted"
    assert shop.state(refused) == "superseded"


def test_items_are_listed_by_owner(shop: Shop) -> None:
    shop.bring("stale", "dev", "staging")
    mine = shop.done("remediation", "list", "--owner", "group:developers", "--json").value["items"]
    others = shop.done("remediation", "list", "--owner", "group:security", "--json").value["items"]
    assert (len(mine), len(others)) == (1, 0)
