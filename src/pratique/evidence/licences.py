"""Licence texts as tools write them, read as SPDX expressions where they are one.

Source: SPDX 2.3 annex D. A list such as ``GPL-2.0, BSD-4-Clause`` is read as AND with low confidence. What nobody
knows stays a licence of its own, of category ``unknown``, and is never taken for one that is allowed.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import assert_never

from pratique.errors import Malformed
from pratique.evidence.licence_grammar import (
    Confidence,
    Every,
    Expression,
    OneOf,
    Term,
    parse_expression,
    resolve_name,
)

MAX_LENGTH = 4096  # characters; the longest of 344 distinct real texts has 322

_LIST = re.compile(r"[,;/\n]")
_WORST = (Confidence.NONE, Confidence.LOW, Confidence.HIGH)


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence text and what it means; :func:`weigh` walks ``tree``."""

    text: str
    tree: Expression
    confidence: Confidence

    @property
    def terms(self) -> tuple[Term, ...]:
        """Every licence in it, in the order written."""
        return tuple(_terms(self.tree))

    @property
    def keys(self) -> tuple[str, ...]:
        """The distinct licences in it, sorted; an unknown one by its text."""
        return tuple(sorted({term.key for term in self.terms}))

    @property
    def expression(self) -> str | None:
        """The canonical SPDX expression, or nothing where a part is unknown."""
        return None if self.confidence is Confidence.NONE else str(self.tree)

    @property
    def categories(self) -> tuple[str, ...]:
        """The distinct kinds of licence in it, such as ``Permissive``, ``Copyleft`` or ``unknown``, sorted."""
        return tuple(sorted({term.category for term in self.terms}))


@lru_cache(maxsize=16384)
def parse_licence(text: str) -> Licence:
    """Return what a licence text means; whatever the text is, there is an answer."""
    text = text.strip()[:MAX_LENGTH]
    try:
        tree = parse_expression(text)
    except Malformed:
        return _named_or_listed(text)
    return Licence(text, tree, _confidence(tree))


def _named_or_listed(text: str) -> Licence:
    named = resolve_name(text)
    parts = [part.strip() for part in _LIST.split(text) if part.strip()]
    if named.confidence is not Confidence.NONE or len(parts) < 2:
        return Licence(text, named, named.confidence)
    tree = Every(tuple(parse_licence(part).tree for part in parts))
    return Licence(text, tree, min(_confidence(tree), Confidence.LOW, key=_WORST.index))


def _confidence(tree: Expression) -> Confidence:
    return min((term.confidence for term in _terms(tree)), key=_WORST.index)


def _terms(tree: Expression) -> Iterator[Term]:
    match tree:
        case Term():
            yield tree
        case Every(parts) | OneOf(parts):
            for part in parts:
                yield from _terms(part)
        case _:
            assert_never(tree)


def weigh(tree: Expression, rank: Callable[[Term], int]) -> int:
    """Return the rank of a whole expression: of alternatives the best counts, of joint parts the worst.

    Args:
        tree: The expression.
        rank: The rank of one licence; greater is worse.
    """
    match tree:
        case Term():
            return rank(tree)
        case Every(parts):
            return max(weigh(part, rank) for part in parts)
        case OneOf(parts):
            return min(weigh(part, rank) for part in parts)
        case _:
            assert_never(tree)
