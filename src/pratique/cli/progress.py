"""How far a copy is, as values and as text: nothing here reads a clock or writes to a terminal.

A tally is what a copy has told so far. One line says it to a person: the more columns there are, the more it says,
and it never takes more than there are.
"""

from dataclasses import replace
from enum import StrEnum

from pratique.cli.units import counted, duration, share, size
from pratique.registry.progress import Way
from pratique.values.dataclass import dataclass

_BAR_LEAST, _BAR_MOST = 8, 30
_GREEN, _PLAIN = "\x1b[32m", "\x1b[0m"


class Deed(StrEnum):
    """What is done with the bytes."""

    MOVED = "moved"
    READ = "read"


@dataclass(frozen=True, slots=True)
class Tally:
    """What a copy has told.

    Attributes:
        blobs: How many are needed, ``None`` before that is known.
        total_bytes: Their size altogether.
        blobs_done: How many are at the destination.
        saved_bytes: The size of those that were there already or were mounted.
        moved_bytes: Bytes that were read and still count.
        read_bytes: Bytes that were read, those that had to be read again included; the rate goes by them.
        shown_bytes: The most that was ever done; a transfer that begins again does not turn the bar back.
        manifests: How many are at the destination.
    """

    blobs: int | None = None
    total_bytes: int = 0
    blobs_done: int = 0
    saved_bytes: int = 0
    moved_bytes: int = 0
    read_bytes: int = 0
    shown_bytes: int = 0
    manifests: int = 0

    @property
    def done_bytes(self) -> int:
        """How many of the needed bytes are at the destination or on their way there."""
        return min(self.total_bytes, self.saved_bytes + self.moved_bytes)

    def planned(self, blobs: int, total_bytes: int) -> "Tally":
        """Return the tally with what is needed."""
        return replace(self, blobs=blobs, total_bytes=total_bytes)

    def moved(self, count_bytes: int) -> "Tally":
        """Return the tally with so many more bytes read."""
        moved = replace(self, moved_bytes=self.moved_bytes + count_bytes, read_bytes=self.read_bytes + count_bytes)
        return moved._shown()

    def restarted(self, count_bytes: int) -> "Tally":
        """Return the tally without bytes that count no more."""
        return replace(self, moved_bytes=max(0, self.moved_bytes - count_bytes))

    def finished(self, size_bytes: int, way: Way) -> "Tally":
        """Return the tally with one more blob at the destination."""
        saved = 0 if way is Way.MOVED else size_bytes
        done = replace(self, blobs_done=self.blobs_done + 1, saved_bytes=self.saved_bytes + saved)
        return done._shown()

    def wrote(self, count: int) -> "Tally":
        """Return the tally with so many more manifests at the destination."""
        return replace(self, manifests=self.manifests + count)

    def _shown(self) -> "Tally":
        return replace(self, shown_bytes=max(self.shown_bytes, self.done_bytes))


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast bytes move, from the last few moments."""

    samples: tuple[tuple[float, int], ...] = ()
    """Moments in seconds, rising, each with the bytes read until then."""

    def at(self, moment: float, read_bytes: int) -> "Pace":
        """Return the pace with one more sample; those older than five seconds are forgotten, but the last."""
        earlier = tuple(sample for sample in self.samples if sample[0] < moment)
        recent = tuple(sample for sample in earlier if sample[0] >= moment - 5)
        return Pace((*(recent or earlier[-1:]), (moment, read_bytes)))

    @property
    def bytes_per_second(self) -> float:
        """The rate; zero while there is too little to tell."""
        if len(self.samples) < 2:
            return 0.0
        (first, before), (last, after) = self.samples[0], self.samples[-1]
        return (after - before) / (last - first) if last - first >= 0.2 else 0.0


def bar_line(tally: Tally, pace: Pace, elapsed_seconds: float, columns: int, *, colour: bool = False) -> str:
    """Return one line of at most so many columns, without its end; escape sequences take no column.

    Args:
        tally: How far the copy is.
        pace: How fast it goes.
        elapsed_seconds: Since it began.
        columns: How many there are; with very few the line is empty.
        colour: Paint the bar.
    """
    if tally.blobs is None:
        return _first_fitting(columns, f"looking at what belongs to the image  {duration(elapsed_seconds)}", "…")
    if tally.blobs_done >= tally.blobs:
        whole = f"{size(tally.total_bytes)} there, {counted(tally.manifests, 'manifest')} so far, reading back"
        return _first_fitting(columns, f"100%  {whole}  {duration(elapsed_seconds)}", f"100%  {whole}", "100%")
    percent = f"{_percent(tally):3d}%"
    texts = _fitting(percent, _texts(tally, pace), columns)
    room = columns - len("  ".join((percent, *texts)))
    bar = _bar(tally, min(_BAR_MOST, room - 4), colour=colour)
    return "  ".join((percent, *bar, *texts)).rstrip() if columns >= len(percent) else ""


def _texts(tally: Tally, pace: Pace) -> tuple[str, ...]:
    """Return what is worth saying, most important first; each is as wide at the end as at the beginning."""
    rate = pace.bytes_per_second
    left = tally.total_bytes - tally.done_bytes
    blobs = str(tally.blobs or 0)
    return (
        share(tally.shown_bytes, tally.total_bytes),
        f"{str(tally.blobs_done).rjust(len(blobs))}/{blobs} blobs",
        (f"{size(int(rate))}/s" if rate > 0 else "").rjust(11),
        (f"{duration(left / rate)} left" if rate > 0 else "").rjust(10),
    )


def _fitting(percent: str, texts: tuple[str, ...], columns: int) -> tuple[str, ...]:
    """Return the texts from the first on for which there is room."""
    fitting = texts
    while fitting and len("  ".join((percent, *fitting))) > columns:
        fitting = fitting[:-1]
    return fitting


def _bar(tally: Tally, inner: int, *, colour: bool) -> tuple[str, ...]:
    if inner < _BAR_LEAST:
        return ()
    filled = inner * tally.shown_bytes // tally.total_bytes if tally.total_bytes else 0
    full, rest = "=" * filled, " " * (inner - filled)
    return (f"[{_GREEN}{full}{_PLAIN}{rest}]" if colour else f"[{full}{rest}]",)


def _percent(tally: Tally) -> int:
    """Return whole percent, 99 at most: the hundredth is for when every blob is there."""
    return min(99, 100 * tally.shown_bytes // tally.total_bytes) if tally.total_bytes else 0


def _first_fitting(columns: int, *texts: str) -> str:
    return next((text for text in texts if len(text) <= columns), "")


def start_line(tally: Tally) -> str:
    """Return what is needed, for a log."""
    return f"{counted(tally.blobs or 0, 'blob')}, {size(tally.total_bytes)}"


def log_line(tally: Tally, pace: Pace, elapsed_seconds: float) -> str:
    """Return how far it is, for a log: the same facts as the bar, whatever the width."""
    if tally.blobs is None:
        return f"looking at what belongs to the image, {duration(elapsed_seconds)} so far"
    return f"{_percent(tally)}%, {', '.join(text.strip() for text in _texts(tally, pace) if text.strip())}"


def end_line(tally: Tally, elapsed_seconds: float, deed: Deed = Deed.MOVED) -> str:
    """Return what was done, in what time, and what need not be done."""
    rate = f", {size(int(tally.read_bytes / elapsed_seconds))}/s" if elapsed_seconds >= 0.1 else ""
    took = f"{elapsed_seconds:.1f} s" if elapsed_seconds < 60 else duration(elapsed_seconds)
    done = f"{deed} {size(tally.moved_bytes)} in {took}{rate}" if tally.moved_bytes else f"nothing {deed}"
    return f"{done}; {size(tally.saved_bytes)} were there or mounted" if tally.saved_bytes else done
