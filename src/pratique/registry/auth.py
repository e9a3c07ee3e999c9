"""Who we are to a registry: Basic, or a Bearer token fetched from where the registry sends us.

Sources: RFC 9110 section 11; distribution's token specification. Credentials go to the registry's own origin, and
to a token service only on the registry's host or one that is known for it: a challenge is hearsay, too.
"""

import base64
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from pratique.errors import Malformed, Refused, Unreachable
from pratique.registry.address import Origin, origin_of
from pratique.registry.transport import MAX_ERROR_BYTES, Answer, Authorization, Request, Transport
from pratique.values.canonical import parse_object

KNOWN_REALMS: Mapping[str, str] = {
    "registry-1.docker.io": "auth.docker.io",
    "registry.gitlab.com": "gitlab.com",
}
"""Token services on another host than their registry, as their operators document them."""

_MAX_TOKEN_BYTES = 64 * 1024
_MAX_CHALLENGE = 8192
_SHORTEST_SECONDS, _LONGEST_SECONDS = 60, 3600  # "If omitted, this defaults to 60 seconds": token specification
_PART = re.compile(r'([^\s,="]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*)))?')


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user name and password, or what a registry takes as such."""

    user: str
    password: str = field(repr=False)

    @property
    def basic(self) -> str:
        """The value of an Authorization header."""
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()


CredentialSource = Callable[[str], Credentials | None]
"""Give the credentials for a registry's host as references write it, ``None`` to stay anonymous."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a server asks for: a scheme in lower case, and parameters with lower-case names."""

    scheme: str
    parameters: Mapping[str, str]


def parse_challenges(headers: tuple[str, ...]) -> tuple[Challenge, ...]:
    """Read WWW-Authenticate headers: several challenges in one or in many, commas inside quotes."""
    found: list[tuple[str, dict[str, str]]] = []
    for header in headers:
        for part in _PART.finditer(header[:_MAX_CHALLENGE]):
            name, quoted, plain = part.group(1, 2, 3)
            if quoted is None and plain is None:
                found.append((name.lower(), {}))
            elif found:
                value = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else plain
                found[-1][1].setdefault(name.lower(), value)
    return tuple(Challenge(scheme, parameters) for scheme, parameters in found)


@dataclass(frozen=True, slots=True)
class _Token:
    authorization: Authorization
    until: float  # of the monotonic clock


class Authorizer:
    """Answers one registry's challenges, and remembers the answers; safe to share between threads."""

    def __init__(
        self,
        host: str,
        origin: Origin,
        transport: Transport,
        credentials: CredentialSource,
        realms: Mapping[str, str],
    ) -> None:
        """Prepare, without asking anybody.

        Args:
            host: The registry as references write it.
            origin: Where its credentials and tokens are sent.
            transport: Asks the token service.
            credentials: Asked once for each challenge.
            realms: Registry host → the host, or ``host:port``, of its token service, where that differs.
        """
        self._host = host
        self._origin = origin
        self._transport = transport
        self._credentials = credentials
        self._realms = realms
        self._known: dict[tuple[str, ...], _Token] = {}
        self._guard = threading.Lock()

    def known(self, scopes: tuple[str, ...]) -> Authorization | None:
        """Return what worked for these scopes, unless it is about to expire."""
        with self._guard:
            token = self._known.get(scopes) or self._known.get(())
        return token.authorization if token and token.until > time.monotonic() else None

    def challenged_by(self, answer: Answer) -> bool:
        """Tell whether the registry itself asks who we are; where it sent us, nobody has business to."""
        return answer.status == 401 and origin_of(answer.url) == self._origin

    def meet(self, answer: Answer, scopes: tuple[str, ...]) -> Authorization | None:
        """Return an answer to a 401, ``None`` if it asked for nothing we know.

        Raises:
            Refused: Credentials are missing, or would have to go where they do not belong.
            Unreachable: The token service failed.
        """
        challenges = {each.scheme: each for each in parse_challenges(answer.all("www-authenticate"))}
        if "bearer" in challenges:
            return self._bearer(challenges["bearer"], scopes)
        return self._basic() if "basic" in challenges else None

    def _basic(self) -> Authorization:
        credentials = self._credentials(self._host)
        if credentials is None:
            raise Refused(f"{self._host} asks for a user name and password, and none is configured for it")
        authorization = Authorization(self._origin, credentials.basic)
        self._remember((), authorization, _LONGEST_SECONDS)
        return authorization

    def _bearer(self, challenge: Challenge, scopes: tuple[str, ...]) -> Authorization:
        realm = challenge.parameters.get("realm", "")
        credentials = self._credentials(self._host)
        service = origin_of(realm)
        if credentials:
            self._check_realm(service)
        # What the registry demands comes first: some token services look at the first scope only.
        demanded = challenge.parameters.get("scope", "")
        asked = tuple(dict.fromkeys(scope for scope in (demanded, *scopes) if scope))
        query = [("service", challenge.parameters.get("service", "")), *(("scope", scope) for scope in asked)]
        url = f"{realm}{'&' if '?' in realm else '?'}{urlencode([pair for pair in query if pair[1]])}"
        basic = Authorization(service, credentials.basic) if credentials else None
        answer = self._transport.open(Request("GET", url), basic).whole(max(_MAX_TOKEN_BYTES, MAX_ERROR_BYTES))
        token, seconds = _read_token(answer, self._host)
        authorization = Authorization(self._origin, f"Bearer {token}")
        self._remember(scopes, authorization, seconds)
        return authorization

    def _check_realm(self, service: Origin) -> None:
        known = self._realms.get(self._host)
        own = service == self._origin or (service.host == self._origin.host and service.scheme == "https")
        if not (own or known == service.authority or (known == service.host and service.scheme == "https")):
            raise Refused(
                f"{self._host} sends for tokens to {service}; its credentials go there only once that host is "
                "configured as its token service"
            )

    def _remember(self, scopes: tuple[str, ...], authorization: Authorization, seconds: float) -> None:
        # Renewed early, so that it does not expire between the question and the answer.
        until = time.monotonic() + max(seconds - 10, seconds / 2)
        with self._guard:
            self._known[scopes] = _Token(authorization, until)


def _read_token(answer: Answer, host: str) -> tuple[str, float]:
    if answer.status in (401, 403):
        raise Refused(
            f"{host}: its token service refuses the credentials ({answer.status}); see what is configured"
        )
    if answer.status != 200:
        raise Unreachable(f"{host}: its token service answers {answer.status}; try again")
    document = parse_object(answer.body, "token", max_bytes=_MAX_TOKEN_BYTES)
    token = document.get("token") or document.get("access_token")
    if not isinstance(token, str) or not re.fullmatch(r"[\x21-\x7e]+", token):
        raise Malformed(f"{host}: its token service answers without a token")
    return token, _lifetime(document)


def _lifetime(document: Mapping[str, Any]) -> float:
    seconds = document.get("expires_in")
    if not isinstance(seconds, int) or seconds <= 0:
        return _SHORTEST_SECONDS
    return min(seconds, _LONGEST_SECONDS)
