"""How long, and how often, to try again.

Sources: RFC 9110 section 10.2.3 (Retry-After), RFC 6585 section 4 (429). Registries in use answer 429 with seconds,
with a date, with nothing, and with text where JSON was promised.
"""

import time
from typing import TYPE_CHECKING

from pratique.errors import Unreachable
from pratique.registry.gate import spread
from pratique.values.dataclass import dataclass

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Patience:
    """With a registry that is busy or fails.

    Attributes:
        tries: How often one question is asked.
        longest_wait_seconds: The longest single wait; a registry that asks for more is not waited for.
        total_wait_seconds: How long one question may take to be answered, waits included.
    """

    tries: int = 4
    longest_wait_seconds: float = 60
    total_wait_seconds: float = 300

    def backoff(self, attempt: int) -> float:
        """Return the seconds before the next try after the n-th: 0.5, 1, 2, … and a little more, by chance."""
        return spread(min(2.0 ** (min(attempt, 20) - 2), self.longest_wait_seconds))


class Waits:
    """The waits of one question that is asked again and again."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._failures = 0
        self.deadline = time.monotonic() + patience.total_wait_seconds

    def may_try_again(self) -> bool:
        """Count a failure, and tell whether the question may be asked once more."""
        self._failures += 1
        return self._failures < self._patience.tries and time.monotonic() < self.deadline

    def seconds(self, asked: float | None, place: str) -> float:
        """Return how long to wait now.

        Args:
            asked: What the registry asks for, ``None`` where it says nothing.
            place: Where, for the message.

        Raises:
            Unreachable: That is longer than our patience.
        """
        if asked is None:
            return self._patience.backoff(self._failures)
        if asked > self._patience.longest_wait_seconds or time.monotonic() + asked > self.deadline:
            raise Unreachable(f"{place}: busy, and asks to wait {asked:.0f} s; try again after that")
        return asked


def retry_after(text: str, now: "datetime | None" = None) -> float | None:
    """Return the seconds that a Retry-After header asks for, ``None`` where nothing readable is said."""
    if text.isascii() and text.isdigit():
        return float(text[:12])
    return _until(text, now) if text else None


def _until(text: str, now: "datetime | None") -> float | None:
    from datetime import UTC, datetime
    from email.utils import parsedate_to_datetime  # slow to load, and registries rarely say a date

    try:
        moment = parsedate_to_datetime(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())
    except (ValueError, OverflowError):
        return None
