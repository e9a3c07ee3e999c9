"""``policy/v1``: the rules that shall hold from a moment on, signed by those who may change them.

Source: decisions.md, "Documents". The subject is the resolved bundle's digest, so no YAML is needed to verify it.
"""

from datetime import datetime
from typing import Final

from pratique.attest.fields import Fields
from pratique.attest.signed_form import Filled, PersonalForm, Written, parse_slug
from pratique.attest.sshsig import Namespace
from pratique.attest.statement import Subject
from pratique.errors import Malformed
from pratique.values.canonical import Json
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.moment import render_moment
from pratique.values.names import Actor, Group, parse_actor, parse_group
from pratique.values.uris import POLICY

_MOST_PEOPLE = 100  # ours; counting takes memory for each place to fill


@dataclass(frozen=True, slots=True)
class Changes:
    """Who may publish the next version without root keys: a member of the owning group, and people in these roles.

    All are distinct, and its author is none of them.
    """

    owner: Group
    approvals: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """A version of a policy bundle.

    ``bundle`` is its name and ``digest`` the SHA-256 of its resolved RFC 8785 bytes. ``previous`` is that of the
    version before (None: this is version 1). ``effective_on`` None means as soon as it is published. ``sources``
    names the YAML it was resolved from.
    """

    bundle: str
    digest: Digest
    version: int
    previous: Digest | None
    effective_on: datetime | None
    directory: Digest
    sources: Digest | None
    author: Actor | None = None
    """Who wrote it and therefore cannot approve it; None where root key holders publish it themselves."""
    changes: Changes | None = None
    """Who may publish its successor; None: root key holders alone."""


def _read(filled: Filled) -> Policy:
    subject, fields = filled.subject(), filled.fields
    fields.only("version", "previous", "effectiveOn", "directory", "sources", "author", "changes")
    policy = Policy(
        bundle=Fields("policy.subject[0]", {"name": subject.name}).parsed("name", parse_slug),
        digest=subject.digest,
        version=fields.integer("version"),
        previous=fields.nullable("previous", fields.digest),
        effective_on=fields.nullable("effectiveOn", fields.moment),
        directory=fields.digest("directory"),
        sources=fields.nullable("sources", fields.digest),
        author=fields.parsed("author", parse_actor) if fields.has("author") else None,
        changes=_changes(fields.object("changes").only("owner", "approvals")) if fields.has("changes") else None,
    )
    if policy.version < 1 or (policy.version == 1) != (policy.previous is None):
        raise Malformed("policy: expected version 1 without a previous digest, or a later version with one")
    return policy


def _changes(fields: Fields) -> Changes:
    asked = tuple(item.only("role", "count") for item in fields.objects("approvals"))
    approvals = tuple((item.parsed("role", parse_slug), item.integer("count")) for item in asked)
    if not approvals or not all(1 <= count <= _MOST_PEOPLE for _, count in approvals):
        raise Malformed(
            f"{fields.path('approvals')}: expected at least one role, each with 1 to {_MOST_PEOPLE} people"
        )
    return Changes(fields.parsed("owner", parse_group), approvals)


def _write(policy: Policy) -> Written:
    predicate: dict[str, Json] = {
        "version": policy.version,
        "previous": _digest(policy.previous),
        "effectiveOn": render_moment(policy.effective_on) if policy.effective_on else None,
        "directory": _digest(policy.directory),
        "sources": _digest(policy.sources),
    }
    if policy.author is not None:
        predicate["author"] = policy.author
    if policy.changes is not None:
        asked = [{"role": role, "count": count} for role, count in policy.changes.approvals]
        predicate["changes"] = {"owner": policy.changes.owner, "approvals": asked}
    return (Subject(policy.digest, policy.bundle),), predicate


def _digest(digest: Digest | None) -> Json:
    return {"sha256": digest.hex} if digest else None


POLICY_FORM: Final = PersonalForm("policy", POLICY, _read, _write, Namespace.POLICY)
