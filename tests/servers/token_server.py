"""A token service of the tests that Debian's docker-registry believes.

Source: distribution's token specification (docs/spec/auth/jwt.md): a JSON Web Token, ES256, with the chain of its
certificate in ``x5c``. distribution 2.8 knows the ``aud`` claim as one text only.
"""

import base64
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import parse_qs, parse_qsl, urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from tests.registry.scripted_server import Asked, Reply, Server, scripted_server
from tests.servers.authority import Authority

from pratique.registry.credentials import Credentials

ISSUER, SERVICE = "tokens.test", "registry.test"
IDENTITY = "identity-token-of-the-robot"


@dataclass(frozen=True)
class TokenRules:
    """Who gets what.

    Attributes:
        person: Who gets tokens.
        lasts_seconds: How long a token is good.
    """

    person: Credentials
    lasts_seconds: int = 300


@contextmanager
def token_server(authority: Authority, rules: TokenRules) -> Iterator[Server]:
    """Serve tokens at ``/token`` while the block runs: GET with Basic, and POST as OAuth2 has it."""

    def answer(asked: Asked) -> Reply:
        if not _let_in(asked, rules.person):
            return Reply(401, (("WWW-Authenticate", 'Basic realm="tokens"'),))
        token = _token(authority, _scopes(asked), rules)
        body = {"access_token": token, "expires_in": rules.lasts_seconds}
        return Reply(headers=(("Content-Type", "application/json"),), body=json.dumps(body).encode())

    with scripted_server(answer) as server:
        yield server


def _let_in(asked: Asked, person: Credentials) -> bool:
    if asked.method == "GET":
        return asked.headers.get("authorization") == person.basic
    form = dict(parse_qsl(asked.body.decode()))
    return form.get("refresh_token") == IDENTITY or (form.get("username"), form.get("password")) == (
        person.user,
        person.password,
    )


def _scopes(asked: Asked) -> list[str]:
    fields = parse_qs(urlsplit(asked.target).query if asked.method == "GET" else asked.body.decode())
    return [scope for joined in fields.get("scope", []) for scope in joined.split()]


def _token(authority: Authority, scopes: list[str], rules: TokenRules) -> str:
    chain = [base64.b64encode(authority.certificate.public_bytes(serialization.Encoding.DER)).decode()]
    now = int(time.time())
    access = []
    for scope in scopes:
        kind, name, actions = scope.split(":")
        access.append({"type": kind, "name": name, "actions": actions.split(",")})
    claims = {
        "iss": ISSUER,
        "sub": rules.person.user,
        "aud": SERVICE,
        "exp": now + rules.lasts_seconds,
        "nbf": now - 5,
        "iat": now - 5,
        "jti": secrets.token_hex(8),
        "access": access,
    }
    signed = f"{_part({'typ': 'JWT', 'alg': 'ES256', 'x5c': chain})}.{_part(claims)}"
    r, s = decode_dss_signature(authority.key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{signed}.{_encode(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def _part(value: object) -> str:
    return _encode(json.dumps(value).encode())


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
