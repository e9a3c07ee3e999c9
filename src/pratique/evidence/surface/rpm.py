"""Headers of rpm's database: what each says is installed.

A header in the database has no lead and no magic: two numbers, an index of 16 bytes an entry, and the data that the
entries point into; all numbers are big-endian.

Source: rpm's manual, "RPM V4 Package format", sections "Header" and "Header tags" (rpm.org/docs).
"""

import struct
from collections.abc import Iterable
from typing import Final

from pratique.errors import Malformed
from pratique.evidence.crosscheck import InstalledPackage, Manager

MAX_PACKAGES: Final = 100_000
"""The most that a database may list; no distribution has as many."""
_MAX_ENTRIES: Final = 0xFFFF
_MAX_DATA: Final = 256 * 1024 * 1024
"""rpm's own limits, as its ``hdrblobInit`` checks them."""
_NAME, _VERSION, _RELEASE, _EPOCH = 1000, 1001, 1002, 1003
_STRING, _INT32 = 6, 4
_WANTED: Final = {_NAME: _STRING, _VERSION: _STRING, _RELEASE: _STRING, _EPOCH: _INT32}
_KEY: Final = "gpg-pubkey"
"""How rpm keeps a key that it trusts; it is no package."""
_WHAT: Final = "rpm database"


def rpm_packages(headers: Iterable[bytes]) -> tuple[InstalledPackage, ...]:
    """Return what the headers of a database say is installed, sorted.

    Raises:
        Malformed: One of them is damaged, so that nobody knows what it holds.
    """
    found = map(_package, headers)
    return tuple(sorted({package for package in found if package.name != _KEY}))


def _package(header: bytes) -> InstalledPackage:
    fields = _fields(header)
    missing = [tag for tag in (_NAME, _VERSION, _RELEASE) if not fields.get(tag)]
    if missing:
        raise Malformed(
            f"{_WHAT}: expected a header with name, version and release, found none of tag {missing[0]}"
        )
    epoch = fields.get(_EPOCH, "0")
    version = f"{fields[_VERSION]}-{fields[_RELEASE]}"
    return InstalledPackage(Manager.RPM, fields[_NAME], version if epoch == "0" else f"{epoch}:{version}")


def _fields(header: bytes) -> dict[int, str]:
    """Return the wanted fields as text; of a tag that is there twice, the first."""
    if len(header) < 8:
        raise Malformed(f"{_WHAT}: expected a header, found {len(header)} bytes")
    entries, length = struct.unpack_from(">II", header)
    start = 8 + 16 * entries
    if entries > _MAX_ENTRIES or length > _MAX_DATA or start + length > len(header):
        raise Malformed(f"{_WHAT}: a header states more than it has; look at the database in the image")
    data = header[start : start + length]
    found: dict[int, str] = {}
    for at in range(8, start, 16):
        tag, kind, offset, _ = struct.unpack_from(">IIII", header, at)
        if _WANTED.get(tag) == kind and tag not in found:
            found[tag] = _string(data, offset) if kind == _STRING else _number(data, offset)
    return found


def _string(data: bytes, offset: int) -> str:
    end = data.find(b"\0", offset)
    if end < 0:
        raise Malformed(f"{_WHAT}: a text of a header is cut off; look at the database in the image")
    return data[offset:end].decode("utf-8", "backslashreplace")


def _number(data: bytes, offset: int) -> str:
    if offset + 4 > len(data):
        raise Malformed(f"{_WHAT}: a number of a header is cut off; look at the database in the image")
    return str(int.from_bytes(data[offset : offset + 4], "big"))
