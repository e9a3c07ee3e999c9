"""Back to what was here, in an emergency, and in a freeze."""

import time
from datetime import UTC, datetime, timedelta

from tests.registry.builders import build_image, push
from tests.stories.shop import Said, Shop, drift, run_pratique

from pratique.values.moment import render_moment

ROLLBACK = "rollback: {approvals: [{role: release, count: 1}], keep: 90d}"
EMERGENCY = (
    "emergency: {approvals: [{role: security, count: 1}], skippable: [sbom], never: [sig, prov], expires: 72h}"
)
ADOPT = "adopt: {approvals: [{role: security, count: 1}], separation: [requester], expires: 30d}"
FAST = "      fast: {when: all_pass, first_arrival: fast}\n"


def publish(shop: Shop, *lines: str, freeze: str = "") -> None:
    """From now on dev has these tracks, too, and this freeze."""
    gate = shop.folder / "policy" / "gate.yaml"
    tracks = FAST + "".join(f"      {line}\n" for line in lines)
    text = gate.read_text().replace(FAST, tracks, 1).replace("  staging:\n", f"{freeze}  staging:\n", 1)
    gate.write_text(text)
    shop.done("policy", "publish", gate.parent, "--root", f"person:ann={shop.key('person:ann')}")


def prove(shop: Shop, promotion: str) -> str:
    """Export the promotion's proof, verify it with the trust root alone, and return what it says."""
    file = shop.folder / "proof.json"
    shop.done("proof", "export", promotion, "--out", file)
    said = run_pratique("proof", "verify", file, "--trust-root", shop.trust_root)
    assert said.code == 0, said
    return said.out


def test_an_older_image_goes_back_with_one_signature_whatever_its_checks_say_now(shop: Shop) -> None:
    publish(shop, ROLLBACK)
    shop.bring("clean", "dev")
    shop.bring("middling", "dev")
    gate = shop.folder / "policy" / "gate.yaml"
    gate.write_text(gate.read_text().replace("formats: [cyclonedx]", "formats: [spdx]", 1))
    shop.done("policy", "publish", gate.parent, "--root", f"person:ann={shop.key('person:ann')}")
    promotion = shop.bring("clean", "dev")
    shown = shop.show(promotion)
    assert (shown["state"], shown["track"], shown["outcome"]) == ("review", "rollback", "block")
    assert "dev held this image until" in shown["why"][0]
    assert shop.approve(promotion, "person:eve").code == 0
    shop.work()
    assert shop.state(promotion) == "promoted"
    assert shop.repository("dev").resolve("clean") == shop.repository("build").resolve("clean")
    assert "it went back to what was there before" in prove(shop, promotion)


def test_an_emergency_passes_over_what_the_policy_names_and_its_seal_expires(shop: Shop) -> None:
    publish(shop, EMERGENCY)
    shop.deliver("bare", without="https://cyclonedx.org/bom")
    assert shop.state(shop.bring("bare", "dev")) == "remediation"
    shop.deliver("burning", without="https://cyclonedx.org/bom")
    key = ("--as", "service:ci", "--key", shop.key("service:ci"))
    ask = ("request", f"{shop.place}/build:burning", "--application", "shop", "--to", "dev", "--emergency", *key)
    assert "an emergency needs words" in shop.pratique(*ask).err
    promotion = shop.done(*ask, "--comment", "the shop is down").promotion
    shop.work()
    shown = shop.show(promotion)
    assert (shown["state"], shown["track"]) == ("review", "emergency")
    assert "does not count" in shop.approve(promotion, "person:eve").out
    shop.approve(promotion, "person:bea")
    shop.work()
    assert (shop.state(promotion), shop.show(promotion)["level"]) == ("promoted", "emergency")
    told = prove(shop, promotion)
    assert "PRATIQUE_EMERGENCY_DEV" in told
    assert "holds until" in told
    assert "checks that the policy names were passed over" in told


def test_an_emergency_where_the_policy_has_no_such_track_is_refused(shop: Shop) -> None:
    key = ("--as", "service:ci", "--key", shop.key("service:ci"))
    ask = ("request", f"{shop.place}/build:clean", "--application", "shop", "--to", "dev", "--emergency")
    said = shop.pratique(*ask, "--comment", "hurry", *key)
    assert (said.code, "dev has no emergency track" in said.err) == (1, True)


def adopt(shop: Shop, image: str, to: str, *more: object) -> Said:
    """Ask for this to be adopted."""
    key = ("--as", "service:ci", "--key", shop.key("service:ci"))
    return shop.pratique(
        "request", f"{shop.place}/{image}", "--application", "shop", "--to", to, "--adopt", *more, *key
    )


def test_what_ran_before_there_was_a_gate_is_adopted_as_it_stands_and_its_seal_expires(shop: Shop) -> None:
    publish(shop, ADOPT)
    old = push(shop.repository("dev"), build_image("ancient"), tag="ancient")
    assert "an adoption needs words" in adopt(shop, "dev:ancient", "dev").err
    said = adopt(shop, "build:clean", "dev", "--comment", "it runs")
    assert (said.code, "only what stands at" in said.err) == (1, True)
    promotion = adopt(shop, "dev:ancient", "dev", "--comment", "it runs since the spring").promotion
    shop.work()
    shown = shop.show(promotion)
    assert (shown["state"], shown["track"], shown["outcome"]) == ("review", "adopt", "unknown")
    assert any("adopted all the same: check sig" in reason for reason in shown["why"])
    assert "review (adopt track" in shop.done("show", promotion).out
    assert "adopted as it stands, people decide" in shop.done("trail", old).out
    assert "does not count" in shop.approve(promotion, "person:eve").out
    shop.approve(promotion, "person:bea")
    shop.work()
    assert (shop.state(promotion), shop.show(promotion)["level"]) == ("promoted", "adopted")
    assert shop.repository("dev").resolve("ancient") == old
    told = prove(shop, promotion)
    assert "PRATIQUE_ADOPTED_DEV" in told
    assert "holds until" in told
    assert "people let it stay whatever the checks found" in told
    assert drift(shop) == ()
    onward = shop.pratique(
        *("request", f"{shop.place}/dev:ancient", "--application", "shop", "--to", "staging"),
        *("--as", "service:ci", "--key", shop.key("service:ci")),
    ).promotion
    shop.work()
    came = next(check for check in shop.show(onward)["decision"]["checks"] if check["id"] == "came")
    assert (shop.state(onward), came["outcome"]) == ("remediation", "block")


def test_a_check_in_never_stops_an_adoption_too(shop: Shop) -> None:
    publish(shop, ADOPT.replace("expires", "never: [sig], expires"))
    push(shop.repository("dev"), build_image("ancient"), tag="ancient")
    promotion = adopt(shop, "dev:ancient", "dev", "--comment", "it runs since the spring").promotion
    shop.work()
    shown = shop.show(promotion)
    assert (shown["state"], "never adopted: check sig" in shown["why"][0]) == ("remediation", True)


def test_nothing_is_adopted_where_the_policy_has_no_such_track(shop: Shop) -> None:
    push(shop.repository("dev"), build_image("ancient"), tag="ancient")
    said = adopt(shop, "dev:ancient", "dev", "--comment", "it runs since the spring")
    assert (said.code, "dev adopts nothing" in said.err) == (1, True)


def test_what_a_freeze_catches_waits_and_goes_on_by_itself(shop: Shop) -> None:
    before = datetime.now(UTC)
    shop.bring("middling", "dev")
    now = datetime.now(UTC)
    enough = timedelta(seconds=2) + 4 * (now - before)  # however busy the machine is
    begin, end = render_moment(now - timedelta(hours=1)), now + enough
    publish(shop, freeze=f"    freeze: [{{name: works, from: {begin}, until: {render_moment(end)}, allow: []}}]\n")
    promotion = shop.bring("clean", "dev")
    assert shop.state(promotion) == "judging"
    assert f"freeze 'works' from {begin} until {render_moment(end)}" in shop.done("show", promotion).out
    assert f"waits until {render_moment(end)}: freeze 'works'" in shop.done("status").out
    assert "freeze 'works'" in shop.done("status", "--json").value["open"][0]["waiting"]
    assert shop.repository("dev").resolve("clean") is None
    time.sleep(max(0.0, (end - datetime.now(UTC)).total_seconds()) + 0.1)
    shop.work()
    assert shop.state(promotion) == "promoted"
    prove(shop, promotion)


def test_going_back_moves_in_a_freeze(shop: Shop) -> None:
    publish(shop, ROLLBACK)
    shop.bring("clean", "dev")
    shop.bring("middling", "dev")
    now = datetime.now(UTC)
    begin, end = render_moment(now - timedelta(hours=1)), render_moment(now + timedelta(hours=1))
    publish(shop, freeze=f"    freeze: [{{name: works, from: {begin}, until: {end}, allow: []}}]\n")
    promotion = shop.bring("clean", "dev")
    shop.approve(promotion, "person:eve")
    shop.work()
    assert shop.state(promotion) == "promoted"
    shop.deliver("next")
    assert shop.state(shop.bring("next", "dev")) == "judging"


def test_a_nightly_rescan_during_a_review_costs_nobody_a_vote(shop: Shop) -> None:
    shop.bring("middling", "dev", "staging")
    promotion = shop.bring("middling", "prod", actor="person:cai")
    shop.approve(promotion, "person:bea")
    record = shop.show(promotion)["record"]
    shop.done("retry", promotion)
    shop.work()
    shown = shop.show(promotion)
    assert (shown["state"], shown["record"]) == ("review", record)
    assert "promotion.rechecked/1" in shop.types(promotion)
    shop.approve(promotion, "person:eve")
    shop.work()
    assert shop.state(promotion) == "promoted"
    prove(shop, promotion)


def test_whoever_signed_the_rules_does_not_count_where_they_say_so(shop: Shop) -> None:
    gate = shop.folder / "policy" / "gate.yaml"
    gate.write_text(
        gate.read_text().replace(
            "separation: [requester, author, builder]", "separation: [requester, author, builder, policy_editor]"
        )
    )
    shop.done("policy", "publish", gate.parent, "--root", f"person:ann={shop.key('person:ann')}")
    shop.bring("middling", "dev", "staging")
    promotion = shop.bring("middling", "prod", actor="person:cai")
    excluded = shop.show(promotion)["decision"]["separation"]["excluded"]
    assert excluded[0] == {
        "person": "person:ann",
        "because": "person:ann made the last change to the rules of prod",
    }


def test_an_approval_needs_words_where_the_policy_wants_them(shop: Shop) -> None:
    gate = shop.folder / "policy" / "gate.yaml"
    gate.write_text(gate.read_text().replace("        window: 5d\n", "        window: 5d\n        reason: text\n"))
    shop.done("policy", "publish", gate.parent, "--root", f"person:ann={shop.key('person:ann')}")
    shop.bring("middling", "dev", "staging")
    promotion = shop.bring("middling", "prod", actor="person:cai")
    said = shop.approve(promotion, "person:bea")
    assert (said.code, "the policy wants words with an approval" in said.err) == (1, True)
    for person in ("person:bea", "person:eve"):
        assert shop.approve(promotion, person, "--comment", "it was looked at by two of us").code == 0
    shop.work()
    assert shop.state(promotion) == "promoted"
    prove(shop, promotion)


def test_where_nobody_decides_in_time_another_role_is_asked_too_and_once(shop: Shop) -> None:
    gate = shop.folder / "policy" / "gate.yaml"
    escalate = "        window: 5d\n        escalate: {after: 1s, to: security}\n"
    gate.write_text(gate.read_text().replace("        window: 5d\n", escalate))
    shop.done("policy", "publish", gate.parent, "--root", f"person:ann={shop.key('person:ann')}")
    shop.bring("middling", "dev", "staging")
    promotion = shop.bring("middling", "prod", actor="person:cai")
    time.sleep(1.1)
    shop.work()
    shop.work()
    assert shop.types(promotion).count("review.escalated/1") == 1
    assert "whoever holds the role security is asked, too" in shop.done("show", promotion).out
    assert drift(shop) == ()
    for person in ("person:bea", "person:eve"):
        shop.approve(promotion, person)
    shop.work()
    assert shop.state(promotion) == "promoted"
    prove(shop, promotion)


def test_an_image_older_than_what_is_there_never_goes_through_alone(shop: Shop) -> None:
    shop.bring("clean", "dev")
    shop.bring("middling", "dev", "staging")
    promotion = shop.bring("clean", "staging")
    shown = shop.show(promotion)
    assert (shown["state"], shown["track"], shown["outcome"]) == ("review", "slow", "pass")
    assert any("it is older than what staging holds" in reason for reason in shown["why"])
    assert shop.approve(promotion, "person:eve").code == 0
    shop.work()
    assert shop.state(promotion) == "promoted"
    prove(shop, promotion)


def test_a_proof_is_held_against_the_freezes_of_the_policys_own_zone(shop: Shop) -> None:
    someday = (datetime.now(UTC) + timedelta(days=3)).strftime("%a").lower()
    publish(shop, freeze=f"    freeze: [{{name: works, weekly: [{someday}], allow: []}}]\n")
    promotion = shop.bring("clean", "dev")
    told = prove(shop, promotion)
    assert shop.state(promotion) == "promoted"
    assert "freeze" not in told
