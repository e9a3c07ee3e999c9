"""Fields of an image's config: what is missing is empty, and what has another type is refused.

Source: OCI image-spec 1.1, config.md.
"""

from collections.abc import Mapping
from typing import Any, Final

from pratique.errors import Malformed

CONFIG: Final = "image config"
"""What messages call it."""


def text_of(fields: Mapping[str, Any], name: str) -> str:
    """Return a text, or raise ``Malformed``."""
    found = fields.get(name) or ""
    if not isinstance(found, str):
        raise Malformed(f"{CONFIG}: {name[:80]}: expected text, found {type(found).__name__}")
    return found


def texts_of(fields: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Return a list of texts, or raise ``Malformed``."""
    found = fields.get(name) or []
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise Malformed(f"{CONFIG}: {name}: expected a list of texts")
    return tuple(found)


def object_of(fields: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return an object, or raise ``Malformed``."""
    found = fields.get(name) or {}
    if not isinstance(found, dict):
        raise Malformed(f"{CONFIG}: {name}: expected an object, found {type(found).__name__}")
    return found
