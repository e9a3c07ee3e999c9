"""Whatever came in an emergency, or went back, is looked at afterwards by whoever owns the application."""

from tests.stories.shop import Said, Shop
from tests.stories.test_tracks import EMERGENCY, ROLLBACK, publish

SBOM = "https://cyclonedx.org/bom"


def emergency(shop: Shop, name: str) -> str:
    """Have an image without a bill of materials asked for as an emergency; return the promotion, which is judged."""
    shop.deliver(name, without=SBOM)
    key = ("--as", "service:ci", "--key", shop.key("service:ci"))
    image = f"{shop.place}/build:{name}"
    why = ("--emergency", "--comment", "the shop is down")
    promotion = shop.done("request", image, "--application", "shop", "--to", "dev", *why, *key).promotion
    shop.work()
    return promotion


def burnt(shop: Shop, due: str = "20d") -> str:
    publish(shop, EMERGENCY)
    gate = shop.folder / "policy" / "gate.yaml"
    gate.write_text(gate.read_text().replace("high: 30d", f"high: {due}"))
    shop.done("policy", "publish", gate.parent, "--root", f"person:ann={shop.key('person:ann')}")
    promotion = emergency(shop, "burning")
    assert shop.approve(promotion, "person:bea").code == 0
    shop.work()
    assert shop.state(promotion) == "promoted"
    return promotion


def items(shop: Shop) -> list[dict[str, str]]:
    found: list[dict[str, str]] = shop.done("remediation", "list", "--json").value["items"]
    return [one for one in found if one["check"] == "post-mortem"]


def close(shop: Shop, item: str, by: str) -> Said:
    words = ("--comment", "the pager was off", "--as", by, "--key", shop.key(by), "--json")
    return shop.pratique("remediation", "close", item, *words)


def test_an_emergency_leaves_something_to_look_back_at_which_its_owner_closes(shop: Shop) -> None:
    promotion = burnt(shop)
    (item,) = items(shop)
    assert (item["promotion"], item["owner"], item["term"]) == (
        promotion,
        "group:developers",
        "post-mortem:emergency",
    )
    assert item["due"]
    said = close(shop, item["remediation"], "person:bea")
    assert (said.code, "expected group:developers" in said.err) == (1, True)
    assert close(shop, item["remediation"], "person:dan").code == 0
    assert items(shop) == []
    assert shop.state(promotion) == "promoted"
    assert close(shop, item["remediation"], "person:dan").code == 1


def test_going_back_is_looked_at_afterwards_too(shop: Shop) -> None:
    publish(shop, ROLLBACK)
    shop.bring("clean", "dev")
    shop.bring("middling", "dev")
    promotion = shop.bring("clean", "dev")
    assert shop.approve(promotion, "person:eve").code == 0
    shop.work()
    assert [item["promotion"] for item in items(shop)] == [promotion]


def test_a_policy_may_ask_for_nothing_afterwards(shop: Shop) -> None:
    publish(shop, ROLLBACK.replace("keep: 90d", "keep: 90d, post_mortem: optional"))
    shop.bring("clean", "dev")
    shop.bring("middling", "dev")
    assert shop.approve(shop.bring("clean", "dev"), "person:eve").code == 0
    shop.work()
    assert items(shop) == []


def test_what_is_overdue_locks_no_emergency_out_and_stands_before_whoever_decides(shop: Shop) -> None:
    burnt(shop, due="1s")
    (item,) = items(shop)
    while not shop.done("status", "--json").value["overdue"]:
        pass
    assert item["remediation"] in shop.done("status").out
    again = emergency(shop, "blazing")
    shown = shop.show(again)
    assert (shown["state"], shown["track"]) == ("review", "emergency")
    assert f"looking back at an earlier promotion is overdue: {item['remediation']}" in shown["why"]
    assert shown["decision"]["inputs"]["history"]["overdue"] == [item["remediation"]]


def test_what_must_be_repaired_closes_by_itself_and_by_nobody_s_word(shop: Shop) -> None:
    promotion = shop.bring("stale", "dev", "staging")
    assert shop.state(promotion) == "remediation"
    item = shop.done("remediation", "list", "--json").value["items"][0]["remediation"]
    said = close(shop, item, "person:dan")
    assert (said.code, "it closes by itself" in said.err) == (1, True)
