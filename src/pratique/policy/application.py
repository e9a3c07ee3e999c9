"""An application: its images, where each may come from, and where it goes in every environment."""

from dataclasses import dataclass, field
from enum import StrEnum

from pratique.errors import Absent, Malformed
from pratique.policy.pattern import Pattern, any_matches
from pratique.policy.schema import Misfit, keyed_by, suggestion
from pratique.policy.words import KEEP, Slug, TagPlan, Text, Uri
from pratique.values.digest import Digest
from pratique.values.names import Environment, Group
from pratique.values.reference import Repository


class OnConflict(StrEnum):
    """What to do where a tag already names another digest that nobody promoted there."""

    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where the source code is."""

    repository: Uri
    path: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where an image goes in one environment; a seal's ``resourceUri`` is ``repository``."""

    environment: Environment
    repository: Repository
    tag: TagPlan = KEEP
    on_conflict: OnConflict = OnConflict.REFUSE

    def tag_for(self, source_tag: str | None, digest: Digest) -> str | None:
        """Return the tag to point at the digest there, or nothing where none is wanted or the source had none."""
        match self.tag:
            case "none":
                return None
            case "keep":
                return source_tag
            case template if "{tag}" in template and source_tag is None:
                return None
            case template:
                return template.replace("{tag}", source_tag or "").replace("{digest}", digest.hex[:12])


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationImage:
    """One image of an application."""

    name: Slug
    source: Source
    accept: tuple[Pattern, ...]
    """Repositories from which it may be promoted the first time."""
    destinations: tuple[Destination, ...] = field(metadata=keyed_by("environment"))

    def __post_init__(self) -> None:
        if not self.accept:
            raise Misfit(("accept",), "expected at least one repository that images may come from, found none")

    def accepts(self, repository: Repository) -> bool:
        """Tell whether an image may come from there."""
        return any_matches(self.accept, str(repository))

    def goes_to(self, environment: str) -> bool:
        """Tell whether this image has a place in an environment."""
        return any(destination.environment == environment for destination in self.destinations)

    def destination(self, environment: str) -> Destination:
        """Return where this image goes, or raise ``Absent`` with what there is."""
        for destination in self.destinations:
            if destination.environment == environment:
                return destination
        known = suggestion(environment, (each.environment for each in self.destinations))
        raise Absent(f"image {self.name}: has no destination in {environment!r}{known}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """A named product whose images move together."""

    name: Slug
    owner: Group
    images: tuple[ApplicationImage, ...]
    tags: tuple[Slug, ...] = ()
    """What conditions may ask for with ``has_tag``."""

    def __post_init__(self) -> None:
        names = [image.name for image in self.images]
        twice = next((name for name in names if names.count(name) > 1), None)
        if not names or twice:
            raise Malformed(f"images: {f'the name {twice!r} stands twice' if twice else 'expected at least one'}")

    def image(self, name: str) -> ApplicationImage:
        """Return the image of this name, or raise ``Absent`` with what there is."""
        for image in self.images:
            if image.name == name:
                return image
        known = suggestion(name, (image.name for image in self.images))
        raise Absent(f"application {self.name}: has no image {name!r}{known}")
