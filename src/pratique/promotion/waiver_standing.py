"""How every waiver stands: folded from its events, in the ledger's order.

Source: decisions.md, "The ledger is the source". Whether grants are enough for a finding is for the judgement to
say; here only what happened.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import assert_never, get_args

from pratique.promotion.events import Entry
from pratique.promotion.governance import (
    WaiverEvent,
    WaiverExpired,
    WaiverGranted,
    WaiverProposed,
    WaiverRevoked,
    WaiverVoided,
)
from pratique.promotion.waiver import GrantUsed, WaiverUsed
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.moment import render_moment
from pratique.values.names import Actor, Environment

TYPES = tuple(kind.TYPE for kind in get_args(WaiverEvent))
"""The events that say something of a waiver."""


@dataclass(frozen=True, slots=True)
class WaiverStanding:
    """One waiver: what its proposer signed, everybody who granted it, and why it ended, where it did.

    ``statement`` is the digest of the proposer's envelope, which holds the terms in full.
    """

    proposed: WaiverProposed
    at: datetime
    environment: Environment
    statement: Digest
    grants: tuple[tuple[Actor, GrantUsed], ...] = ()
    ended: str | None = None

    @property
    def waiver(self) -> str:
        """Its identifier."""
        return self.proposed.waiver

    @property
    def used(self) -> WaiverUsed:
        """How a judgement names it."""
        return WaiverUsed(self.waiver, self.proposed.terms, tuple(grant for _, grant in self.grants))

    def in_force(self, now: datetime) -> bool:
        """Tell whether somebody granted it, nobody took it back, and its time is not over."""
        return bool(self.grants) and self.ended is None and now < self.proposed.expires

    def word(self, now: datetime) -> str:
        """Return in a word or two how it stands."""
        if self.ended is not None:
            return self.ended
        if now >= self.proposed.expires:
            return f"expired at {render_moment(self.proposed.expires)}"
        return f"granted by {', '.join(by for by, _ in self.grants)}" if self.grants else "proposed"


def fold_waivers(entries: Iterable[Entry]) -> tuple[WaiverStanding, ...]:
    """Return every waiver, in the order in which they were proposed; what is about none is passed over."""
    found: dict[str, WaiverStanding] = {}
    for entry in sorted(entries, key=lambda each: each.index):
        data = entry.event.data
        if isinstance(data, WaiverProposed):
            found[data.waiver] = _proposed(entry, data)
        elif isinstance(data, WaiverEvent) and data.waiver in found:
            found[data.waiver] = _after(found[data.waiver], entry, data)
    return tuple(found.values())


def _proposed(entry: Entry, data: WaiverProposed) -> WaiverStanding:
    item, where = entry.event.object("waiver"), entry.event.environment
    return WaiverStanding(
        proposed=data,
        at=entry.event.at,
        environment=where or Environment(""),
        statement=item.digest if item else data.terms,
    )


def _after(
    standing: WaiverStanding, entry: Entry, data: WaiverGranted | WaiverRevoked | WaiverExpired | WaiverVoided
) -> WaiverStanding:
    match data:
        case WaiverGranted():
            item = entry.event.object("waiver")
            grants = () if item is None else ((data.by, GrantUsed(item.digest, entry.index)),)
            return replace(standing, grants=(*standing.grants, *grants))
        case WaiverRevoked():
            return replace(standing, ended=f"revoked by {data.by}")
        case WaiverExpired():
            return replace(standing, ended=f"expired at {render_moment(data.expires)}")
        case WaiverVoided():
            return replace(standing, ended=f"void: {data.because}")
        case _:
            assert_never(data)
