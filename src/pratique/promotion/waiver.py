"""Waivers in a judgement: who granted each, whether they were enough, and what it covers.

Counted anew every time, from the signatures, by the directory and the rules that the judgement names. A proposer
never counts, nor does whoever may not decide about the image. A grant counts while its key is in the directory.

Pure: no clock, no storage.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from pratique.attest.dsse import IN_TOTO, parse_envelope
from pratique.attest.review import Decision
from pratique.attest.sshsig import Namespace
from pratique.attest.verify import open_envelope
from pratique.attest.waiver import WAIVER_FORM, Act, Terms, Waiver
from pratique.errors import Malformed, Unverified
from pratique.evidence.facts.scan import Severity
from pratique.evidence.model import Vulnerability
from pratique.policy.check import Rule
from pratique.policy.environment import EnvironmentRules
from pratique.policy.result import CheckFinding, CheckResult, Outcome
from pratique.policy.waiver import (
    Place,
    covers,
    severity_of,
    why_beyond_limits,
    why_elsewhere,
    why_not_now,
    why_untold,
    why_void,
)
from pratique.promotion.directory import Directory
from pratique.promotion.quorum import Exclusion, Need, Question, count
from pratique.promotion.states import ReviewStanding
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.names import Actor


@dataclass(frozen=True, slots=True)
class GrantUsed:
    """A signed grant: the digest of its envelope, and its index in the ledger."""

    envelope: Digest
    index: int


@dataclass(frozen=True, slots=True)
class WaiverUsed:
    """A waiver that a judgement was given, by the digest of its terms and every grant of it."""

    waiver: str
    terms: Digest
    grants: tuple[GrantUsed, ...]


class Fate(StrEnum):
    """What became of a waiver in a judgement."""

    APPLIED = "applied"
    IDLE = "idle"
    """Nothing that it covers was found."""
    REFUSED = "refused"
    VOIDED = "voided"
    """A fact came about that makes it unacceptable."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A waiver and what became of it; ``covered`` are the findings that it took out of the outcome."""

    waiver: str
    check: str
    fate: Fate
    expires: datetime
    covered: tuple[str, ...] = ()
    because: str | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """A person's grant whose signature holds."""

    by: Actor
    envelope: Digest
    index: int


@dataclass(frozen=True, slots=True)
class Granted:
    """The terms of a waiver, and everybody who granted them."""

    waiver: str
    terms: Terms
    grants: tuple[Grant, ...]


@dataclass(frozen=True, slots=True)
class Setting:
    """What waivers are held against: the image, the rules, and who may not decide about it."""

    place: Place
    rules: EnvironmentRules
    directory: Directory
    now: datetime
    vulnerabilities: tuple[Vulnerability, ...]
    excluded: tuple[Exclusion, ...]


@dataclass(frozen=True, slots=True)
class Covered:
    """Every waiver's fate, and which one covers a finding, by check and term."""

    heard: tuple[Heard, ...]
    waived: Mapping[tuple[str, str], str]

    @property
    def applied(self) -> frozenset[str]:
        """The waivers that changed something."""
        return frozenset(one.waiver for one in self.heard if one.fate is Fate.APPLIED)


def open_granted(used: WaiverUsed, bodies: Iterable[bytes], directory: Directory) -> Granted:
    """Return a waiver with those of its grants whose signature holds.

    Args:
        used: What the judgement names.
        bodies: The envelope of each grant, in the same order.
        directory: The version in force.

    Raises:
        Unverified: An envelope is about other terms than the judgement names, or no grant of them is left.
        Malformed: An envelope breaks its form.
    """
    terms: Terms | None = None
    grants: list[Grant] = []
    for grant, content in zip(used.grants, bodies, strict=True):
        waiver, by = open_waiver(content, directory, index=grant.index)
        if (waiver.waiver, waiver.act, waiver.terms.digest) != (used.waiver, Act.GRANT, used.terms):
            raise Unverified(f"waiver {used.waiver}: the envelope {grant.envelope} is no grant of its terms")
        terms = waiver.terms
        if by is not None:
            grants.append(Grant(by, grant.envelope, grant.index))
    if terms is None:
        raise Unverified(f"waiver {used.waiver}: expected at least one grant, found none")
    return Granted(used.waiver, terms, tuple(grants))


def open_waiver(content: bytes, directory: Directory, *, index: int) -> tuple[Waiver, Actor | None]:
    """Return a signed statement about a waiver, and who signed it, or None where no key of theirs did.

    Raises:
        Malformed: The envelope or the statement breaks its form.
    """
    envelope = parse_envelope(content)
    if envelope.payload_type != IN_TOTO:
        raise Malformed(f"waiver: expected the payload type {IN_TOTO}, found {envelope.payload_type[:120]!r}")
    waiver = WAIVER_FORM.parse(envelope.payload)
    own = tuple(pair for pair in directory.people_keys(index) if pair[0] == waiver.by)
    try:
        open_envelope(envelope, own, Namespace.WAIVER, payload_type=IN_TOTO)
    except Unverified:
        return waiver, None
    return waiver, waiver.by


def cover(waivers: Sequence[Granted], results: Sequence[CheckResult], setting: Setting) -> Covered:
    """Return what these waivers cover of what the checks found without them.

    Of several that cover one finding, the first in the order of their ids does.
    """
    by_id = {result.id: result for result in results}
    waived: dict[tuple[str, str], str] = {}
    heard: list[Heard] = []
    for one in sorted(waivers, key=lambda each: each.waiver):
        fate = _hear(one, by_id, setting)
        heard.append(fate)
        for term in fate.covered:
            waived.setdefault((fate.check, term), one.waiver)
    return Covered(tuple(heard), waived)


def _hear(one: Granted, results: Mapping[str, CheckResult], setting: Setting) -> Heard:
    terms = one.terms
    refusal = why_not_now(terms, setting.now) or why_elsewhere(terms, setting.place)
    rule = next((rule for rule in setting.rules.checks if rule.id == terms.check), None)
    found = _found(terms, rule, results, setting)
    if refusal is None and not found:
        return _heard(one, Fate.IDLE, "nothing that it covers was found")
    refusal = refusal or _why_uncontrolled(terms, results)
    about = tuple(each for each in setting.vulnerabilities if each.term in {finding.term for finding in found})
    if refusal is None and (void := why_void(terms, about)):
        return _heard(one, Fate.VOIDED, void)
    refusal = refusal or why_untold(terms, about)
    for finding in found:
        refusal = refusal or why_not_granted(one, severity_of(finding.severity), setting)
    if refusal is not None:
        return _heard(one, Fate.REFUSED, refusal)
    return Heard(
        one.waiver, terms.check, Fate.APPLIED, terms.expires, tuple(sorted({each.term for each in found}))
    )


def _heard(one: Granted, fate: Fate, because: str) -> Heard:
    return Heard(one.waiver, one.terms.check, fate, one.terms.expires, (), because)


def _found(
    terms: Terms, rule: Rule | None, results: Mapping[str, CheckResult], setting: Setting
) -> tuple[CheckFinding, ...]:
    result = results.get(terms.check)
    if rule is None or result is None or result.outcome is Outcome.PASS:
        return ()
    return tuple(each for each in result.findings if covers(terms, rule, each, setting.vulnerabilities))


def _why_uncontrolled(terms: Terms, results: Mapping[str, CheckResult]) -> str | None:
    for control in terms.controls:
        result = results.get(control)
        if result is None:
            return f"it relies on the check {control}, which this environment does not have"
        if result.outcome is not Outcome.PASS:
            return f"it relies on the check {control}, which does not pass"
    return None


def why_not_granted(one: Granted, severity: Severity | None, setting: Setting) -> str | None:
    """Return why the people who granted it are not enough for a finding of this severity, or None."""
    rules = setting.rules.waivers
    if rules is None:
        return f"nothing can be waived in {setting.rules.name}"
    beyond = why_beyond_limits(one.terms, rules, severity)
    if beyond is not None:
        return beyond
    proposer = Exclusion(one.terms.proposed_by, f"{one.terms.proposed_by} proposed it")
    question = Question(
        record=one.terms.digest,
        application=setting.place.application,
        environment=setting.rules.name,
        needs=tuple(Need(granter.role, granter.count) for granter in rules.granters(severity)),
        excluded=(proposer, *setting.excluded),
    )
    standing = tuple(_standing(grant, one) for grant in one.grants)
    quorum = count(question, standing, setting.directory, now=setting.now)
    if quorum.met:
        return None
    asked = ", ".join(f"{need.count} as {need.role}" for need in quorum.missing)
    others = "; ".join(voter.because for voter in quorum.voters if voter.because)
    return f"people are missing who grant it: {asked}" + (f" ({others})" if others else "")


def _standing(grant: Grant, one: Granted) -> ReviewStanding:
    return ReviewStanding(
        review=one.waiver,
        index=grant.index,
        at=one.terms.not_before,
        reviewer=grant.by,
        decision=Decision.APPROVE,
        record=one.terms.digest,
        expires=one.terms.expires,
        counts=True,
        because=None,
        nonce="",
        envelope=grant.envelope,
    )
