"""The grammar of SPDX licence expressions: text to tree.

Source: SPDX 2.3 annex D: ``WITH`` binds closer than ``AND``, ``AND`` closer than ``OR``; a ``+`` after an
identifier means "or any later version". Operators are taken in any letter case, as real files write them.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from pratique.errors import Malformed
from pratique.evidence.licence_index import COMPOUNDS, UNKNOWN, look_up, look_up_name

MAX_NESTING = 32

_TOKEN = re.compile(r"[()]|[^\s()]+")
_IDENTIFIER = re.compile(r"[A-Za-z0-9.:_+-]+")
_OPERATORS = frozenset({"and", "or", "with"})


class Confidence(StrEnum):
    """How sure it is that the expression means what the text says."""

    HIGH = "high"
    """SPDX identifiers, current or deprecated."""
    LOW = "low"
    """A name that people use, or a list."""
    NONE = "none"
    """Unknown."""


@dataclass(frozen=True, slots=True)
class Term:
    """One licence, with its exception if it has one; an unknown one has its own text as ``key``."""

    key: str
    category: str
    confidence: Confidence

    def __str__(self) -> str:
        return self.key

    @property
    def base(self) -> str:
        """The licence without its exception and without ``+``."""
        return self.key.partition(" WITH ")[0].removesuffix("+")


@dataclass(frozen=True, slots=True)
class Every:
    """``AND``: all of the parts apply."""

    parts: "tuple[Expression, ...]"

    def __str__(self) -> str:
        return " AND ".join(f"({part})" if isinstance(part, OneOf) else str(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class OneOf:
    """``OR``: whoever uses it chooses one part."""

    parts: "tuple[Expression, ...]"

    def __str__(self) -> str:
        return " OR ".join(str(part) for part in self.parts)


Expression = Term | Every | OneOf


def parse_expression(text: str) -> Expression:
    """Return the tree of an expression; identifiers that nobody knows are unknown terms in it.

    Raises:
        Malformed: The text does not follow the grammar.
    """
    parser = _Parser(_TOKEN.findall(text))
    tree = parser.either(0)
    if parser.next():
        raise Malformed(f"licence: expected AND or OR, found {parser.next()[:40]!r}")
    return tree


class _Parser:
    """One descent through the tokens of a text."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._place = 0

    def next(self) -> str:
        """Return the next token without taking it; an empty string at the end."""
        return self._tokens[self._place] if self._place < len(self._tokens) else ""

    def _take(self) -> str:
        token = self.next()
        self._place += 1
        return token

    def _taken(self, operator: str) -> bool:
        if self.next().lower() != operator:
            return False
        self._place += 1
        return True

    def either(self, nesting: int) -> Expression:
        """Read parts joined by OR."""
        parts = [self._every(nesting)]
        while self._taken("or"):
            parts.append(self._every(nesting))
        return parts[0] if len(parts) == 1 else OneOf(tuple(parts))

    def _every(self, nesting: int) -> Expression:
        parts = [self._operand(nesting)]
        while self._taken("and"):
            parts.append(self._operand(nesting))
        return parts[0] if len(parts) == 1 else Every(tuple(parts))

    def _operand(self, nesting: int) -> Expression:
        if not self._taken("("):
            return self._licence()
        if nesting == MAX_NESTING:
            raise Malformed(f"licence: nested deeper than {MAX_NESTING} levels")
        tree = self.either(nesting + 1)
        if not self._taken(")"):
            raise Malformed("licence: expected a closing parenthesis")
        return tree

    def _licence(self) -> Term:
        identifier = self._identifier()
        exception = self._identifier() if self._taken("with") else None
        return resolve(identifier, exception)

    def _identifier(self) -> str:
        token = self._take()
        if token.lower() in _OPERATORS or not _IDENTIFIER.fullmatch(token):
            raise Malformed(f"licence: expected an identifier, found {token[:40]!r}")
        return token


def resolve(identifier: str, exception: str | None = None) -> Term:
    """Return the term for an identifier and its exception, canonical where both are known."""
    compound = COMPOUNDS.get(identifier.lower())
    if compound and exception is None:
        identifier, exception = compound
    term = _resolve_licence(identifier)
    if exception is None:
        return term
    known = look_up(exception)
    if known and known.is_exception:
        return Term(f"{term.key} WITH {known.key}", term.category, term.confidence)
    return Term(f"{term.key} WITH {exception}", UNKNOWN, Confidence.NONE)


def _resolve_licence(identifier: str) -> Term:
    found = look_up(identifier)
    if found and not found.is_exception:
        return Term(found.key, found.category, Confidence.HIGH)
    later = look_up(identifier.removesuffix("+")) if identifier.endswith("+") else None
    if later and not later.is_exception:
        return Term(f"{later.key}+", later.category, Confidence.HIGH)
    return resolve_name(identifier)


def resolve_name(text: str) -> Term:
    """Return the term for a name that people use, or an unknown one."""
    named = look_up_name(text)
    return Term(named.key, named.category, Confidence.LOW) if named else Term(text, UNKNOWN, Confidence.NONE)
