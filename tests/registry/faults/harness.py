"""Two registries that may break, an image between them, and what must hold however they break.

Whatever a test is about, leaving :func:`two_registries` checks that after every request no tag of the destination
pointed to an incomplete graph, that nobody was shown another's secrets, that no secret was logged, and that each
fault which the test asked for did happen.
"""

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import pytest
from tests.registry.builders import Built, no_lock
from tests.servers.faulty.auth import Person, TokenService, basic_guard
from tests.servers.faulty.content import Kept
from tests.servers.faulty.faults import Fault
from tests.servers.faulty.registry import Rules
from tests.servers.faulty.server import Handler, Server, serve
from tests.servers.faulty.store import Repository
from tests.servers.faulty.wire import Asked, Reply
from tests.servers.oci_server import Guard, Running, oci_server

from pratique.errors import Malformed, PratiqueError
from pratique.registry.closure import plan
from pratique.registry.copy import CopyReport, copy
from pratique.registry.credentials import Credentials
from pratique.registry.interface import Registry
from pratique.registry.open import Settings, open_repository
from pratique.registry.session import Patience
from pratique.values.digest import Digest
from pratique.values.reference import parse_repository

READER = Person("reader", "secret-of-the-reader")
WRITER = Person("writer", "secret-of-the-writer")
LENIENT = Rules(checks_references=False)
"""The order of what arrives is then our own merit, and not the registry's."""
FALLBACK = Rules(checks_references=False, referrers=False)
FOR_THE_READER: Guard = partial(basic_guard, READER)
FOR_THE_WRITER: Guard = partial(basic_guard, WRITER)
PATIENCE = Patience(3, longest_wait_seconds=0.02)


@dataclass
class World:
    """A source and a destination, and the settings that reach both."""

    source: Running
    destination: Running
    settings: Settings
    others: list[tuple[Server, tuple[str, ...]]] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)
    issuers: dict[str, TokenService] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    keeps_whole: bool = True
    all_strike: bool = True
    _stack: ExitStack = field(default_factory=ExitStack)

    def at_source(self) -> Registry:
        return open_repository(parse_repository(f"{self.source.host}/shop"), self.settings)

    def at_destination(self) -> Registry:
        return open_repository(parse_repository(f"{self.destination.host}/prod"), self.settings)

    @property
    def shop(self) -> Repository:
        """What the source holds."""
        return self.source.store["shop"]

    @property
    def prod(self) -> Repository:
        """What the destination holds."""
        return self.destination.store["prod"]

    def other(self, handler: Handler, *may_see: str) -> Server:
        """Run a further server, which may see these secrets and no others."""
        server = self._stack.enter_context(serve(handler))
        self.others.append((server, may_see))
        hosts = frozenset({*self.settings.insecure, server.host})
        self.settings = replace(self.settings, insecure=hosts, private=hosts)
        return server

    def carry(self, image: Built | Digest, tag: str = "v1") -> CopyReport:
        """Copy an image with all its evidence, and point a tag that does not exist yet at it."""
        return carry(image, self.at_source(), self.at_destination(), tag)

    def arrived(self, *images: Built) -> None:
        """Check that these are at the destination, with every byte they need."""
        for built in images:
            assert self.prod.manifests[str(built.digest)] == (built.media_type, built.raw)
            assert list(self.prod.missing_below(str(built.digest))) == []

    def arrives_whole_or_not_at_all(self, built: Built, kinds: tuple[type[PratiqueError], ...]) -> None:
        """Copy, and check that it arrives, or that it fails as one of these kinds and no tag was set."""
        try:
            self.carry(built)
        except kinds as error:
            readable(error)
            assert "v1" not in self.prod.tags
        else:
            self.arrived(built)

    @contextmanager
    def fails(self, kind: type[PratiqueError], match: str) -> Iterator[None]:
        """Check that the block fails with one line that says what happened and what to do, and no secret."""
        with pytest.raises(kind, match=match) as caught:
            yield
        assert caught.value.kind == kind.kind
        readable(caught.value)
        assert not [secret for secret in self.every_secret() if secret in str(caught.value)]

    def every_secret(self) -> list[str]:
        """Passwords, and every token that was issued."""
        return [*self.secrets, *(token for issuer in self.issuers.values() for token in issuer.issued)]

    def may_see(self) -> list[tuple[Server, tuple[str, ...]]]:
        """Return each server with the secrets that it may be shown."""
        ends = ((self.source.server, READER.secrets), (self.destination.server, WRITER.secrets))
        issued = {host: tuple(issuer.issued) for host, issuer in self.issuers.items()}
        return [(server, (*own, *issued.get(server.host, ()))) for server, own in (*ends, *self.others)]


def carry(image: Built | Digest, source: Registry, destination: Registry, tag: str = "v1") -> CopyReport:
    """Copy an image with all its evidence, and point a tag that does not exist yet at it."""
    root = image if isinstance(image, Digest) else image.digest
    found = plan(source, root)
    wanted = frozenset(edge.child for edge in found.evidence)
    report = copy(found, source, destination, wanted, no_lock)
    destination.put_tag(tag, root, None)
    return report


def readable(error: PratiqueError) -> None:
    """Check that an error is one printable line of bearable length, and says what to do."""
    text = str(error)
    assert "\n" not in text
    assert text.isprintable()
    assert 0 < len(text) < 600
    if not isinstance(error, Malformed):  # whose remedy is that somebody else writes other bytes
        assert "; " in text, f"it does not say what to do: {text}"


@contextmanager
def two_registries(
    *,
    source: tuple[Fault, ...] = (),
    destination: tuple[Fault, ...] = (),
    source_rules: Rules = LENIENT,
    destination_rules: Rules = LENIENT,
    source_guard: Guard = FOR_THE_READER,
    destination_guard: Guard = FOR_THE_WRITER,
    holding: tuple[Built, ...] = (),
) -> Iterator[World]:
    """Run two registries with faults, and check what must always hold.

    Args:
        source: What goes wrong where the image comes from.
        destination: What goes wrong where it goes.
        source_rules: What the source has of what is optional.
        destination_rules: The same of the destination.
        source_guard: Who gets in there.
        destination_guard: Who gets in here.
        holding: What lies in the source's repository already.
    """
    broken: list[str] = []

    def look(asked: Asked, reply: Reply) -> None:
        for tag, missing in running.store["prod"].broken_tags().items():
            broken.append(f"after {asked.method} {asked.target} ({reply.status}): {tag} lacks {missing}")

    with ExitStack() as stack, logged() as lines:
        shop = stack.enter_context(oci_server(*source, rules=source_rules, guard=source_guard))
        running = stack.enter_context(
            oci_server(*destination, rules=destination_rules, guard=destination_guard, watch=look)
        )
        hosts = frozenset({shop.host, running.host})
        secrets = [*READER.secrets, *WRITER.secrets]
        world = World(shop, running, _settings(shop, running, hosts), secrets=secrets, broken=broken, _stack=stack)
        for built in holding:
            store(world.shop, built)
        yield world
        assert not world.keeps_whole or broken == []
        _check_secrets(world, lines)
        idle = [fault for fault in (*source, *destination) if not fault.struck]
        assert not world.all_strike or idle == [], "a fault never struck"


def one_breaks(side: str, fault: Fault, *holding: Built) -> AbstractContextManager[World]:
    """Run two registries with one fault, at the ``source`` or at the ``destination``."""
    source, destination = ((fault,) if side == each else () for each in ("source", "destination"))
    return two_registries(source=source, destination=destination, holding=holding)


def _settings(source: Running, destination: Running, hosts: frozenset[str]) -> Settings:
    people = {source.host: READER, destination.host: WRITER}
    known = {host: Credentials(person.user, person.password) for host, person in people.items()}
    return Settings(Path("/nowhere"), credentials=known.get, insecure=hosts, private=hosts, patience=PATIENCE)


def _check_secrets(world: World, lines: list[str]) -> None:
    secrets = world.every_secret()
    for server, allowed in world.may_see():
        for seen in server.seen:
            shown = f"{seen.target} {seen.headers} {seen.body.decode('latin-1')}"
            leaked = [secret for secret in secrets if secret in shown and secret not in allowed]
            assert leaked == [], f"{server.host} was shown a secret of another"
            assert "cookie" not in seen.headers
    assert [line for line in lines for secret in secrets if secret in line] == [], "a secret was logged"


@contextmanager
def logged() -> Iterator[list[str]]:
    """Collect every log record while the block runs, of every level."""
    lines: list[str] = []

    class Collect(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(logging.Formatter().format(record))

    root, handler = logging.getLogger(), Collect()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        root.setLevel(level)
        root.removeHandler(handler)


def store(repository: Repository, built: Built, tag: str | None = None) -> None:
    """Put something into a repository without asking anybody."""
    for content in built.blobs.values():
        kept = Kept(content)
        repository.blobs[kept.digest] = kept
    for part in built.parts:
        store(repository, part)
    repository.manifests[str(built.digest)] = (built.media_type, built.raw)
    if tag:
        repository.tags[tag] = str(built.digest)
