"""What one layer holds and deletes, noted while its members pass by once.

Only what is noted here is kept for later (a layer's facts are the same whatever image it is part of); the files
themselves are gone. Counting is left to :mod:`pratique.evidence.surface.measure`, over all layers together.

Source: OCI image-spec 1.1, layer.md.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from pratique.errors import Malformed
from pratique.evidence.crosscheck import InstalledPackage
from pratique.evidence.surface import packages
from pratique.evidence.surface.member import OPAQUE, RESERVED, WHITEOUT, Member, MemberKind
from pratique.evidence.surface.secrets import MAX_BYTES, find_secrets
from pratique.values.digest import Digest

CAPABILITIES: Final = "security.capability"
_ELF: Final = b"\x7fELF"
ACCOUNTS: Final = "etc/passwd"
_MAX_ACCOUNTS: Final = 1024 * 1024
_NUMBER: Final = re.compile(r"[+-]?[0-9]*[1-9][0-9]*")
"""A number that is not 0."""


class Trait(IntEnum):
    """What may be known about one path; several are added up, each is one bit."""

    FILE = 1
    FOLDER = 2
    SYMLINK = 4
    OTHER = 8
    """A device or a pipe."""
    EXECUTABLE = 16
    ELF = 32
    SETUID = 64
    SETGID = 128
    WORLD_WRITABLE = 256
    CAPABLE = 512
    """It has file capabilities."""
    UNSEARCHED = 1024
    """It is too large to be searched for secrets."""


KIND: Final = Trait.FILE | Trait.FOLDER | Trait.SYMLINK | Trait.OTHER


@dataclass(frozen=True, slots=True)
class LayerFacts:
    """Everything that is kept about one layer.

    Attributes:
        layer: Its digest as it lies in a repository.
        diff_id: Its digest unpacked.
        file_bytes: The sizes of its files together, each hard-linked one once.
        traits: Of each path that it has.
        whiteouts: Paths that it deletes from the layers below, with all that is in them.
        opaque: Folders from which it deletes all that the layers below have in them.
        links: Where each symlink points, as written.
        hard_links: Paths whose hard link names a file of a layer below, and that file.
        secrets: Path → kinds of credentials in it, sorted.
        packages: Record → what it says is installed.
        unread: Records and databases of packages that could not be read.
        superusers: Names with uid 0 in its ``etc/passwd``; ``None`` where it has none, or it could not be read.
    """

    layer: Digest
    diff_id: Digest
    file_bytes: int = 0
    traits: Mapping[str, int] = field(default_factory=dict)
    whiteouts: frozenset[str] = frozenset()
    opaque: frozenset[str] = frozenset()
    links: Mapping[str, str] = field(default_factory=dict)
    hard_links: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    packages: Mapping[str, tuple[InstalledPackage, ...]] = field(default_factory=dict)
    unread: frozenset[str] = frozenset()
    superusers: frozenset[str] | None = None


def wanted_bytes(member: Member) -> int:
    """Return how many of a member's first bytes are to be noted; most files are small and wanted whole."""
    if member.kind is not MemberKind.FILE:
        return 0
    if member.size <= MAX_BYTES:
        return member.size
    return min(member.size, packages.MAX_BYTES) if packages.record_of(member.path) else len(_ELF)


class Notes:
    """Takes down one layer; members may come in any order."""

    def __init__(self) -> None:
        self._traits: dict[str, int] = {}
        self._hard_links: dict[str, str] = {}
        self._links: dict[str, str] = {}
        self._whiteouts: set[str] = set()
        self._opaque: set[str] = set()
        self._secrets: dict[str, set[str]] = {}
        self._packages: dict[str, tuple[InstalledPackage, ...]] = {}
        self._unread: set[str] = set()
        self._superusers: frozenset[str] | None = None
        self._bytes = 0

    def take(self, member: Member, content: bytes) -> None:
        """Note one member, with as many of its first bytes as :func:`wanted_bytes` says."""
        if WHITEOUT in member.path and self._whiteout(member):
            return
        match member.kind:
            case MemberKind.HARD_LINK:
                self._hard_links[member.path] = member.target
                self._superusers = None if member.path == ACCOUNTS else self._superusers
                return
            case MemberKind.FILE:
                self._bytes += member.size
                self._file(member, content)
            case MemberKind.SYMLINK:
                self._links[member.path] = member.target
        # What an archive has twice under one name may be either to somebody, so it counts as both.
        before = self._traits.get(member.path, 0)
        self._traits[member.path] = _traits(member, content) | (before & ~KIND)

    def _whiteout(self, member: Member) -> bool:
        if member.name == OPAQUE:
            self._opaque.add(member.folder)
        elif member.name.startswith(RESERVED):
            pass
        elif member.name.startswith(WHITEOUT):
            self._whiteouts.add("/".join(filter(None, (member.folder, member.name.removeprefix(WHITEOUT)))))
        else:
            return WHITEOUT in member.folder and any(
                part.startswith(RESERVED) for part in member.folder.split("/")
            )
        return True

    def _file(self, member: Member, content: bytes) -> None:
        if member.size <= MAX_BYTES and (found := find_secrets(content)):
            self._secrets.setdefault(member.path, set()).update(found)
        if member.path == ACCOUNTS:
            self._superusers = _superusers(content) if len(content) == member.size <= _MAX_ACCOUNTS else None
        if packages.unread_database(member.path):
            if member.size or not member.path.endswith("-wal"):  # an empty log says that all was written back
                self._unread.add(member.path)
        elif manager := packages.record_of(member.path):
            try:
                _refuse_cut(member, content)
                self._packages[member.path] = packages.installed(manager, content)
            except Malformed:
                self._unread.add(member.path)

    def list_rpm(self, path: str, found: tuple[InstalledPackage, ...]) -> None:
        """Note what the database of rpm at a path says, which was taken before and could be opened."""
        self._unread.discard(path)
        self._packages[path] = found

    def facts(self, layer: Digest, diff_id: Digest) -> LayerFacts:
        """Return what was noted, about the layer with these digests, packed and unpacked."""
        elsewhere = {path: target for path, target in self._hard_links.items() if not self._resolve(path)}
        return LayerFacts(
            layer=layer,
            diff_id=diff_id,
            file_bytes=self._bytes,
            traits=self._traits,
            whiteouts=frozenset(self._whiteouts),
            opaque=frozenset(self._opaque),
            links=self._links,
            hard_links=elsewhere,
            secrets={path: tuple(sorted(kinds)) for path, kinds in self._secrets.items()},
            packages=self._packages,
            unread=frozenset(self._unread),
            superusers=self._superusers,
        )

    def _resolve(self, path: str) -> bool:
        """Give a hard link the traits of its file, if that is in this layer."""
        target, seen = self._hard_links[path], {path}
        while target in self._hard_links and target not in self._traits and target not in seen:
            seen.add(target)
            target = self._hard_links[target]
        self._traits[path] = self._traits.get(path, 0) | self._traits.get(target, Trait.FILE)
        if target in self._secrets:
            self._secrets[path] = self._secrets[target]
        if packages.is_record(path):
            self._adopt(path, target)
        return target in self._traits

    def _adopt(self, path: str, target: str) -> None:
        """Give a record of packages that is a hard link what its file says, if that was read as one."""
        if target in self._packages:
            self._packages[path] = self._packages[target]
        elif target in self._traits:
            self._unread.add(path)


def _traits(member: Member, content: bytes) -> int:
    match member.kind:
        case MemberKind.FOLDER:
            open_to_all = member.mode & 0o1002 == 0o0002
            return Trait.FOLDER | (Trait.WORLD_WRITABLE if open_to_all else 0)
        case MemberKind.SYMLINK:
            return Trait.SYMLINK
        case MemberKind.DEVICE | MemberKind.FIFO:
            return Trait.OTHER
        case MemberKind.FILE | MemberKind.HARD_LINK:
            return (
                Trait.FILE
                | (Trait.EXECUTABLE if member.mode & 0o111 else 0)
                | (Trait.ELF if content.startswith(_ELF) else 0)
                | (Trait.SETUID if member.mode & 0o4000 else 0)
                | (Trait.SETGID if member.mode & 0o2000 else 0)
                | (Trait.WORLD_WRITABLE if member.mode & 0o002 else 0)
                | (Trait.CAPABLE if any(name == CAPABILITIES for name, _ in member.xattrs) else 0)
                | (Trait.UNSEARCHED if member.size > MAX_BYTES else 0)
            )


def _refuse_cut(member: Member, content: bytes) -> None:
    if len(content) < member.size:
        raise Malformed(f"{member.path}: expected at most {packages.MAX_BYTES} bytes, found {member.size}")


def _superusers(content: bytes) -> frozenset[str]:
    """Return the names that runtimes take for number 0, which is also what they make of a number that is none.

    Source: moby/sys, user/user.go, ``parseLine`` ("conversion errors ignored").
    """
    lines = content.decode("utf-8", "backslashreplace").split("\n")
    fields = (line.strip().split(":") for line in lines)
    return frozenset(each[0] for each in fields if not _NUMBER.fullmatch("".join(each[2:3])))
