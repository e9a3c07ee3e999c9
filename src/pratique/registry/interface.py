"""What the rest of Pratique may rely on of one repository, wherever it lies.

Two implementations keep these promises: a registry over HTTP, and an OCI layout directory. One contract test
runs on both. Source: OCI distribution-spec 1.1, image-spec 1.1 (image-layout.md).
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from enum import Enum
from typing import Literal, Protocol

from pratique.registry.manifest import Descriptor, Manifest
from pratique.values.digest import Digest
from pratique.values.reference import Repository

Lock = Callable[[str], AbstractContextManager[None]]
"""Hold one name exclusively, among every process that writes to the same places; the caller provides it."""


class Anything(Enum):
    """The one value :data:`ANY`."""

    ANY = "any"


ANY = Anything.ANY
"""As an expected digest: whatever the tag points to now, it may be moved."""

Expected = Digest | None | Literal[Anything.ANY]
"""Where a tag must point before it is moved; ``None``: it must not exist."""


class Reader(Protocol):
    """Bytes that arrive in order."""

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill the buffer from its start; return how many bytes came, 0 at the end."""
        ...


Opening = Callable[[], AbstractContextManager[Reader]]
"""Open the same bytes from their start, as often as asked: a transfer that failed half-way begins again."""


class Registry(Protocol):
    """One repository.

    Every method may be called from several threads. Every method may raise ``Unreachable`` (network, 5xx, disk:
    trying again may help), ``Refused`` (credentials, or the registry's rules) and ``Malformed`` (the answer breaks
    its specification). A repository nobody has written to reads as an empty one. What is written is on stable
    storage when a method of a layout returns, and acknowledged by the registry otherwise; every write may be
    repeated, also after a crash in its middle, and then ends the same.
    """

    @property
    def repository(self) -> Repository:
        """Where this is."""
        ...

    def resolve(self, tag: str) -> Digest | None:
        """Return what the tag points to now, ``None`` if there is no such tag.

        The digest is a claim until :meth:`manifest` has returned its bytes.
        """
        ...

    def tags(self) -> tuple[str, ...]:
        """Return every tag, sorted, those that carry referrers and signatures included."""
        ...

    def manifest_of(self, tag: str) -> Manifest | None:
        """Return the manifest the tag points to now, ``None`` if there is no such tag; one question to a registry.

        Its digest is that of its bytes, whatever the registry says about them.
        """
        ...

    def manifest(self, digest: Digest) -> Manifest:
        """Return the manifest with this digest: exact bytes, hashed and strictly read.

        Raises:
            Absent: It is not here.
            Unverified: The bytes have another digest.
        """
        ...

    def has_manifest(self, digest: Digest) -> bool:
        """Tell whether a manifest with this digest is here; says nothing about what it points to."""
        ...

    def put_manifest(self, manifest: Manifest) -> None:
        """Store exactly these bytes under their digest, also where something stands there already; no tag moves.

        What the manifest points to must be here, its subject excepted.

        Raises:
            Absent: The registry says that something it points to is not here.
        """
        ...

    def put_tagged(self, manifest: Manifest, tag: str) -> None:
        """Store a manifest as :meth:`put_manifest` does, and point a tag at it, wherever that pointed.

        For tags whose name says which manifest they are for, so that nobody else's is lost.

        Raises:
            Refused, Conflict: The registry takes no such tag.
        """
        ...

    def keeps_untagged(self) -> bool:
        """Tell whether a manifest outlives the registry's own clean-up though only others lead to it, and no tag."""
        ...

    def blob_size(self, digest: Digest) -> int | None:
        """Return a blob's size in bytes, ``None`` if it is not here."""
        ...

    def open_unverified(self, blob: Descriptor) -> AbstractContextManager[Reader]:
        """Open a blob of the stated size; its digest is *not* checked: :func:`pratique.registry.blob.pump` does.

        Raises:
            Absent: It is not here.
            Unverified: It has another size.
        """
        ...

    def put_blob(self, blob: Descriptor, opening: Opening) -> None:
        """Store a blob; when this returns, the bytes are there with the size and digest stated.

        Wrong bytes are never visible under the digest, not even while they arrive.

        Raises:
            Unverified: The bytes have another digest or size.
        """
        ...

    def mount_blob(self, blob: Descriptor, source: Repository, /) -> bool:
        """Try to make a blob of another repository appear here without moving bytes; tell whether it did.

        ``False`` is no failure: put the blob instead.
        """
        ...

    def referrers(self, subject: Digest) -> tuple[Descriptor, ...]:
        """Return what claims to be about this manifest: the referrers API and the fallback tag, both, by digest.

        Descriptors here are hearsay: fetch the manifest to learn its type and whose referrer it is. A registry
        that fails is ``Unreachable``, never an empty answer.
        """
        ...

    def put_referrer(self, manifest: Manifest, lock: Lock) -> None:
        """Store a manifest that has a subject, and see it listed among that subject's referrers.

        Args:
            manifest: The referrer; its blobs must be here.
            lock: Held while the fallback index is read, merged and written.

        Raises:
            Conflict: The fallback tag holds something else, or others keep overwriting it.
        """
        ...

    def put_tag(self, tag: str, digest: Digest, expected: Expected) -> None:
        """Point a tag at a manifest that is here, if it points where expected now.

        A tag that already points to the digest is left alone, whatever was expected. In a layout the comparison
        and the move are one step. The registry protocol has no such step: there, another writer can slip between,
        and what is promised is that the tag pointed where expected just before and to the digest just after.

        Raises:
            Absent: The manifest is not here.
            Conflict: The tag points elsewhere.
        """
        ...

    def delete_tag(self, tag: str) -> None:
        """Make a tag disappear and leave what it points to; one that is not there is left at that.

        Raises:
            Refused: This registry cannot, or must not; the message names the setting.
        """
        ...

    def delete_manifest(self, digest: Digest) -> None:
        """Make one manifest disappear; one that is not there is left at that.

        A tag on it goes with it or, at some registries, stays and leads to nothing. What it points to stays. What
        points to *it* then points to nothing: ask only for what nothing needs.

        Raises:
            Refused: This registry cannot, or must not; the message names the setting.
        """
        ...
