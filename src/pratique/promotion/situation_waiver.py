"""The waivers of a situation that somebody describes: granted by people whom every test knows, signed by nobody."""

from collections.abc import Iterator
from datetime import datetime

from pratique.attest.waiver import Over, Scope, Terms, VoidedIf
from pratique.policy.fact_form import read_form
from pratique.policy.schema import Misfit
from pratique.promotion.waiver import Grant, Granted
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.ids import Kind, build_id
from pratique.values.names import Actor, Environment

IMAGE = Digest("6d" * 32)
"""The image of every test, which ``rebuild`` names too."""


@dataclass(frozen=True, slots=True)
class _WaiverSaid:
    """A waiver as a case writes it; ``granted_by`` are roles, and every one is another person."""

    check: str
    term: str
    granted_by: tuple[str, ...]
    expires: datetime
    not_before: datetime | None = None
    over: Over = Over.DIGEST
    base: str | None = None
    controls: tuple[str, ...] = ()
    owner: str | None = None
    ticket: str | None = None
    renewals: int = 0
    kev: bool = False
    epss: str | None = None
    fix_available: bool = False


def read_waivers(value: object, to: Environment, application: str, now: datetime) -> Iterator[Granted]:
    """Yield the waivers that a case gives, each granted by people who hold the roles it names.

    Raises:
        Misfit: One breaks its form.
    """
    items = [] if value is None else value
    if not isinstance(items, list):
        raise Misfit(("waivers",), "expected a list of waivers")
    for at, item in enumerate(items):
        said = read_form(_WaiverSaid, item, ("waivers", at), now=now)
        identifier = build_id(Kind.WAIVER, now, at.to_bytes(10))
        terms = _terms(said, to, application, now)
        people = enumerate(said.granted_by)
        grants = tuple(
            Grant(holder_of(role, said.granted_by[:place].count(role)), IMAGE, place) for place, role in people
        )
        yield Granted(identifier, terms, grants)


def _terms(said: _WaiverSaid, to: Environment, application: str, now: datetime) -> Terms:
    return Terms(
        proposed_by=Actor("person:proposer"),
        check=said.check,
        term=said.term,
        environment=to,
        scope=Scope(
            said.over,
            IMAGE if said.over is Over.DIGEST else None,
            (application,) if said.over is Over.COMPONENT else (),
            said.base,
        ),
        severity=None,
        justification="a_test_says_so",
        controls=said.controls,
        owner=said.owner,
        ticket=said.ticket,
        not_before=said.not_before or now,
        expires=said.expires,
        renewal_of=None,
        renewals=said.renewals,
        voided_if=VoidedIf(said.kev, said.epss, said.fix_available),
    )


def holder_of(role: str, place: int) -> Actor:
    """Return one of the people who hold a role in every test, by number."""
    return Actor(f"person:{role[:50]}-{place}")
