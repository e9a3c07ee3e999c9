"""What came to one place, one image after the other, and so what was there, and until when.

A place is an application, the name of one of its images, and an environment. The server asks its tables, a verifier
the entries of a proof; both then ask this. Pure.

Source: decisions.md, "Documents" (tracks).
"""

from datetime import datetime
from itertools import pairwise

from pratique.attest.seal import Level
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.names import Environment

PROPER = (Level.PROMOTED, Level.ADMITTED)
"""The levels that an image goes back to: it passed the gate, and no board let it in for a while."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """An image came to an environment, at this place in the ledger, and nobody took it back since."""

    index: int
    promotion: str
    application: str
    image_name: str
    environment: Environment
    image: Digest
    level: Level
    at: datetime


def replacement_of(
    image: Digest, place: tuple[Arrival, ...], asked: int, doubtful: frozenset[int] = frozenset()
) -> Arrival | None:
    """Return what took an image's place when it was last properly promoted there; None where it never left.

    Args:
        image: The image that may go back.
        place: Everything that came to the place, in order, but what was taken back.
        asked: The index at which it is asked for. What replaced it later took no one's place then: whoever asked for
            what was still there did not ask to go back.
        doubtful: The indexes of arrivals whose seals count for nothing. Nothing goes back on account of one.
    """
    if not place or place[-1].image == image:
        return None
    found = [each for each in pairwise(place) if each[0].image == image and each[0].level in PROPER]
    if not found or found[-1][0].index in doubtful:
        return None
    return found[-1][1] if found[-1][1].index < asked else None
