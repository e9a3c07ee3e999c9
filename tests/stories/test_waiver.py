"""A high vulnerability is let be for a while, signed by those who may, and comes back when that ends."""

import base64
import json

from tests.stories.documents import GATE
from tests.stories.shop import Said, Shop, run_pratique

from pratique.values.canonical import canonical

WAIVERS = """\
    waivers:
      who: [{role: security, count: 1}, {role: release, count: 1, severity: [critical]}]
      max_days: {high: 30, default: 90}
      never: [sig, prov]
"""


def with_waivers(shop: Shop) -> str:
    gate = shop.folder / "policy" / "gate.yaml"
    gate.write_text(GATE.replace("  staging:\n", f"{WAIVERS}  staging:\n", 1))
    root = f"person:ann={shop.key('person:ann')}"
    shop.done("policy", "publish", shop.folder / "policy", "--root", root)
    return shop.bring("stale", "dev", "staging")


def finding(shop: Shop, promotion: str) -> tuple[str, str]:
    record = shop.done("review", "show", promotion, "--json").value["decision"]
    check = next(check for check in record["checks"] if check["outcome"] == "block")
    return check["id"], next(one["term"] for one in check["findings"])


def propose(shop: Shop, promotion: str, *more: str, by: str = "person:dan") -> Said:
    check, term = finding(shop, promotion)
    what = ("--check", check, "--term", term, "--days", "14", "--owner", "group:developers")
    why = ("--justification", "vulnerable_code_not_in_execute_path", "--comment", "we never parse templates")
    return shop.pratique(
        "waiver", "propose", promotion, *what, *why, *more, "--as", by, "--key", shop.key(by), "--json"
    )


def say(shop: Shop, word: str, waiver: str, by: str) -> Said:
    return shop.pratique(
        "waiver", word, waiver, "--comment", "looked at it", "--as", by, "--key", shop.key(by), "--json"
    )


def test_a_granted_waiver_lets_the_image_in_and_the_record_tells_the_count(shop: Shop) -> None:
    promotion = with_waivers(shop)
    assert shop.state(promotion) == "remediation"
    waiver = propose(shop, promotion).value["waiver"]
    assert say(shop, "grant", waiver, "person:bea").code == 0
    shop.work()
    assert shop.state(promotion) == "promoted"
    decision = shop.done("review", "show", promotion, "--json").value["decision"]
    high = next(check for check in decision["checks"] if check["id"] == "high")
    assert high["outcome"] == "pass"
    assert "1 = 0 + 1 waiver" in high["message"]
    assert f"waived by {waiver}" in high["findings"][0]["message"]
    assert decision["waivers"][0]["fate"] == "applied"
    assert decision["holds_until"] == decision["waivers"][0]["expires"]


def test_the_proof_of_a_waived_promotion_verifies_and_not_without_the_grant(shop: Shop) -> None:
    promotion = with_waivers(shop)
    waiver = propose(shop, promotion).value["waiver"]
    say(shop, "grant", waiver, "person:bea")
    shop.work()
    proof = shop.folder / "proof.json"
    shop.done("proof", "export", promotion, "--out", proof)
    assert run_pratique("proof", "verify", proof, "--trust-root", shop.trust_root).code == 0
    document = json.loads(proof.read_bytes())
    granted = [entry for entry in document["entries"] if b"waiver.granted/1" in base64.b64decode(entry["event"])]
    assert len(granted) == 1
    document["entries"].remove(granted[0])
    proof.write_bytes(canonical(document))
    said = run_pratique("proof", "verify", proof, "--trust-root", shop.trust_root)
    assert said.code == 1


def test_whoever_proposes_a_waiver_does_not_grant_it(shop: Shop) -> None:
    promotion = with_waivers(shop)
    waiver = propose(shop, promotion, by="person:bea").value["waiver"]
    said = say(shop, "grant", waiver, "person:bea")
    assert (said.code, "proposed it" in said.err) == (1, True)


def test_whoever_holds_no_role_that_grants_is_refused_and_nothing_is_recorded(shop: Shop) -> None:
    promotion = with_waivers(shop)
    waiver = propose(shop, promotion).value["waiver"]
    assert say(shop, "grant", waiver, "person:ann").code == 1
    assert "waiver.granted/1" not in {event["type"] for event in shop.events()}


def test_a_waiver_longer_than_the_policy_allows_is_not_even_proposed(shop: Shop) -> None:
    promotion = with_waivers(shop)
    said = propose(shop, promotion, "--days", "31")
    assert (said.code, "30 days" in said.err) == (1, True)


def test_a_revoked_waiver_stops_a_promotion_that_waits_for_people(shop: Shop) -> None:
    promotion = with_waivers(shop)
    gate = shop.folder / "policy" / "gate.yaml"
    slow = "    tracks: {fast: {when: all_pass, risk_at_most: 0, first_arrival: fast}}\n"
    gate.write_text(
        gate.read_text()
        .replace("    inherits: dev\n", f"    inherits: dev\n{slow}", 1)
        .replace("risk_at_most: 60", "risk_at_most: 0")
    )
    shop.done("policy", "publish", shop.folder / "policy", "--root", f"person:ann={shop.key('person:ann')}")
    waiver = propose(shop, promotion).value["waiver"]
    say(shop, "grant", waiver, "person:bea")
    shop.work()
    assert shop.state(promotion) == "review"
    assert say(shop, "revoke", waiver, "person:bea").code == 0
    shop.work()
    assert shop.state(promotion) == "remediation"
    retried = [event for event in shop.events(promotion=promotion) if event["type"] == "promotion.retried/1"]
    assert retried[-1]["data"]["because"] == f"the waiver {waiver} is no longer in force"


def test_a_second_waiver_for_the_same_finding_must_say_that_it_renews_the_first(shop: Shop) -> None:
    promotion = with_waivers(shop)
    waiver = propose(shop, promotion).value["waiver"]
    say(shop, "grant", waiver, "person:bea")
    shop.work()
    said = propose_again(shop, promotion)
    assert (said.code, f"--renews {waiver}" in said.err) == (1, True)
    renewed = propose_again(shop, promotion, "--renews", waiver)
    assert renewed.value["terms"]["renewals"] == 1


def propose_again(shop: Shop, promotion: str, *more: str) -> Said:
    term = shop.done("waiver", "list", "--json").value["waivers"][0]["terms"]["term"]
    what = ("--check", "high", "--term", term, "--days", "14", "--owner", "group:developers")
    why = ("--justification", "no_fix_yet", "--comment", "still true", "--as", "person:dan")
    return shop.pratique(
        "waiver", "propose", promotion, *what, *why, "--key", shop.key("person:dan"), "--json", *more
    )


def test_what_somebody_wrote_stands_in_no_event(shop: Shop) -> None:
    promotion = with_waivers(shop)
    waiver = propose(shop, promotion).value["waiver"]
    assert "never parse templates" not in json.dumps(shop.events())
    assert "never parse templates" in shop.done("waiver", "show", waiver).out
