"""Why a step was given up stands in the ledger as a code; what was said about it does not."""

import pytest
from tests.promotion.builders import event

from pratique.errors import PratiqueError
from pratique.promotion.events import build_event
from pratique.promotion.happenings import Commitment, Failure, PromotionFailed
from pratique.values.commitment import Opening

WORDS = "https://ann:secret@registry.example answered ann@example.com"


@pytest.mark.parametrize("kind", PratiqueError.__subclasses__(), ids=lambda kind: str(kind.kind))
def test_every_kind_of_error_has_its_code(kind: type[PratiqueError]) -> None:
    assert Failure(kind.kind).value == kind.kind


def test_the_event_holds_no_word_of_it() -> None:
    opening = Opening("failure", WORDS, bytes(32))
    failed = PromotionFailed(1, "copy", Failure.UNREACHABLE, 5, Commitment(opening.commitment))
    content = build_event(event(failed))
    assert b"secret" not in content
    assert b"ann@" not in content
    assert opening.commitment.hex.encode() in content
