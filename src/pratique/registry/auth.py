"""Answering a registry that asks who we are: Basic, or a Bearer token fetched from where the registry sends us.

Sources: RFC 9110 section 11; distribution's token specification. Credentials go to the registry's own origin, and
to a token service only on the registry's host or one that is known for it: a challenge is hearsay, too.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from typing import assert_never

from pratique.errors import Refused
from pratique.registry.address import Origin, origin_of
from pratique.registry.challenge import Challenge, Scopes, first_of_scheme, one_for_each_resource, parse_challenges
from pratique.registry.credentials import CredentialSource
from pratique.registry.token import Form, TokenService
from pratique.registry.transport import Answer, Authorization, Transport
from pratique.values.dataclass import dataclass

KNOWN_REALMS: Mapping[str, str] = {
    "docker.io": "auth.docker.io",
    "index.docker.io": "auth.docker.io",
    "registry-1.docker.io": "auth.docker.io",
    "registry.gitlab.com": "gitlab.com",
}
"""Token services on another host than their registry, as their operators document them."""

_EARLY_SECONDS = 10
_NEXT = {Form.EACH: Form.JOINED, Form.JOINED: Form.FIRST, Form.FIRST: Form.FIRST}


@dataclass(frozen=True, slots=True)
class _Basic:
    """The registry takes user name and password itself."""


@dataclass(frozen=True, slots=True)
class _Held:
    """A token, how it was asked for, and when it was and ends on the monotonic clock."""

    authorization: Authorization
    service: TokenService
    asked: Scopes
    form: Form
    since: float
    until: float

    def lasts(self, needed_seconds: float) -> bool:
        """Tell whether it is good for so long, or is at least the youngest that can be had."""
        now = time.monotonic()
        # Renewed early, so that it does not expire between the question and the answer.
        good = self.until - min(_EARLY_SECONDS, (self.until - self.since) / 2) - now
        young = now - self.since < (self.until - self.since) / 10
        return good > 0 and (good >= needed_seconds or young)


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
        self._asks: _Basic | TokenService | None = None
        self._held: dict[Scopes, _Held] = {}
        self._turns: defaultdict[Scopes, threading.Lock] = defaultdict(threading.Lock)
        self._guard = threading.Lock()

    def known(self, scopes: Scopes, needed_seconds: float = 0) -> Authorization | None:
        """Return what the registry takes for these scopes, ``None`` if it has not yet asked who we are.

        A token that would not last is renewed first, because a long body cannot be sent twice for nothing.

        Args:
            scopes: What is about to be done.
            needed_seconds: How long the authorization must still be good, as far as the token service allows.

        Raises:
            Refused: The token service does not accept who we are.
            Unreachable: The token service failed.
        """
        asks = self._asks
        match asks:
            case None:
                return None
            case _Basic():
                return self._basic()
            case TokenService():
                with self._turn(scopes):
                    held = self._held.get(scopes)
                    if held is None:
                        return self._fetch(asks, scopes, one_for_each_resource(scopes), Form.EACH)
                    if held.lasts(needed_seconds):
                        return held.authorization
                    return self._fetch(held.service, scopes, held.asked, held.form)
            case _:
                assert_never(asks)

    def challenged_by(self, answer: Answer) -> bool:
        """Tell whether the registry itself asks who we are; where it sent us, nobody has business to."""
        return answer.status == 401 and origin_of(answer.url) == self._origin

    def meet(self, answer: Answer, scopes: Scopes, refused: Authorization | None) -> Authorization | None:
        """Return an answer to a 401, ``None`` if it asked for nothing we know.

        Args:
            answer: What the registry said.
            scopes: What was about to be done.
            refused: What was sent with the question, if anything; another thread may have fetched a token since.

        Raises:
            Refused: Credentials are missing, or would have to go where they do not belong.
            Unreachable: The token service failed.
        """
        challenges = parse_challenges(answer.all("www-authenticate"))
        if bearer := first_of_scheme(challenges, "bearer"):
            return self._bearer(bearer, scopes, refused)
        if first_of_scheme(challenges, "basic"):
            authorization = self._basic()
            self._asks = _Basic()  # not before: who stays anonymous may still be let in elsewhere
            return authorization
        return None

    def _basic(self) -> Authorization:
        secret = self._credentials(self._host)
        if secret is None:
            raise Refused(f"{self._host} asks for a user name and password, and none is configured for it")
        return Authorization(self._origin, secret.basic)

    def _bearer(self, challenge: Challenge, scopes: Scopes, refused: Authorization | None) -> Authorization:
        realm, name = (challenge.parameters.get(key, "") for key in ("realm", "service"))
        service = TokenService(self._host, realm, name)
        # What the registry demands comes first: some token services look at the first scope only.
        asked = one_for_each_resource((*challenge.parameters.get("scope", "").split(), *scopes))
        with self._turn(scopes):
            held = self._held.get(scopes)
            good = held is not None and held.lasts(0)
            if held and good and held.authorization != refused:
                return held.authorization
            # A good token that does not do was for less than asked: put the question in another way.
            form = _NEXT[held.form] if held and good and len(asked) > 1 else Form.EACH
            authorization = self._fetch(service, scopes, asked, form)
            self._asks = service
            return authorization

    def _fetch(self, service: TokenService, scopes: Scopes, asked: Scopes, form: Form) -> Authorization:
        secret = self._credentials(self._host)
        if secret is not None:
            self._check_realm(service.origin)
        since = time.monotonic()
        token = service.ask(self._transport, asked, form, secret)
        authorization = Authorization(self._origin, f"Bearer {token.value}")
        self._held[scopes] = _Held(authorization, service, asked, form, since, since + token.seconds)
        return authorization

    def _check_realm(self, service: Origin) -> None:
        known = self._realms.get(self._host)
        own = service == self._origin or (service.host == self._origin.host and service.scheme == "https")
        if not (own or known == service.authority or (known == service.host and service.scheme == "https")):
            raise Refused(
                f"{self._host} sends for tokens to {service}; its credentials go there only once that host is "
                "configured as its token service"
            )

    def _turn(self, scopes: Scopes) -> threading.Lock:
        """Return what lets one thread at a time ask for a set of scopes."""
        with self._guard:
            return self._turns[scopes]
