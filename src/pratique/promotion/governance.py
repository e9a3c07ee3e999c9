"""What people decide beside promotions: exceptions to the rules, and the rules themselves.

Source: decisions.md, "Events and storage".
"""

from datetime import datetime
from typing import assert_never

from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.moment import render_moment
from pratique.values.names import Actor, Environment


@dataclass(frozen=True, slots=True)
class WaiverProposed:
    """Somebody signed the terms of a waiver; it covers nothing until it is granted."""

    waiver: str
    by: Actor
    terms: Digest
    check: str
    term: str
    severity: str | None
    expires: datetime
    renewal_of: str | None
    nonce: str
    comment: Digest | None = None


@dataclass(frozen=True, slots=True)
class WaiverGranted:
    """A person signed a grant of these very terms; whether they are enough, every judgement counts anew."""

    waiver: str
    by: Actor
    terms: Digest
    nonce: str
    comment: Digest | None = None


@dataclass(frozen=True, slots=True)
class WaiverRevoked:
    """A person took a waiver back; one signature is enough."""

    waiver: str
    by: Actor
    terms: Digest
    nonce: str
    comment: Digest | None = None


@dataclass(frozen=True, slots=True)
class WaiverExpired:
    """Its time is over."""

    waiver: str
    expires: datetime


@dataclass(frozen=True, slots=True)
class WaiverVoided:
    """One of the facts came about that make it unacceptable."""

    waiver: str
    because: str


WaiverEvent = WaiverProposed | WaiverGranted | WaiverRevoked | WaiverExpired | WaiverVoided
Governance = WaiverEvent


def describe_governance(event: Governance, where: Environment | None) -> str:
    """Return one sentence for people."""
    match event:
        case WaiverProposed():
            until = render_moment(event.expires)
            return f"{event.by} proposed to waive {event.term} ({event.check}) in {where} until {until}"
        case WaiverGranted():
            return f"{event.by} signed a grant of the waiver {event.waiver}"
        case WaiverRevoked():
            return f"{event.by} revoked the waiver {event.waiver}"
        case WaiverExpired():
            return f"the waiver {event.waiver} expired at {render_moment(event.expires)}"
        case WaiverVoided():
            return f"the waiver {event.waiver} no longer holds, because {event.because}"
        case _:
            assert_never(event)
