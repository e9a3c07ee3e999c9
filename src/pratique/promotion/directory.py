"""The directory: who exists, which keys they hold, and in which roles.

Only this document says who holds a role: neither an envelope nor a session does (decisions.md, "Who counts").
Parsing proves nothing; ``promotion.authority`` says which version is in force.

Pure: no clock, no storage. ``now`` is an argument.
"""

from dataclasses import field
from datetime import datetime
from typing import Self

from pratique.attest.keys import PublicKey
from pratique.attest.verify import TrustedKeys
from pratique.errors import Absent, Refused
from pratique.policy.pattern import Pattern, any_matches
from pratique.promotion.directory_form import DirectoryDocument, Person, Role, Service, Status, parse_document
from pratique.promotion.form import write
from pratique.values.canonical import canonical
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.names import Actor


@dataclass(frozen=True, slots=True)
class Directory:
    """One version, read and consistent. Its digest is that of the payload's exact bytes."""

    digest: Digest
    document: DirectoryDocument
    _people: dict[str, Person] = field(repr=False, compare=False)
    _services: dict[str, Service] = field(repr=False, compare=False)
    _aliases: dict[str, Actor] = field(repr=False, compare=False)

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        """Read a payload; raises ``Malformed`` as :func:`~pratique.promotion.directory_form.parse_document`."""
        document = parse_document(payload)
        aliases = {alias: name for name, person in document.people for alias in person.aliases}
        return cls(Digest.of(payload), document, dict(document.people), dict(document.services), aliases)

    @property
    def version(self) -> int:
        """Its number; 1 is the first."""
        return self.document.version

    def person(self, actor: str) -> Person | None:
        """Return the person of this name."""
        return self._people.get(actor)

    def service(self, actor: str) -> Service | None:
        """Return the service of this name."""
        return self._services.get(actor)

    def expect(self, actor: str) -> None:
        """Return if this person or service is in the directory and may act.

        Raises:
            Absent: There is nobody of this name.
            Refused: The person is suspended.
        """
        person = self.person(actor)
        if person is None and self.service(actor) is None:
            raise Absent(
                f"{actor} is not in the directory (version {self.version}); see `pratique directory show`"
            )
        if person is not None and person.status is not Status.ACTIVE:
            raise Refused(f"{actor} is {person.status} in the directory (version {self.version})")

    def person_of_alias(self, alias: str) -> Actor | None:
        """Return who is known in source histories by this alias."""
        return self._aliases.get(alias)

    def person_behind(self, actor: Actor) -> Actor | None:
        """Return the person who acts: the actor, or the owner of a service; None where nobody is named."""
        if actor in self._people:
            return actor
        service = self.service(actor)
        return service.owner if service else None

    def owners_of_builder(self, builder: str) -> tuple[Actor, ...]:
        """Return the owners of the services that are this builder."""
        return tuple(
            service.owner
            for _, service in self.document.services
            if builder in service.builders and service.owner is not None
        )

    def in_group(self, person: str, group: str) -> bool:
        """Tell whether the person is a member of the group."""
        return any(name == group and person in found.members for name, found in self.document.groups)

    def appointments(self, person: str, application: str, environment: str) -> tuple[Role, ...]:
        """Return the person's appointments here, directly or through a group, lapsed ones included."""
        return tuple(
            role
            for role in self.document.roles
            if (role.holder == person or self.in_group(person, role.holder))
            and _matches(role.applications, application)
            and _matches(role.environments, environment)
        )

    def roles_of(self, person: str, application: str, environment: str, now: datetime) -> frozenset[str]:
        """Return the roles that an active person holds here at this moment."""
        found = self.person(person)
        if found is None or found.status is not Status.ACTIVE:
            return frozenset()
        standing = self.appointments(person, application, environment)
        return frozenset(role.role for role in standing if role.until is None or now < role.until)

    def holders(self, role: str, application: str, environment: str, now: datetime) -> tuple[Actor, ...]:
        """Return the active people who hold the role here at this moment, by name."""
        people = (name for name, _ in self.document.people)
        return tuple(name for name in people if role in self.roles_of(name, application, environment, now))

    def revoked(self, key_id: str, index: int) -> str | None:
        """Return why the key does not count at this index of the ledger, or None where it does.

        Asked of the version in force at ``index``: a revocation without an index then holds already.
        """
        return next(
            (
                found.reason
                for found in self.document.revoked
                if found.key == key_id and (found.from_index is None or index >= found.from_index)
            ),
            None,
        )

    def people_keys(self, index: int) -> TrustedKeys:
        """Return the keys of active people that count at this index of the ledger."""
        return tuple(
            (name, key)
            for name, person in self.document.people
            if person.status is Status.ACTIVE
            for key in person.keys
            if self.revoked(key.key_id, index) is None
        )

    def service_keys(self, use: str) -> TrustedKeys:
        """Return the keys of services with this use that nobody has revoked."""
        return tuple((holder, key) for holder, key, uses in self.machine_keys() if use in uses)

    def machine_keys(self) -> tuple[tuple[Actor, PublicKey, frozenset[str]], ...]:
        """Return every service's keys with its uses, without the revoked ones.

        What a service signs has no place in the ledger, so a revoked key counts for nothing, from whenever on.
        """
        revoked = {found.key for found in self.document.revoked}
        return tuple(
            (name, key.public, frozenset(service.uses))
            for name, service in self.document.services
            for key in service.keys
            if key.public.key_id not in revoked
        )


def _matches(globs: tuple[str, ...], name: str) -> bool:
    return any_matches(tuple(Pattern(glob) for glob in globs), name)


def build_directory(document: DirectoryDocument) -> bytes:
    """Return the canonical payload of a directory, to be signed."""
    return canonical(write(document))
