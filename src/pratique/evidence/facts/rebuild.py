"""Second builds of an image, as whoever made one tells it."""

from dataclasses import dataclass

from pratique.values.digest import Digest


@dataclass(frozen=True, slots=True)
class Rebuild:
    """One second build, compared with the first (``rebuild/v1``).

    Attributes:
        first: The image that was built again.
        second: What came of it.
        equal: Whether both are the same, as the statement says and its digests agree.
        differences: How many there are.
        where: On what it was built, in its builder's words.
    """

    first: Digest
    second: Digest
    equal: bool
    differences: int
    where: str
