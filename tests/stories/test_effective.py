"""A policy that an environment wants later is in force later, whole, whatever the command line says."""

from tests.stories.shop import Shop


def publish(shop: Shop, moment: str, *more: object) -> None:
    gate = shop.folder / "policy" / "gate.yaml"
    smoke = '- {id: smoke, check: tests, required_suites: [smoke], keys: ["service:ci"]}'
    text = gate.read_text().replace("    checks:\n", f"    checks:\n      {smoke}\n", 1)
    gate.write_text(text.replace("  dev:\n", f"  dev:\n    effective_on: {moment}\n", 1))
    shop.done("policy", "publish", gate.parent, "--root", f"person:ann={shop.key('person:ann')}", *more)


def test_rules_of_next_year_stop_nobody_today(shop: Shop) -> None:
    publish(shop, "2099-01-01T00:00:00Z")
    assert shop.state(shop.bring("clean", "dev")) == "promoted"


def test_the_command_line_cannot_bring_them_forward(shop: Shop) -> None:
    publish(shop, "2099-01-01T00:00:00Z", "--effective-on", "2026-01-01T00:00:00.000Z")
    assert shop.state(shop.bring("clean", "dev")) == "promoted"


def test_rules_whose_day_has_come_hold(shop: Shop) -> None:
    publish(shop, "2026-01-01T00:00:00Z")
    assert shop.state(shop.bring("clean", "dev")) != "promoted"
