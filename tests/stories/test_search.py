"""Entries of the ledger are found by what they are about: exact words first, then any piece of a sentence."""

import re
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
from tests.stories.shop import Shop, copied


@pytest.fixture(scope="module")
def lived(template: Shop) -> Iterator[Shop]:
    with copied(template) as shop:
        shop.bring("clean", "dev")
        shop.bring("middling", "dev", "staging")
        promotion = shop.bring("middling", "prod", actor="person:cai")
        shop.approve(promotion, "person:bea", "--comment", "Looked at the changes with Dan")
        yield shop


def found(shop: Shop, *words: object) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = shop.done("search", *words, "--json").value["entries"]
    return entries


def sentences(shop: Shop, *words: object) -> list[str]:
    return [str(entry["sentence"]) for entry in found(shop, *words)]


def test_an_image_is_found_by_its_digest_with_and_without_the_algorithm(lived: Shop) -> None:
    image = str(lived.repository("dev").resolve("clean"))
    entries = found(lived, image)
    assert len(entries) >= 6
    assert entries == found(lived, image.removeprefix("sha256:"))
    assert entries == found(lived, "--digest", image)
    assert [entry["index"] for entry in entries] == sorted((entry["index"] for entry in entries), reverse=True)


def test_a_person_an_environment_and_a_kind_of_event_meet(lived: Shop) -> None:
    (only,) = found(lived, "person:bea", "--environment", "prod", "--type", "review.given")
    assert "person:bea" in only["sentence"]
    assert found(lived, "person:bea", "--environment", "dev") == []


def test_a_promotion_is_found_by_its_id(lived: Shop) -> None:
    promotion = lived.done("status", "--json").value["open"][0]["promotion"]
    assert len(found(lived, promotion)) >= 4


def test_a_vulnerability_and_a_package_are_found_through_the_decision_record(lived: Shop) -> None:
    with sqlite3.connect(lived.workspace / "pratique.db") as database:
        assert database.execute("SELECT count(*) FROM event WHERE body LIKE '%CVE-%'").fetchone() == (0,)
    promotion = lived.done("status", "--json").value["open"][0]["promotion"]
    term = re.search(r'"([A-Z]+-[\w.-]+)@pkg:([a-z]+/[^"@]+)"', lived.done("show", promotion, "--json").out)
    assert term
    by_id, by_package = found(lived, term[1]), found(lived, f"pkg:{term[2]}")
    assert by_id
    assert by_id == by_package == found(lived, "--package", term[2].rpartition("/")[2], "--vulnerability", term[1])


def test_any_piece_of_a_sentence_finds_it_in_any_letter_case(lived: Shop) -> None:
    assert sentences(lived, "FAST TRACK")
    assert sentences(lived, "no such piece anywhere") == []


def test_answers_come_in_pages_that_do_not_overlap(lived: Shop) -> None:
    everything = found(lived, "--application", "shop", "--limit", 1000)
    pages: list[dict[str, Any]] = []
    before = 10**9
    while True:
        said = lived.done("search", "--application", "shop", "--limit", 7, "--before", before, "--json").value
        pages += said["entries"]
        if not said["more"]:
            break
        before = said["entries"][-1]["index"]
    assert pages == everything
    assert len(everything) > 14


def test_times_bound_what_is_found(lived: Shop) -> None:
    everything = found(lived, "--application", "shop", "--limit", 1000)
    middle = everything[len(everything) // 2]["at"]
    later = found(lived, "--application", "shop", "--since", middle, "--limit", 1000)
    earlier = found(lived, "--application", "shop", "--until", middle, "--limit", 1000)
    assert later + earlier == everything


def test_what_people_wrote_is_not_in_the_index(lived: Shop) -> None:
    assert found(lived, "with Dan") == []
    assert b"Looked at" not in (lived.workspace / "search.db").read_bytes()


def test_an_index_that_is_lost_or_of_other_rules_is_made_again(lived: Shop) -> None:
    with copied(lived) as own:
        before = found(own, "person:bea")
        with sqlite3.connect(own.workspace / "search.db") as index:
            index.execute("UPDATE made SET rules = 0")
        assert found(own, "person:bea") == before
        for file in own.workspace.glob("search.db*"):
            file.unlink()
        assert found(own, "person:bea") == before


@pytest.mark.parametrize("words", [(), ("ab",), ("x", "--limit", "0"), ("x", "--since", "yesterday")])
def test_what_cannot_be_looked_for_is_told_in_one_line(lived: Shop, words: tuple[str, ...]) -> None:
    said = lived.pratique("search", *words)
    assert said.code == 2, said
    assert said.err.count("\n") == 1


def test_a_broken_index_says_how_to_mend_it(lived: Shop) -> None:
    with copied(lived) as own:
        (own.workspace / "search.db").write_bytes(b"no database at all, whatever it is called")
        said = own.pratique("search", "person:bea")
        assert said.code == 3
        assert "remove the file" in said.err
