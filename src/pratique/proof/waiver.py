"""The waivers in a proof: who granted each, and that they were enough for what it took out of the outcome.

Read only where a record relies on a waiver. As ``promotion.waiver``, which the server asks, as far as this can be
told without the evidence; that a finding is the one waived on a base image, and that no fact came about that voids it,
the full form shows.
"""

from datetime import timedelta

from pratique.attest.dsse import IN_TOTO, parse_envelope
from pratique.attest.fields import Fields
from pratique.attest.review import Decision
from pratique.attest.sshsig import Namespace
from pratique.attest.verify import open_envelope
from pratique.attest.waiver import WAIVER_FORM, Act, Over, Terms
from pratique.errors import Unverified
from pratique.policy.result import Outcome
from pratique.promotion.authority import Chain
from pratique.promotion.directory import Directory
from pratique.promotion.events import Entry
from pratique.promotion.governance import WaiverGranted
from pratique.promotion.quorum import Exclusion, Need, Question, count
from pratique.promotion.states import ReviewStanding
from pratique.proof.contents import object_named
from pratique.proof.demand import demand
from pratique.proof.keys import keys_of_person, refuse_revoked
from pratique.proof.reading import Reading
from pratique.proof.record import Recorded, Used, Waived
from pratique.proof.rules import Rules
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.moment import render_moment
from pratique.values.names import Actor

# The policy document's own defaults, which never change.
_USUAL_DAYS, _USUAL_RENEWALS, _USUAL_REQUIRE = 90, 1, ("justification", "owner")
_PURL = "@pkg:"


@dataclass(frozen=True, slots=True)
class _Grant:
    by: Actor
    envelope: Digest
    index: int


def verify_waivers(reading: Reading, chain: Chain, record: Recorded, rules: Rules) -> None:
    """Return if every waiver that the record relies on was granted by enough people, and held when it was judged.

    Raises:
        Unverified: A grant is missing or is about something else, people are missing who grant it, it was not in
            force, or the policy waives no such thing.
        Malformed: A grant breaks its form.
    """
    directory = _directory(chain, record)
    given = {one.waiver: one for one in record.inputs.waivers}
    for waived in record.waivers:
        used = given.get(waived.waiver)
        if used is None or rules.waivers is None:
            raise Unverified(
                f"waiver {waived.waiver}: expected it among what was judged by, and the policy to allow it"
            )
        terms, grants = _granted(reading, chain, directory, used)
        _check_in_force(record, waived, terms)
        _check_place(reading, record, terms)
        for term in waived.covered:
            severity = _severity(record, waived.check, term)
            _check_about(waived, terms, term, rules)
            _check_limits(waived, terms, rules.waivers, severity)
            _check_people(reading, directory, record, _Asked(waived, terms, grants, severity), rules)
        _check_required(waived, terms, rules.waivers)
        _check_controls(record, waived, terms)
        _check_separated(record, rules, waived, grants)


def _directory(chain: Chain, record: Recorded) -> Directory:
    for _, directory in chain.versions:
        if directory.digest == record.inputs.directory:
            return directory
    raise Unverified(f"record, directory: expected {record.inputs.directory} among those published, found none")


def _granted(reading: Reading, chain: Chain, directory: Directory, used: Used) -> tuple[Terms, tuple[_Grant, ...]]:
    entries = {entry.index: entry for entry in reading.of(WaiverGranted)}
    terms: Terms | None = None
    grants: list[_Grant] = []
    for envelope, index in used.grants:
        entry = entries.get(index)
        if entry is None or index >= reading.judgement.index:
            raise Unverified(
                f"waiver {used.waiver}: expected a grant at {index}, before the judgement, found none"
            )
        demand(f"waiver {used.waiver}, grant at {index}", object_named(entry, "waiver"), envelope)
        terms, by = _opened(reading, chain, directory, entry, used)
        if by is not None:
            grants.append(_Grant(by, envelope, index))
    if terms is None:
        raise Unverified(f"waiver {used.waiver}: expected at least one grant, found none")
    return terms, tuple(grants)


def _opened(
    reading: Reading, chain: Chain, directory: Directory, entry: Entry, used: Used
) -> tuple[Terms, Actor | None]:
    where = f"waiver {used.waiver}, grant at {entry.index}"
    envelope = parse_envelope(reading.object(entry, "waiver"))
    said, data = WAIVER_FORM.parse(envelope.payload), entry.event.data
    demand(
        f"{where}, what it grants",
        (used.waiver, Act.GRANT, used.terms),
        (said.waiver, said.act, said.terms.digest),
    )
    if isinstance(data, WaiverGranted):
        demand(f"{where}, who", data.by, said.by)
    if directory.person(said.by) is None:
        return said.terms, None
    try:
        opened = open_envelope(
            envelope, keys_of_person(directory, said.by), Namespace.WAIVER, payload_type=IN_TOTO
        )
    except Unverified:
        return said.terms, None  # a key that the directory no longer has: the grant counts for nothing
    refuse_revoked(chain, opened.signers[0], entry.index, where)
    return said.terms, said.by


def _check_in_force(record: Recorded, waived: Waived, terms: Terms) -> None:
    now, where = record.inputs.now, f"waiver {waived.waiver}"
    demand(f"{where}, expiry", terms.expires, waived.expires)
    demand(f"{where}, check", terms.check, waived.check)
    if not terms.not_before <= now < terms.expires:
        raise Unverified(
            f"{where}: in force from {render_moment(terms.not_before)} to {render_moment(terms.expires)}, and it was "
            f"judged at {render_moment(now)}"
        )
    if record.holds_until is None or record.holds_until > terms.expires:
        raise Unverified(
            f"{where}: expected the decision to hold no longer than it, to {render_moment(terms.expires)}"
        )


def _check_place(reading: Reading, record: Recorded, terms: Terms) -> None:
    demand("waiver, environment", str(reading.standing.to), str(terms.environment))
    if terms.scope.over is Over.DIGEST:
        demand("waiver, image", record.inputs.image, terms.scope.image)
    if terms.scope.over is Over.COMPONENT and reading.standing.application not in terms.scope.applications:
        raise Unverified(
            f"waiver: expected one for {reading.standing.application}, found {terms.scope.applications}"
        )


def _severity(record: Recorded, check: str, term: str) -> str | None:
    for one in record.checks:
        if one.id == check:
            for found, severity in zip(one.terms, one.severities, strict=True):
                if found == term:
                    return severity
    raise Unverified(f"waiver: the record's check {check} found nothing {term!r}")


def _check_about(waived: Waived, terms: Terms, term: str, rules: Rules) -> None:
    about = terms.term == term or _without_version(terms.term) == term or terms.term == _without_version(term)
    begins = terms.check not in rules.blocking and terms.term.endswith("*") and term.startswith(terms.term[:-1])
    if not (about or begins):
        raise Unverified(f"waiver {waived.waiver}: it is about {terms.term!r}, not about {term!r}")


def _without_version(term: str) -> str:
    before, mark, purl = term.partition(_PURL)
    path, at, version = purl.rpartition("@")
    return f"{before}{mark}{path}" if mark and at and "/" not in version else term


def _check_limits(waived: Waived, terms: Terms, limits: Fields, severity: str | None) -> None:
    where = f"waiver {waived.waiver}"
    if limits.has("never") and terms.check in limits.texts("never"):
        raise Unverified(f"{where}: the policy never waives the check {terms.check}")
    days = _days(limits.object_or_empty("max_days"), severity)
    if terms.expires - terms.not_before > timedelta(days=days):
        raise Unverified(f"{where}: expected at most {days} days, as the policy says, found more")
    most = limits.integer("max_renewals") if limits.has("max_renewals") else _USUAL_RENEWALS
    if terms.renewals > most:
        raise Unverified(f"{where}: expected at most {most} renewals, found {terms.renewals}")


def _check_required(waived: Waived, terms: Terms, limits: Fields) -> None:
    given = {
        "justification": bool(terms.justification),
        "compensating_controls": bool(terms.controls),
        "owner": terms.owner is not None,
        "ticket": terms.ticket is not None,
    }
    for need in limits.texts("require") if "require" in limits.values else _USUAL_REQUIRE:
        if not given.get(need):
            raise Unverified(f"waiver {waived.waiver}: the policy requires {need}, and it has none")


def _check_controls(record: Recorded, waived: Waived, terms: Terms) -> None:
    """Return if every check that it relies on passed by itself: a waiver's control is no waiver."""
    excused = {one.check for one in record.waivers if one.covered}
    passed = {one.id for one in record.checks if one.outcome is Outcome.PASS} - excused
    for control in terms.controls:
        if control not in passed:
            raise Unverified(f"waiver {waived.waiver}: it relies on the check {control}, which does not pass")


def _days(fields: Fields, severity: str | None) -> int:
    default = fields.integer("default") if fields.has("default") else _USUAL_DAYS
    if severity is not None:
        return fields.integer(severity) if fields.has(severity) else default
    return min((default, *(fields.integer(name) for name in fields.values)))


@dataclass(frozen=True, slots=True)
class _Asked:
    waived: Waived
    terms: Terms
    grants: tuple[_Grant, ...]
    severity: str | None


def _check_people(reading: Reading, directory: Directory, record: Recorded, asked: _Asked, rules: Rules) -> None:
    terms = asked.terms
    question = Question(
        record=terms.digest,
        application=reading.standing.application,
        environment=reading.standing.to,
        needs=_needs(rules, asked.severity),
        excluded=(
            Exclusion(terms.proposed_by, f"{terms.proposed_by} proposed it"),
            *_excluded(reading, directory, record, asked),
        ),
    )
    standing = tuple(_standing(grant, terms) for grant in asked.grants)
    quorum = count(question, standing, directory, now=record.inputs.now)
    if not quorum.met:
        missing = ", ".join(f"{need.count} as {need.role}" for need in quorum.missing)
        raise Unverified(f"waiver {asked.waived.waiver}: people are missing who grant it: {missing}")


def _needs(rules: Rules, severity: str | None) -> tuple[Need, ...]:
    found = rules.waivers.objects("who") if rules.waivers else ()
    asked = (
        item
        for item in found
        if severity is None or not item.has("severity") or severity in item.texts("severity")
    )
    return tuple(Need(item.text("role"), item.integer("count")) for item in asked)


def _excluded(reading: Reading, directory: Directory, record: Recorded, asked: _Asked) -> tuple[Exclusion, ...]:
    """Return who may not decide about the image; having granted a waiver keeps nobody from granting it."""
    requester = directory.person_behind(reading.standing.requester)
    granting = {(grant.by, f"{grant.by} granted the waiver {asked.waived.waiver}") for grant in asked.grants}
    others = tuple(one for one in record.excluded if (one.person, one.because) not in granting)
    return (*others, *((Exclusion(requester, f"{requester} asked for this promotion"),) if requester else ()))


def _standing(grant: _Grant, terms: Terms) -> ReviewStanding:
    return ReviewStanding(
        review="",
        index=grant.index,
        at=terms.not_before,
        reviewer=grant.by,
        decision=Decision.APPROVE,
        record=terms.digest,
        expires=terms.expires,
        counts=True,
        because=None,
        nonce="",
        envelope=grant.envelope,
    )


def _check_separated(record: Recorded, rules: Rules, waived: Waived, grants: tuple[_Grant, ...]) -> None:
    if rules.slow is None or "waiver_granter" not in rules.slow.separation:
        return
    excluded = {exclusion.person for exclusion in record.excluded}
    for grant in grants:
        if grant.by not in excluded:
            raise Unverified(f"waiver {waived.waiver}: expected {grant.by}, who granted it, to be excluded")
