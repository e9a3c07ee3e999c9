"""Who may do what at a registry of a test: Basic, or Bearer with a token service.

Source: distribution's token specification. Every password and token is a secret that a test can look for.
"""

import base64
import itertools
import json
import re
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tests.servers.faulty.registry import error
from tests.servers.faulty.server import Handler
from tests.servers.faulty.wire import Asked, Reply

_REPOSITORY = re.compile(r"/v2/(.+?)/(manifests|blobs|tags|referrers)/")


@dataclass(frozen=True)
class Person:
    """A user name and password."""

    user: str
    password: str

    @property
    def basic(self) -> str:
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()

    @property
    def secrets(self) -> tuple[str, ...]:
        """What nobody else may see, however it is written."""
        return (self.password, self.basic.removeprefix("Basic "))


def basic_guard(person: Person, handler: Handler) -> Handler:
    """Let one person in."""

    def answer(asked: Asked) -> Reply:
        if asked.headers.get("authorization") == person.basic:
            return handler(asked)
        return _unauthorized('Basic realm="test, with a comma"')

    return answer


@dataclass
class TokenService:
    """Issues tokens, and knows what each is good for.

    Attributes:
        person: Who gets them; anybody, where there is nobody.
        grant: Which of the scopes asked for go into the token.
        render: The token as the service answers it.
    """

    person: Person | None = None
    grant: Callable[[list[str]], list[str]] = list
    render: Callable[[str], dict[str, object]] = lambda token: {"token": token, "expires_in": 300}
    issued: dict[str, frozenset[str]] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    revoked: set[str] = field(default_factory=set)
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    _guard: threading.Lock = field(default_factory=threading.Lock)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every token, and the password."""
        return (*self.issued, *(self.person.secrets if self.person else ()))

    def answer(self, asked: Asked) -> Reply:
        """Answer ``GET /token``; the OAuth2 form of the question is not known here."""
        if asked.method != "GET":
            return error(404, "NOT_FOUND", "ask with GET")
        if self.person and asked.headers.get("authorization") != self.person.basic:
            return error(401, "UNAUTHORIZED", "who are you")
        scopes = self.grant([value for name, value in asked.query if name == "scope"])
        with self._guard:
            token = f"secret-token-{next(self._numbers)}-of-{id(self):x}"
            self.issued[token] = frozenset(_flat(scopes))
        return Reply(headers=(("Content-Type", "application/json"),), body=json.dumps(self.render(token)).encode())

    def revoke(self) -> None:
        """Make every token that has been used worthless; one that was just handed out still opens a door."""
        self.revoked.update(self.used)

    def allows(self, header: str, needed: Iterable[str]) -> bool:
        """Tell whether a token is good for these ``repository:action``."""
        token = header.removeprefix("Bearer ")
        allowed = token not in self.revoked and set(needed) <= self.issued.get(token, frozenset())
        self.used.update({token} if allowed else ())
        return allowed


def bearer_guard(service: TokenService, realm: Callable[[], str], handler: Handler) -> Handler:
    """Let in whoever has a token for what is asked; send everybody else to the realm."""

    def answer(asked: Asked) -> Reply:
        needed = _needed(asked)
        if service.allows(asked.headers.get("authorization", ""), needed):
            return handler(asked)
        scopes: dict[str, list[str]] = {}
        for each in needed:
            name, _, action = each.rpartition(":")
            scopes.setdefault(name, []).append(action)
        first = next(iter(scopes), "")
        scope = f',scope="repository:{first}:{",".join(scopes[first])}"' if first else ""
        return _unauthorized(f'Bearer realm="{realm()}",service="tests"{scope}')

    return answer


def _unauthorized(challenge: str) -> Reply:
    said = error(401, "UNAUTHORIZED", "authentication required")
    return Reply(401, (*said.headers, ("WWW-Authenticate", challenge)), said.body)


def _needed(asked: Asked) -> list[str]:
    found = _REPOSITORY.match(asked.path)
    if not found:
        return []
    reading = asked.method in ("GET", "HEAD")
    own = [f"{found[1]}:pull"] if reading else [f"{found[1]}:pull", f"{found[1]}:push"]
    if asked.method == "DELETE" and "/uploads/" not in asked.path:
        own = [f"{found[1]}:delete"]
    return [*own, *([f"{asked.one('from')}:pull"] if asked.one("from") else [])]


def _flat(scopes: list[str]) -> set[str]:
    """Return ``repository:action`` for every action of these scopes."""
    flat = set()
    for scope in " ".join(scopes).split():
        kind, _, rest = scope.partition(":")
        name, _, actions = rest.rpartition(":")
        flat |= {f"{name}:{action}" for action in actions.split(",") if kind == "repository"}
    return flat
