"""Somebody stops an image or an environment, everything waits, and goes on by itself once two have lifted it."""

import base64
import json
from pathlib import Path

from tests.stories.shop import Said, Shop, run_pratique

from pratique.values.canonical import canonical


def say(shop: Shop, by: str, *words: object) -> Said:
    return shop.pratique(
        "hold", *words, "--comment", "it phones home", "--as", by, "--key", shop.key(by), "--json"
    )


def stop(shop: Shop, *scope: object, by: str = "person:bea") -> str:
    said = say(shop, by, "place", *scope)
    assert said.code == 0, said
    return str(said.value["hold"])


def lift(shop: Shop, hold: str) -> None:
    for person in ("person:bea", "person:fay"):
        assert say(shop, person, "lift", hold).code == 0


def image_of(shop: Shop, promotion: str) -> str:
    return str(shop.show(promotion)["image"])


def proof_of(shop: Shop, promotion: str) -> Path:
    path = shop.folder / "proof.json"
    shop.done("proof", "export", promotion, "--out", path)
    return path


def verified(shop: Shop, path: Path) -> Said:
    return run_pratique("proof", "verify", path, "--trust-root", shop.trust_root)


def test_a_held_environment_takes_a_request_that_waits_and_goes_on_by_itself(shop: Shop) -> None:
    hold = stop(shop, "--application", "shop", "--environment", "dev")
    promotion = shop.bring("clean", "dev")
    assert shop.state(promotion) == "judging"
    waits = next(one for one in shop.done("status", "--json").value["open"] if one["promotion"] == promotion)
    assert f"the hold {hold} stops it" in waits["waiting"]
    assert shop.done("hold", "show", hold, "--json").value["waiting"] == [promotion]
    assert say(shop, "person:bea", "lift", hold).value["ended_at"] is None
    shop.work()
    assert shop.state(promotion) == "judging"
    assert say(shop, "person:fay", "lift", hold).value["ended_at"] is not None
    shop.work()
    assert shop.state(promotion) == "promoted"
    assert verified(shop, proof_of(shop, promotion)).code == 0


def test_a_hold_stops_what_waits_for_people_and_costs_nobody_a_vote(shop: Shop) -> None:
    promotion = shop.bring("middling", "dev", "staging", "prod")
    assert shop.state(promotion) == "review"
    assert shop.approve(promotion, "person:cai").code == 0
    hold = stop(shop, "--image", image_of(shop, promotion), "--environment", "prod")
    said = shop.approve(promotion, "person:bea")
    assert (said.code, f"the hold {hold} stops it" in said.err) == (1, True)
    shop.work()
    assert shop.state(promotion) == "judging"
    lift(shop, hold)
    shop.work()
    assert shop.state(promotion) == "review"
    assert shop.approve(promotion, "person:bea").code == 0
    shop.work()
    assert shop.state(promotion) == "promoted"


def test_what_is_held_elsewhere_does_not_count_as_having_been_there(shop: Shop) -> None:
    image = image_of(shop, shop.bring("clean", "dev", "staging"))
    hold = stop(shop, "--image", image, "--environment", "staging")
    promotion = shop.bring("clean", "prod")
    assert shop.state(promotion) == "remediation"
    record = shop.done("review", "show", promotion, "--json").value["decision"]
    assert record["inputs"]["history"]["withheld"] == [{"environment": "staging", "by": hold}]
    lift(shop, hold)
    shop.work()
    assert shop.state(promotion) == "promoted"


def test_one_person_cannot_lift_a_hold_by_signing_twice(shop: Shop) -> None:
    hold = stop(shop, "--application", "shop", "--environment", "dev")
    assert say(shop, "person:bea", "lift", hold).code == 0
    said = say(shop, "person:bea", "lift", hold)
    assert (said.code, "somebody else must" in said.err) == (1, True)


def test_whoever_has_no_role_for_it_neither_stops_anything_nor_lifts_it(shop: Shop) -> None:
    said = say(shop, "person:dan", "place", "--application", "shop", "--environment", "dev")
    assert (said.code, "found person:dan" in said.err) == (1, True)
    hold = stop(shop, "--application", "shop", "--environment", "dev")
    assert say(shop, "person:dan", "lift", hold).code == 1
    assert [event["type"] for event in shop.events()].count("hold.lifted/1") == 0


def test_the_words_of_a_hold_stand_in_no_event_and_the_trail_tells_of_it(shop: Shop) -> None:
    image = image_of(shop, shop.bring("clean", "dev"))
    hold = stop(shop, "--image", image)
    assert "phones home" not in json.dumps(shop.events())
    assert "phones home" in shop.done("hold", "show", hold).out
    assert f"stopped it everywhere: {hold}" in shop.done("trail", image).out


def test_a_proof_without_one_of_the_two_who_lifted_a_hold_does_not_verify(shop: Shop) -> None:
    hold = stop(shop, "--application", "shop", "--environment", "dev")
    promotion = shop.bring("clean", "dev")
    lift(shop, hold)
    shop.work()
    path = proof_of(shop, promotion)
    document = json.loads(path.read_bytes())
    lifted = [one for one in document["entries"] if b"hold.lifted/1" in base64.b64decode(one["event"])]
    assert len(lifted) == 2
    document["entries"].remove(lifted[1])
    path.write_bytes(canonical(document))
    assert verified(shop, path).code == 1


def test_nothing_is_stopped_of_another_environment(shop: Shop) -> None:
    stop(shop, "--application", "shop", "--environment", "prod")
    assert shop.state(shop.bring("clean", "dev", "staging")) == "promoted"
