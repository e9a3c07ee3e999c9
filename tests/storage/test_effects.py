"""Effects: claimed once, fenced by attempt, forgiven some failures, and never forgotten.

Nobody sleeps here: every wait is an hour, and an hour passes by moving all moments of the effects back.
"""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from tests.storage.builders import FILE, new_store, same_store

from pratique.errors import Absent, Conflict
from pratique.promotion.plan import Effect, Step
from pratique.storage.effect import EffectStanding, State
from pratique.storage.patience import Patience
from pratique.storage.store import Store
from pratique.storage.transaction import Transaction

COPY = Effect("pr_1", 1, Step.COPY)
HOUR = timedelta(hours=1)
HOURS = Patience(lease=HOUR, unhinted=HOUR, attempts=3, first_wait=HOUR, longest_wait=2 * HOUR)


def wanted(folder: Path, patience: Patience = HOURS) -> Store:
    store = new_store(folder, patience)
    store.transact(lambda tx: tx.want(COPY))
    return store


def claim(store: Store, attempt: int = 1, owner: str = "worker-a") -> EffectStanding | None:
    return store.transact(lambda tx: tx.effects.claim(COPY.id, attempt, owner))


def fail(store: Store, attempt: int) -> State:
    return store.transact(lambda tx: tx.effects.fail(COPY.id, attempt, f"failure {attempt}"))


def attend(store: Store) -> tuple[EffectStanding, ...]:
    return store.transact(lambda tx: tx.effects.attend())


def standing(store: Store) -> EffectStanding:
    return store.read(lambda view: view.effects.find(COPY.id))


def neglected(store: Store) -> bool:
    return store.read(lambda view: view.effects.neglected())


def pass_by(folder: Path, duration: timedelta) -> None:
    """Make it so much later, as the effects see it."""
    columns = ("not_before", "hinted_at", "lease_until")
    back = f"-{duration.total_seconds()} seconds"
    with closing(sqlite3.connect(folder / FILE)) as connection, connection:
        for column in columns:
            moved = f"{column} = strftime('%Y-%m-%dT%H:%M:%fZ', {column}, ?)"
            connection.execute(f"UPDATE effect SET {moved} WHERE {column} IS NOT NULL", (back,))


def test_an_effect_is_claimed_by_one_worker_only(tmp_path: Path) -> None:
    store = wanted(tmp_path)
    claimed = claim(store)
    assert claimed is not None
    assert (claimed.state, claimed.owner, claimed.step) == (State.RUNNING, "worker-a", Step.COPY)
    assert claim(store, owner="worker-b") is None


def test_wanting_again_changes_nothing(tmp_path: Path) -> None:
    store = wanted(tmp_path)
    claim(store)
    store.transact(lambda tx: tx.want(COPY))
    assert standing(store).state is State.RUNNING
    assert store.read(lambda view: view.effects.of_promotion("pr_1")) == (standing(store),)


def test_what_is_done_keeps_its_result(tmp_path: Path) -> None:
    store = wanted(tmp_path)
    claim(store)
    store.transact(lambda tx: tx.effects.finish(COPY.id, 1, {"bytes": 7}))
    assert (standing(store).state, standing(store).result) == (State.DONE, {"bytes": 7})
    assert store.read(lambda view: view.effects.open()) == 0


def test_nobody_may_begin_before_its_moment(tmp_path: Path) -> None:
    store = new_store(tmp_path, HOURS)
    store.transact(lambda tx: tx.effects.want(COPY, not_before=tx.now + HOUR))
    assert claim(store) is None
    pass_by(tmp_path, HOUR)
    assert claim(store) is not None


def test_a_hint_that_came_too_early_is_made_up_for(tmp_path: Path) -> None:
    told: Told = []
    new_store(tmp_path)
    worker = hinting(tmp_path, told, Patience(unhinted=timedelta(0)))
    worker.transact(lambda tx: tx.effects.want(COPY, not_before=tx.now + HOUR))
    assert claim(worker) is None
    attend(worker)
    assert len(told) == 1
    pass_by(tmp_path, HOUR)
    attend(worker)
    assert len(told) == 2


def test_what_is_postponed_costs_no_attempt_and_may_be_hastened(tmp_path: Path) -> None:
    store = wanted(tmp_path)
    claim(store)
    store.transact(lambda tx: tx.effects.postpone(COPY.id, 1, tx.now + HOUR, "waits for evidence"))
    assert (standing(store).state, standing(store).error) == (State.WANTED, "waits for evidence")
    assert claim(store) is None
    store.transact(lambda tx: tx.effects.hasten("pr_1"))
    claimed = claim(store)
    assert claimed is not None
    assert claimed.attempt == 1


def test_only_the_running_attempt_may_postpone(tmp_path: Path) -> None:
    store = wanted(tmp_path)
    with pytest.raises(Conflict, match="found attempt 1 wanted"):
        store.transact(lambda tx: tx.effects.postpone(COPY.id, 1, tx.now, "waits"))


def test_due_is_what_is_wanted_now(tmp_path: Path) -> None:
    store = wanted(tmp_path)
    later = Effect("pr_1", 1, Step.SEAL)
    store.transact(lambda tx: tx.effects.want(later, not_before=tx.now + HOUR))
    assert [effect.id for effect in store.read(lambda view: view.effects.due())] == [COPY.id]
    claim(store)
    assert store.read(lambda view: view.effects.due()) == ()


def test_overdue_is_what_nobody_took_up_while_nobody_was_busy(tmp_path: Path) -> None:
    store = wanted(tmp_path, Patience())

    def overdue(age: timedelta) -> str | None:
        return store.read(lambda view: view.effects.overdue("pr_1", age))

    assert overdue(HOUR) is None
    assert overdue(timedelta(0)) == "copy"
    other = Effect("pr_2", 1, Step.COPY)
    store.transact(lambda tx: tx.want(other))
    store.transact(lambda tx: tx.effects.claim(other.id, 1, "worker-b"))
    assert overdue(timedelta(0)) is None


def test_a_worker_that_is_not_heard_of_is_overtaken_and_then_refused(tmp_path: Path) -> None:
    store = wanted(tmp_path)
    claim(store)
    pass_by(tmp_path, HOUR)
    assert attend(store) == ()
    assert claim(store, attempt=2, owner="worker-b") is not None
    for report in (
        lambda tx: tx.effects.finish(COPY.id, 1, None),
        lambda tx: tx.effects.renew(COPY.id, 1),
        lambda tx: tx.effects.fail(COPY.id, 1, "too late"),
    ):
        with pytest.raises(Conflict, match="found attempt 2 running; what this attempt has done does not count"):
            store.transact(report)
    store.transact(lambda tx: tx.effects.finish(COPY.id, 2, None))
    with pytest.raises(Conflict, match="found attempt 2 done"):
        store.transact(lambda tx: tx.effects.finish(COPY.id, 2, None))


def test_a_fenced_command_leaves_nothing(tmp_path: Path) -> None:
    store = wanted(tmp_path)

    def report(tx: Transaction) -> None:
        tx.once.nonce("n")
        tx.effects.finish(COPY.id, 1, None)

    with pytest.raises(Conflict, match="expected attempt 1 to be running, found attempt 1 wanted"):
        store.transact(report)
    store.transact(lambda tx: tx.once.nonce("n"))


def test_a_renewed_lease_keeps_the_reconciler_away(tmp_path: Path) -> None:
    store = wanted(tmp_path)
    claim(store)
    for _ in range(4):
        pass_by(tmp_path, HOUR / 3)
        store.transact(lambda tx: tx.effects.renew(COPY.id, 1))
        assert not neglected(store)
    assert standing(store).attempt == 1


def test_a_failed_effect_waits_and_is_tried_again(tmp_path: Path) -> None:
    store = wanted(tmp_path)
    claim(store)
    assert fail(store, 1) is State.FAILED
    attend(store)
    assert (standing(store).state, standing(store).error) == (State.FAILED, "failure 1")
    pass_by(tmp_path, HOUR)
    attend(store)
    assert (standing(store).state, standing(store).attempt) == (State.WANTED, 2)


def test_after_the_last_attempt_it_is_dead(tmp_path: Path) -> None:
    store = wanted(tmp_path)
    for attempt in (1, 2, 3):
        assert claim(store, attempt) is not None
        state = fail(store, attempt)
        pass_by(tmp_path, 4 * HOUR)
        attend(store)
    assert state is State.DEAD
    assert (standing(store).state, standing(store).error) == (State.DEAD, "failure 3")


def test_silence_through_all_attempts_is_told_once(tmp_path: Path) -> None:
    store = wanted(tmp_path)
    told: list[EffectStanding] = []
    for attempt in (1, 2, 3):
        assert claim(store, attempt) is not None
        pass_by(tmp_path, HOUR)
        told += attend(store)
    assert [(dead.id, dead.state, dead.error) for dead in told] == [
        (COPY.id, State.DEAD, "no word from its worker for 3600 s")
    ]
    pass_by(tmp_path, HOUR)
    assert attend(store) == ()


def test_what_would_not_help_to_repeat_is_given_up_at_once(tmp_path: Path) -> None:
    store = wanted(tmp_path)
    claim(store)
    assert store.transact(lambda tx: tx.effects.give_up(COPY.id, 1, "digest differs")) is State.DEAD
    pass_by(tmp_path, HOUR)
    assert not neglected(store)


def test_what_may_not_be_given_up_begins_again_after_the_longest_wait(tmp_path: Path) -> None:
    store = wanted(tmp_path)
    claim(store)
    store.transact(lambda tx: tx.effects.give_up(COPY.id, 1, "the registry is down"))
    store.transact(lambda tx: tx.effects.go_on(COPY.id))
    again = standing(store)
    assert (again.state, again.attempt, again.error) == (State.WANTED, 2, "the registry is down")
    now = store.read(lambda view: view.now)
    assert now < again.not_before <= now + HOURS.longest_wait
    assert store.read(lambda view: view.effects.later()) == (again,)


def test_abandoned_effects_die_and_fence_who_is_at_work(tmp_path: Path) -> None:
    store = wanted(tmp_path)
    claim(store)
    store.transact(lambda tx: tx.effects.abandon("pr_1", "withdrawn"))
    with pytest.raises(Conflict, match="found attempt 1 dead"):
        store.transact(lambda tx: tx.effects.finish(COPY.id, 1, None))


def test_an_unknown_effect_is_absent(tmp_path: Path) -> None:
    with pytest.raises(Absent, match="found no 'pr_9"):
        new_store(tmp_path).read(lambda view: view.effects.find("pr_9/1/copy"))


Told = list[tuple[str, int, str]]


def hinting(folder: Path, told: Told, patience: Patience = HOURS) -> Store:
    def hint(connection: sa.Connection, effect: str, attempt: int, queue: str, not_before: datetime) -> None:
        assert connection.in_transaction()
        told.append((effect, attempt, queue))

    return same_store(folder, patience, hint)


def test_a_hint_is_given_in_the_transaction_that_wants_the_effect(tmp_path: Path) -> None:
    new_store(tmp_path)
    told: Told = []
    hinting(tmp_path, told).transact(lambda tx: tx.want(COPY))
    assert told == [(COPY.id, 1, "effects")]


def test_an_effect_without_a_hint_gets_one_from_the_next_reconciler(tmp_path: Path) -> None:
    told: Told = []
    store = wanted(tmp_path)
    worker = hinting(tmp_path, told)
    pass_by(tmp_path, HOUR)
    assert neglected(store)
    attend(worker)
    assert told == [(COPY.id, 1, "effects")]


def test_a_lost_hint_is_given_again_after_a_lease(tmp_path: Path) -> None:
    told: Told = []
    new_store(tmp_path)
    worker = hinting(tmp_path, told)
    worker.transact(lambda tx: tx.want(COPY))
    assert not neglected(worker)
    pass_by(tmp_path, HOUR)
    assert neglected(worker)
    attend(worker)
    assert told == [(COPY.id, 1, "effects")] * 2
    assert standing(worker).attempt == 1  # to lose a hint costs no attempt


@given(st.integers(1, 10_000))
def test_waiting_grows_and_has_a_bound(attempt: int) -> None:
    patience = Patience()
    assert patience.first_wait <= patience.wait_after(attempt) <= patience.wait_after(attempt + 1)
    assert patience.wait_after(attempt) <= patience.longest_wait


def test_moments_of_effects_are_the_databases(tmp_path: Path) -> None:
    store = wanted(tmp_path)
    assert abs(standing(store).not_before - datetime.now(UTC)) < timedelta(minutes=5)
