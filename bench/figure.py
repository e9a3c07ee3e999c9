"""A figure: what was measured, beside its yardstick, and what was promised of their ratio.

What is compared is run alternately, so that a busy machine slows both down; the medians are compared.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

Action = Callable[[], object]


@dataclass(frozen=True, slots=True)
class AtMost:
    """The ratio must not be larger."""

    limit: float

    def __str__(self) -> str:
        return f"at most {self.limit:g}"

    def met_by(self, ratio: float) -> bool:
        """Tell whether this ratio is within the limit."""
        return ratio <= self.limit


@dataclass(frozen=True, slots=True)
class AtLeast:
    """The ratio must not be smaller."""

    limit: float

    def __str__(self) -> str:
        return f"at least {self.limit:g}"

    def met_by(self, ratio: float) -> bool:
        """Tell whether this ratio is within the limit."""
        return ratio >= self.limit


Target = AtMost | AtLeast | None


@dataclass(frozen=True, slots=True)
class Figure:
    """One comparison; ``ours`` and ``yardstick`` say what each is, and how fast."""

    name: str
    ours: str
    yardstick: str
    ratio: float
    target: Target = None

    @property
    def holds(self) -> bool:
        """Whether what was promised holds; where nothing was, it does."""
        return self.target is None or self.target.met_by(self.ratio)

    @property
    def line(self) -> str:
        """The figure in one line."""
        promise = "" if self.target is None else f"  ({self.target}: {'holds' if self.holds else 'FALLS SHORT'})"
        return f"{self.name:58} {self.ratio:8.3g} ×  {self.ours}, against {self.yardstick}{promise}"


def interleaved(rounds: int, *actions: Action) -> tuple[float, ...]:
    """Return the median seconds of each action over this many rounds, in which they take turns."""
    seconds: list[list[float]] = [[] for _ in actions]
    for _ in range(rounds):
        for action, taken in zip(actions, seconds, strict=True):
            start = time.perf_counter()
            action()
            taken.append(time.perf_counter() - start)
    return tuple(statistics.median(taken) for taken in seconds)


def in_words(seconds: float) -> str:
    """Return a duration with a unit that suits it."""
    return f"{seconds * 1000:.3g} ms" if seconds < 1 else f"{seconds:.2f} s"
