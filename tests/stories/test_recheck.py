"""What is learnt after a judgement: it is looked at again by itself, and votes stay unless it came out worse."""

import json
from pathlib import Path

from tests.stories.shop import Shop


def in_review(shop: Shop) -> str:
    """Bring an image to the people of prod, and have one of the two approve."""
    promotion = shop.bring("middling", "dev", "staging", "prod")
    assert shop.state(promotion) == "review"
    shop.done("review", "approve", promotion, *_as(shop, "person:bea"), "--reason", "acceptable-risk")
    return promotion


def _as(shop: Shop, person: str) -> tuple[object, ...]:
    return ("--as", person, "--key", shop.key(person))


def imported(shop: Shop, package: str) -> None:
    """Import the feed again, with one more advisory, which is high and about this package."""
    feed = shop.folder / "advisories"
    record = json.loads((feed / "GHSA-aaaa-aaaa-aaaa.json").read_text())
    record["id"] = "GHSA-cccc-cccc-cccc"
    record["affected"][0]["package"]["name"] = package
    record["affected"][0]["ranges"][0]["events"] = [{"introduced": "0"}]
    Path(feed / "GHSA-cccc-cccc-cccc.json").write_text(json.dumps(record))
    shop.done("watch", "import", feed)


def test_a_feed_that_says_nothing_new_of_the_image_costs_nobody_a_vote(shop: Shop) -> None:
    promotion = in_review(shop)
    imported(shop, "something-else")
    shop.work()
    assert shop.types(promotion)[-3:] == ["promotion.retried/1", "promotion.gathered/1", "promotion.rechecked/1"]
    assert shop.approve(promotion, "person:cai").code == 0
    shop.work()
    assert shop.state(promotion) == "promoted"


def test_nobody_approves_by_what_a_newer_feed_may_say_otherwise(shop: Shop) -> None:
    promotion = in_review(shop)
    imported(shop, "something-else")
    early = shop.approve(promotion, "person:cai")
    assert early.code == 1
    assert "must be judged again first" in early.err
    assert "was imported after it was judged" in early.err
    shop.work()
    assert shop.approve(promotion, "person:cai").code == 0
    shop.work()
    assert shop.state(promotion) == "promoted"


def test_a_feed_that_makes_it_worse_voids_every_vote(shop: Shop) -> None:
    promotion = in_review(shop)
    imported(shop, "idna")
    shop.work()
    assert shop.state(promotion) == "remediation"
    assert "review.voided/1" in shop.types(promotion)


def test_a_feed_imported_while_it_waits_to_move_is_heeded_before_it_moves(shop: Shop) -> None:
    promotion = in_review(shop)
    assert shop.approve(promotion, "person:cai").code == 0
    imported(shop, "idna")
    shop.work()
    assert shop.state(promotion) == "remediation"
    assert "promotion.copied/1" not in shop.types(promotion)
    assert shop.repository("prod").resolve("middling") is None
