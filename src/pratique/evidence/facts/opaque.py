"""What is kept without being interpreted."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Opaque:
    """Evidence of a kind that this version does not interpret: kept, bound and shown."""

    what: str
    builder: str | None = None
    """Who it names as its builder, in the place where provenance does."""
