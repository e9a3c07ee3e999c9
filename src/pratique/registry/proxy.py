"""Proxies as the environment names them, and for whom they are not used.

``HTTPS_PROXY``, ``HTTP_PROXY``, ``ALL_PROXY`` and ``NO_PROXY``, in small letters first. There is no standard; the
forms of NO_PROXY are those of Go's ``golang.org/x/net/http/httpproxy``, which the other tools for images follow.
"""

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import field
from typing import Self
from urllib.parse import unquote, urlsplit

from pratique.errors import Malformed
from pratique.registry.address import Origin
from pratique.registry.credentials import Credentials
from pratique.values.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy; ``authorization`` is for it alone."""

    host: str
    port: int
    authorization: str = field(default="", repr=False)

    def __str__(self) -> str:
        return f"proxy {self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Proxies:
    """Which proxy leads where; the URLs, which may hold a password, are read when they are needed."""

    https: str = field(default="", repr=False)
    http: str = field(default="", repr=False)
    exceptions: tuple[str, ...] = ()

    @classmethod
    def of(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read the environment's variables."""

        def named(name: str) -> str:
            return environment.get(name) or environment.get(name.upper()) or ""

        # In a CGI program HTTP_PROXY is a header of the request: "httpoxy", CVE-2016-5385.
        http = environment.get("http_proxy", "") if "REQUEST_METHOD" in environment else named("http_proxy")
        every = named("all_proxy")
        exceptions = tuple(each.strip().lower() for each in named("no_proxy").split(",") if each.strip())
        return cls(named("https_proxy") or every, http or every, exceptions)

    def towards(self, origin: Origin) -> Proxy | None:
        """Return the proxy through which an origin is reached, ``None`` to go there directly.

        Raises:
            Malformed: The variable holds no proxy that can be used.
        """
        url = self.https if origin.scheme == "https" else self.http
        if not url or _is_loopback(origin.host) or any(_excepts(each, origin) for each in self.exceptions):
            return None
        return _parse(url, f"{origin.scheme}_proxy")


def _parse(url: str, variable: str) -> Proxy:
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        host, port = parts.hostname, parts.port or 80
    except ValueError:
        parts, host, port = urlsplit(""), None, 0
    if parts.scheme != "http" or not host:
        # Without the value, which may hold a password.
        raise Malformed(
            f"{variable} (or all_proxy): expected http://[USER:PASSWORD@]HOST:PORT, found {_kind(parts.scheme)}; "
            "change it, unset it, or name the registry in no_proxy"
        )
    user = parts.username
    credentials = Credentials(unquote(user), unquote(parts.password or "")).basic if user is not None else ""
    return Proxy(host, port, credentials)


def _kind(scheme: str) -> str:
    """Return what a proxy is that is not ours to use, in the words of whoever set it."""
    if scheme.startswith("socks"):
        return "a SOCKS proxy, which is not spoken"
    if scheme == "https":
        return "a proxy to which TLS is spoken, which is not: to registries it is, through the proxy"
    return "none"


def _is_loopback(host: str) -> bool:
    address = _address(host)
    return host == "localhost" or (address is not None and address.is_loopback)


def _excepts(exception: str, origin: Origin) -> bool:
    """Tell whether one entry of NO_PROXY, in small letters, means an origin."""
    if exception == "*":
        return True
    address, network = _address(origin.host), _network(exception)
    if network is not None:
        return address is not None and address in network
    name, port = _split(exception)
    if port not in (None, origin.port):
        return False
    if address is not None:
        return address == _address(name)
    if name.startswith("*."):
        name = name[1:]
    # "A domain name matches that name and all subdomains. A domain name with a leading "." matches subdomains only"
    return origin.host.endswith(name if name.startswith(".") else f".{name}") or origin.host == name


def _split(exception: str) -> tuple[str, int | None]:
    if _address(exception) is not None:
        return exception, None
    try:
        parts = urlsplit(f"//{exception}")
        return parts.hostname or exception, parts.port
    except ValueError:
        return exception, None


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False) if "/" in text else None
    except ValueError:
        return None
