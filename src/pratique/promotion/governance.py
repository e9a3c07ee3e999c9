"""What people decide beside promotions: exceptions to the rules, and the rules themselves.

Source: decisions.md, "Events and storage".
"""

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar, assert_never

from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.moment import render_moment
from pratique.values.names import Actor, Environment


@dataclass(frozen=True, slots=True)
class WaiverProposed:
    """Somebody signed the terms of a waiver; it covers nothing until it is granted."""

    TYPE: ClassVar[str] = "waiver.proposed/1"
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

    TYPE: ClassVar[str] = "waiver.granted/1"
    waiver: str
    by: Actor
    terms: Digest
    nonce: str
    comment: Digest | None = None


@dataclass(frozen=True, slots=True)
class WaiverRevoked:
    """A person took a waiver back; one signature is enough."""

    TYPE: ClassVar[str] = "waiver.revoked/1"
    waiver: str
    by: Actor
    terms: Digest
    nonce: str
    comment: Digest | None = None


@dataclass(frozen=True, slots=True)
class WaiverExpired:
    """Its time is over."""

    TYPE: ClassVar[str] = "waiver.expired/1"
    waiver: str
    expires: datetime


@dataclass(frozen=True, slots=True)
class WaiverVoided:
    """One of the facts came about that make it unacceptable."""

    TYPE: ClassVar[str] = "waiver.voided/1"
    waiver: str
    because: str


@dataclass(frozen=True, slots=True)
class HoldPlaced:
    """A person stopped an image, everywhere or in one environment, or an environment of an application."""

    TYPE: ClassVar[str] = "hold.placed/1"
    hold: str
    by: Actor
    image: Digest | None
    application: str | None
    environment: Environment | None
    nonce: str
    comment: Digest

    def stops(self, application: str, environment: Environment, images: Iterable[Digest]) -> bool:
        """Tell whether it is about this place, or about an image or platform there."""
        here = self.environment in (None, environment)
        if self.image is not None:
            return here and self.image in images
        return here and self.application == application


@dataclass(frozen=True, slots=True)
class HoldLifted:
    """A person signed that a hold may end; it ends with the second one's signature."""

    TYPE: ClassVar[str] = "hold.lifted/1"
    hold: str
    by: Actor
    nonce: str
    comment: Digest


@dataclass(frozen=True, slots=True)
class PolicyProposed:
    """Somebody signed a new version of the rules; in force is only what is published.

    Its objects are the resolved policy, its sources, its author's signature, and a report: what its own tests say, and
    what it would have decided so far. With ``shadow`` it is judged beside the rules in force until it is published.
    """

    TYPE: ClassVar[str] = "policy.proposed/1"
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

    TYPE: ClassVar[str] = "policy.endorsed/1"
    version: int
    digest: Digest
    by: Actor


@dataclass(frozen=True, slots=True)
class PolicyReviewed:
    """A person looked the rules in force over, and signed that they may stay as they are."""

    TYPE: ClassVar[str] = "policy.reviewed/1"
    version: int
    digest: Digest
    by: Actor
    comment: Digest
    nonce: str


@dataclass(frozen=True, slots=True)
class PolicyShadowed:
    """What a proposed policy would have decided; nobody acts upon it."""

    TYPE: ClassVar[str] = "policy.shadowed/1"
    version: int
    digest: Digest
    promotion: str
    live_outcome: str
    live_track: str
    outcome: str
    track: str


PolicyEvent = PolicyProposed | PolicyEndorsed | PolicyReviewed | PolicyShadowed
WaiverEvent = WaiverProposed | WaiverGranted | WaiverRevoked | WaiverExpired | WaiverVoided
HoldEvent = HoldPlaced | HoldLifted
Governance = WaiverEvent | PolicyEvent | HoldEvent


def describe_governance(event: Governance, where: Environment | None) -> str:
    """Return one sentence for people."""
    if isinstance(event, PolicyEvent):
        return _of_policy(event)
    return _of_hold(event) if isinstance(event, HoldEvent) else _of_waiver(event, where)


def _of_waiver(event: WaiverEvent, where: Environment | None) -> str:
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


def _of_hold(event: HoldEvent) -> str:
    match event:
        case HoldPlaced(image=None):
            return f"{event.by} stopped everything of {event.application} in {event.environment}: {event.hold}"
        case HoldPlaced():
            reach = f"in {event.environment}" if event.environment else "everywhere"
            return f"{event.by} stopped it {reach}: {event.hold}"
        case HoldLifted():
            return f"{event.by} signed that the hold {event.hold} may end"
        case _:
            assert_never(event)
