"""``withdrawal/v1``: a promotion is taken back, signed by whoever may.

Source: decisions.md, "Who counts": taking power away needs one signature. The statement names the promotion, so
that it takes back nothing else.
"""

from typing import Final

from pratique.attest.signed_form import Filled, PersonalForm, Written, parse_nonce
from pratique.attest.sshsig import Namespace
from pratique.attest.statement import Subject
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


def _read(filled: Filled) -> Withdrawal:
    fields = filled.fields.only("promotion", "by", "nonce")
    return Withdrawal(
        images=filled.images(),
        promotion=fields.parsed("promotion", lambda text: parse_id(text, Kind.PROMOTION)),
        by=fields.parsed("by", parse_actor),
        nonce=fields.parsed("nonce", parse_nonce),
    )


def _write(withdrawal: Withdrawal) -> Written:
    predicate = {"promotion": withdrawal.promotion, "by": withdrawal.by, "nonce": withdrawal.nonce}
    return tuple(map(Subject, withdrawal.images)), predicate


WITHDRAWAL_FORM: Final = PersonalForm("withdrawal", WITHDRAWAL, _read, _write, Namespace.REQUEST)
