"""Credentials that lie in a file, by the marks that their issuers gave them.

Only forms that their issuer defines are looked for, so that a find is worth somebody's time. What is found is named,
never kept: a report about secrets must not become one.

Source: the token formats that AWS, GitHub, GitLab, Google, npm, PyPI, Slack and Stripe document; RFC 7468 for keys;
docker's ``config.json``.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

MAX_BYTES: Final = 1024 * 1024
"""Larger files are not searched, and counted as such."""


class _Rule(NamedTuple):
    kind: str
    marks: tuple[bytes, ...]
    """One of these is in every find, exactly so; looking for them is twenty times faster than the pattern."""
    pattern: re.Pattern[bytes]


def _rule(kind: str, marks: tuple[bytes, ...], pattern: bytes) -> _Rule:
    return _Rule(kind, marks, re.compile(pattern))


_RULES: Final = (
    _rule("aws-access-key", (b"AKIA", b"ASIA"), rb"(?<![A-Z0-9])A[KS]IA[A-Z0-9]{16}(?![A-Z0-9])"),
    _rule(
        "aws-secret-key",
        (b"aws_secret_access_key", b"AWS_SECRET_ACCESS_KEY", b"secretAccessKey"),
        rb"(?i:aws_secret_access_key|secretAccessKey)[\"']?\s{0,8}[=:]\s{0,8}[\"']?[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])",
    ),
    _rule(
        "private-key",
        (b"PRIVATE KEY-----",),
        rb"-----BEGIN (?:[A-Z]{1,12} ){0,2}PRIVATE KEY-----(?:\\n|\s){1,4}(?:[A-Za-z0-9+/]{32}|Proc-Type: )",
    ),
    _rule(
        "github-token",
        (b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_", b"github_pat_"),
        rb"(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59})",
    ),
    _rule("gitlab-token", (b"glpat-",), rb"(?<![A-Za-z0-9])glpat-[A-Za-z0-9_-]{20}"),
    _rule("google-key", (b"AIza",), rb"(?<![A-Za-z0-9])AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])"),
    _rule("npm-token", (b"npm_",), rb"(?<![A-Za-z0-9])npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])"),
    _rule("pypi-token", (b"pypi-AgE",), rb"pypi-AgE[A-Za-z0-9_-]{50}"),
    _rule("slack-token", (b"xox",), rb"(?<![A-Za-z0-9])xox[abprs]-[0-9]{8,14}-[A-Za-z0-9-]{12,200}"),
    _rule("stripe-key", (b"k_live_",), rb"(?<![A-Za-z0-9])[rs]k_live_[A-Za-z0-9]{24}"),
    _rule("registry-login", (b'"auths"',), rb'"auth"\s{0,8}:\s{0,8}"[A-Za-z0-9+/]{12,4000}={0,2}"'),
)
WITHHELD: Final = "a text that may hold a credential"
"""What is said in the place of one."""

_ENV: Final = re.compile(
    r"(?:^|_)(?:PASS(?:WORD|WD|PHRASE)?|PWD|SECRET|TOKEN|CREDENTIALS?|(?:API|ACCESS|PRIVATE|SECRET|AUTH)_?KEY)(?:_|$|\d)"
    r"|PASSWORD|SECRET",
    re.IGNORECASE,
)
_POINTS_ELSEWHERE: Final = re.compile(r"_(?:FILE|PATH|DIR|URL)$|^(?:OLD)?PWD$", re.IGNORECASE)


def find_secrets(content: bytes) -> tuple[str, ...]:
    """Return the kinds of credentials in a file's content, sorted, each once."""
    return tuple(sorted(rule.kind for rule in _RULES if _holds(rule, content)))


def _holds(rule: _Rule, content: bytes) -> bool:
    return any(mark in content for mark in rule.marks) and rule.pattern.search(content) is not None


def suspicious_variable(name: str, value: str) -> bool:
    """Tell whether a variable of an image's config seems to hold a credential, by its name or its value."""
    if not value:
        return False
    named = _ENV.search(name) is not None and not _POINTS_ELSEWHERE.search(name)
    return named or bool(find_secrets(f"{name}={value}".encode("utf-8", "backslashreplace")))


def told(text: str, name: str = "") -> str:
    """Return a text as it may be signed and kept for ever: as it is, unless it may hold a credential.

    Args:
        text: What somebody wrote.
        name: What it is called where it stands; ``NAME=value`` inside it counts likewise.
    """
    said = [(name, text), *((key, value) for key, _, value in _assignments(text))]
    return WITHHELD if any(suspicious_variable(key, value) for key, value in said) else text


def _assignments(text: str) -> Iterator[tuple[str, str, str]]:
    return (word.partition("=") for word in text.replace('"', " ").split())
