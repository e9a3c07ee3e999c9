"""Tar archives, member by member from a stream, as strictly as the runtimes that unpack layers.

Only what a header states and the bytes that are asked for are ever held. A name, a header or a number beyond the
limits is refused: the archive comes from whoever built the image.

Source: POSIX.1-1988 ustar, POSIX.1-2001 pax, and the GNU forms for long names, large numbers and sparse files.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from pratique.errors import Malformed
from pratique.evidence.surface.member import Member, MemberKind, normal_path
from pratique.registry.tar_extended import COMMON, OWN, Extended
from pratique.values.digest import Digest

BLOCK: Final = 512
_END: Final = bytes(BLOCK)
_CHUNK: Final = 256 * 1024
_KINDS: Final = {
    b"0": MemberKind.FILE,
    b"\0": MemberKind.FILE,
    b"7": MemberKind.FILE,  # "contiguous", which nothing treats otherwise
    b"S": MemberKind.FILE,  # GNU sparse
    b"1": MemberKind.HARD_LINK,
    b"2": MemberKind.SYMLINK,
    b"3": MemberKind.DEVICE,
    b"4": MemberKind.DEVICE,
    b"5": MemberKind.FOLDER,
    b"6": MemberKind.FIFO,
}
_XATTR: Final = "SCHILY.xattr."


@dataclass(frozen=True, slots=True)
class TarLimits:
    """What one archive may hold."""

    members: int = 500_000
    path_bytes: int = 4096  # PATH_MAX of Linux
    header_bytes: int = 1024 * 1024  # of one extended header, or one long name
    member_bytes: int = 16 * 1024**3


LIMITS: Final = TarLimits()


class Stream(Protocol):
    """Bytes in order."""

    def read(self, count: int) -> bytes:
        """Return so many bytes, fewer only at the end."""
        ...

    def skip(self, count: int) -> int:
        """Pass over so many bytes; return how many there were."""
        ...


class Content:
    """The bytes of the member that was yielded last; gone once the next one is asked for."""

    def __init__(self, stream: Stream, size: int, what: str) -> None:
        self._stream = stream
        self._left = size
        self._what = what

    def take(self, count: int) -> bytes:
        """Return the next bytes, at most so many; ``Malformed`` where the archive ends before."""
        wanted = min(count, self._left)
        found = self._stream.read(wanted) if wanted else b""
        if len(found) != wanted:
            raise Malformed(f"{self._what}: the archive ends inside a member; build or push it again")
        self._left -= wanted
        return found

    def digest(self) -> Digest:
        """Return the SHA-256 of everything that was not taken yet."""
        hashed = hashlib.sha256()
        while chunk := self.take(_CHUNK):
            hashed.update(chunk)
        return Digest(hashed.hexdigest())

    def pass_over(self) -> None:
        """Leave the rest."""
        if self._left and self._stream.skip(self._left) != self._left:
            raise Malformed(f"{self._what}: the archive ends inside a member; build or push it again")
        self._left = 0


def members(stream: Stream, what: str, limits: TarLimits = LIMITS) -> Iterator[tuple[Member, Content]]:
    """Yield each member with its content, which may be left unread.

    Args:
        stream: The archive, unpacked.
        what: Its name in messages.
        limits: What it may hold.

    Raises:
        Malformed: It is no tar archive, is cut off, leads out of the image, or holds more than it may.
    """
    common: dict[str, bytes] = {}
    extended = Extended()
    count = 0
    while (block := _header(stream, what)) is not None:
        count += 1
        if count > limits.members:
            raise Malformed(f"{what}: expected at most {limits.members} members, found more")
        kind, size = block[156:157], _number(block[124:136], what)
        if kind == COMMON:
            common.update(extended.common(_small(stream, size, what, limits), what))
            continue
        if kind in OWN:
            extended.take(kind, _small(stream, size, what, limits), what)
            continue
        member = _member(block, {**common, **extended.records}, extended, what, limits)
        extended = Extended()
        if kind == b"S":
            _skip_map(stream, block, what)
        content = Content(stream, member.size, what)
        yield member, content
        content.pass_over()
        stream.skip(-member.size % BLOCK)


def _header(stream: Stream, what: str) -> bytes | None:
    block = stream.read(BLOCK)
    if not block:
        return None
    if len(block) != BLOCK:
        raise Malformed(f"{what}: the archive ends inside a header; build or push it again")
    if block == _END:
        if stream.read(BLOCK) not in (b"", _END):
            raise Malformed(f"{what}: something follows half an end mark; refused as ambiguous")
        return None
    stated = _number(block[148:156], what)
    # "the simple sum of all bytes in the header block", the checksum itself as spaces; old writers summed signed
    unsigned = sum(block) - sum(block[148:156]) + 8 * 32
    if stated != unsigned and stated != unsigned - 256 * sum(byte > 127 for byte in block[:148] + block[156:]):
        raise Malformed(f"{what}: a header's checksum is wrong; it is no tar archive, or it is damaged")
    return block


def _number(text: bytes, what: str) -> int:
    """Read octal digits, or the GNU form for larger numbers."""
    if text[0] & 0x80:
        value = int.from_bytes(text, "big") & ((1 << (8 * len(text) - 1)) - 1)
        if text[0] & 0x40:
            raise Malformed(f"{what}: expected a number of 0 or more in a header")
        return value
    digits = text.strip(b" \0")
    if digits.strip(b"01234567"):
        raise Malformed(f"{what}: expected octal digits in a header, found {digits!r}")
    return int(digits, 8) if digits else 0


def _small(stream: Stream, size: int, what: str, limits: TarLimits) -> bytes:
    if size > limits.header_bytes:
        raise Malformed(
            f"{what}: expected an extended header of at most {limits.header_bytes} bytes, found {size}"
        )
    found = stream.read(size)
    if len(found) != size:
        raise Malformed(f"{what}: the archive ends inside an extended header; build or push it again")
    stream.skip(-size % BLOCK)
    return found


def _member(block: bytes, records: dict[str, bytes], extended: Extended, what: str, limits: TarLimits) -> Member:
    path = extended.path(what) or _short_path(block, what)
    target = extended.target(what) or block[157:257].split(b"\0", 1)[0]
    kind = _KINDS.get(block[156:157])
    if kind is None:
        raise Malformed(f"{what}: a member is of the unknown type {block[156:157]!r}; refused as ambiguous")
    for name in (path, target):
        if len(name) > limits.path_bytes:
            raise Malformed(f"{what}: expected paths of at most {limits.path_bytes} bytes, found {len(name)}")
    text = _text(path)
    size = _stated(records, "size", block[124:136], what)
    if kind is MemberKind.FILE and text.endswith("/") and block[156:157] in (b"\0", b"0"):
        if size:  # to Go it is a file where its type is "0", and to others a folder that has no content
            raise Malformed(f"{what}: {text[:200]!r} is a folder with content; refused as ambiguous")
        kind = MemberKind.FOLDER  # as V7 tar wrote them, and Go still reads them
    if size > limits.member_bytes:
        raise Malformed(f"{what}: expected members of at most {limits.member_bytes} bytes, found {size}")
    aim = _text(target)
    return Member(
        path=normal_path(text, what),
        kind=kind,
        mode=_number(block[100:108], what) & 0o7777,
        uid=_stated(records, "uid", block[108:116], what),
        gid=_stated(records, "gid", block[116:124], what),
        size=size if kind is MemberKind.FILE else 0,
        mtime=_seconds(records.get("mtime"), block[136:148], what),
        target=normal_path(aim, what) if kind is MemberKind.HARD_LINK else aim,
        xattrs=tuple(
            sorted((key[len(_XATTR) :], value) for key, value in records.items() if key.startswith(_XATTR))
        ),
    )


def _short_path(block: bytes, what: str) -> bytes:
    name = block[:100].split(b"\0", 1)[0]
    prefix = _prefix(block, what)
    return prefix + b"/" + name if prefix else name


def _prefix(block: bytes, what: str) -> bytes:
    """Return what stands before the name; where star and GNU tar keep times, it is shorter or nothing."""
    if block[257:263] == b"ustar\0":
        end = 476 if block[508:512] == b"tar\0" else 500
        return block[345:end].split(b"\0", 1)[0]
    for at in (345, 357) if block[257:265] == b"ustar  \0" else ():
        if block[at]:  # Go takes for a prefix what is no time here
            _number(block[at : at + 12], what)
    return b""


def _text(name: bytes) -> str:
    # A name that is no UTF-8 is shown with its bytes as \\xNN; whatever it is, it is never left out.
    return name.decode("utf-8", "backslashreplace")


def _stated(records: dict[str, bytes], key: str, short: bytes, what: str) -> int:
    written = records.get(key)
    if written is None:
        return _number(short, what)
    if not written.isdigit() or len(written) > 20:
        raise Malformed(f"{what}: {key}: expected a number in an extended header, found {written[:40]!r}")
    return int(written)


def _seconds(written: bytes | None, short: bytes, what: str) -> int:
    if written is None:
        return int.from_bytes(short, "big", signed=True) if short[0] & 0x80 else _number(short, what)
    whole = written.partition(b".")[0]
    if not whole.removeprefix(b"-").isdigit() or len(whole) > 20:
        raise Malformed(f"{what}: mtime: expected seconds in an extended header, found {written[:40]!r}")
    return int(whole)


def _skip_map(stream: Stream, block: bytes, what: str) -> None:
    """Pass over the blocks that go on with a sparse file's map, which the old GNU form puts behind the header."""
    more = block[482]
    while more:
        following = stream.read(BLOCK)
        if len(following) != BLOCK:
            raise Malformed(f"{what}: the archive ends inside a sparse file's map; build or push it again")
        more = following[504]
