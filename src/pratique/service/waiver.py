"""Waivers as they stand: looking at them, granting, revoking, and ending those whose time is over.

The server never signs for a person. Everybody signs the same terms in full, with their own key.
"""

from dataclasses import dataclass
from datetime import datetime

from pratique.attest.dsse import parse_envelope
from pratique.attest.waiver import WAIVER_FORM, Act, Terms, Waiver
from pratique.errors import Conflict, Refused
from pratique.promotion.governance import WaiverExpired, WaiverGranted, WaiverRevoked, WaiverVoided
from pratique.promotion.record import Record
from pratique.promotion.states import State
from pratique.promotion.waiver import Fate
from pratique.promotion.waiver_standing import WaiverStanding
from pratique.service.again import begin_again
from pratique.service.perform import want_next
from pratique.service.prefix import only
from pratique.service.scribe import About, Scribe, about
from pratique.service.signatory import Signatory
from pratique.service.waiver_signing import about_terms, hear_waiver, of_waiver
from pratique.service.word import Spoken, speak, words_behind
from pratique.service.workspace import Workspace
from pratique.storage.transaction import Transaction, View
from pratique.values.ids import Kind
from pratique.values.names import Environment


@dataclass(frozen=True, slots=True)
class Shown:
    """A waiver as it stands, with its terms in full and what its proposer wrote, where that may still be read."""

    standing: WaiverStanding
    terms: Terms
    words: str | None
    now: datetime


def listed(workspace: Workspace, environment: Environment | None) -> tuple[Shown, ...]:
    """Return every waiver, the newest first; with an environment, only those that hold there."""

    def query(view: View) -> tuple[Shown, ...]:
        found = (one for one in reversed(workspace.waivers(view)) if environment in (None, one.environment))
        return tuple(_shown(workspace, view, one) for one in found)

    return workspace.store.read(query)


def show(workspace: Workspace, prefix: str) -> Shown:
    """Return one waiver; raises ``Absent`` or ``Conflict`` for its prefix."""
    return workspace.store.read(lambda view: _shown(workspace, view, by_prefix(workspace, view, prefix)))


def _shown(workspace: Workspace, view: View, one: WaiverStanding) -> Shown:
    return Shown(one, terms_of(workspace, one), words_behind(view, one.proposed.comment), view.now)


def terms_of(workspace: Workspace, one: WaiverStanding) -> Terms:
    """Return the terms of a waiver in full."""
    return WAIVER_FORM.parse(parse_envelope(workspace.blobs.get(one.statement)).payload).terms


def by_prefix(workspace: Workspace, view: View, prefix: str) -> WaiverStanding:
    """Return the one waiver whose id begins so; raises ``Absent`` or ``Conflict``."""
    return only(Kind.WAIVER, prefix, workspace.waivers(view), lambda one: one.waiver)


def grant(workspace: Workspace, prefix: str, comment: str, signatory: Signatory) -> Shown:
    """Have a person sign a grant of a waiver's terms, record it, and judge again what waited for it.

    Raises:
        Absent, Conflict: No such waiver, it has ended, or this person granted it before.
        Refused: This person proposed it, or holds no role that grants it.
        Unverified: The signature is not theirs.
    """
    spoken, standing = _say(workspace, prefix, Act.GRANT, comment, signatory)

    def command(tx: Transaction) -> None:
        statement = hear_waiver(workspace, tx, spoken, Act.GRANT)
        now_standing = by_prefix(workspace, tx, standing.waiver)
        _check_open(now_standing, tx.now)
        _check_may_grant(workspace, tx, now_standing, statement)
        granted = WaiverGranted(
            standing.waiver, statement.by, statement.terms.digest, statement.nonce, statement.comment
        )
        Scribe(tx, statement.by, about_terms(statement.terms)).append(granted, spoken.item)
        _judge_again(tx, statement.terms, standing.waiver)

    workspace.store.transact(command)
    return show(workspace, standing.waiver)


def _check_open(standing: WaiverStanding, now: datetime) -> None:
    if standing.ended is not None or now >= standing.proposed.expires:
        raise Conflict(f"waiver {standing.waiver}: it is {standing.word(now)}; propose a new one")


def _check_may_grant(workspace: Workspace, view: View, standing: WaiverStanding, statement: Waiver) -> None:
    if statement.by == statement.terms.proposed_by:
        raise Refused(f"waiver {standing.waiver}: {statement.by} proposed it; somebody else grants it")
    if statement.by in {by for by, _ in standing.grants}:
        raise Conflict(f"waiver {standing.waiver}: {statement.by} has granted it already")
    if not _holds_a_role(workspace, view, statement):
        roles = ", ".join(_roles(workspace, view, statement.terms))
        raise Refused(f"waiver {standing.waiver}: {statement.by} holds none of the roles that grant it: {roles}")


def _roles(workspace: Workspace, view: View, terms: Terms) -> tuple[str, ...]:
    rules = workspace.bundle(view).rules(terms.environment).waivers
    return tuple(granter.role for granter in rules.who) if rules else ()


def _holds_a_role(workspace: Workspace, view: View, statement: Waiver) -> bool:
    directory, terms = workspace.directory(view), statement.terms
    applications = terms.scope.applications or tuple(each.name for each in workspace.bundle(view).applications)
    held = {
        role
        for application in applications
        for role in directory.roles_of(statement.by, application, terms.environment, view.now)
    }
    return bool(held & set(_roles(workspace, view, terms)))


def _judge_again(tx: Transaction, terms: Terms, waiver: str) -> None:
    """Begin again whatever waits in remediation for this finding: it may pass now."""
    for promotion in tx.promotions.open_everywhere():
        waits = any(item.check == terms.check and item.closed is None for item in promotion.remediations)
        if promotion.state is State.REMEDIATION and promotion.to == terms.environment and waits:
            begin_again(Scribe(tx, about=about(promotion)), promotion, f"the waiver {waiver} was granted")
            want_next(tx, promotion.id)


def revoke(workspace: Workspace, prefix: str, comment: str, signatory: Signatory) -> Shown:
    """Have a person sign that a waiver no longer holds, and record it; what relies on it is judged again.

    One signature is enough: of its proposer, of whoever granted it, or of somebody who could.

    Raises:
        Absent, Conflict: No such waiver, or it has ended already.
        Refused: This person has no say in it.
        Unverified: The signature is not theirs.
    """
    spoken, standing = _say(workspace, prefix, Act.REVOKE, comment, signatory)

    def command(tx: Transaction) -> None:
        statement = hear_waiver(workspace, tx, spoken, Act.REVOKE)
        now_standing = by_prefix(workspace, tx, standing.waiver)
        _check_open(now_standing, tx.now)
        own = {statement.terms.proposed_by, *(by for by, _ in now_standing.grants)}
        if statement.by not in own and not _holds_a_role(workspace, tx, statement):
            raise Refused(f"waiver {standing.waiver}: {statement.by} neither proposed nor may grant it")
        revoked = WaiverRevoked(
            standing.waiver, statement.by, statement.terms.digest, statement.nonce, statement.comment
        )
        Scribe(tx, statement.by, about_terms(statement.terms)).append(revoked, spoken.item)

    workspace.store.transact(command)
    return show(workspace, standing.waiver)


def end_expired(workspace: Workspace, tx: Transaction) -> None:
    """Record the end of every waiver whose time is over; what relies on one is judged again by itself."""
    for one in workspace.waivers(tx):
        if one.ended is None and tx.now >= one.proposed.expires:
            where = About(None, None, one.environment, None)
            Scribe(tx, about=where).append(WaiverExpired(one.waiver, one.proposed.expires))


def void_waivers(tx: Transaction, record: Record) -> None:
    """Record the end of every waiver that a judgement found unacceptable, until when and why."""
    for heard in record.decision.waivers:
        if heard.fate is Fate.VOIDED and heard.because is not None:
            where = About(None, None, record.decision.inputs.to, None)
            Scribe(tx, about=where).append(WaiverVoided(heard.waiver, heard.because))


def any_expired(workspace: Workspace, view: View) -> bool:
    """Tell whether a waiver's time is over and nobody has recorded it."""
    return any(one.ended is None and view.now >= one.proposed.expires for one in workspace.waivers(view))


def _say(
    workspace: Workspace, prefix: str, act: Act, comment: str, signatory: Signatory
) -> tuple[Spoken[Waiver], WaiverStanding]:
    standing = workspace.store.read(lambda view: by_prefix(workspace, view, prefix))
    state = of_waiver(standing.waiver, act, terms_of(workspace, standing))
    return speak(workspace, WAIVER_FORM, comment, signatory, state), standing
