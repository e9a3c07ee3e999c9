"""What an image says about how it runs: the few fields of its config that people ask for.

Source: OCI image-spec 1.1, config.md. A field that is missing is empty; one of another type is refused.
"""

from typing import Any

from pratique.evidence.surface.config_fields import CONFIG, object_of, text_of, texts_of
from pratique.registry.manifest import Platform
from pratique.values.canonical import parse_object
from pratique.values.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class ImageConfig:
    """The config of one image; ``created`` is as written, and a claim."""

    platform: Platform | None
    created: str = ""
    user: str = ""
    working_dir: str = ""
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()


def parse_config(content: bytes) -> ImageConfig:
    """Read a config, or raise ``Malformed``."""
    document = parse_object(content, CONFIG, max_bytes=len(content))
    runs = object_of(document, "config")
    labels = object_of(runs, "Labels")
    return ImageConfig(
        platform=_platform(document),
        created=text_of(document, "created"),
        user=text_of(runs, "User"),
        working_dir=text_of(runs, "WorkingDir"),
        entrypoint=texts_of(runs, "Entrypoint"),
        command=texts_of(runs, "Cmd"),
        ports=tuple(sorted(object_of(runs, "ExposedPorts"))),
        labels=tuple(sorted((name, text_of(labels, name)) for name in labels)),
    )


def _platform(document: dict[str, Any]) -> Platform | None:
    os, architecture = text_of(document, "os"), text_of(document, "architecture")
    return Platform(os, architecture, text_of(document, "variant")) if os and architecture else None
