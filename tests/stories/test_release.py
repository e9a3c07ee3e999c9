"""Several images of one application are a release: all of them enter, or none does."""

import signal

from tests.registry.builders import no_lock
from tests.stories.ci import HIGH, MEDIUM
from tests.stories.pair import NAMES, Pair
from tests.stories.processes import ends, start_module
from tests.stories.shop import drift
from tests.stories.test_fast_track import WHOLE_LIFE
from tests.stories.test_post_mortem import items
from tests.stories.test_tracks import ROLLBACK, publish

from pratique.promotion.plan import Step
from pratique.registry.closure import plan
from pratique.registry.copy import copy
from pratique.values.digest import Digest

NOTHING = (None, None)


def test_both_images_enter_together(pair: Pair) -> None:
    parts = pair.release("dev")
    pair.work()
    assert pair.states(parts) == ("promoted", "promoted")
    assert pair.tags("dev") == pair.built()
    assert [pair.types(part) for part in parts] == [WHOLE_LIFE, WHOLE_LIFE]
    assert drift(pair) == ()


def test_no_tag_is_pointed_before_every_part_is_sealed_and_attached(pair: Pair) -> None:
    parts = pair.release("dev")
    pair.work()
    types = [event["type"] for event in pair.events() if event.get("promotion") in parts]
    sealed = [at for at, kind in enumerate(types) if kind == "promotion.attached/1"]
    pointed = [at for at, kind in enumerate(types) if kind == "promotion.pointed/1"]
    assert len(sealed) == len(pointed) == 2
    assert max(sealed) < min(pointed)


def test_one_image_of_several_is_refused(pair: Pair) -> None:
    key = ("--as", "service:ci", "--key", pair.key("service:ci"))
    said = pair.pratique("request", "web=oci:registry/build:web", "--application", "shop", "--to", "dev", *key)
    assert said.code == 1
    assert "enter dev together, all or nothing; expected web, worker, found no worker" in said.err
    assert pair.done("status", "--json").value["open"] == []


def test_one_that_must_be_repaired_holds_the_other_back(pair: Pair) -> None:
    pair.release("dev")
    pair.work()
    pair.build("broken", "worker", HIGH)
    parts = pair.release("dev")
    pair.work()
    before = pair.tags("staging")
    parts = pair.release("staging")
    pair.work()
    assert pair.states(parts) == ("approved", "remediation")
    assert pair.tags("staging") == before == NOTHING


def test_one_signature_covers_the_records_of_all_parts(pair: Pair) -> None:
    parts = _in_review(pair)
    said = pair.done("show", parts[0], "--json").value
    release = said["release"]["release"]
    for person in ("person:bea", "person:cai"):
        assert pair.approve(release, person).code == 0
    pair.work()
    assert pair.states(parts) == ("promoted", "promoted")
    assert pair.tags("prod") == pair.built()
    given = [event for event in pair.events() if event["type"] == "review.given/1"]
    assert len(given) == 4
    assert len({event["objects"][0]["sha256"] for event in given}) == 2
    for part, name, other in zip(parts, NAMES, reversed(pair.built()), strict=True):
        proof = pair.folder / f"{name}.json"
        pair.done("proof", "export", part, "--out", proof)
        assert str(other) in pair.done("proof", "verify", proof, "--trust-root", pair.trust_root).out


def _in_review(pair: Pair) -> tuple[str, str]:
    for name in NAMES:
        pair.build(f"middling-{name}", name, MEDIUM)
    for environment in ("dev", "staging"):
        pair.release(environment)
        pair.work()
    parts = pair.release("prod")
    pair.work()
    assert pair.states(parts) == ("review", "review")
    return parts


def test_a_veto_on_one_part_ends_all(pair: Pair) -> None:
    parts = _in_review(pair)
    key = ("--as", "person:bea", "--key", pair.key("person:bea"))
    pair.done("review", "veto", parts[1], *key, "--reason", "not-now", "--comment", "no")
    pair.work()
    assert pair.states(parts) == ("withdrawn", "vetoed")
    assert "worker is vetoed" in pair.show(parts[0])["because"]
    assert pair.tags("prod") == NOTHING
    assert drift(pair) == ()


def test_a_process_killed_between_two_tags_leaves_the_second_to_the_next_one(pair: Pair) -> None:
    parts = pair.release("dev")
    worker = "tests.stories.dying_worker"
    code, _, err = ends(start_module(pair, worker, pair.workspace, Step.POINT, "between"))
    assert code == -signal.SIGKILL, err
    assert pair.tags("dev") == (pair.built()[0], None)
    assert ends(start_module(pair, worker, pair.workspace, "none", "never"))[0] == 0
    assert pair.states(parts) == ("promoted", "promoted")
    assert [pair.types(part) for part in parts] == [WHOLE_LIFE, WHOLE_LIFE]
    assert pair.tags("dev") == pair.built()
    assert drift(pair) == ()


def test_a_tag_that_somebody_else_moved_leaves_every_tag_where_it_was(pair: Pair) -> None:
    strange = pair.deliver("strange")
    pair.repository("dev-worker").put_tag("worker", _copied(pair, strange), None)
    parts = pair.release("dev")
    pair.work()
    assert pair.states(parts) == ("failed", "approved")
    assert pair.tags("dev") == (None, strange)
    assert "never promoted there" in str(pair.show(parts[0])["turns"])


def _copied(pair: Pair, image: Digest) -> Digest:
    build, there = pair.repository("build"), pair.repository("dev-worker")
    copy(plan(build, image), build, there, frozenset(), no_lock)
    return image


def test_status_tells_a_release_in_one_line(pair: Pair) -> None:
    pair.release("dev")
    said = pair.done("status").out
    assert "2 images of shop → dev: web gathering, worker gathering" in said


def test_a_hold_on_one_image_keeps_every_tag_from_moving(pair: Pair) -> None:
    parts = _in_review(pair)
    release = pair.show(parts[0])["release"]["release"]
    for person in ("person:bea", "person:cai"):
        assert pair.approve(release, person).code == 0
    image = pair.show(parts[1])["image"]
    key = ("--as", "person:bea", "--key", pair.key("person:bea"))
    pair.done("hold", "place", "--image", image, *key, "--comment", "wait")
    pair.work()
    assert pair.tags("prod") == NOTHING
    assert "promoted" not in pair.states(parts)


def test_a_newer_request_takes_the_place_of_the_whole_release(pair: Pair) -> None:
    older = _in_review(pair)
    newer = pair.build("newer", "worker", MEDIUM)
    for environment in ("dev", "staging"):
        pair.release(environment)
        pair.work()
    pair.release("prod")
    assert pair.states(older) == ("superseded", "superseded")
    assert str(newer) in str(pair.done("status", "--json").value["open"])


def test_the_earlier_images_go_back_together_and_people_look_back_at_each(pair: Pair) -> None:
    publish(pair, ROLLBACK)
    pair.release("dev")
    pair.work()
    before = pair.built()
    for name in NAMES:
        pair.build(f"second-{name}", name)
    pair.release("dev")
    pair.work()
    assert pair.tags("dev") == pair.built() != before

    for name, image in zip(NAMES, before, strict=True):
        assert image
        pair.repository("build").put_tag(name, image, pair.repository("build").resolve(name))
    parts = pair.release("dev")
    pair.work()
    assert pair.states(parts) == ("review", "review")
    assert pair.approve(pair.show(parts[0])["release"]["release"], "person:cai").code == 0
    pair.work()
    assert pair.tags("dev") == before
    assert [item["promotion"] for item in items(pair)] == list(parts)
