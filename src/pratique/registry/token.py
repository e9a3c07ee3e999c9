"""Asking a token service for a token that a registry takes.

Sources: distribution's token specification (GET with Basic) and its OAuth2 form (POST). A service that knows only
one of the two answers 404 or 405 to the other. Everything it says is bounded and suspected.
"""

import logging
import re
import time
from dataclasses import field
from enum import Enum, auto
from typing import assert_never
from urllib.parse import urlencode

from pratique.errors import Malformed, Refused, Unreachable
from pratique.registry.address import Origin, origin_of
from pratique.registry.challenge import Scopes
from pratique.registry.credentials import Credentials, IdentityToken, Secret
from pratique.registry.gate import spread
from pratique.registry.patience import retry_after
from pratique.registry.transport import Answer, Authorization, Request, Transport
from pratique.values.canonical import parse_object
from pratique.values.dataclass import dataclass

_MAX_BYTES = 64 * 1024
_USUAL_SECONDS, _LONGEST_SECONDS = 60, 3600  # "If omitted, this defaults to 60 seconds": token specification
_BUSY = frozenset({429, 502, 503, 504})
_TRIES = 3
_LONGEST_WAIT_SECONDS = 10
_CLIENT = "pratique"
_log = logging.getLogger(__name__)

Pairs = tuple[tuple[str, str], ...]
_Question = tuple[Request, Authorization | None]


class Form(Enum):
    """How several scopes are put to a service, which may understand only one of the ways."""

    EACH = auto()
    JOINED = auto()
    FIRST = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """What a service gave, and for how many seconds from the question on it is good."""

    value: str = field(repr=False)
    seconds: float


@dataclass(frozen=True, slots=True)
class TokenService:
    """Where a registry sends for tokens.

    Attributes:
        host: The registry as references write it, for messages.
        realm: The service's URL.
        service: How the registry calls itself there.
    """

    host: str
    realm: str
    service: str

    @property
    def origin(self) -> Origin:
        """Who gets to see the credentials."""
        return origin_of(self.realm)

    def ask(self, transport: Transport, scopes: Scopes, form: Form, secret: Secret | None) -> Token:
        """Return a token; the service may have granted less than was asked for, and not say so.

        Raises:
            Refused: It does not accept who we are, or sends us elsewhere with our credentials.
            Malformed: It answers with no token.
            Unreachable: It failed, or stayed busy.
        """
        asked = _formed(scopes, form)
        answer = self._answer(transport, asked, secret)
        if answer.status != 200:
            raise self._failure(answer, secret)
        return _read(answer, self.host)

    def _answer(self, transport: Transport, scopes: Scopes, secret: Secret | None) -> Answer:
        first: _Question
        second: _Question
        grant: Pairs
        match secret:
            case None:
                return self._patiently(transport, self._get(scopes), None)
            case Credentials(user, password):
                grant = (("grant_type", "password"), ("username", user), ("password", password))
                first, second = self._ask_basic(scopes, secret), (self._post(scopes, grant), None)
            case IdentityToken(token):
                grant = (("grant_type", "refresh_token"), ("refresh_token", token))
                first, second = (self._post(scopes, grant), None), self._ask_basic(scopes, secret)
            case _:
                assert_never(secret)
        answer = self._patiently(transport, *first)
        return self._patiently(transport, *second) if answer.status in (404, 405) else answer

    def _ask_basic(self, scopes: Scopes, secret: Secret) -> _Question:
        return self._get(scopes, max_redirects=0), Authorization(self.origin, secret.basic)

    def _get(self, scopes: Scopes, max_redirects: int = 5) -> Request:
        query = self._named(tuple(("scope", scope) for scope in scopes))
        url = f"{self.realm}{'&' if '?' in self.realm else '?'}{urlencode(query)}"
        return Request("GET", url, max_redirects=max_redirects)

    def _post(self, scopes: Scopes, grant: Pairs) -> Request:
        fields = (*grant, ("client_id", _CLIENT), *self._named((("scope", " ".join(scopes)),) if scopes else ()))
        kind = (("Content-Type", "application/x-www-form-urlencoded"),)
        return Request("POST", self.realm, kind, urlencode(fields).encode(), max_redirects=0)

    def _named(self, pairs: Pairs) -> Pairs:
        return (("service", self.service), *pairs) if self.service else pairs

    def _patiently(self, transport: Transport, request: Request, basic: Authorization | None) -> Answer:
        for attempt in range(1, _TRIES):
            answer = transport.open(request, basic).whole(_MAX_BYTES)
            if answer.status not in _BUSY:
                return answer
            asked = retry_after(answer.header("retry-after"))
            seconds = spread(0.2 * attempt) if asked is None else asked
            if seconds > _LONGEST_WAIT_SECONDS:
                return answer
            _log.info("%s: its token service is busy (%d); waiting %.1f s", self.host, answer.status, seconds)
            time.sleep(seconds)
        return transport.open(request, basic).whole(_MAX_BYTES)

    def _failure(self, answer: Answer, secret: Secret | None) -> Refused | Unreachable:
        what = f"{self.host}: its token service at {self.origin}"
        if answer.status in (401, 403) and secret is None:
            return Refused(f"{what} wants credentials ({answer.status}), and none are configured for {self.host}")
        if answer.status in (401, 403):
            return Refused(f"{what} refuses the credentials ({answer.status}); see what is configured")
        if 300 <= answer.status < 400:
            return Refused(f"{what} redirects ({answer.status}); credentials are not sent on")
        if 400 <= answer.status < 500 and answer.status != 429:
            return Refused(f"{what} refuses the question ({answer.status}); see what the credentials may do")
        return Unreachable(f"{what} answers {answer.status}; try again")


def _formed(scopes: Scopes, form: Form) -> Scopes:
    match form:
        case Form.EACH:
            return scopes
        case Form.JOINED:
            return (" ".join(scopes),) if scopes else ()
        case Form.FIRST:
            return scopes[:1]
        case _:
            assert_never(form)


def _read(answer: Answer, host: str) -> Token:
    document = parse_object(answer.body, f"{host}: token", max_bytes=_MAX_BYTES)
    # "For compatibility with OAuth 2.0, we will also accept token under the name access_token": token specification
    value = document.get("token") or document.get("access_token")
    if not isinstance(value, str) or not re.fullmatch(r"[\x21-\x7e]+", value):
        raise Malformed(f"{host}: its token service answers without a token")
    seconds = document.get("expires_in")
    if not isinstance(seconds, int) or seconds <= 0:
        seconds = _USUAL_SECONDS
    age = _age(document.get("issued_at"), answer.header("date"))
    return Token(value, max(0.0, min(seconds, _LONGEST_SECONDS) - age))


def _age(issued: object, served: str) -> float:
    """Return how old a token was when it was handed out, in seconds, by the service's own clock.

    Compared with our clock, every token of a service whose clock is behind would look expired.
    """
    if not (issued and served):
        return 0.0
    from datetime import UTC, datetime
    from email.utils import parsedate_to_datetime  # slow to load, and only tokens need it

    try:
        age = (parsedate_to_datetime(served) - datetime.fromisoformat(str(issued)).astimezone(UTC)).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return 0.0  # nothing readable is said
    return age if age > 1 else 0.0  # a Date header has whole seconds
