"""A policy changes: proposed, tried as a shadow, approved by its own quorum, looked over, and taken back."""

import json
from dataclasses import replace

from tests.stories.documents import GATE
from tests.stories.shop import Said, Shop, run_pratique

from pratique.attest.dsse import IN_TOTO
from pratique.attest.policy import POLICY_FORM, Changes
from pratique.attest.sshsig import Namespace
from pratique.service.policy import announce, joined, read_bundle, state, succession
from pratique.service.scribe import Scribe, keep
from pratique.service.signatory import PersonSignatory, sign
from pratique.values.names import Actor, Group
from pratique.values.uris import ENVELOPE_MEDIA, POLICY_MEDIA
from pratique.wire import open_workspace

CHANGES = "changes: {approvals: [{role: release, count: 1}]}\n"


def founded(shop: Shop) -> None:
    """Root keys publish a policy that says who may change it from now on."""
    write(shop, GATE)
    shop.done("policy", "publish", shop.folder / "policy", "--root", f"person:ann={shop.key('person:ann')}")


def write(shop: Shop, gate: str, changes: str = CHANGES) -> None:
    (shop.folder / "policy" / "gate.yaml").write_text(gate + changes)


def stricter(shop: Shop) -> None:
    write(shop, GATE.replace("{severity: [critical, high]}", "{severity: [critical, high, medium]}"))


def more_builders(shop: Shop) -> None:
    """Draft rules of dev that trust one builder more."""
    gate = shop.folder / "policy" / "gate.yaml"
    gate.write_text(gate.read_text().replace("builders: [", 'builders: ["https://other.example/builder", ', 1))


def by(shop: Shop, person: str) -> tuple[str, ...]:
    return ("--as", person, "--key", str(shop.key(person)))


def propose(shop: Shop, *more: str, person: str = "person:dan") -> Said:
    return shop.pratique("policy", "propose", str(shop.folder / "policy"), *more, *by(shop, person))


def approve(shop: Shop, person: str) -> Said:
    return shop.pratique("policy", "approve", *by(shop, person), "--json")


def test_a_change_is_in_force_once_an_owner_and_a_release_manager_approved_it(shop: Shop) -> None:
    founded(shop)
    stricter(shop)
    assert propose(shop).code == 0
    assert approve(shop, "person:cai").value["published"] is False
    assert approve(shop, "person:bea").value["published"] is True
    shop.bring("middling", "dev", "staging")
    assert shop.events()[-1]["type"] == "remediation.opened/1"


def test_the_proof_of_a_promotion_under_such_a_policy_verifies(shop: Shop) -> None:
    founded(shop)
    stricter(shop)
    propose(shop)
    approve(shop, "person:cai")
    approve(shop, "person:bea")
    promotion = shop.bring("clean", "dev")
    proof = shop.folder / "proof.json"
    shop.done("proof", "export", promotion, "--out", proof)
    assert run_pratique("proof", "verify", proof, "--trust-root", shop.trust_root).code == 0


def test_whoever_wrote_a_change_does_not_approve_it(shop: Shop) -> None:
    founded(shop)
    stricter(shop)
    propose(shop, person="person:cai")
    said = approve(shop, "person:cai")
    assert (said.code, "wrote version" in said.err) == (1, True)


def test_two_release_managers_are_no_quorum_without_an_owner(shop: Shop) -> None:
    founded(shop)
    stricter(shop)
    propose(shop)
    approve(shop, "person:cai")
    assert approve(shop, "person:eve").value["published"] is False


def test_who_may_change_the_policy_is_changed_by_root_keys_alone(shop: Shop) -> None:
    founded(shop)
    write(shop, GATE, "changes: {approvals: [{role: security, count: 1}]}\n")
    said = propose(shop)
    assert (said.code, "root key holders alone" in said.err) == (1, True)


def test_nobody_writes_the_rules_for_a_request_of_their_own(shop: Shop) -> None:
    founded(shop)
    shop.request("clean", "dev", "person:dan")
    more_builders(shop)
    propose(shop)
    approve(shop, "person:cai")
    said = approve(shop, "person:bea")
    assert (said.code, "person:dan, who signs this, asked for" in said.err) == (1, True)


def test_nobody_approves_the_rules_for_a_request_of_their_own(shop: Shop) -> None:
    founded(shop)
    more_builders(shop)
    propose(shop)
    approve(shop, "person:bea")
    shop.request("clean", "dev", "person:cai")
    said = approve(shop, "person:cai")
    assert (said.code, "person:cai, who signs this, asked for" in said.err) == (1, True)


def test_nothing_is_published_while_somebody_who_approved_it_has_a_request_open(shop: Shop) -> None:
    founded(shop)
    more_builders(shop)
    propose(shop)
    approve(shop, "person:cai")
    shop.request("clean", "dev", "person:cai")
    said = approve(shop, "person:bea")
    assert (said.code, "person:cai, who signs this, asked for" in said.err) == (1, True)


def publish_as_a_server_might(shop: Shop, changes: Changes | None, *people: str) -> None:
    """Record a publication that these people signed, and that names person:dan as its author."""
    with open_workspace(str(shop.workspace)) as workspace:
        read = read_bundle(shop.folder / "policy")
        after = workspace.store.read(lambda view: succession(workspace, view, read.bundle))
        stated = replace(state(read, after, None, Actor("person:dan")), changes=changes)
        signatories = [PersonSignatory(Actor(person), shop.key(person)) for person in people]
        signed = [sign(each, POLICY_FORM.build(stated), IN_TOTO, Namespace.POLICY) for each in signatories]
        envelope = joined(tuple(signed))
        objects = (
            keep(workspace.blobs, "policy", POLICY_MEDIA, read.bundle.resolved),
            keep(workspace.blobs, "policy-signature", ENVELOPE_MEDIA, envelope),
        )
        happening = announce(read.bundle, stated)
        workspace.store.transact(lambda tx: Scribe(tx, signatories[0].actor).append(happening, *objects))


RELEASE = Changes(Group("group:security"), (("release", 1),))


def test_a_policy_that_a_server_published_without_its_quorum_lets_nothing_be_sealed(shop: Shop) -> None:
    founded(shop)
    stricter(shop)
    publish_as_a_server_might(shop, RELEASE, "person:cai")
    promotion = shop.bring("clean", "dev")
    assert shop.state(promotion) == "failed"
    assert "neither root keys nor its own quorum published it" in shop.done("show", promotion).out


def test_a_policy_whose_named_author_did_not_sign_it_lets_nothing_be_sealed(shop: Shop) -> None:
    founded(shop)
    stricter(shop)
    publish_as_a_server_might(shop, RELEASE, "person:cai", "person:bea")
    promotion = shop.bring("clean", "dev")
    assert shop.state(promotion) == "failed"
    assert "person:dan, who is said to have written it, did not sign it" in shop.done("show", promotion).out


def test_a_quorum_that_was_signed_but_is_not_in_the_policy_lets_nothing_be_sealed(shop: Shop) -> None:
    founded(shop)
    stricter(shop)
    publish_as_a_server_might(shop, None, "person:ann")
    promotion = shop.bring("clean", "dev")
    assert shop.state(promotion) == "failed"
    assert "who may change it" in shop.done("show", promotion).out


def test_a_proposal_whose_own_tests_fail_is_refused(shop: Shop) -> None:
    founded(shop)
    stricter(shop)
    tests = shop.folder / "policy" / "tests"
    tests.mkdir()
    case = "{name: it, environment: dev, evidence: {sbom: null}, expect: {track: fast}}"
    (tests / "it.yaml").write_text(f"apiVersion: pratique/v1\nkind: PolicyTest\ncases: [{case}]\n")
    said = propose(shop)
    assert (said.code, "its own test 'it' fails" in said.err) == (1, True)


def test_a_shadow_is_told_and_changes_nothing(shop: Shop) -> None:
    founded(shop)
    stricter(shop)
    assert propose(shop, "--shadow").code == 0
    promotion = shop.bring("middling", "dev", "staging")
    assert shop.state(promotion) == "promoted"
    (other,) = shop.done("policy", "shadow", "--json").value["otherwise"]
    assert (other["promotion"], other["live"]["track"], other["shadow"]["track"]) == (
        promotion,
        "fast",
        "remediation",
    )


def test_an_earlier_version_is_in_force_again_as_a_new_one(shop: Shop) -> None:
    founded(shop)
    stricter(shop)
    root = f"person:ann={shop.key('person:ann')}"
    shop.done("policy", "publish", shop.folder / "policy", "--root", root)
    said = shop.done("policy", "rollback", "2", "--root", root, "--json").value
    assert said["version"] == 4
    shop.bring("middling", "dev", "staging")
    assert "promotion.promoted/1" in {event["type"] for event in shop.events()[-3:]}


def test_a_review_that_changes_nothing_is_in_the_log_and_its_words_are_private(shop: Shop) -> None:
    founded(shop)
    shop.done("policy", "review", "--comment", "read line by line", *by(shop, "person:bea"))
    assert "looked version 2 of the policy over" in shop.done("policy", "log").out
    assert "line by line" not in json.dumps(shop.events())


def test_whoever_does_not_own_the_policy_reviews_nothing(shop: Shop) -> None:
    founded(shop)
    said = shop.pratique("policy", "review", "--comment", "fine", *by(shop, "person:dan"))
    assert said.code == 1


def test_a_replay_tells_which_decisions_would_come_out_otherwise_and_twice_the_same(shop: Shop) -> None:
    founded(shop)
    shop.bring("middling", "dev", "staging")
    stricter(shop)
    words = ("policy", "simulate", str(shop.folder / "policy"), "--since", "90d", "--json")
    found = shop.done(*words)
    assert found.value["replayed"] == 2
    (flip,) = found.value["decisions"]
    assert (flip["environment"], flip["after"]["track"]) == ("staging", "remediation")
    assert shop.done(*words).out == found.out
    assert "1 would come out otherwise" in shop.done(*words[:-1], "--as-of", "now").out
