"""What is kept without being interpreted."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Opaque:
    """Evidence of a kind that this version does not interpret: kept, bound and shown."""

    what: str
