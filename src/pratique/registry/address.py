"""Where a connection may go: the checked address is the one that is dialled.

A registry, a redirect or an upload location may name any host, and a name may resolve to anything, so what counts
is the address. Only public addresses are dialled, except for registries that the operator configured or whose
reference is itself an address. Sources: the advisories of 2026 on oras-go (GHSA-vh4v-2xq2-g5cg and its siblings)
and go-containerregistry's issue 2440; the IANA registries of special-purpose addresses, as ``ipaddress`` has them.
"""

import ipaddress
import socket
from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

from pratique.errors import Malformed, Refused, Unreachable
from pratique.values.dataclass import dataclass

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], tuple[str, ...]]
"""Turn a host name and port into addresses."""

_MOST_TRIED = 8  # whoever owns a name may give it thousands of addresses that never answer
_DEFAULT_PORTS = {"https": 443, "http": 80}
_IPV4_INSIDE = (  # the last 32 bits are an IPv4 address
    ipaddress.IPv6Network("64:ff9b::/96"),  # NAT64, RFC 6052
    ipaddress.IPv6Network("::/96"),  # IPv4-compatible, RFC 4291 section 2.5.5.1; deprecated, not gone
    ipaddress.IPv6Network("::ffff:0:0:0/96"),  # IPv4-translated, RFC 2765 section 2.1
)
_NOT_PUBLIC = (  # though the standard library calls some of them global
    ipaddress.IPv6Network("64:ff9b:1::/48"),  # RFC 8215: what is inside is for one network to know
    ipaddress.IPv6Network("fec0::/10"),  # site-local, RFC 3879; deprecated, not gone
    ipaddress.IPv6Network("5f00::/16"),  # segment routing, RFC 9602
    ipaddress.IPv4Network("192.0.0.0/24"),  # IETF protocols, RFC 6890; a cloud's metadata service is among them
    ipaddress.IPv4Network(
        "168.63.129.16/32"
    ),  # public by its number, and Azure's host under every virtual machine
)


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port: what credentials belong to (RFC 6454)."""

    scheme: str
    host: str
    port: int

    @property
    def authority(self) -> str:
        """``host:port``, with an IPv6 address in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}"


def origin_of(url: str) -> Origin:
    """Return the origin of an absolute http or https URL.

    Raises:
        Malformed: It is none, carries a user name, or letters that no URL has.
    """
    if not (url.isascii() and url.isprintable()) or " " in url:
        raise Malformed("URL: expected printable ASCII without spaces, found another letter")
    try:
        parts = urlsplit(url)
        port = parts.port or _DEFAULT_PORTS[parts.scheme]
    except (ValueError, KeyError) as error:
        raise Malformed(f"URL: expected http or https, a host and a port, found {_bare(url)!r}") from error
    if not parts.hostname or parts.username is not None:
        raise Malformed(f"URL: expected a host and no user name, found {parts.scheme}://…")
    return Origin(parts.scheme, parts.hostname, port)


def follow_url(base: str, location: str) -> str:
    """Return where a Location or Link leads from a URL; raises as :func:`origin_of`."""
    try:
        url = urljoin(base, location)
    except ValueError as error:
        raise Malformed(f"URL: expected http or https, a host and a port, found {_bare(location)!r}") from error
    origin_of(url)
    return url


def _bare(url: str) -> str:
    """Return what may be shown of a URL: neither a user name with its password nor a query, which may be signed."""
    scheme, _, rest = url.partition("://")
    place = rest.partition("?")[0].rpartition("@")[2]
    return f"{scheme[:20]}://{place[:100]}" if rest else url.partition("?")[0].rpartition("@")[2][:100]


def authority_of(host: str, scheme: str) -> str:
    """Return ``host:port`` of a registry as references write it, the scheme's own port added where none is."""
    return origin_of(f"{scheme}://{host}").authority


def is_literal(host: str) -> bool:
    """Tell whether a reference's host, with or without a port, is itself an address or ``localhost``."""
    name = urlsplit(f"//{host}").hostname or ""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name == "localhost"
    return True


def system_resolve(host: str, port: int) -> tuple[str, ...]:
    """Ask the system's resolver; raises ``OSError`` where it does not know the name, ``UnicodeError`` for no name."""
    # As bytes: for text Python loads the tables of internationalised names first, and our URLs are ASCII.
    found = socket.getaddrinfo(host.encode("ascii"), port, type=socket.SOCK_STREAM)
    return tuple(str(address[0]) for *_, address in found)


@dataclass(frozen=True, slots=True)
class Dialer:
    """Opens connections.

    Attributes:
        trusted: The ``host:port`` that may have a private address.
        resolve: How names become addresses.
        connect_seconds: How long one address may take to answer.
        idle_seconds: How long a connection may then be silent.
    """

    trusted: frozenset[str]
    resolve: Resolve = system_resolve
    connect_seconds: float = 10
    idle_seconds: float = 60

    def dial(self, origin: Origin) -> socket.socket:
        """Connect to the first address that answers, after every address of the name has been checked; few are tried.

        Raises:
            Refused: One of the addresses is not public, and the host is not trusted.
            Unreachable: The name does not resolve, or nothing answers.
        """
        try:
            addresses = self.resolve(origin.host, origin.port)
        except (OSError, UnicodeError) as error:
            raise Unreachable(f"{origin}: the name does not resolve: {error}") from error
        self._check_all(addresses, origin)
        problem = "no address"
        for address in addresses[:_MOST_TRIED]:
            try:
                connection = _connected(address, origin.port, self.connect_seconds)
            except OSError as error:
                problem = str(error)
            else:
                connection.settimeout(self.idle_seconds)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return connection
        raise Unreachable(f"{origin}: cannot connect: {problem}; see whether it runs, then try again")

    def permit(self, origin: Origin) -> None:
        """Return if an origin may be reached through a proxy, which resolves the name by itself.

        A name that does not resolve here is the proxy's to judge: behind a proxy there is often no other resolver.

        Raises:
            Refused: One of its addresses is not public, and the host is not trusted.
        """
        try:
            addresses = self.resolve(origin.host, origin.port)
        except (OSError, UnicodeError):
            return
        self._check_all(addresses, origin)

    def _check_all(self, addresses: tuple[str, ...], origin: Origin) -> None:
        for address in addresses:
            _check(address, origin, trusted=origin.authority in self.trusted)


def _connected(address: str, port: int, seconds: float) -> socket.socket:
    # Not create_connection: it would ask the resolver again, for what has been checked to be an address.
    connection = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    try:
        connection.settimeout(seconds)
        connection.connect((address, port))
    except BaseException:
        connection.close()
        raise
    return connection


def _check(text: str, origin: Origin, *, trusted: bool) -> None:
    try:
        address = _embedded(ipaddress.ip_address(text))
    except ValueError as error:
        raise Unreachable(f"{origin}: resolves to {text[:60]!r}, which is no address") from error
    never = address.is_multicast or address.is_unspecified
    public = address.is_global and not any(address in network for network in _NOT_PUBLIC)
    if never or not (trusted or public):
        raise Refused(
            f"{origin}: {address} is not a public address; if a registry of yours is there, "
            "list it in the settings as one that may be private"
        )


def _embedded(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address stands for, or the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.is_loopback or address.is_unspecified:
        return address
    if any(address in network for network in _IPV4_INSIDE):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
