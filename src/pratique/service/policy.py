"""The rules: reading a bundle from files, and publishing one under the signatures of those who may."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pratique.attest.dsse import IN_TOTO, build_envelope, parse_envelope
from pratique.attest.policy import POLICY_FORM, Changes, Policy
from pratique.attest.sshsig import Namespace
from pratique.attest.verify import open_envelope
from pratique.errors import Absent, Conflict, Malformed, Refused
from pratique.policy.document import Bundle
from pratique.policy.schema import Misfit, suggestion
from pratique.policy.source import load, located
from pratique.promotion.directory import Directory
from pratique.promotion.events import EventObject
from pratique.promotion.happenings import PolicyPublished
from pratique.promotion.named import check_known
from pratique.service.scribe import Scribe, keep
from pratique.service.signatory import Signatory, sign
from pratique.service.workspace import Workspace
from pratique.storage.blobs import BlobStore
from pratique.storage.transaction import Transaction, View
from pratique.values.canonical import canonical
from pratique.values.digest import Digest
from pratique.values.names import Actor
from pratique.values.uris import ENVELOPE_MEDIA, POLICY_MEDIA

SOURCES_MEDIA = "application/vnd.pratique.policy.sources.v1+json"
_MAX_FILES = 1_000


@dataclass(frozen=True, slots=True)
class Read:
    """A bundle and the texts it was resolved from, by relative path."""

    bundle: Bundle
    sources: dict[str, str]


def read_bundle(path: Path) -> Read:
    """Read a policy from its directory, or from a single ``gate.yaml``.

    Raises:
        Absent: There is nothing at ``path``.
        Malformed: A file breaks the policy's form; the message begins with ``file:line:column``.
    """
    files = _files(path)
    bundle = load(files)
    for zone in {rules.settings.timezone for rules in bundle.environments}:
        _check_zone(zone, files)
    return Read(bundle, files)


def _check_zone(zone: str, files: dict[str, str]) -> None:
    """Return if this machine knows the time zone, or raise ``Malformed``; no floor below may look."""
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        problem = f"there is no time zone {zone!r}{suggestion(zone, available_timezones())}"
        raise located(files, Misfit(("settings", "timezone"), problem)) from error


def _files(path: Path) -> dict[str, str]:
    if not path.exists():
        raise Absent(f"policy {path} does not exist; give a directory with gate.yaml, or the file")
    found = [path] if path.is_file() else sorted(file for file in path.rglob("*.yaml") if file.is_file())
    if len(found) > _MAX_FILES:
        raise Malformed(f"policy {path}: expected at most {_MAX_FILES} files, found {len(found)}")
    base = path.parent if path.is_file() else path
    return {str(file.relative_to(base)): _text(file) for file in found}


def _text(file: Path) -> str:
    try:
        return file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise Malformed(f"{file}: cannot be read as UTF-8 text: {error}") from error


@dataclass(frozen=True, slots=True)
class Succession:
    """Where a new policy stands in the row of its predecessors."""

    version: int
    previous: Digest | None
    directory: Directory


@dataclass(frozen=True, slots=True)
class Publication:
    """A signed policy, ready to be recorded; its objects are stored."""

    happening: PolicyPublished
    objects: tuple[EventObject, ...]
    signed_by: tuple[Actor, ...]


def prepare(
    blobs: BlobStore,
    read: Read,
    after: Succession,
    signatories: tuple[Signatory, ...],
    effective_on: datetime | None = None,
) -> Publication:
    """Have a policy signed by root key holders, and store its objects.

    Raises:
        Unverified: Too few of the directory's root key holders signed.
    """
    check_known(read.bundle, after.directory)
    sources = canonical(read.sources)
    statement = POLICY_FORM.build(state(read, after, effective_on, None))
    if not signatories:
        raise Refused("policy: expected at least one root key holder to sign; give --key")
    envelope = joined(tuple(sign(each, statement, IN_TOTO, Namespace.POLICY) for each in signatories))
    signed_by = authorised(envelope, after.directory)
    return Publication(
        happening=announce(read.bundle, POLICY_FORM.parse(statement)),
        objects=(
            keep(blobs, "policy", POLICY_MEDIA, read.bundle.resolved),
            keep(blobs, "policy-signature", ENVELOPE_MEDIA, envelope),
            keep(blobs, "policy-sources", SOURCES_MEDIA, sources),
        ),
        signed_by=signed_by,
    )


def state(read: Read, after: Succession, effective_on: datetime | None, author: Actor | None) -> Policy:
    """Return the statement that whoever publishes a policy signs."""
    bundle = read.bundle
    rule = bundle.changes
    asked = tuple((str(one.role), int(one.count)) for one in rule.approvals) if rule else ()
    return Policy(
        bundle=bundle.metadata.name,
        digest=bundle.digest,
        version=after.version,
        previous=after.previous,
        effective_on=when(bundle, effective_on),
        directory=after.directory.digest,
        sources=Digest.of(canonical(read.sources)),
        author=author,
        changes=Changes(bundle.metadata.owner, asked) if rule else None,
    )


def when(bundle: Bundle, effective_on: datetime | None) -> datetime | None:
    """Return from when on a policy is in force: not before the last of its environments wants it to be.

    A policy comes into force whole; until then, the one before holds in every environment.
    """
    named = (effective_on, *(rules.effective_on for rules in bundle.environments))
    return max((moment for moment in named if moment is not None), default=None)


def announce(bundle: Bundle, stated: Policy) -> PolicyPublished:
    """Return the event that puts a signed policy in force."""
    return PolicyPublished(
        bundle=stated.bundle,
        version=stated.version,
        digest=stated.digest,
        previous=stated.previous,
        effective_on=stated.effective_on,
        environments=tuple((rules.name, rules.digest) for rules in bundle.environments),
    )


def authorised(envelope: bytes, directory: Directory) -> tuple[Actor, ...]:
    """Return which root key holders signed a policy statement; raises ``Unverified`` where they are too few."""
    root = directory.document.root
    revoked = {revocation.key for revocation in directory.document.revoked}
    keys = tuple((key.person, key.key) for key in root.keys if key.key.key_id not in revoked)
    opened = open_envelope(
        parse_envelope(envelope), keys, Namespace.POLICY, payload_type=IN_TOTO, threshold=root.threshold
    )
    POLICY_FORM.parse(opened.payload)
    return tuple(signer.holder for signer in opened.signers)


def joined(envelopes: tuple[bytes, ...]) -> bytes:
    """Return one envelope with the signatures of all, which must be around the same payload."""
    parsed = tuple(map(parse_envelope, envelopes))
    if len({(each.payload_type, each.payload) for each in parsed}) != 1:
        raise Malformed("envelopes: expected signatures over the same bytes")
    signatures = tuple(signature for each in parsed for signature in each.signatures)
    return build_envelope(parsed[0].payload, parsed[0].payload_type, signatures)


def publish(
    workspace: Workspace, read: Read, signatories: tuple[Signatory, ...], effective_on: datetime | None = None
) -> PolicyPublished:
    """Publish a policy as the successor of the last one.

    Raises:
        Conflict: It is the policy that is in force, or another one was published meanwhile.
        Refused: It carries another name than its predecessor.
        Unverified: Too few of the directory's root key holders signed.
    """
    after = workspace.store.read(lambda view: succession(workspace, view, read.bundle))
    publication = prepare(workspace.blobs, read, after, signatories, effective_on)

    def command(tx: Transaction) -> None:
        if succession(workspace, tx, read.bundle) != after:
            raise Conflict("policy: the directory or the policy changed meanwhile; publish it again")
        Scribe(tx, publication.signed_by[0]).append(publication.happening, *publication.objects)

    workspace.store.transact(command)
    return publication.happening


def succession(workspace: Workspace, view: View, bundle: Bundle) -> Succession:
    """Return where a policy would stand; raises ``Refused`` for another name, ``Conflict`` for the last one again."""
    _, last = view.ledger.told(PolicyPublished)[-1]
    if last.bundle != bundle.metadata.name:
        raise Refused(f"policy: expected the name {last.bundle}, found {bundle.metadata.name}; keep the name")
    if last.digest == bundle.digest:
        raise Conflict(f"policy {bundle.metadata.name}: {bundle.digest} is what was published last")
    return Succession(last.version + 1, last.digest, workspace.directory(view))
