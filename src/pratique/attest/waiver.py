"""``waiver/v1``: one finding of one check is let be for a while, signed by whoever proposes, grants or revokes it.

Source: spec/policy.md section 3.3; decisions.md, "Documents". Everybody signs the same terms in full: what is
waived, where, until when, on which conditions. A grant of other terms is a grant of another waiver.
"""

import re
from datetime import datetime
from enum import StrEnum
from typing import Final

from pratique.attest.fields import Fields
from pratique.attest.signed_form import (
    Filled,
    PersonalForm,
    Written,
    parse_line,
    parse_nonce,
    parse_slug,
    read_commitment,
)
from pratique.attest.sshsig import Namespace
from pratique.attest.statement import Subject
from pratique.errors import Malformed
from pratique.values.canonical import Json, canonical
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.ids import Kind, parse_id
from pratique.values.moment import render_moment
from pratique.values.names import Actor, Environment, parse_actor, parse_application, parse_environment
from pratique.values.uris import WAIVER

_DECIMAL = re.compile(r"0\.\d{1,6}|1(?:\.0{1,6})?|0")
_FIELDS = ("act", "by", "terms", "comment", "directory", "issuedAt", "nonce")
_TERMS = (
    "proposedBy",
    "check",
    "term",
    "environment",
    "scope",
    "severity",
    "justification",
    "controls",
    "owner",
    "ticket",
    "notBefore",
    "expires",
    "renewalOf",
    "renewals",
    "voidedIf",
)


class Act(StrEnum):
    """What a signature says of the terms."""

    PROPOSE = "propose"
    GRANT = "grant"
    REVOKE = "revoke"


class Over(StrEnum):
    """What a waiver reaches."""

    DIGEST = "digest"
    """One image, and no other."""
    COMPONENT = "component"
    """Every image of the applications named, while the finding's component is in it."""
    BASE = "base"
    """Every image that was built on one base."""


@dataclass(frozen=True, slots=True)
class Scope:
    """How far a waiver reaches; the fields of the other kinds are empty."""

    over: Over
    image: Digest | None = None
    applications: tuple[str, ...] = ()
    base: str | None = None


@dataclass(frozen=True, slots=True)
class VoidedIf:
    """The facts that would make it unacceptable: exploited, as likely to be as a decimal says, or repaired."""

    kev: bool = False
    epss: str | None = None
    fix_available: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """What is waived.

    ``term`` is a finding's, for example ``CVE-2026-1@pkg:deb/debian/libxml2``; ``severity`` the finding's, as its
    proposer was shown it. ``controls`` are checks that must pass meanwhile, ``owner`` who repairs it. ``renewals``
    counts the waivers for the same thing before this one, and ``renewal_of`` names the last of them.
    """

    proposed_by: Actor
    check: str
    term: str
    environment: Environment
    scope: Scope
    severity: str | None
    justification: str
    controls: tuple[str, ...]
    owner: str | None
    ticket: str | None
    not_before: datetime
    expires: datetime
    renewal_of: str | None
    renewals: int
    voided_if: VoidedIf

    @property
    def digest(self) -> Digest:
        """The digest of the canonical terms: what every signature about them names."""
        return Digest.of(canonical(terms_object(self)))


@dataclass(frozen=True, slots=True)
class Waiver:
    """One person's word about the terms of a waiver; ``comment`` commits to their words."""

    waiver: str
    act: Act
    by: Actor
    terms: Terms
    comment: Digest | None
    directory: Digest
    issued_at: datetime
    nonce: str


def _read(filled: Filled) -> Waiver:
    subject, fields = filled.subject(), filled.fields.only(*_FIELDS)
    waiver = Waiver(
        waiver=parse_id(subject.name, Kind.WAIVER),
        act=fields.member("act", Act),
        by=fields.parsed("by", parse_actor),
        terms=_terms(fields.object("terms").only(*_TERMS)),
        comment=fields.nullable("comment", lambda name: read_commitment(fields, name)),
        directory=fields.digest("directory"),
        issued_at=fields.moment("issuedAt"),
        nonce=fields.parsed("nonce", parse_nonce),
    )
    if subject.digest != waiver.terms.digest:
        raise Malformed(f"waiver.subject: expected {waiver.terms.digest}, the digest of its terms")
    return waiver


def _terms(fields: Fields) -> Terms:
    terms = Terms(
        proposed_by=fields.parsed("proposedBy", parse_actor),
        check=fields.parsed("check", parse_slug),
        term=_finding(fields.text("term")),
        environment=fields.parsed("environment", parse_environment),
        scope=_scope(fields.object("scope").only("over", "image", "applications", "base")),
        severity=fields.nullable("severity", lambda name: fields.parsed(name, parse_slug)),
        justification=fields.text("justification"),
        controls=tuple(map(parse_slug, fields.texts("controls"))),
        owner=fields.nullable("owner", lambda name: fields.parsed(name, parse_line)),
        ticket=fields.nullable("ticket", lambda name: fields.parsed(name, parse_line)),
        not_before=fields.moment("notBefore"),
        expires=fields.moment("expires"),
        renewal_of=fields.nullable("renewalOf", lambda name: parse_id(fields.text(name), Kind.WAIVER)),
        renewals=fields.integer("renewals"),
        voided_if=_voided_if(fields.object("voidedIf").only("kev", "epss", "fixAvailable")),
    )
    check_terms(terms)
    return terms


_JUSTIFICATION = re.compile(r"[a-z][a-z0-9_]{0,62}")


def check_terms(terms: Terms) -> None:
    """Return if the terms hold together, or raise ``Malformed``."""
    if not _JUSTIFICATION.fullmatch(terms.justification):
        raise Malformed(
            "waiver.terms.justification: expected a code such as vulnerable_code_not_in_execute_path, found "
            f"{terms.justification[:80]!r}"
        )
    if terms.expires <= terms.not_before:
        raise Malformed("waiver.terms.expires: expected a moment after notBefore; every waiver ends")
    if (terms.renewal_of is None) != (terms.renewals == 0):
        raise Malformed("waiver.terms.renewals: expected 0 without renewalOf, and at least 1 with it")
    scope = terms.scope
    given = (scope.image is not None, bool(scope.applications), scope.base is not None)
    if given != (scope.over is Over.DIGEST, scope.over is Over.COMPONENT, scope.over is Over.BASE):
        raise Malformed(f"waiver.terms.scope: expected only what {scope.over} needs: image, applications or base")
    if terms.voided_if.epss is not None and not _DECIMAL.fullmatch(terms.voided_if.epss):
        raise Malformed(
            f"waiver.terms.voidedIf.epss: expected a decimal from 0 to 1, found {terms.voided_if.epss!r}"
        )


def _finding(text: str) -> str:
    if not 1 <= len(text) <= 1024 or not text.isprintable():
        raise Malformed(f"waiver.terms.term: expected the term of a finding, found {text[:80]!r}")
    return text


def _scope(fields: Fields) -> Scope:
    return Scope(
        over=fields.member("over", Over),
        image=fields.nullable("image", fields.digest),
        applications=tuple(map(parse_application, fields.texts("applications"))),
        base=fields.nullable("base", lambda name: fields.parsed(name, parse_line)),
    )


def _voided_if(fields: Fields) -> VoidedIf:
    return VoidedIf(
        kev=_flag(fields, "kev"),
        epss=fields.nullable("epss", fields.text),
        fix_available=_flag(fields, "fixAvailable"),
    )


def _flag(fields: Fields, name: str) -> bool:
    found = fields.values.get(name)
    if not isinstance(found, bool):
        raise Malformed(f"{fields.path(name)}: expected true or false")
    return found


def _write(waiver: Waiver) -> Written:
    predicate: dict[str, Json] = {
        "act": waiver.act,
        "by": waiver.by,
        "terms": terms_object(waiver.terms),
        "comment": {"commitment": waiver.comment.hex} if waiver.comment else None,
        "directory": {"sha256": waiver.directory.hex},
        "issuedAt": render_moment(waiver.issued_at),
        "nonce": waiver.nonce,
    }
    return (Subject(waiver.terms.digest, waiver.waiver),), predicate


def terms_object(terms: Terms) -> dict[str, Json]:
    """Return the terms as the statement spells them."""
    scope, voided = terms.scope, terms.voided_if
    return {
        "proposedBy": terms.proposed_by,
        "check": terms.check,
        "term": terms.term,
        "environment": terms.environment,
        "scope": {
            "over": scope.over,
            "image": {"sha256": scope.image.hex} if scope.image else None,
            "applications": list(scope.applications),
            "base": scope.base,
        },
        "severity": terms.severity,
        "justification": terms.justification,
        "controls": list(terms.controls),
        "owner": terms.owner,
        "ticket": terms.ticket,
        "notBefore": render_moment(terms.not_before),
        "expires": render_moment(terms.expires),
        "renewalOf": terms.renewal_of,
        "renewals": terms.renewals,
        "voidedIf": {"kev": voided.kev, "epss": voided.epss, "fixAvailable": voided.fix_available},
    }


WAIVER_FORM: Final = PersonalForm("waiver", WAIVER, _read, _write, Namespace.WAIVER)
