"""Open a repository: the one place that knows which implementation a reference means."""

from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path

from pratique.registry.address import Dialer, Origin, Resolve, authority_of, is_literal, origin_of, system_resolve
from pratique.registry.auth import KNOWN_REALMS, Authorizer
from pratique.registry.connect import Connector
from pratique.registry.credentials import CredentialSource, anonymous
from pratique.registry.hosts import Hosts
from pratique.registry.http import HttpRegistry
from pratique.registry.interface import Registry
from pratique.registry.proxy import Proxies
from pratique.registry.session import Patience, Session
from pratique.registry.tls import Contexts, Tls
from pratique.registry.transport import Transport
from pratique.values.reference import LayoutRepository, RegistryRepository, Repository

_HUB = "docker.io"
_HUB_ADDRESS = "registry-1.docker.io"  # where Docker Hub's registry is; docker.io is its website


class Strangers(Enum):
    """Where a registry may be that a reference names and no setting does.

    Whoever types a reference means that host. Whoever has one from somebody else must not be led inside by it.
    """

    PUBLIC = auto()
    ANYWHERE = auto()


@dataclass(frozen=True, slots=True)
class Settings:
    """How repositories are reached.

    Attributes:
        base: The folder against which relative ``oci:`` paths are resolved.
        credentials: Gives a registry's credentials.
        insecure: Registry hosts, as references write them, with which plain HTTP is spoken.
        private: Registry hosts that may have a private address. A host that is itself an address need not be here.
        strangers: Where registries may be that are not among these.
        realms: Registry host → the host, or ``host:port``, of its token service, where that differs.
        tls: Registry host → certificates that hold for it alone.
        authorities: A file of further certificate authorities that are believed everywhere, PEM.
        proxies: How to get there; directly unless said otherwise.
        patience: With busy registries.
        resolve: How names become addresses.
        hosts: The registries met so far; whoever opens with the same settings shares their limits and pauses.
    """

    base: Path
    credentials: CredentialSource = anonymous
    insecure: frozenset[str] = frozenset()
    private: frozenset[str] = frozenset()
    strangers: Strangers = Strangers.PUBLIC
    realms: tuple[tuple[str, str], ...] = ()
    tls: tuple[tuple[str, Tls], ...] = ()
    authorities: Path | None = None
    proxies: Proxies = field(default_factory=Proxies)
    patience: Patience = field(default_factory=Patience)
    resolve: Resolve = system_resolve
    hosts: Hosts = field(default_factory=Hosts, init=False, repr=False, compare=False)


def open_repository(repository: Repository, settings: Settings) -> Registry:
    """Return the repository, without touching it yet."""
    match repository:
        case LayoutRepository(path):
            from pratique.registry.layout import Layout  # a copy between registries does not wait for it

            return Layout(repository, settings.base / path)
        case RegistryRepository():
            return _open_registry(repository, settings)


def _open_registry(repository: RegistryRepository, settings: Settings) -> HttpRegistry:
    base = f"{_scheme(repository.host, settings)}://{_address(repository.host)}"
    session = settings.hosts.session(origin_of(base), lambda: _session(repository.host, base, settings))
    return HttpRegistry(repository, base, session)


def _session(host: str, base: str, settings: Settings) -> Session:
    own, realms = origin_of(base), {**KNOWN_REALMS, **dict(settings.realms)}
    transport = Transport(_connector(host, own, realms.get(host, ""), settings), _insecure(settings))
    return Session(transport, Authorizer(host, own, transport, settings.credentials, realms), settings.patience)


def _connector(host: str, own: Origin, realm: str, settings: Settings) -> Connector:
    trusted = _trusted(host, settings)
    dialer = Dialer(frozenset(authority_of(each, _scheme(each, settings)) for each in trusted), settings.resolve)
    token_host = origin_of(f"https://{realm}").host if realm else ""
    tls = dict(settings.tls).get(host, Tls())
    return Connector(dialer, Contexts(own, token_host, tls, settings.authorities), settings.proxies)


def _trusted(host: str, settings: Settings) -> frozenset[str]:
    """Return the hosts inside to which a registry may lead.

    Those that are listed lead to each other. Any other leads to itself at most, and to the token service that is
    configured for it.
    """
    if host in settings.private:
        return settings.private
    meant = is_literal(host) or settings.strangers is Strangers.ANYWHERE
    services = {service for registry, service in settings.realms if registry == host} & settings.private
    return frozenset({*services, *([host] if meant else [])})


def _insecure(settings: Settings) -> frozenset[str]:
    return frozenset(authority_of(each, "http") for each in settings.insecure)


def _scheme(host: str, settings: Settings) -> str:
    return "http" if host in settings.insecure else "https"


def _address(host: str) -> str:
    return _HUB_ADDRESS if host == _HUB else host
