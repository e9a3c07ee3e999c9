"""The people file: a draft of the directory, as its keepers write it.

::

    threshold: 2                      # root signatures needed for the next directory
    root: [person:ann, person:ben]
    people:
      person:ann: {keys: [ann.pub], mails: [ann@shop.example]}
    groups:
      group:appsec: [person:bea]
    roles:
      - {role: security, holder: group:appsec, environments: [prod]}
    services:
      service:ci: {keys: [ci.pem], uses: [request, evidence, source], owner: person:dan}

Keys are files beside the draft, or the key itself. Mail addresses become ``git:<sha256>`` aliases here and go no
further. What the draft leaves out (schema, version, the installation's own services) is added when it is signed.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pratique.attest.keys import parse_pem
from pratique.attest.sshkey import SshKey, parse_ssh_key
from pratique.errors import Absent, Malformed
from pratique.policy.marked import parse_marked
from pratique.promotion.directory_form import (
    SCHEMA,
    DirectoryDocument,
    Members,
    Person,
    Revocation,
    Role,
    Root,
    RootKey,
    Service,
    ServiceKey,
    Status,
)
from pratique.promotion.form import read
from pratique.values.digest import Digest
from pratique.values.names import Actor, Group


@dataclass(frozen=True, slots=True)
class _Person:
    keys: tuple[str, ...]
    mails: tuple[str, ...] = ()
    github: tuple[int, ...] = ()
    aliases: tuple[str, ...] = ()
    status: Status = Status.ACTIVE


@dataclass(frozen=True, slots=True)
class _Role:
    role: str
    holder: str
    applications: tuple[str, ...] = ("*",)
    environments: tuple[str, ...] = ("*",)
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Service:
    keys: tuple[str, ...]
    uses: tuple[str, ...]
    builders: tuple[str, ...] = ()
    owner: Actor | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A people file, read; its keys are not yet looked up."""

    people: tuple[tuple[Actor, _Person], ...]
    root: tuple[Actor, ...] = ()
    threshold: int = 1
    groups: tuple[tuple[Group, tuple[Actor, ...]], ...] = ()
    roles: tuple[_Role, ...] = ()
    services: tuple[tuple[Actor, _Service], ...] = ()
    revoked: tuple[Revocation, ...] = ()


@dataclass(frozen=True, slots=True)
class Edition:
    """What a draft does not say: whose directory it becomes, which version, when, and the installation's keys."""

    installation: str
    version: int
    previous: Digest | None
    issued: datetime
    own_services: tuple[tuple[Actor, Service], ...]


def read_draft(path: Path) -> Draft:
    """Read a people file.

    Raises:
        Absent: There is no such file.
        Malformed: It breaks the form above; the message names the entry.
    """
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise Absent(f"people file {path} cannot be read: {error}") from error
    return read(Draft, parse_marked(text, str(path)).value, str(path))


def edition(draft: Draft, base: Path, roots: tuple[tuple[Actor, SshKey], ...], of: Edition) -> DirectoryDocument:
    """Return the directory that a draft spells.

    Args:
        draft: What the people file says.
        base: The folder that its key files are in.
        roots: Root keys given beside it; without any, those of the people under ``root``.
        of: What the draft does not say.

    Raises:
        Absent: A key file is missing.
        Malformed: A key is none.
    """
    people = tuple((name, _person(person, base)) for name, person in draft.people)
    return DirectoryDocument(
        schema=SCHEMA,
        installation=of.installation,
        version=of.version,
        previous=of.previous,
        issued=of.issued,
        root=Root(_roots(draft, people, roots), draft.threshold),
        people=_with_roots(people, roots),
        groups=tuple((group, Members(members)) for group, members in draft.groups),
        roles=tuple(Role(r.role, r.holder, r.applications, r.environments, r.until) for r in draft.roles),
        services=_services(draft, base, of),
        revoked=draft.revoked,
    )


def _roots(
    draft: Draft, people: tuple[tuple[Actor, Person], ...], given: tuple[tuple[Actor, SshKey], ...]
) -> tuple[RootKey, ...]:
    if given:
        return tuple(RootKey(person, key) for person, key in given)
    if not draft.root:
        raise Malformed("people file: expected the key 'root' with the people who sign the next directory")
    return tuple(RootKey(name, key) for name, person in people if name in draft.root for key in person.keys)


def _with_roots(
    people: tuple[tuple[Actor, Person], ...], roots: tuple[tuple[Actor, SshKey], ...]
) -> tuple[tuple[Actor, Person], ...]:
    known = {name for name, _ in people}
    extra = ((name, Person((key,), (), Status.ACTIVE)) for name, key in roots if name not in known)
    return tuple(sorted((*people, *extra), key=lambda pair: pair[0]))


def _person(draft: _Person, base: Path) -> Person:
    mails = (f"git:{hashlib.sha256(mail.lower().encode()).hexdigest()}" for mail in draft.mails)
    accounts = (f"github:{number}" for number in draft.github)
    keys = tuple(parse_ssh_key(_text(key, base)) for key in draft.keys)
    return Person(keys, (*draft.aliases, *mails, *accounts), draft.status)


def _service(draft: _Service, base: Path) -> Service:
    keys = tuple(parse_pem(_text(key, base)) for key in draft.keys)
    return Service(tuple(ServiceKey(key.kind, key.text) for key in keys), draft.uses, draft.builders, draft.owner)


def _services(draft: Draft, base: Path, of: Edition) -> tuple[tuple[Actor, Service], ...]:
    named = ((name, _service(service, base)) for name, service in draft.services)
    return tuple(sorted((*named, *of.own_services), key=lambda pair: pair[0]))


def _text(key: str, base: Path) -> str:
    if key.startswith(("ssh-", "ecdsa-", "sk-", "-----BEGIN")):
        return key
    try:
        return (base / key).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise Absent(f"key file {base / key} cannot be read; give a public key file, or the key itself") from error
