"""``withdrawal/v1``: a promotion is taken back, signed by whoever may.

Source: decisions.md, "Who counts": taking power away needs one signature. The statement names the promotion, so
that it takes back nothing else.
"""

from pratique.attest.signed_form import check_spelling, parse_nonce, read_image_form
from pratique.attest.statement import Subject, build_statement
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.ids import Kind, parse_id
from pratique.values.names import Actor, parse_actor
from pratique.values.uris import WITHDRAWAL


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Which promotion of which image is taken back, and by whom."""

    images: tuple[Digest, ...]
    promotion: str
    by: Actor
    nonce: str


def parse_withdrawal(payload: bytes) -> Withdrawal:
    """Read a signed withdrawal's payload.

    Raises:
        Malformed: A field is missing, unknown or wrong, or the payload is not canonical.
    """
    images, fields = read_image_form(payload, WITHDRAWAL, "withdrawal")
    fields.only("promotion", "by", "nonce")
    withdrawal = Withdrawal(
        images=images,
        promotion=fields.parsed("promotion", lambda text: parse_id(text, Kind.PROMOTION)),
        by=fields.parsed("by", parse_actor),
        nonce=fields.parsed("nonce", parse_nonce),
    )
    check_spelling(payload, build_withdrawal(withdrawal), "withdrawal")
    return withdrawal


def build_withdrawal(withdrawal: Withdrawal) -> bytes:
    """Return the canonical payload that is signed."""
    predicate = {"promotion": withdrawal.promotion, "by": withdrawal.by, "nonce": withdrawal.nonce}
    return build_statement(tuple(map(Subject, withdrawal.images)), WITHDRAWAL, predicate)
