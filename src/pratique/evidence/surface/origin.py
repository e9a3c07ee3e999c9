"""Whether something in an image came with its base image, or with what was put on it.

A layer tells by its place: the base image's layers lie at the bottom, unpacked byte for byte the same. Where nobody
knows the base, nothing is guessed.

Source: OCI image-spec 1.1, annotations.md (``org.opencontainers.image.base.digest``) and config.md (``diff_ids``).
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from pratique.values.digest import Digest

BASE_DIGEST: Final = "org.opencontainers.image.base.digest"
BASE_NAME: Final = "org.opencontainers.image.base.name"


class Origin(StrEnum):
    """Whose a layer is."""

    BASE = "base"
    APPLICATION = "application"

    @property
    def words(self) -> str:
        """The same, to be told to people."""
        return "base image" if self is Origin.BASE else self.value


def base_layers(
    diff_ids: tuple[Digest, ...],
    known: Mapping[Digest, tuple[Digest, ...]],
    stated: Digest | None = None,
) -> int | None:
    """Return how many of an image's lowest layers are its base image's; nothing where that is not known.

    Args:
        diff_ids: The image's layers unpacked, the lowest first.
        known: Base image → its layers unpacked.
        stated: The base image that the image itself names. It is believed only if its layers are there; a name alone
            would let an application's layers pass as somebody else's.
    """
    candidates: Iterable[Digest] = known if stated is None or stated not in known else (stated,)
    return deepest((known[base] for base in candidates), diff_ids)


def deepest(bases: Iterable[tuple[Digest, ...]], diff_ids: tuple[Digest, ...]) -> int | None:
    """Return how many layers the largest of these bases has that lies at the bottom; nothing where none does."""
    fitting = (len(layers) for layers in bases if layers and diff_ids[: len(layers)] == layers)
    return max(fitting, default=None)


def origins(layers: tuple[Digest, ...], base: int | None) -> dict[Digest, Origin | None]:
    """Return whose each layer is.

    Args:
        layers: Their digests, the lowest first.
        base: How many of them are the base image's, if that is known.
    """
    if base is None:
        return dict.fromkeys(layers)
    found: dict[Digest, Origin | None] = {}
    for index, layer in enumerate(layers):  # an empty layer may be there several times; its lowest place counts
        found.setdefault(layer, Origin.BASE if index < base else Origin.APPLICATION)
    return found


def origin_of(layer: Digest | None, places: Mapping[Digest, Origin | None]) -> Origin | None:
    """Return where a finding or package came from that a report places in a layer; nothing where it tells none.

    Args:
        layer: As the report names it, packed or unpacked.
        places: What :func:`origins` told, about digests of the same kind.
    """
    return None if layer is None else places.get(layer)
