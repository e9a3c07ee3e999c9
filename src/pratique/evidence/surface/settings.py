"""What an image's config adds to its attack surface: user, ports, volumes, variables, health check.

Source: OCI image-spec 1.1, config.md; docker's ``Healthcheck``.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from pratique.evidence.surface.config_fields import CONFIG, object_of, text_of, texts_of
from pratique.evidence.surface.secrets import suspicious_variable, told
from pratique.values.canonical import parse_object
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest


@dataclass(frozen=True, slots=True)
class ImageSettings:
    """How an image says that it is to be run; texts that may hold credentials are named instead of told.

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
    document = parse_object(content, CONFIG)
    runs = object_of(document, "config")
    parts = (text_of(document, name) for name in ("os", "architecture", "variant"))
    return ImageSettings(
        platform="/".join(part for part in parts if part),
        created=told(text_of(document, "created")) or None,
        user=text_of(runs, "User"),
        ports=_told(object_of(runs, "ExposedPorts")),
        volumes=_told(object_of(runs, "Volumes")),
        healthcheck=_asked(texts_of(object_of(runs, "Healthcheck"), "Test")),
        env_suspicious=_told(name for name, value in _variables(runs) if suspicious_variable(name, value)),
        diff_ids=tuple(Digest.parse(each) for each in texts_of(object_of(document, "rootfs"), "diff_ids")),
    )


def _told(names: Iterable[str]) -> tuple[str, ...]:
    # What is measured is signed and kept for ever; whoever writes a config may put anything in the place of a name.
    return tuple(sorted(set(map(told, names))))


def _asked(test: tuple[str, ...]) -> bool:
    return bool(test) and test[0] != "NONE"


def _variables(runs: Mapping[str, Any]) -> list[tuple[str, str]]:
    split = (text.partition("=") for text in texts_of(runs, "Env"))
    return [(name, value) for name, _, value in split]
