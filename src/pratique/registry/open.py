"""Open a repository: the one place that knows which implementation a reference means."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path

from pratique.registry.address import Dialer, Resolve, authority_of, is_literal, origin_of, system_resolve
from pratique.registry.auth import KNOWN_REALMS, Authorizer, Credentials, CredentialSource
from pratique.registry.hosts import Hosts
from pratique.registry.http import HttpRegistry
from pratique.registry.interface import Registry
from pratique.registry.layout import Layout
from pratique.registry.session import Patience, Session
from pratique.registry.transport import Transport
from pratique.values.reference import LayoutRepository, RegistryRepository, Repository


def anonymous(_host: str) -> Credentials | None:
    """Know no credentials."""
    return None


@dataclass(frozen=True, slots=True)
class Settings:
    """How repositories are reached.

    Attributes:
        base: The folder against which relative ``oci:`` paths are resolved.
        credentials: Gives a registry's credentials.
        insecure: Registry hosts, as references write them, with which plain HTTP is spoken.
        private: Registry hosts that may have a private address. A host that is itself an address need not be here.
        realms: Registry host → the host, or ``host:port``, of its token service, where that differs.
        authorities: A file of further certificate authorities, PEM.
        patience: With busy registries.
        resolve: How names become addresses.
        hosts: The registries met so far; whoever opens with the same settings shares their limits and pauses.
    """

    base: Path
    credentials: CredentialSource = anonymous
    insecure: frozenset[str] = frozenset()
    private: frozenset[str] = frozenset()
    realms: tuple[tuple[str, str], ...] = ()
    authorities: Path | None = None
    patience: Patience = field(default_factory=Patience)
    resolve: Resolve = system_resolve
    hosts: Hosts = field(default_factory=Hosts, init=False, repr=False, compare=False)


def open_repository(repository: Repository, settings: Settings) -> Registry:
    """Return the repository, without touching it yet."""
    match repository:
        case LayoutRepository(path):
            return Layout(repository, settings.base / path)
        case RegistryRepository():
            return _open_registry(repository, settings)


def _open_registry(repository: RegistryRepository, settings: Settings) -> HttpRegistry:
    base = f"{_scheme(repository.host, settings)}://{repository.host}"
    session = settings.hosts.session(origin_of(base), lambda: _session(repository.host, base, settings))
    return HttpRegistry(repository, base, session)


def _session(host: str, base: str, settings: Settings) -> Session:
    trusted = {*settings.private, *([host] if is_literal(host) else [])}
    dialer = Dialer(frozenset(authority_of(each, _scheme(each, settings)) for each in trusted), settings.resolve)
    insecure = frozenset(authority_of(each, "http") for each in settings.insecure)
    context = ssl.create_default_context()
    if settings.authorities:
        context.load_verify_locations(settings.authorities)
    transport = Transport(dialer, insecure, context)
    realms = {**KNOWN_REALMS, **dict(settings.realms)}
    authorizer = Authorizer(host, origin_of(base), transport, settings.credentials, realms)
    return Session(transport, authorizer, settings.patience)


def _scheme(host: str, settings: Settings) -> str:
    return "http" if host in settings.insecure else "https"
