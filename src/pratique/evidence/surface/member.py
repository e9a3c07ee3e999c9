"""One member of a layer, as its tar header states it.

Source: OCI image-spec 1.1, layer.md; POSIX.1-2001 pax, section "pax Interchange Format".
"""

from enum import StrEnum

from pratique.errors import Malformed
from pratique.values.dataclass import dataclass

WHITEOUT = ".wh."
"""How the name of a member begins that deletes its namesake in the layers below (layer.md, "Whiteouts")."""
OPAQUE = ".wh..wh..opq"
"""The name of a member that deletes everything that the layers below have in its folder."""
RESERVED = ".wh..wh."
"""How other names of the storage driver begin, which delete nothing (``.wh..wh.plnk``, ``.wh..wh.aufs``)."""


class MemberKind(StrEnum):
    """What a member makes when the layer is unpacked."""

    FILE = "file"
    FOLDER = "folder"
    SYMLINK = "symlink"
    HARD_LINK = "hard link"
    DEVICE = "device"
    FIFO = "fifo"


@dataclass(frozen=True, slots=True)
class Member:
    """What a header says.

    Attributes:
        path: From the root of the image, without a slash in front; empty for the root itself.
        kind: What it makes.
        mode: Permissions, with setuid 0o4000, setgid 0o2000 and sticky 0o1000.
        uid: The owner's number.
        gid: The group's number.
        size: Of its content in bytes.
        mtime: Seconds since 1970.
        target: What a link names: as written for a symlink, from the root for a hard link.
        xattrs: Extended attributes (``SCHILY.xattr.*`` of pax), sorted.
    """

    path: str
    kind: MemberKind
    mode: int
    uid: int = 0
    gid: int = 0
    size: int = 0
    mtime: int = 0
    target: str = ""
    xattrs: tuple[tuple[str, bytes], ...] = ()

    @property
    def folder(self) -> str:
        """The path of the folder that it is in."""
        return self.path.rpartition("/")[0]

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rpartition("/")[2]


def normal_path(written: str, what: str) -> str:
    """Return a member's path from the root of the image.

    Raises:
        Malformed: It leads out of the image (``..``), or holds a zero byte.
    """
    if not written.startswith((".", "/")) and "//" not in written and "/." not in written:
        path = written.removesuffix("/")  # nearly every path there is
    else:
        path = "/".join(part for part in written.split("/") if part not in ("", "."))
    if "\0" in path or path == ".." or path.startswith("../") or path.endswith("/..") or "/../" in path:
        raise Malformed(f"{what}: expected a path inside the image, found {written[:200]!r}; do not unpack it")
    return path
