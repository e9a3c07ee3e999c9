"""The verbs take a release by its own id: it is shown, waited for, tried again, decided on and taken back as one."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from tests.stories.ci import HIGH, MEDIUM
from tests.stories.interrupted import work
from tests.stories.pair import NAMES, Pair
from tests.stories.processes import running, start
from tests.stories.test_release import NOTHING


def id_of(pair: Pair, parts: tuple[str, ...]) -> str:
    return str(pair.show(parts[0])["release"]["release"])


def in_remediation(pair: Pair) -> tuple[str, str]:
    """A release whose web is approved and whose worker has to be repaired."""
    pair.build("broken", "worker", HIGH)
    pair.release("dev")
    pair.work()
    parts = pair.release("staging")
    pair.work()
    assert pair.states(parts) == ("approved", "remediation")
    return parts


def ci(pair: Pair) -> tuple[object, ...]:
    return ("--as", "service:ci", "--key", pair.key("service:ci"))


def test_show_tells_how_the_release_stands_and_then_each_part(pair: Pair) -> None:
    parts = in_remediation(pair)
    release = id_of(pair, parts)
    said = pair.done("show", release).out
    assert said.startswith(f"{release} 2 images of shop → staging: web approved, worker remediation\n")
    assert said.index(f"{parts[0]} web") < said.index(f"{parts[1]} worker") < said.index("check high")
    value = pair.done("show", release, "--json").value
    assert (value["release"]["release"], [one["state"] for one in value["parts"]]) == (
        release,
        ["approved", "remediation"],
    )


def test_a_unique_beginning_of_its_id_is_enough_and_a_parts_id_is_none(pair: Pair) -> None:
    parts = pair.release("dev")
    release = id_of(pair, parts)
    assert pair.done("show", release[:-1], "--json").value["release"]["release"] == release
    said = pair.pratique("show", parts[1].replace("pr_", "rl_"))
    assert (said.code, "release: expected the id of one" in said.err) == (1, True)


def test_retry_begins_again_what_stopped_and_leaves_the_others(pair: Pair) -> None:
    parts = in_remediation(pair)
    said = pair.done("retry", id_of(pair, parts), "--json").value
    assert [one["state"] for one in said["parts"]] == ["approved", "gathering"]
    pair.work()
    assert pair.states(parts) == ("approved", "remediation")


def test_a_release_that_has_ended_is_not_retried_and_one_word_says_how_each_part_stands(pair: Pair) -> None:
    parts = pair.release("dev")
    pair.work()
    said = pair.pratique("retry", id_of(pair, parts))
    assert (said.code, "web is promoted, worker is promoted; it can be retried when" in said.err) == (1, True)


@pytest.mark.parametrize("whole", [True, False])
def test_a_withdrawal_of_the_release_or_of_a_part_ends_every_part(pair: Pair, *, whole: bool) -> None:
    parts = in_remediation(pair)
    pair.done("withdraw", id_of(pair, parts) if whole else parts[1], *ci(pair))
    assert pair.states(parts) == ("withdrawn", "withdrawn")
    assert pair.tags("staging") == NOTHING
    said = pair.pratique("withdraw", id_of(pair, parts), *ci(pair))
    assert (said.code, "web is withdrawn, worker is withdrawn; it can be withdrawn before" in said.err) == (
        1,
        True,
    )


def test_who_may_not_take_a_part_back_may_not_take_the_release_back(pair: Pair) -> None:
    parts = in_remediation(pair)
    dan = ("--as", "person:ann", "--key", pair.key("person:ann"))
    said = pair.pratique("withdraw", id_of(pair, parts), *dan)
    assert (said.code, "expected service:ci or somebody with a role" in said.err) == (1, True)
    assert pair.states(parts) == ("approved", "remediation")


def in_review(pair: Pair) -> tuple[str, str]:
    for name in NAMES:
        pair.build(f"middling-{name}", name, MEDIUM)
    for environment in ("dev", "staging"):
        pair.release(environment)
        pair.work()
    parts = pair.release("prod")
    pair.work()
    return parts


def test_a_reviewer_is_shown_every_part_and_vetoes_all_with_one_signature(pair: Pair) -> None:
    parts = in_review(pair)
    release = id_of(pair, parts)
    shown = pair.done("review", "show", release)
    assert all(part in shown.out for part in parts)
    assert shown.out.count("missing: 1 × security") == 2
    value = pair.done("review", "show", release, "--json").value
    assert [one["quorum"]["met"] for one in value["parts"]] == [False, False]
    bea = ("--as", "person:bea", "--key", pair.key("person:bea"), "--reason", "not-now", "--comment", "no")
    pair.done("review", "veto", release, *bea)
    assert pair.states(parts) == ("vetoed", "vetoed")


def test_verbs_that_are_about_one_image_name_the_parts(pair: Pair) -> None:
    parts = pair.release("dev")
    pair.work()
    release = id_of(pair, parts)
    for words in (("proof", "export", release, "--out", pair.folder / "p"), ("judge", release)):
        said = pair.pratique(*words)
        assert said.code == 1, words
        assert f"found a release's, {release}; name one of {parts[0]} (web), {parts[1]} (worker)" in said.err


def test_waiting_ends_when_one_part_needs_people_though_the_other_is_approved(pair: Pair) -> None:
    pair.build("broken", "worker", HIGH)
    pair.release("dev")
    pair.work()
    with running(start(pair, "worker")):
        said = pair.ask("staging", "--wait=120s", "--json")
    assert said.code == 1
    assert [one["state"] for one in said.value["parts"]] == ["approved", "remediation"]


def test_waiting_ends_when_every_part_has_entered(pair: Pair) -> None:
    with running(start(pair, "worker")):
        said = pair.ask("dev", "--wait=120s")
    assert said.code == 0, said
    assert said.out.splitlines()[0].endswith("2 images of shop → dev: web promoted, worker promoted")


def test_two_workers_at_once_bring_a_release_in_once(pair: Pair) -> None:
    pair.release("dev")
    with ThreadPoolExecutor() as workers:
        for done in [workers.submit(work, pair, lease=timedelta(minutes=5)) for _ in range(2)]:
            done.result()
    types = [event["type"] for event in pair.events()]
    assert [types.count(f"promotion.{what}/1") for what in ("copied", "sealed", "released", "pointed")] == [2] * 4
    assert pair.tags("dev") == pair.built()


def test_votes_on_one_part_are_not_lost_to_a_newer_release_unless_it_says_so(pair: Pair) -> None:
    older = in_review(pair)
    for person in ("person:bea", "person:cai"):
        assert pair.approve(older[0], person).code == 0
    assert pair.states(older) == ("approved", "review")
    for name in NAMES:
        pair.build(f"newer-{name}", name, MEDIUM)
    for environment in ("dev", "staging"):
        pair.release(environment)
        pair.work()
    said = pair.ask("prod")
    assert (said.code, f"people have voted on {id_of(pair, older)}" in said.err) == (1, True)
    assert pair.states(older) == ("approved", "review")
    pair.release("prod", "--supersede", id_of(pair, older))
    assert pair.states(older) == ("withdrawn", "superseded")
