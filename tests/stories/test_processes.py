"""Several processes on one workspace at the same time: all of them work, and nothing happens twice."""

import json
from pathlib import Path

from tests.stories.processes import ends, running, start
from tests.stories.shop import Shop, drift
from tests.stories.test_fast_track import WHOLE_LIFE


def asking(shop: Shop, name: str, to: str, *more: object) -> tuple[object, ...]:
    actor = ("--as", "service:ci", "--key", shop.key("service:ci"))
    return ("request", f"oci:registry/build:{name}", "--application", "shop", "--to", to, *actor, *more)


def test_two_workers_and_two_who_wait_work_side_by_side(shop: Shop) -> None:
    shop.bring("clean", "dev")
    with running(start(shop, "worker"), start(shop, "worker")):
        there = start(shop, *asking(shop, "clean", "staging", "--wait=300s"))
        here = start(shop, *asking(shop, "middling", "dev", "--wait=300s"))
        said = [ends(there), ends(here)]
    assert [code for code, _, _ in said] == [0, 0], said
    assert [shop.types(out.split()[0]) for _, out, _ in said] == [WHOLE_LIFE, WHOLE_LIFE]
    assert drift(shop) == ()


def test_of_two_who_ask_for_the_same_at_once_one_is_told_that_it_is_asked_for(shop: Shop) -> None:
    both = [start(shop, *asking(shop, "clean", "dev")) for _ in range(2)]
    said = sorted(ends(process) for process in both)
    assert [code for code, _, _ in said] == [0, 1], said
    assert "already asks for this" in said[1][2]
    assert len(shop.done("status", "--json").value["open"]) == 1


def test_what_many_processes_say_at_once_is_all_in_the_ledger_in_one_order(shop: Shop, tmp_path: Path) -> None:
    many = 6
    before = len(shop.events())
    for number in range(many):
        (tmp_path / f"{number}.json").write_text(json.dumps({"number": number}))
    processes = [
        start(shop, "evidence", "add", "oci:registry/build:clean", tmp_path / f"{number}.json")
        for number in range(many)
    ]
    said = [ends(process) for process in processes]
    assert [code for code, _, _ in said] == [0] * many, said
    events = shop.events()[before:]
    assert [event["type"] for event in events] == ["evidence.added/1"] * many
    assert [event["at"] for event in events] == sorted(event["at"] for event in events)
    assert drift(shop) == ()


def test_a_wait_without_any_worker_says_so(shop: Shop) -> None:
    code, out, _ = ends(start(shop, *asking(shop, "clean", "dev", "--wait=1s")))
    assert (code, "gathering" in out) == (4, True)
