"""What a check of a log finds."""

from pratique.values.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is not as it must be; ``index`` is the first entry that it concerns, where there is one."""

    place: str
    problem: str
    index: int | None = None

    def __str__(self) -> str:
        where = "" if self.index is None else f" (entry {self.index})"
        return f"{self.place}{where}: {self.problem}"
