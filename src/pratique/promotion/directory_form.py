"""The directory's document: what its JSON holds, and that it agrees with itself.

Source: spec/approvals.md section 5. One key has one holder and one alias one person, so that a signature or an
author is never two people; a key that seals does nothing else.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from enum import StrEnum

from pratique.attest.keykind import KeyKind
from pratique.attest.keys import PublicKey, parse_key
from pratique.attest.source import parse_alias
from pratique.attest.sshkey import SshKey
from pratique.errors import Malformed
from pratique.policy.pattern import Pattern
from pratique.promotion.form import read
from pratique.values.canonical import parse_object
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.names import Actor, Group, is_person

SCHEMA = "pratique/directory/1"
MAX_BYTES = 8 * 1024 * 1024  # ours: about 20,000 people

_USE = re.compile(r"request|evidence|source|record|seal:[a-z][a-z0-9-]{0,30}")
_USES = "request, evidence, source, record or seal:<environment>"
_ROLE = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


class Status(StrEnum):
    """Whether a person may act."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class RootKey:
    """A key that may sign the next directory, and whose it is."""

    person: Actor
    key: SshKey


@dataclass(frozen=True, slots=True)
class Root:
    """Who may change the directory: ``threshold`` distinct people of these."""

    keys: tuple[RootKey, ...]
    threshold: int


@dataclass(frozen=True, slots=True)
class Person:
    """A person's keys, and the names by which source histories know them."""

    keys: tuple[SshKey, ...]
    aliases: tuple[str, ...]
    status: Status


@dataclass(frozen=True, slots=True)
class Members:
    """The people of a group."""

    members: tuple[Actor, ...]


@dataclass(frozen=True, slots=True)
class Role:
    """One appointment of a person or group; the two lists are globs, and ``until`` its end (None: open)."""

    role: str
    holder: str
    applications: tuple[str, ...]
    environments: tuple[str, ...]
    until: datetime | None


@dataclass(frozen=True, slots=True)
class ServiceKey:
    """A service's public key in PEM."""

    kind: KeyKind
    key: str

    @property
    def public(self) -> PublicKey:
        """The key itself; raises ``Malformed`` where its text is none of this kind."""
        return parse_key(self.kind, self.key)


@dataclass(frozen=True, slots=True)
class Service:
    """A machine that signs: what for (``uses``), which builders it is, and whose it is."""

    keys: tuple[ServiceKey, ...]
    uses: tuple[str, ...]
    builders: tuple[str, ...] = ()
    owner: Actor | None = None


@dataclass(frozen=True, slots=True)
class Revocation:
    """A key that no longer counts, from an index of the ledger on (None: since this version)."""

    key: str
    reason: str
    from_index: int | None


@dataclass(frozen=True, slots=True)
class DirectoryDocument:
    """The whole document, as it is written."""

    schema: str
    installation: str
    version: int
    previous: Digest | None
    issued: datetime
    root: Root
    people: tuple[tuple[Actor, Person], ...]
    groups: tuple[tuple[Group, Members], ...]
    roles: tuple[Role, ...]
    services: tuple[tuple[Actor, Service], ...]
    revoked: tuple[Revocation, ...]


def parse_document(payload: bytes) -> DirectoryDocument:
    """Read a directory's payload; nothing about its signatures is known afterwards.

    Raises:
        Malformed: It breaks the closed form, or contradicts itself; the message names the entry.
    """
    document = read(DirectoryDocument, parse_object(payload, "directory", max_bytes=MAX_BYTES), "directory")
    if document.schema != SCHEMA:
        raise Malformed(f"directory.schema: expected {SCHEMA!r}, found {document.schema[:80]!r}")
    if (document.version == 1) != (document.previous is None) or document.version < 1:
        raise Malformed("directory.version: expected 1 without a previous digest, or more with one")
    for problem in _problems(document):
        raise Malformed(f"directory.{problem}")
    return document


def _problems(document: DirectoryDocument) -> Iterator[str]:
    people = {name for name, _ in document.people}
    yield from _people_problems(document, people)
    yield from _root_problems(document, people)
    yield from _role_problems(document, people)
    yield from _service_problems(document, people)
    yield from _shared("key", _held_keys(document))
    yield from _shared("alias", ((alias, name) for name, person in document.people for alias in person.aliases))
    yield from _shared("builder", ((it, name) for name, service in document.services for it in service.builders))


def _people_problems(document: DirectoryDocument, people: set[Actor]) -> Iterator[str]:
    for name, person in document.people:
        if not is_person(name):
            yield f"people.{name}: expected person:<slug>"
        yield from (f"people.{name}.aliases: {problem}" for problem in _refusals(parse_alias, person.aliases))
    for group, found in document.groups:
        for member in found.members:
            if member not in people:
                yield f"groups.{group}: {member} is not among the people"


def _root_problems(document: DirectoryDocument, people: set[Actor]) -> Iterator[str]:
    holders = {key.person for key in document.root.keys}
    for holder in sorted(holders - people):
        yield f"root.keys: {holder} is not among the people"
    threshold = document.root.threshold
    if not 1 <= threshold <= len(holders):
        yield f"root.threshold: expected 1 to {len(holders)}, as many as have a root key, found {threshold}"
    yield from _shared("root key", ((key.key.key_id, key.person) for key in document.root.keys))
    revoked = {found.key for found in document.revoked}
    for root in document.root.keys:
        if root.key.key_id in revoked:
            yield f"root.keys: {root.key.key_id} of {root.person} is revoked; take it out"


def _role_problems(document: DirectoryDocument, people: set[Actor]) -> Iterator[str]:
    known = people | {name for name, _ in document.groups}
    for place, role in enumerate(document.roles):
        if not _ROLE.fullmatch(role.role):
            yield f"roles[{place}].role: expected [a-z0-9-], found {role.role[:80]!r}"
        if role.holder not in known:
            yield f"roles[{place}].holder: {role.holder[:80]} is neither among the people nor the groups"
        if not role.applications or not role.environments:
            yield f'roles[{place}]: expected applications and environments, for example ["*"]'
        globs = role.applications + role.environments
        yield from (f"roles[{place}]: {problem}" for problem in _refusals(Pattern.parse, globs))


def _refusals(parse: Callable[[str], object], texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        try:
            parse(text)
        except Malformed as error:
            yield str(error)


def _service_problems(document: DirectoryDocument, people: set[Actor]) -> Iterator[str]:
    for name, service in document.services:
        if is_person(name):
            yield f"services.{name}: expected service:<slug>"
        for use in service.uses:
            if not _USE.fullmatch(use):
                yield f"services.{name}.uses: expected {_USES}, found {use[:80]!r}"
        if len(service.uses) > 1 and any(use.startswith("seal:") for use in service.uses):
            yield f"services.{name}.uses: a key that seals may be used for nothing else"
        if service.owner is not None and service.owner not in people:
            yield f"services.{name}.owner: {service.owner} is not among the people"
        if any(key.kind is KeyKind.SSH for key in service.keys):
            yield f"services.{name}.keys: expected ecdsa-p256 or ed25519, found ssh, which people use"


def _held_keys(document: DirectoryDocument) -> Iterator[tuple[str, Actor]]:
    for name, person in document.people:
        yield from ((key.key_id, name) for key in person.keys)
    yield from ((root.key.key_id, root.person) for root in document.root.keys)
    for name, service in document.services:
        yield from ((key.public.key_id, name) for key in service.keys)


def _shared(what: str, pairs: Iterable[tuple[str, Actor]]) -> Iterator[str]:
    holders: dict[str, Actor] = {}
    for thing, holder in pairs:
        if holders.setdefault(thing, holder) != holder:
            yield f"{what}: {thing} belongs to {holders[thing]} and to {holder}; expected one holder"
