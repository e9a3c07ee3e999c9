"""Every type of event that there is: the modules that define them each say which are theirs, and this joins them.

Bytes: ``promotion.events``. What one changes: ``promotion.changes``. What it says: ``promotion.sentences``.
"""

from collections.abc import Mapping
from typing import get_args

from pratique.promotion.governance import Governance
from pratique.promotion.happenings import Deciding, PromotionRequested, Published
from pratique.promotion.intake import Intake
from pratique.promotion.signal import Signalling
from pratique.promotion.steps import Moving, Stopping
from pratique.promotion.upkeep import Upkeep
from pratique.values.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Unknown:
    """An event of a type from a later version: kept and shown, and it changes nothing."""

    type: str
    data: str
    """Its data as canonical JSON text."""


Known = PromotionRequested | Published | Deciding | Moving | Stopping | Intake | Signalling | Governance | Upkeep
Happening = Known | Unknown

TYPES: Mapping[str, type[Known]] = {kind.TYPE: kind for kind in get_args(Known)}
"""Every type by its name in the ledger. A name once used keeps its meaning for ever."""


def name_of(data: Happening) -> str:
    """Return the name of its type in the ledger, for example ``review.given/1``."""
    return data.type if isinstance(data, Unknown) else data.TYPE
