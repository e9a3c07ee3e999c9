"""The life of a policy: proposed with what its tests and its replay say, approved by its own quorum, published.

Everybody signs the very statement that is published, so the publication's envelope holds the signatures of all who
approved, and a proof needs nothing else. Root key holders may always publish; who may change the quorum, they alone.
"""

from dataclasses import dataclass
from datetime import datetime

from pratique.attest.dsse import IN_TOTO, parse_envelope
from pratique.attest.policy import POLICY_FORM, Policy
from pratique.attest.sshsig import Namespace
from pratique.attest.verify import open_envelope
from pratique.errors import Absent, Conflict, Refused
from pratique.policy.document import Bundle, parse_bundle
from pratique.promotion.events import Entry
from pratique.promotion.governance import PolicyEndorsed, PolicyProposed
from pratique.promotion.happenings import PolicyPublished
from pratique.promotion.policy_change import has_a_say, why_not_enough
from pratique.service.policy import SOURCES_MEDIA, Read, announce, joined, state, succession
from pratique.service.policy_history import history
from pratique.service.scribe import Scribe, keep
from pratique.service.signatory import Signatory, sign
from pratique.service.simulate import Since, simulate
from pratique.service.simulate_inputs import Clock
from pratique.service.workspace import Workspace
from pratique.storage.transaction import Transaction, View
from pratique.values.canonical import canonical
from pratique.values.names import Actor
from pratique.values.uris import ENVELOPE_MEDIA, POLICY_MEDIA

REPORT_MEDIA = "application/vnd.pratique.policy.report.v1+json"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposed version: what was signed, by whom, and who approved it since."""

    entry: Entry
    proposed: PolicyProposed
    endorsed: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody proposes: the policy, from when on, whether it runs as a shadow, and what its tests said."""

    read: Read
    effective_on: datetime | None
    shadow: bool
    tests: dict[str, int]


def propose(workspace: Workspace, change: Change, signatory: Signatory) -> PolicyProposed:
    """Have a new version signed by its author, and record it with the report of its tests and its replay.

    Raises:
        Conflict: It is the policy that was published last, or it is proposed already.
        Refused: The policy in force lets root key holders alone change it, or the change is to that very rule.
        Unverified: The signature is not the author's.
    """
    bundle = change.read.bundle
    after = workspace.store.read(lambda view: succession(workspace, view, bundle))
    after.directory.expect(signatory.actor)
    workspace.store.read(lambda view: _refuse_change_of_quorum(workspace, view, bundle))
    stated = state(change.read, after, change.effective_on, signatory.actor)
    envelope = sign(signatory, POLICY_FORM.build(stated), IN_TOTO, Namespace.POLICY)
    replay = simulate(workspace, bundle, Since(None), Clock.THEN)
    report = canonical({"tests": change.tests, "replay": replay.summary})
    objects = (
        keep(workspace.blobs, "policy", POLICY_MEDIA, bundle.resolved),
        keep(workspace.blobs, "policy-sources", SOURCES_MEDIA, canonical(change.read.sources)),
        keep(workspace.blobs, "policy-signature", ENVELOPE_MEDIA, envelope),
        keep(workspace.blobs, "policy-report", REPORT_MEDIA, report),
    )
    if after.previous is None:
        raise Refused("policy: the first version is published by root key holders")
    proposed = PolicyProposed(
        bundle=stated.bundle,
        version=stated.version,
        digest=stated.digest,
        previous=after.previous,
        effective_on=stated.effective_on,
        author=signatory.actor,
        shadow=change.shadow,
    )

    def command(tx: Transaction) -> None:
        _open_statement(workspace, tx, envelope, signatory.actor)
        if succession(workspace, tx, bundle) != after:
            raise Conflict("policy: the directory or the policy changed meanwhile; propose it again")
        Scribe(tx, signatory.actor).append(proposed, *objects)

    workspace.store.transact(command)
    return proposed


def _refuse_change_of_quorum(workspace: Workspace, view: View, bundle: Bundle) -> None:
    before = workspace.bundle(view)
    if before.changes is None:
        raise Refused(
            "policy: the policy in force has no 'changes', so root key holders alone publish: `policy publish --root`"
        )
    if (bundle.changes, bundle.metadata.owner) != (before.changes, before.metadata.owner):
        raise Refused(
            "policy: this changes who may change the policy, which root key holders alone may: `policy publish --root`"
        )


def _open_statement(workspace: Workspace, view: View, envelope: bytes, signer: Actor) -> Policy:
    keys = tuple(
        pair for pair in workspace.directory(view).people_keys(view.ledger.frontier().size) if pair[0] == signer
    )
    opened = open_envelope(parse_envelope(envelope), keys, Namespace.POLICY, payload_type=IN_TOTO)
    return POLICY_FORM.parse(opened.payload)


def open_proposal(view: View) -> Proposal | None:
    """Return the last version that was proposed and not published since, if there is one."""
    found: Proposal | None = None
    for entry in history(view):
        match entry.event.data:
            case PolicyProposed() as data:
                found = Proposal(entry, data, ())
            case PolicyEndorsed(digest=digest, version=version) if found and _is(found, digest, version):
                found = Proposal(found.entry, found.proposed, (*found.endorsed, entry))
            case PolicyPublished():
                found = None
            case _:
                pass
    return found


def _is(found: Proposal, digest: object, version: int) -> bool:
    return (found.proposed.digest, found.proposed.version) == (digest, version)


def approve(workspace: Workspace, signatory: Signatory) -> tuple[PolicyEndorsed, PolicyPublished | None]:
    """Have a person sign the proposed version; once its quorum is there, it is published in the same transaction.

    Raises:
        Absent: Nothing is proposed.
        Refused: This person wrote it or has no say, or somebody who signed it has a request open where the rules
            would change.
        Conflict: This person approved it already, or the directory changed since it was proposed.
        Unverified: The signature is not theirs.
    """
    proposal = workspace.store.read(_expected)
    payload = parse_envelope(_object(workspace, proposal.entry, "policy-signature")).payload
    envelope = sign(signatory, payload, IN_TOTO, Namespace.POLICY)
    item = keep(workspace.blobs, "policy-signature", ENVELOPE_MEDIA, envelope)
    endorsed = PolicyEndorsed(proposal.proposed.version, proposal.proposed.digest, signatory.actor)

    def command(tx: Transaction) -> PolicyPublished | None:
        standing = _expected(tx)
        if standing.entry.index != proposal.entry.index:
            raise Conflict("policy: another version was proposed meanwhile; look at it and sign again")
        stated = _open_statement(workspace, tx, envelope, signatory.actor)
        _check_may_approve(workspace, tx, standing, stated, signatory.actor)
        Scribe(tx, signatory.actor).append(endorsed, item)
        return _publish(workspace, tx, stated)

    return endorsed, workspace.store.transact(command)


def _expected(view: View) -> Proposal:
    proposal = open_proposal(view)
    if proposal is None:
        raise Absent("policy: nothing is proposed; see `pratique policy log`")
    return proposal


def _object(workspace: Workspace, entry: Entry, role: str) -> bytes:
    item = entry.event.object(role)
    if item is None:
        raise Absent(f"entry {entry.index}: expected an object {role!r}, found none")
    return workspace.blobs.get(item.digest)


def _check_may_approve(
    workspace: Workspace, view: View, standing: Proposal, stated: Policy, person: Actor
) -> None:
    directory = workspace.directory(view)
    directory.expect(person)
    if stated.directory != directory.digest:
        raise Conflict("policy: the directory changed since it was proposed; propose it again")
    if person == stated.author:
        raise Refused(f"policy: {person} wrote version {stated.version}; others approve it")
    if any(entry.event.actor == person for entry in standing.endorsed):
        raise Conflict(f"policy: {person} approved version {stated.version} already")
    if stated.changes is None or not has_a_say(person, stated.changes, directory, view.now):
        raise Refused(f"policy: {person} holds none of the roles that approve a change, everywhere")
    _refuse_own_request(workspace, view, _bundle(workspace, standing), (person,))


def _publish(workspace: Workspace, tx: Transaction, stated: Policy) -> PolicyPublished | None:
    standing, directory = _expected(tx), workspace.directory(tx)
    people = tuple(entry.event.actor for entry in standing.endorsed)
    if stated.changes is None or why_not_enough(stated.changes, stated.author, people, directory, tx.now):
        return None
    bundle = _bundle(workspace, standing)
    # Asked again of everybody: one of them may have asked for something since they signed.
    _refuse_own_request(workspace, tx, bundle, (standing.proposed.author, *people))
    signed = (standing.entry, *standing.endorsed)  # its author's own signature too: who wrote it is nobody's word
    envelope = joined(tuple(_object(workspace, entry, "policy-signature") for entry in signed))
    objects = (
        keep(workspace.blobs, "policy", POLICY_MEDIA, bundle.resolved),
        keep(workspace.blobs, "policy-signature", ENVELOPE_MEDIA, envelope),
        keep(
            workspace.blobs, "policy-sources", SOURCES_MEDIA, _object(workspace, standing.entry, "policy-sources")
        ),
    )
    happening = announce(bundle, stated)
    Scribe(tx, standing.proposed.author).append(happening, *objects)
    return happening


def _bundle(workspace: Workspace, standing: Proposal) -> Bundle:
    return parse_bundle(_object(workspace, standing.entry, "policy"))


def _refuse_own_request(workspace: Workspace, view: View, bundle: Bundle, people: tuple[Actor, ...]) -> None:
    """Return if nobody would be judged by rules that they wrote, or approved, for a request of their own."""
    before, directory = workspace.bundle(view), workspace.directory(view)
    old = {rules.name: rules.digest for rules in before.environments}
    changed = {rules.name for rules in bundle.environments if old.get(rules.name) != rules.digest}
    for promotion in view.promotions.open_everywhere():
        person = directory.person_behind(promotion.requester)
        if promotion.to in changed and person in people:
            raise Refused(
                f"policy: {person}, who signs this, asked for {promotion.id}, which it would judge; let that end first"
            )
