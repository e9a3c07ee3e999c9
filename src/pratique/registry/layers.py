"""Layers of an image, read once from where they lie: unpacked, hashed both ways, and never unpacked to a disk.

What comes out of a layer counts only once it was read to its end and its bytes have the digest that the manifest
states; so the reader is given everything and its answer is returned, or an error is raised.

Source: OCI image-spec 1.1, layer.md and config.md ("Layer DiffID").
"""

import hashlib
from collections.abc import Callable, Iterator
from typing import Final, TypeVar

from pratique.errors import Malformed, Unreachable, Unverified
from pratique.evidence.surface.member import Member
from pratique.registry.interface import Reader, Registry
from pratique.registry.manifest import Descriptor
from pratique.registry.tar import LIMITS as TAR_LIMITS
from pratique.registry.tar import Content, TarLimits, members
from pratique.registry.unpack import unpack
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest

_BUFFER: Final = 256 * 1024

T = TypeVar("T")
Members = Iterator[tuple[Member, Content]]


@dataclass(frozen=True, slots=True)
class LayerLimits:
    """What one layer may be unpacked to."""

    unpacked_bytes: int = 16 * 1024**3
    tar: TarLimits = TAR_LIMITS


LIMITS: Final = LayerLimits()


def read_layer(
    registry: Registry,
    layer: Descriptor,
    examine: Callable[[Members], T],
    *,
    diff_id: Digest | None = None,
    limits: LayerLimits = LIMITS,
) -> T:
    """Return what ``examine`` makes of a layer's members, once all of the layer was read and is what it should be.

    Args:
        registry: Where it lies.
        layer: Which one.
        examine: Takes every member in order; what it leaves unread is passed over.
        diff_id: The digest of the unpacked layer that the image's config states, where it is known.
        limits: What it may be unpacked to.

    Raises:
        Absent: It is not there.
        Refused: It is packed in a way that is not read here, such as xz.
        Malformed: It is no layer, leads out of the image, or is larger than it may be.
        Unverified: Its bytes have another digest or size than stated.
        Unreachable: It could not be read to its end.
    """
    what = f"layer {layer.digest}"
    with registry.open_unverified(layer) as reader:
        packed = _Packed(reader, layer)
        unpacked = _Unpacked(packed, what, limits.unpacked_bytes)
        try:
            found = examine(members(unpacked, what, limits.tar))
            unpacked.drain()
        except Malformed:
            packed.drain()  # whoever damaged it on the way is told apart from whoever built it so
            packed.check()
            raise
        packed.drain()
        packed.check()
    if diff_id not in (None, unpacked.digest):
        raise Unverified(f"{what}: unpacked it is {unpacked.digest}, and the image's config states {diff_id}")
    return found


class _Packed:
    """The layer as it lies there, counted and hashed."""

    def __init__(self, reader: Reader, layer: Descriptor) -> None:
        self._reader = reader
        self._layer = layer
        self._hashed = hashlib.sha256()
        self._count = 0
        self._buffer = bytearray(_BUFFER)

    def chunk(self) -> bytes:
        """Return the next bytes, none at the end."""
        count = self._reader.readinto(memoryview(self._buffer))
        found = bytes(memoryview(self._buffer)[:count])
        self._hashed.update(found)
        self._count += count
        if self._count > self._layer.size:
            raise Unverified(f"layer {self._layer.digest}: expected {self._layer.size} bytes, found more")
        return found

    def drain(self) -> None:
        """Read to the end."""
        while self.chunk():
            pass

    def check(self) -> None:
        """Return if all of it came and is right."""
        if self._count < self._layer.size:
            raise Unreachable(
                f"layer {self._layer.digest}: the source ended after {self._count} of {self._layer.size} bytes; "
                "run it again"
            )
        if self._hashed.hexdigest() != self._layer.digest.hex:
            raise Unverified(f"layer {self._layer.digest}: found bytes with sha256:{self._hashed.hexdigest()}")


class _Unpacked:
    """The tar archive inside, as a stream of a limited length; hashed as its ``diff_id`` is."""

    def __init__(self, packed: _Packed, what: str, max_bytes: int) -> None:
        self._chunks = unpack(packed.chunk, what)
        self._what = what
        self._left = max_bytes
        self._hashed = hashlib.sha256()
        self._buffer = b""
        self._at = 0

    def read(self, count: int) -> bytes:
        """Return so many bytes, fewer only at the end."""
        end = self._at + count
        if end <= len(self._buffer):
            found = self._buffer[self._at : end]
            self._at = end
            return found
        parts, missing = [self._buffer[self._at :]], end - len(self._buffer)
        while missing > 0 and self._fill():
            parts.append(self._buffer[:missing])
            self._at = min(missing, len(self._buffer))
            missing -= self._at
        return b"".join(parts)

    def skip(self, count: int) -> int:
        """Pass over so many bytes; return how many there were."""
        passed = min(count, len(self._buffer) - self._at)
        self._at += passed
        while passed < count and self._fill():
            self._at = min(count - passed, len(self._buffer))
            passed += self._at
        return passed

    def drain(self) -> None:
        """Read to the end: what follows the archive's own end mark belongs to the ``diff_id`` too."""
        while self._fill():
            pass

    @property
    def digest(self) -> Digest:
        """The digest of everything that was read."""
        return Digest(self._hashed.hexdigest())

    def _fill(self) -> bool:
        self._buffer, self._at = next(self._chunks, b""), 0
        self._left -= len(self._buffer)
        if self._left < 0:
            raise Malformed(f"{self._what}: unpacks to more bytes than a layer may have; it may be a bomb")
        self._hashed.update(self._buffer)
        return bool(self._buffer)
