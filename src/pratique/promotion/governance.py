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


@dataclass(frozen=True, slots=True)
class PolicyProposed:
    """Somebody signed a new version of the rules; in force is only what is published.

    Its objects are the resolved policy, its sources, its author's signature, and a report: what its own tests say, and
    what it would have decided so far. With ``shadow`` it is judged beside the rules in force until it is published.
    """

    bundle: str
    version: int
    digest: Digest
    previous: Digest
    effective_on: datetime | None
    author: Actor
    shadow: bool


@dataclass(frozen=True, slots=True)
class PolicyEndorsed:
    """A person signed the very same statement."""

    version: int
    digest: Digest
    by: Actor


@dataclass(frozen=True, slots=True)
class PolicyReviewed:
    """A person looked the rules in force over, and signed that they may stay as they are."""

    version: int
    digest: Digest
    by: Actor
    comment: Digest
    nonce: str


@dataclass(frozen=True, slots=True)
class PolicyShadowed:
    """What a proposed policy would have decided; nobody acts upon it."""

    version: int
    digest: Digest
    promotion: str
    live_outcome: str
    live_track: str
    outcome: str
    track: str


PolicyEvent = PolicyProposed | PolicyEndorsed | PolicyReviewed | PolicyShadowed
WaiverEvent = WaiverProposed | WaiverGranted | WaiverRevoked | WaiverExpired | WaiverVoided
Governance = WaiverEvent | PolicyEvent


def describe_governance(event: Governance, where: Environment | None) -> str:
    """Return one sentence for people."""
    if isinstance(event, PolicyEvent):
        return _of_policy(event)
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


def _of_policy(event: PolicyEvent) -> str:
    match event:
        case PolicyProposed():
            return f"{event.author} proposed version {event.version} of the policy {event.bundle}"
        case PolicyEndorsed():
            return f"{event.by} approved version {event.version} of the policy"
        case PolicyReviewed():
            return f"{event.by} looked version {event.version} of the policy over, and left it as it is"
        case PolicyShadowed():
            live = f"the rules in force say {event.live_outcome}, {event.live_track}"
            return f"version {event.version} would say {event.outcome}, {event.track} of {event.promotion}; {live}"
        case _:
            assert_never(event)
