"""An image is taken back: the environment holds what it held before, and having been there no longer counts."""

from tests.stories.shop import Said, Shop


def recall(shop: Shop, *what: object, by: str = "person:bea") -> Said:
    words = ("--comment", "it phones home", "--as", by, "--key", shop.key(by), "--json")
    return shop.pratique("recall", *what, *words)


def held(shop: Shop, environment: str) -> list[str]:
    holding = shop.done("status", "--json").value["holding"]
    return [one["image"] for one in holding if one["environment"] == environment]


def test_an_environment_holds_what_it_held_before_a_recall(shop: Shop) -> None:
    first = shop.bring("clean", "dev")
    second = shop.bring("stale", "dev")
    image = shop.show(second)["image"]
    assert held(shop, "dev") == [image]
    said = recall(shop, image, "--environment", "dev")
    assert said.code == 0, said
    assert held(shop, "dev") == [shop.show(first)["image"]]
    assert (shop.state(second), shop.state(first)) == ("recalled", "promoted")
    assert "took it back" in shop.done("trail", image).out


def test_an_environment_that_held_nothing_before_holds_nothing_again(shop: Shop) -> None:
    promotion = shop.bring("clean", "dev")
    said = recall(shop, promotion)
    assert said.value["holds"] is None
    assert held(shop, "dev") == []


def test_what_was_taken_back_was_never_there_for_the_next_request(shop: Shop) -> None:
    assert recall(shop, shop.bring("clean", "dev")).code == 0
    said = shop.request("clean", "staging")
    assert (said.code, "this digest was never in dev" in said.err) == (1, True)


def test_what_waits_for_people_is_judged_again_without_what_was_taken_back(shop: Shop) -> None:
    staged = shop.bring("middling", "dev", "staging")
    onward = shop.bring("middling", "prod")
    assert shop.state(onward) == "review"
    assert recall(shop, staged).code == 0
    shop.work()
    assert shop.state(onward) == "remediation"
    history = shop.done("review", "show", onward, "--json").value["decision"]["inputs"]["history"]
    assert history["withheld"] == [{"environment": "staging", "by": staged}]
    assert [one["environment"] for one in history["arrivals"]] == ["dev"]


def test_what_was_taken_back_can_be_promoted_anew_and_counts_from_then(shop: Shop) -> None:
    assert recall(shop, shop.bring("clean", "dev")).code == 0
    assert shop.state(shop.bring("clean", "dev", "staging")) == "promoted"


def test_something_else_takes_the_tag_of_what_was_taken_back(shop: Shop) -> None:
    assert recall(shop, shop.bring("clean", "dev")).code == 0
    assert shop.state(shop.bring("stale", "dev")) == "promoted"


def test_no_proof_is_made_of_what_was_taken_back(shop: Shop) -> None:
    promotion = shop.bring("clean", "dev")
    assert recall(shop, promotion).code == 0
    said = shop.pratique("proof", "export", promotion)
    assert (said.code, "promotion.recalled/1" in said.err) == (1, True)


def test_whoever_has_no_role_for_it_takes_nothing_back(shop: Shop) -> None:
    promotion = shop.bring("clean", "dev")
    said = recall(shop, promotion, by="person:dan")
    assert (said.code, "found person:dan" in said.err) == (1, True)
    assert shop.state(promotion) == "promoted"


def test_nothing_is_taken_back_twice(shop: Shop) -> None:
    promotion = shop.bring("clean", "dev")
    assert recall(shop, promotion).code == 0
    said = recall(shop, promotion)
    assert (said.code, "is recalled in dev" in said.err) == (1, True)
