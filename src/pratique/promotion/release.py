"""A release: the images of one application that ask for one environment together, all or nothing.

Source: decisions.md, "Documents". Every image has a promotion, a decision record and a seal of its own; what they
share is that no tag is pointed before every one of them is sealed. How they hold together: ``promotion.together``.
"""

from pratique.errors import Malformed
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.ids import Kind


@dataclass(frozen=True, slots=True)
class Part:
    """One image of a release, and the promotion that brings it."""

    promotion: str
    image_name: str
    image: Digest


@dataclass(frozen=True, slots=True)
class Release:
    """The parts in the order in which they were asked for, at least two. Its ``id`` is the first one's, as ``rl_…``."""

    parts: tuple[Part, ...]

    def __post_init__(self) -> None:
        if len(self.parts) < 2:
            raise Malformed(f"release: expected two parts or more, found {len(self.parts)}")

    @property
    def id(self) -> str:
        """The release's identifier."""
        return self.first.replace(Kind.PROMOTION, Kind.RELEASE, 1)

    @property
    def first(self) -> str:
        """The promotion that points every tag."""
        return self.parts[0].promotion


def first_of(release: str) -> str:
    """Return the id of a release's first promotion, from the release's id or the beginning of it."""
    return release.replace(Kind.RELEASE, Kind.PROMOTION, 1)


def is_release(text: str) -> bool:
    """Tell whether this is the id of a release, or the beginning of one, and not a promotion's."""
    return text.startswith(f"{Kind.RELEASE}_")
