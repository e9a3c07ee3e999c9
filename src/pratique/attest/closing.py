"""``closing/v1``: something that people had to do about a promotion is done, signed by whoever owns it.

Source: decisions.md, "Documents" (tracks): an emergency and a way back are looked at afterwards.
"""

from pratique.attest.signed_form import check_spelling, read_image_form
from pratique.attest.statement import Subject, build_statement
from pratique.attest.word import WORD, Word, read_word, word_object
from pratique.errors import Malformed
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.ids import Kind, parse_id
from pratique.values.uris import CLOSING


@dataclass(frozen=True, slots=True)
class Closing:
    """Which item of which promotion's image is done, in one person's word."""

    image: Digest
    promotion: str
    remediation: str
    word: Word


def parse_closing(payload: bytes) -> Closing:
    """Read a signed closing's payload.

    Raises:
        Malformed: A field is missing, unknown or wrong, or the payload is not canonical.
    """
    images, fields = read_image_form(payload, CLOSING, "closing")
    fields.only("promotion", "remediation", *WORD)
    if len(images) != 1:
        raise Malformed(f"closing.subject: expected exactly one image, found {len(images)}")
    closing = Closing(
        image=images[0],
        promotion=fields.parsed("promotion", lambda text: parse_id(text, Kind.PROMOTION)),
        remediation=fields.parsed("remediation", lambda text: parse_id(text, Kind.REMEDIATION)),
        word=read_word(fields),
    )
    check_spelling(payload, build_closing(closing), "closing")
    return closing


def build_closing(closing: Closing) -> bytes:
    """Return the canonical payload that is signed."""
    predicate = {
        "promotion": closing.promotion,
        "remediation": closing.remediation,
        **word_object(closing.word),
    }
    return build_statement((Subject(closing.image),), CLOSING, predicate)
