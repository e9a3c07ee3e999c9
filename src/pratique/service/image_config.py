"""What an image says about how it runs: the few fields of its config that people ask for.

Source: OCI image-spec 1.1, config.md. A field that is missing is empty; one of another type is refused.
"""

from typing import Any

from pratique.errors import Malformed
from pratique.registry.manifest import Platform
from pratique.values.canonical import parse_object
from pratique.values.dataclass import dataclass

_WHAT = "image config"


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
    document = parse_object(content, _WHAT, max_bytes=len(content))
    runs = document.get("config") or {}
    if not isinstance(runs, dict):
        raise Malformed(f"{_WHAT}: config: expected an object, found {type(runs).__name__}")
    labels = _object(runs, "Labels")
    return ImageConfig(
        platform=_platform(document),
        created=_text(document, "created"),
        user=_text(runs, "User"),
        working_dir=_text(runs, "WorkingDir"),
        entrypoint=_texts(runs, "Entrypoint"),
        command=_texts(runs, "Cmd"),
        ports=tuple(sorted(_object(runs, "ExposedPorts"))),
        labels=tuple(sorted((name, _text(labels, name)) for name in labels)),
    )


def _platform(document: dict[str, Any]) -> Platform | None:
    os, architecture = _text(document, "os"), _text(document, "architecture")
    return Platform(os, architecture, _text(document, "variant")) if os and architecture else None


def _text(fields: dict[str, Any], name: str) -> str:
    found = fields.get(name) or ""
    if not isinstance(found, str):
        raise Malformed(f"{_WHAT}: {name[:80]}: expected text, found {type(found).__name__}")
    return found


def _texts(fields: dict[str, Any], name: str) -> tuple[str, ...]:
    found = fields.get(name) or []
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise Malformed(f"{_WHAT}: {name}: expected a list of texts")
    return tuple(found)


def _object(fields: dict[str, Any], name: str) -> dict[str, Any]:
    found = fields.get(name) or {}
    if not isinstance(found, dict):
        raise Malformed(f"{_WHAT}: {name}: expected an object, found {type(found).__name__}")
    return found
