"""Where a ledger is published: a directory or a bucket, seen as files below one root.

Files that never change are *kept*: written where there is none, and compared where there is one. The few that do
change are *replaced*, by whoever knows what stood there. So two who publish side by side end in one history, or one
of them is told.
"""

from collections.abc import Iterable, Iterator
from typing import Protocol

from pratique.errors import Unreachable

MAX_FILE_BYTES = 256 * 1024 * 1024
"""Of a file that is read as a whole; an entry bundle has 17 MB at most, and evidence is streamed."""
MAX_STREAM_BYTES = 4 * 1024 * 1024 * 1024
"""Of a file that is streamed; the largest piece of evidence that is taken in has 64 MiB."""


class Target(Protocol):
    """Files below one root; ``str()`` names the root as an operator wrote it.

    Paths are relative, with forward slashes. What ``read`` and ``list`` show is whole: a file is there with all its
    bytes, or not at all. Every method raises ``Unreachable`` where the disk or the other side fails, and ``Refused``
    where the other side lets nobody in with these credentials.
    """

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes, ``None`` where there is none; more than ``MAX_FILE_BYTES`` are ``Unreachable``."""
        ...

    def stream(self, path: str) -> Iterator[bytes]:
        """Yield a file's bytes in pieces, none where there is none; at most ``MAX_STREAM_BYTES``, as for ``read``."""
        ...

    def keep(self, path: str, content: bytes) -> int:
        """Make the file hold these bytes; return 1 if it was written, 0 if they were there.

        When this returns, the bytes are durable.

        Raises:
            Conflict: It holds others; they are left as they are.
        """
        ...

    def replace(self, path: str, content: bytes, before: bytes | None) -> None:
        """Make the file hold these bytes instead of ``before``, ``None`` where there was none.

        When this returns, the bytes are durable.

        Raises:
            Conflict: It holds neither: somebody else wrote meanwhile; it is left as it is.
        """
        ...

    def remove(self, path: str) -> None:
        """Remove a file; one that is not there is removed already."""
        ...

    def list(self, folder: str) -> Iterator[str]:
        """Yield the path of every file below a folder, in order; none where there is no folder."""
        ...


def bounded(chunks: Iterable[bytes], where: str, max_bytes: int) -> Iterator[bytes]:
    """Yield the pieces of one file, and raise ``Unreachable`` once there are more bytes than that.

    Whoever can write where a ledger is published may put a file there that never ends.
    """
    count = 0
    for chunk in chunks:
        count += len(chunk)
        if count > max_bytes:
            raise Unreachable(
                f"export: {where}: expected at most {max_bytes} bytes, found more; look who put it there"
            )
        yield chunk
