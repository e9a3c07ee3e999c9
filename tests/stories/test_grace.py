"""A vulnerability that the ledger met for the first time is let be for some days, and the record says until when."""

from tests.stories.shop import Shop
from tests.stories.test_layers import change_policy


def test_a_vulnerability_that_is_new_to_the_ledger_has_its_days_of_grace(shop: Shop) -> None:
    change_policy(shop, lambda text: text.replace("max: 0}", "max: 0, grace: {days: 30, from: first_seen}}", 1))
    promotion = shop.bring("stale", "dev", "staging")
    decision = shop.show(promotion)["decision"]
    (check,) = (one for one in decision["checks"] if one["id"] == "high")
    assert check["outcome"] == "pass"
    assert dict(check["counts"])["in_grace"] >= 1
    assert check["holds_until"] is not None
