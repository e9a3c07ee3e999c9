"""What an image's config adds to its attack surface: user, ports, volumes, variables, health check.

Source: OCI image-spec 1.1, config.md; docker's ``Healthcheck``.
"""

from collections.abc import Mapping
from typing import Any

from pratique.errors import Malformed
from pratique.evidence.surface.secrets import suspicious_variable
from pratique.values.canonical import parse_object
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest

_WHAT = "image config"


@dataclass(frozen=True, slots=True)
class ImageSettings:
    """How an image says that it is to be run.

    Attributes:
        platform: What it runs on, as ``linux/arm64/v8``; empty where it does not say.
        created: When it was made, as written; ``None`` where it does not say.
        user: As written; empty means root.
        ports: That it exposes, sorted.
        volumes: That it declares, sorted.
        healthcheck: Whether it says how to ask whether it is well.
        env_suspicious: Names of variables that seem to hold credentials, sorted.
        diff_ids: Of its layers unpacked, the lowest first.
    """

    platform: str
    created: str | None
    user: str
    ports: tuple[str, ...]
    volumes: tuple[str, ...]
    healthcheck: bool
    env_suspicious: tuple[str, ...]
    diff_ids: tuple[Digest, ...]


def parse_settings(content: bytes) -> ImageSettings:
    """Read an image's config.

    Raises:
        Malformed: It is none.
    """
    document = parse_object(content, _WHAT)
    runs = _object(document, "config")
    parts = (_text(document, name) for name in ("os", "architecture", "variant"))
    return ImageSettings(
        platform="/".join(part for part in parts if part),
        created=_text(document, "created") or None,
        user=_text(runs, "User"),
        ports=tuple(sorted(_object(runs, "ExposedPorts"))),
        volumes=tuple(sorted(_object(runs, "Volumes"))),
        healthcheck=_asked(_texts(_object(runs, "Healthcheck"), "Test")),
        env_suspicious=tuple(
            sorted({name for name, value in _variables(runs) if suspicious_variable(name, value)})
        ),
        diff_ids=tuple(Digest.parse(each) for each in _texts(_object(document, "rootfs"), "diff_ids")),
    )


def _asked(test: tuple[str, ...]) -> bool:
    return bool(test) and test[0] != "NONE"


def _variables(runs: Mapping[str, Any]) -> list[tuple[str, str]]:
    split = (text.partition("=") for text in _texts(runs, "Env"))
    return [(name, value) for name, _, value in split]


def _text(fields: Mapping[str, Any], name: str) -> str:
    found = fields.get(name) or ""
    if not isinstance(found, str):
        raise Malformed(f"{_WHAT}: {name}: expected text, found {type(found).__name__}")
    return found


def _texts(fields: Mapping[str, Any], name: str) -> tuple[str, ...]:
    found = fields.get(name) or []
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise Malformed(f"{_WHAT}: {name}: expected a list of texts")
    return tuple(found)


def _object(fields: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = fields.get(name) or {}
    if not isinstance(found, dict):
        raise Malformed(f"{_WHAT}: {name}: expected an object, found {type(found).__name__}")
    return found
