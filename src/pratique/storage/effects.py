"""Effects: what must be done outside the database, who is doing it, and until when they are believed.

An effect is *wanted*, then *running* under a lease, then *done*. It may be *failed* and wait for its next attempt,
or *dead* after the last. Every attempt has a number, and whoever finishes must name the attempt that is running: a
worker that was stopped, overtaken and let go again is refused, so each effect is recorded once.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from pratique.errors import Absent, Conflict
from pratique.promotion.plan import Effect
from pratique.storage.effect import EffectStanding, State, standing_of
from pratique.storage.patience import Patience, stuck, unheard
from pratique.storage.schema import EFFECT
from pratique.values.canonical import Json, canonical
from pratique.values.moment import render_moment

Hint = Callable[[sa.Connection, str, int, str, datetime], None]
"""Called in the transaction with ``(connection, effect, attempt, queue, not_before)`` when one may be started."""

QUEUE = "effects"
MOST_AT_ONCE = 100  # effects that one tick of a reconciler attends to: a transaction stays short


_Values = Mapping[str, str | int | None]
_OPEN = (State.WANTED, State.RUNNING, State.FAILED)


class EffectRows:
    """The effects as one transaction sees and changes them."""

    def __init__(
        self, connection: sa.Connection, now: Callable[[], datetime], patience: Patience, hint: Hint | None
    ) -> None:
        """Use this connection.

        Args:
            connection: In a transaction.
            now: Returns the transaction's moment.
            patience: How long anybody is waited for.
            hint: Whom to tell; where there is nobody, a worker's reconciler finds the effect by itself.
        """
        self._connection = connection
        self._now = now
        self._patience = patience
        self._hint = hint

    def find(self, effect: str) -> EffectStanding:
        """Return the effect, or raise ``Absent``."""
        row = self._connection.execute(sa.select(EFFECT).where(EFFECT.c.id == effect)).one_or_none()
        if row is None:
            raise Absent(f"effect: expected a known one, found no {effect[:200]!r}")
        return standing_of(row)

    def of_promotion(self, promotion: str) -> tuple[EffectStanding, ...]:
        """Return the effects of a promotion, ordered by their ids."""
        query = sa.select(EFFECT).where(EFFECT.c.promotion == promotion).order_by(EFFECT.c.id)
        return tuple(map(standing_of, self._connection.execute(query)))

    def open(self) -> int:
        """Return how many effects are neither done nor dead."""
        query = sa.select(sa.func.count()).where(EFFECT.c.state.in_(_OPEN))
        return int(self._connection.execute(query).scalar_one())

    def want(self, effect: Effect, *, queue: str = QUEUE, not_before: datetime | None = None) -> None:
        """Ask that something be done after the commit; to ask again for the same one changes nothing."""
        known = sa.select(EFFECT.c.id).where(EFFECT.c.id == effect.id)
        if self._connection.execute(known).one_or_none() is None:
            start = not_before or self._now()
            what = {"promotion": effect.promotion, "generation": effect.generation, "step": effect.step}
            row = {"id": effect.id, **what, "queue": queue, "state": State.WANTED, "attempt": 1}
            self._connection.execute(sa.insert(EFFECT), {**row, "not_before": render_moment(start)})
            self._tell(effect.id, 1, queue, start)

    def claim(self, effect: str, attempt: int, owner: str) -> EffectStanding | None:
        """Begin this attempt under a lease, and return the effect; ``None`` where it is not to be begun.

        A hint that is stale, early or doubled ends here: drop it.
        """
        due = EFFECT.c.not_before <= render_moment(self._now())
        begun = {"state": State.RUNNING, "owner": owner, "lease_until": self._lease()}
        if self._change(effect, attempt, State.WANTED, begun, due):
            return self.find(effect)
        # A hint that comes too early, by a machine's clock that is fast, is spent: the reconciler gives another.
        self._change(effect, attempt, State.WANTED, {"hinted_at": None})
        return None

    def renew(self, effect: str, attempt: int) -> None:
        """Prolong the lease.

        Raises:
            Conflict: Another attempt has taken over; touch nothing outside any more.
        """
        self._fenced(effect, attempt, {"lease_until": self._lease()})

    def finish(self, effect: str, attempt: int, result: Json) -> None:
        """Record that this attempt has done it; raises as :meth:`renew`, and then all of the command is undone."""
        done = {"state": State.DONE, "result": canonical(result).decode(), "error": None}
        self._fenced(effect, attempt, done)

    def fail(self, effect: str, attempt: int, error: str) -> State:
        """Record that this attempt failed, and return whether the effect is now failed or dead.

        A failed one is tried again after a while. Raises as :meth:`renew`.
        """
        if attempt >= self._patience.attempts:
            return self.give_up(effect, attempt, error)
        again = self._now() + self._patience.wait_after(attempt)
        failed = {"state": State.FAILED, "error": error, "not_before": render_moment(again)}
        self._fenced(effect, attempt, failed)
        return State.FAILED

    def postpone(self, effect: str, attempt: int, until: datetime, because: str) -> None:
        """Let this attempt begin again at a later moment: it waits for others and has not failed.

        Raises as :meth:`renew`.
        """
        queue = self.find(effect).queue
        later = {"state": State.WANTED, "error": because, "not_before": render_moment(until), "hinted_at": None}
        self._fenced(effect, attempt, {**later, "owner": None, "lease_until": None})
        self._tell(effect, attempt, queue, until)

    def hasten(self, promotion: str) -> None:
        """Let what a promotion postponed begin now: what it waits for may have come."""
        now = render_moment(self._now())
        waiting = (EFFECT.c.promotion == promotion, EFFECT.c.state == State.WANTED, EFFECT.c.not_before > now)
        for row in self._rows(sa.and_(*waiting)):
            self._change(row.id, row.attempt, State.WANTED, {"not_before": now})
            self._tell(row.id, row.attempt, row.queue, self._now())

    def give_up(self, effect: str, attempt: int, error: str) -> State:
        """Record that this attempt failed and that another would not help; raises as :meth:`renew`."""
        self._fenced(effect, attempt, {"state": State.DEAD, "error": error})
        return State.DEAD

    def go_on(self, effect: str) -> None:
        """Let one that has died begin again after the longest wait: it may not be given up."""
        dead, until = self.find(effect), self._now() + self._patience.longest_wait
        nobody = {"owner": None, "lease_until": None, "hinted_at": None}
        later = {"state": State.WANTED, "not_before": render_moment(until), **nobody}
        self._change(effect, dead.attempt, State.DEAD, {**later, "attempt": dead.attempt + 1})
        self._tell(effect, dead.attempt + 1, dead.queue, until)

    def abandon(self, promotion: str, because: str) -> None:
        """Let every open effect of a promotion die; who is at work on one is refused when it reports."""
        mine = (EFFECT.c.promotion == promotion, EFFECT.c.state.in_(_OPEN))
        self._connection.execute(sa.update(EFFECT).where(*mine).values(state=State.DEAD, error=because))

    def due(self) -> tuple[EffectStanding, ...]:
        """Return the effects that are wanted and may begin now, in order; a claim decides who does."""
        wanted = (EFFECT.c.state == State.WANTED) & (EFFECT.c.not_before <= render_moment(self._now()))
        query = sa.select(EFFECT).where(wanted).order_by(EFFECT.c.not_before, EFFECT.c.id).limit(MOST_AT_ONCE)
        return tuple(map(standing_of, self._connection.execute(query)))

    def later(self) -> tuple[EffectStanding, ...]:
        """Return the effects that wait for a later moment: failed ones, and those that were postponed."""
        later = EFFECT.c.not_before > render_moment(self._now())
        waiting = (EFFECT.c.state == State.FAILED) | (EFFECT.c.state == State.WANTED) & later
        query = sa.select(EFFECT).where(waiting).order_by(EFFECT.c.not_before).limit(MOST_AT_ONCE)
        return tuple(map(standing_of, self._connection.execute(query)))

    def overdue(self, promotion: str, age: timedelta) -> str | None:
        """Return the step of a promotion that nobody has taken up for this long, although nobody is busy."""
        busy = (EFFECT.c.state == State.RUNNING) & (EFFECT.c.lease_until > render_moment(self._now()))
        if self._connection.execute(sa.select(EFFECT.c.id).where(busy).limit(1)).first() is not None:
            return None
        unclaimed = (EFFECT.c.promotion == promotion) & (EFFECT.c.state == State.WANTED)
        query = (
            sa.select(EFFECT.c.step)
            .where(unclaimed, EFFECT.c.not_before <= render_moment(self._now() - age))
            .limit(1)
        )
        return self._connection.execute(query).scalar_one_or_none()

    def neglected(self) -> bool:
        """Tell whether :meth:`attend` would find something to do."""
        query = (
            sa.select(EFFECT.c.id).where(sa.or_(stuck(self._now()), unheard(self._now(), self._patience))).limit(1)
        )
        return self._connection.execute(query).first() is not None

    def attend(self) -> tuple[EffectStanding, ...]:
        """Give every neglected effect its next attempt or a new hint, and return those that had no attempt left.

        Neglected is an effect whose worker was not heard of for a lease, one that failed and has waited long
        enough, and one that nobody has begun although it is time.
        """
        halted = self._rows(stuck(self._now()))
        for row in self._rows(unheard(self._now(), self._patience)):
            self._tell(row.id, row.attempt, row.queue, self._now())
        return tuple(dead for row in halted if (dead := self._next_attempt(row)) is not None)

    def _next_attempt(self, row: sa.Row[Any]) -> EffectStanding | None:
        if row.attempt >= self._patience.attempts:
            error = row.error or f"no word from its worker for {self._patience.lease.total_seconds():g} s"
            self._change(row.id, row.attempt, row.state, {"state": State.DEAD, "error": error})
            return self.find(row.id)
        now = self._now()
        fresh = {"state": State.WANTED, "attempt": row.attempt + 1, "not_before": render_moment(now)}
        nobody = {"owner": None, "lease_until": None, "hinted_at": None}
        self._change(row.id, row.attempt, row.state, {**fresh, **nobody})
        self._tell(row.id, row.attempt + 1, row.queue, now)
        return None

    def _tell(self, effect: str, attempt: int, queue: str, start: datetime) -> None:
        if self._hint is not None:
            self._hint(self._connection, effect, attempt, queue, start)
            hinted = {"hinted_at": render_moment(max(start, self._now()))}
            self._change(effect, attempt, State.WANTED, hinted)

    def _fenced(self, effect: str, attempt: int, values: _Values) -> None:
        if not self._change(effect, attempt, State.RUNNING, values):
            found = self.find(effect)
            raise Conflict(
                f"effect {effect}: expected attempt {attempt} to be running, found attempt {found.attempt} "
                f"{found.state}; what this attempt has done does not count"
            )

    def _change(
        self, effect: str, attempt: int, state: str, values: _Values, *more: sa.ColumnElement[bool]
    ) -> bool:
        """Change the effect if it is in this attempt and state; tell whether it was."""
        this = (EFFECT.c.id == effect, EFFECT.c.attempt == attempt, EFFECT.c.state == state, *more)
        return self._connection.execute(sa.update(EFFECT).where(*this).values(**values)).rowcount == 1

    def _lease(self) -> str:
        return render_moment(self._now() + self._patience.lease)

    def _rows(self, which: sa.ColumnElement[bool]) -> Sequence[sa.Row[Any]]:
        # Where several reconcilers run at once, each takes other rows; SQLite has one writer and needs no lock.
        query = sa.select(EFFECT).where(which).order_by(EFFECT.c.not_before).limit(MOST_AT_ONCE)
        return self._connection.execute(query.with_for_update(skip_locked=True)).all()
