"""An environment that a policy names later than the installation was made gets a key for its seals."""

import json

from tests.stories.shop import Said, Shop, drift
from tests.stories.test_layers import change_policy
from tests.stories.test_rotation import copied, proof, verified

QA = """\
  qa:
    inherits: dev
  staging:
"""


def with_qa(shop: Shop) -> Shop:
    application = shop.folder / "policy" / "applications" / "shop.yaml"
    text = application.read_text()
    application.write_text(f'{text}      qa: {{repository: "{shop.place}/qa"}}\n')
    change_policy(
        shop,
        lambda gate: gate.replace("  staging:\n", QA, 1).replace(
            "[dev, staging, prod]", "[dev, staging, prod, qa]"
        ),
    )
    return shop


def add(shop: Shop, environment: str, person: str = "person:ann") -> Said:
    return shop.pratique("ledger", "add-seal-key", environment, "--root", f"{person}={shop.key(person)}", "--json")


def test_what_failed_for_want_of_a_key_is_sealed_once_there_is_one(shop: Shop) -> None:
    trust = copied(with_qa(shop), "handed-out.json")
    shop.bring("clean", "dev", "staging", "prod")
    promotion = shop.bring("clean", "qa")
    assert shop.state(promotion) == "failed"
    assert "pratique ledger add-seal-key qa" in json.dumps(shop.show(promotion))

    added = add(shop, "qa")
    assert added.code == 0, added
    shop.done("retry", promotion)
    shop.work()

    assert shop.state(promotion) == "promoted"
    assert verified(proof(shop, promotion, "qa"), trust).code == 0
    assert drift(shop) == ()
    assert "all is well" in shop.done("ledger", "fsck").out


def test_the_key_is_made_once_and_then_replaced_as_any_other(shop: Shop) -> None:
    with_qa(shop)
    first = add(shop, "qa").value
    again = add(shop, "qa")
    assert (again.code, "replace-key" in again.err) == (1, True)
    replaced = shop.done(
        "ledger",
        "replace-key",
        "seal:qa",
        "--announce",
        "--root",
        f"person:ann={shop.key('person:ann')}",
        "--json",
    )
    assert replaced.value["old"] == first["key"]


def test_an_environment_that_has_its_key_gets_no_second_one(shop: Shop) -> None:
    said = add(shop, "dev")
    assert (said.code, "seal:dev" in said.err) == (1, True)


def test_who_holds_no_root_key_adds_nothing_and_it_can_be_run_again(shop: Shop) -> None:
    refused = add(with_qa(shop), "qa", "person:bea")
    assert refused.code == 1
    key = (shop.workspace / "keys" / "seal-qa.pem").read_bytes()
    assert add(shop, "qa").code == 0
    assert (shop.workspace / "keys" / "seal-qa.pem").read_bytes() == key
