"""A high vulnerability is let be for a while, signed by those who may, and comes back when that ends."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import sleep

import pytest
from tests.stories.documents import GATE
from tests.stories.shop import Said, Shop, run_pratique

from pratique.attest.fields import Fields
from pratique.errors import Unverified
from pratique.proof.decision import verify_decision
from pratique.proof.directory import verify_directories
from pratique.proof.document import Kind
from pratique.proof.past import verify_past
from pratique.proof.policy import verify_policies
from pratique.proof.reading import open_proof
from pratique.proof.trust import parse_trust_root
from pratique.proof.waiver import verify_waivers
from pratique.values.canonical import canonical
from pratique.values.digest import Digest
from pratique.values.moment import render_moment

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


def test_another_spelling_of_the_same_finding_is_a_renewal_too(shop: Shop) -> None:
    promotion = with_waivers(shop)
    waiver = propose(shop, promotion).value["waiver"]
    say(shop, "grant", waiver, "person:bea")
    shop.work()
    term = shop.done("waiver", "list", "--json").value["waivers"][0]["terms"]["term"]
    said = propose_again(shop, promotion, term=f"{term}@3.1.0")
    assert (said.code, f"--renews {waiver}" in said.err) == (1, True)


def propose_again(shop: Shop, promotion: str, *more: str, term: str | None = None) -> Said:
    term = term or shop.done("waiver", "list", "--json").value["waivers"][0]["terms"]["term"]
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


def let_in(shop: Shop) -> tuple[str, str]:
    """Bring an image in under a waiver; return the promotion and the waiver."""
    promotion = with_waivers(shop)
    waiver = propose(shop, promotion).value["waiver"]
    say(shop, "grant", waiver, "person:bea")
    shop.work()
    return promotion, waiver


def test_a_proof_counts_the_grants_again_by_the_signed_policy(shop: Shop) -> None:
    promotion, _ = let_in(shop)
    proof = shop.folder / "proof.json"
    shop.done("proof", "export", promotion, "--out", proof)
    trust = parse_trust_root(shop.trust_root.read_bytes())
    reading = open_proof(proof.read_bytes(), Kind.PROMOTION, trust)
    chain = verify_directories(reading, trust)
    rules = verify_policies(reading, chain, trust).rules
    record = verify_decision(reading, chain, rules, verify_past(reading, chain, trust.verifier))
    one = {"role": "security", "count": 1}
    for other in (
        None,
        {"who": [{"role": "security", "count": 2}]},
        {"who": [one, {"role": "release", "count": 1}]},
        {"who": [one], "never": ["high"]},
        {"who": [one], "max_days": {"high": 13}},
    ):
        waivers = None if other is None else Fields("waivers", other)
        with pytest.raises(Unverified, match="waiver"):
            verify_waivers(reading, chain, record, replace(rules, waivers=waivers))
    late = replace(record, inputs=replace(record.inputs, now=record.waivers[0].expires))
    elsewhere = replace(record, inputs=replace(record.inputs, image=Digest("f" * 64)))
    longer = replace(record, holds_until=None)
    renamed = replace(record, waivers=(replace(record.waivers[0], check="licences"),))
    for forged in (late, elsewhere, longer, renamed):
        with pytest.raises(Unverified):
            verify_waivers(reading, chain, forged, rules)
    verify_waivers(reading, chain, record, rules)


def test_a_replay_tells_which_waivers_another_policy_would_orphan(shop: Shop) -> None:
    _, waiver = let_in(shop)
    gate = shop.folder / "policy" / "gate.yaml"
    gate.write_text(
        gate.read_text().replace("max_days: {high: 30, default: 90}", "max_days: {high: 7, default: 7}")
    )
    found = shop.done("policy", "simulate", shop.folder / "policy", "--json").value
    assert found["orphaned"][0]["waiver"] == waiver
    assert "7 days" in found["orphaned"][0]["because"]


def test_an_expired_waiver_is_told_once_and_covers_nothing(shop: Shop) -> None:
    before = datetime.now(UTC)
    promotion = with_waivers(shop)
    check, term = finding(shop, promotion)
    now = datetime.now(UTC)
    soon = now + (now - before) + timedelta(seconds=1)  # time to propose it, however busy the machine is
    words = ("--expires", render_moment(soon))
    what = (
        "--check",
        check,
        "--term",
        term,
        *words,
        "--owner",
        "group:developers",
        "--justification",
        "no_fix_yet",
    )
    key = ("--as", "person:dan", "--key", shop.key("person:dan"), "--json")
    waiver = shop.done("waiver", "propose", promotion, *what, "--comment", "soon", *key).value["waiver"]
    while datetime.now(UTC) <= soon:
        sleep(0.1)
    shop.work()
    shop.work()
    assert [event["type"] for event in shop.events()].count("waiver.expired/1") == 1
    said = say(shop, "grant", waiver, "person:bea")
    assert (said.code, "expired at" in said.err) == (1, True)
