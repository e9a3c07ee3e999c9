"""What lists of allowed, denied and reviewed licences say of a licence text.

A list holds canonical keys, as in ``Licence.keys``, and categories, written ``category:copyleft``. The more exact
word decides: the licence with its exception before the licence without it, and both before the category. On one
level a denial outweighs the rest. What nobody knows has no category here; only its own text can allow it.
"""

from dataclasses import dataclass
from enum import IntEnum

from pratique.evidence.licence_grammar import Confidence, Term
from pratique.evidence.licence_index import category_word
from pratique.evidence.licences import Licence, parse_licence, weigh

CATEGORY = "category:"


class Verdict(IntEnum):
    """What lists say of a licence; a greater value is worse."""

    ALLOWED = 0
    REVIEW = 1
    """Somebody must look at it."""
    UNLISTED = 2
    """Known, and on no list, while there is a list of allowed ones."""
    UNKNOWN = 3
    DENIED = 4


@dataclass(frozen=True, slots=True)
class Lists:
    """Three lists; where nothing is allowed by name, whatever is known and on no other list will do."""

    allow: frozenset[str] = frozenset()
    deny: frozenset[str] = frozenset()
    review: frozenset[str] = frozenset()


def entries_of(words: tuple[str, ...]) -> frozenset[str]:
    """Return the entries of a list as people write it: licences, alternatives of them, and categories."""
    return frozenset(
        entry for word in words for entry in ((word,) if word.startswith(CATEGORY) else parse_licence(word).keys)
    )


def satisfies(licence: Licence, lists: Lists) -> Verdict:
    """Return what the lists say of a licence: of alternatives the best counts, of joint parts the worst.

    An exception or a ``+`` only gives more rights, so a list that names the licence without it covers it too,
    unless a list names the whole.
    """
    return Verdict(weigh(licence.tree, lambda term: _judge(term, lists)))


def _judge(term: Term, lists: Lists) -> Verdict:
    known = term.confidence is not Confidence.NONE
    reviewed = False
    for name in (term.key, term.base, CATEGORY + category_word(term.category)):
        if name in lists.deny:
            return Verdict.DENIED
        if known or name == term.key:
            reviewed = reviewed or name in lists.review
            if name in lists.allow:
                return Verdict.REVIEW if reviewed else Verdict.ALLOWED
    if reviewed:
        return Verdict.REVIEW
    if not known:
        return Verdict.UNKNOWN
    return Verdict.UNLISTED if lists.allow else Verdict.ALLOWED
