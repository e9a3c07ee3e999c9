"""``closing/v1``: something that people had to do about a promotion is done, signed by whoever owns it.

Source: decisions.md, "Documents" (tracks): an emergency and a way back are looked at afterwards.
"""

from typing import Final

from pratique.attest.signed_form import Filled, PersonalForm, Written
from pratique.attest.sshsig import Namespace
from pratique.attest.statement import Subject
from pratique.attest.word import WORD, InAWord, Word, read_word, word_object
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.ids import Kind, parse_id
from pratique.values.uris import CLOSING


@dataclass(frozen=True, slots=True)
class Closing(InAWord):
    """Which item of which promotion's image is done, in one person's word."""

    image: Digest
    promotion: str
    remediation: str
    word: Word


def _read(filled: Filled) -> Closing:
    fields = filled.fields.only("promotion", "remediation", *WORD)
    return Closing(
        image=filled.image(),
        promotion=fields.parsed("promotion", lambda text: parse_id(text, Kind.PROMOTION)),
        remediation=fields.parsed("remediation", lambda text: parse_id(text, Kind.REMEDIATION)),
        word=read_word(fields),
    )


def _write(closing: Closing) -> Written:
    predicate = {
        "promotion": closing.promotion,
        "remediation": closing.remediation,
        **word_object(closing.word),
    }
    return (Subject(closing.image),), predicate


CLOSING_FORM: Final = PersonalForm("closing", CLOSING, _read, _write, Namespace.REVIEW)
