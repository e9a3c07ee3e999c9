"""Step 4: people decide, with their own keys, and only those count who may."""

import subprocess
from pathlib import Path

import pytest
from tests.stories.shop import Said, Shop

BEFORE = ("dev", "staging")


@pytest.fixture
def promotion(shop: Shop) -> str:
    """A promotion of *middling* to prod that Cai asked for and that waits for people."""
    shop.bring("middling", *BEFORE)
    return shop.bring("middling", "prod", actor="person:cai")


def sign_by_hand(shop: Shop, promotion: str, person: str, key: str) -> Said:
    """Prepare a review in somebody's name, sign it with ``ssh-keygen`` and a key, and hand it in."""
    paper = shop.folder / "paper"
    for old in shop.folder.glob("paper*"):
        old.unlink()
    shop.done("review", "approve", promotion, "--as", person, "--reason", "acceptable-risk", "--unsigned", paper)
    command = ["ssh-keygen", "-q", "-Y", "sign", "-n", "pratique-review", "-f", str(shop.key(key)), str(paper)]
    subprocess.run(command, check=True, capture_output=True)
    return shop.pratique("review", "submit", "--statement", f"{paper}.json", "--signature", f"{paper}.sig")


def test_a_finding_to_look_at_waits_for_two_people_in_two_roles(shop: Shop, promotion: str) -> None:
    shown = shop.show(promotion)
    assert (shown["state"], shown["track"], shown["outcome"]) == ("review", "slow", "review")
    assert {(need["role"], need["count"]) for need in shown["quorum"]["missing"]} == {
        ("release", 1),
        ("security", 1),
    }
    assert shop.repository("prod").resolve("middling") is None


def test_bea_and_eve_approve_and_the_image_arrives(shop: Shop, promotion: str) -> None:
    assert shop.approve(promotion, "person:bea").code == 0
    shop.work()
    assert shop.state(promotion) == "review"
    assert sign_by_hand(shop, promotion, "person:eve", "person:eve").code == 0
    shop.work()
    assert shop.state(promotion) == "promoted"
    assert shop.repository("prod").resolve("middling") == shop.repository("build").resolve("middling")


def test_the_requesters_own_approval_is_kept_and_does_not_count_and_says_why(shop: Shop, promotion: str) -> None:
    said = shop.approve(promotion, "person:cai")
    assert said.code == 0
    assert "does not count: person:cai asked for this promotion" in said.out
    shop.approve(promotion, "person:bea")
    shop.work()
    assert shop.state(promotion) == "review"


def test_the_author_does_not_count_either(shop: Shop, promotion: str) -> None:
    assert "does not count: person:dan wrote part" in shop.approve(promotion, "person:dan").out


def test_an_approval_in_beas_name_by_dans_key_is_refused_and_leaves_no_trace(shop: Shop, promotion: str) -> None:
    before = shop.types(promotion)
    said = sign_by_hand(shop, promotion, "person:bea", "person:dan")
    assert (said.code, said.err.count("\n")) == (1, 1)
    assert "expected a signature by person:bea, found person:dan" in said.err
    assert shop.types(promotion) == before


def test_a_review_signed_for_something_else_is_refused(shop: Shop, promotion: str) -> None:
    paper = shop.folder / "paper"
    shop.done("review", "approve", promotion, "--as", "person:bea", "--reason", "fine", "--unsigned", paper)
    command = ["ssh-keygen", "-q", "-Y", "sign", "-n", "git", "-f", str(shop.key("person:bea")), str(paper)]
    subprocess.run(command, check=True, capture_output=True)
    said = shop.pratique("review", "submit", "--statement", f"{paper}.json", "--signature", f"{paper}.sig")
    assert said.code == 1


def test_one_review_cannot_be_handed_in_twice(shop: Shop, promotion: str) -> None:
    sign_by_hand(shop, promotion, "person:bea", "person:bea")
    paper = shop.folder / "paper"
    said = shop.pratique("review", "submit", "--statement", f"{paper}.json", "--signature", f"{paper}.sig")
    assert said.code == 1
    assert shop.types(promotion).count("review.given/1") == 1


def test_one_person_approving_twice_counts_once(shop: Shop, promotion: str) -> None:
    shop.approve(promotion, "person:bea")
    shop.approve(promotion, "person:bea")
    shop.work()
    assert shop.state(promotion) == "review"


def test_one_veto_ends_it(shop: Shop, promotion: str) -> None:
    shop.approve(promotion, "person:bea")
    veto = ("review", "veto", promotion, "--as", "person:eve", "--key", shop.key("person:eve"))
    shop.done(*veto, "--reason", "too-risky", "--comment", "not before the holidays")
    shop.work()
    assert shop.state(promotion) == "vetoed"
    assert shop.repository("prod").resolve("middling") is None


def test_what_people_write_is_not_in_the_ledger(shop: Shop, promotion: str, tmp_path: Path) -> None:
    shop.approve(promotion, "person:bea", "--comment", "Grandmother's secret recipe")
    target = tmp_path / "published"
    shop.done("ledger", "export", "--to", target)
    published = b"".join(path.read_bytes() for path in target.rglob("*") if path.is_file())
    assert b"Grandmother" not in published
    assert b"shop.example" not in published  # mail addresses


def test_the_queue_shows_each_person_only_what_still_needs_them(shop: Shop, promotion: str) -> None:
    def queue(person: str) -> list[str]:
        waiting = shop.done("review", "queue", "--as", person, "--json").value
        return [promotion] if promotion in str(waiting) else []

    assert [queue(f"person:{name}") for name in ("ann", "bea", "cai", "dan", "eve")] == [
        [],
        [promotion],
        [],
        [],
        [promotion],
    ]
    shop.approve(promotion, "person:bea")
    assert queue("person:bea") == []


def test_a_retry_that_comes_out_no_worse_costs_nobody_a_vote(shop: Shop, promotion: str) -> None:
    shop.approve(promotion, "person:bea")
    shop.done("retry", promotion)
    shop.work()
    assert shop.state(promotion) == "review"
    shop.approve(promotion, "person:eve")
    shop.work()
    assert shop.state(promotion) == "promoted"


def test_rules_that_change_while_people_are_asked_are_a_new_question(shop: Shop, promotion: str) -> None:
    shop.approve(promotion, "person:bea")
    gate = shop.folder / "policy" / "gate.yaml"
    gate.write_text(gate.read_text().replace("risk_at_most: 60", "risk_at_most: 5"))
    shop.done("policy", "publish", gate.parent, "--root", f"person:ann={shop.key('person:ann')}")
    shop.work()
    shown = shop.show(promotion)
    assert shown["state"] == "review"
    assert {(need["role"], need["count"]) for need in shown["quorum"]["missing"]} == {
        ("release", 1),
        ("security", 1),
    }
    assert "review.voided/1" in shop.types(promotion)
    for person in ("person:bea", "person:eve"):
        shop.approve(promotion, person)
    shop.work()
    assert shop.state(promotion) == "promoted"


def test_a_person_who_is_suspended_meanwhile_no_longer_counts(shop: Shop, promotion: str) -> None:
    shop.approve(promotion, "person:bea")
    people = shop.folder / "people" / "people.yaml"
    suspended = "person:bea: {keys: [bea.pub], mails: [bea@shop.example], status: suspended}"
    people.write_text(
        people.read_text().replace("person:bea: {keys: [bea.pub], mails: [bea@shop.example]}", suspended)
    )
    shop.done("directory", "publish", people, "--root", f"person:ann={shop.key('person:ann')}")
    shop.approve(promotion, "person:eve")
    shop.work()
    assert shop.state(promotion) == "review"
    assert shop.repository("prod").resolve("middling") is None


def test_what_was_written_with_the_request_is_shown_to_who_decides(shop: Shop) -> None:
    shop.bring("middling", *BEFORE)
    image = f"{shop.place}/build:middling"
    asking = ("--application", "shop", "--to", "prod", "--as", "person:cai", "--key", shop.key("person:cai"))
    promotion = shop.done("request", image, *asking, "--comment", "needed by\x1b Friday").promotion
    shop.work()
    assert "comment   needed by  Friday" in shop.done("review", "show", promotion).out
    assert shop.done("review", "show", promotion, "--json").value["comment"] == "needed by\x1b Friday"
    assert shop.show(promotion)["comment"] == "needed by\x1b Friday"
    assert "Friday" not in str(shop.events(promotion=promotion))


def test_whoever_looks_is_told_why_it_was_judged_again(shop: Shop, promotion: str) -> None:
    shop.done("retry", promotion)
    shop.work()
    turns = [turn["text"] for turn in shop.show(promotion)["turns"]]
    assert "began attempt 2, because somebody asked for it" in turns[0]
    assert turns[0] in shop.done("show", promotion).out
