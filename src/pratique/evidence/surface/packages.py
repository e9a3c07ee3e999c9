"""What package managers wrote into a layer about what they installed.

Source: dpkg(1), "Package status information" (``status``, and ``status.d`` of images that were put together without
dpkg); apk's ``installed`` database; PEP 376 and PEP 566 for Python; npm's ``package.json``. What rpm wrote is read by
:mod:`pratique.evidence.surface.rpm`.
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from pratique.errors import Malformed
from pratique.evidence.crosscheck import InstalledPackage, Manager
from pratique.values.canonical import parse_json

MAX_BYTES: Final = 32 * 1024 * 1024
"""A larger record is not read, and named as such; Debian's whole archive has 100 MB."""
_MAX_RECORD: Final = 4 * 1024 * 1024

_DPKG: Final = "var/lib/dpkg/status"
_DPKG_PARTS: Final = "var/lib/dpkg/status.d/"
_APK: Final = ("lib/apk/db/installed", "usr/lib/apk/db/installed")
_METADATA: Final = re.compile(r"\.dist-info/METADATA$|\.egg-info(?:/PKG-INFO)?$")
_NODE: Final = re.compile(r"(?:^|/)node_modules/(?:@[^/]+/)?[^/@.][^/]*/package\.json$")


class RpmForm(StrEnum):
    """A form in which rpm keeps its database; its value is the file's name."""

    BERKELEY = "Packages"
    NDB = "Packages.db"
    SQLITE = "rpmdb.sqlite"


_RPM_FOLDERS: Final = ("var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/rpm")
_RPM_LOG: Final = "rpmdb.sqlite-wal"
_RPM_NAMES: Final = (*RpmForm, _RPM_LOG)


def record_of(path: str) -> Manager | None:
    """Return whose record of something installed a file is by its path, if it is one."""
    if path == _DPKG or (path.startswith(_DPKG_PARTS) and not path.endswith(".md5sums")):
        return Manager.DPKG
    if path in _APK:
        return Manager.APK
    if path.endswith("/package.json") and _NODE.search(path):
        return Manager.NPM
    if path.endswith(("/METADATA", "/PKG-INFO", ".egg-info")) and _METADATA.search(path):
        return Manager.PYTHON
    return None


def places() -> tuple[str, ...]:
    """Return the paths that a package manager opens, wherever a link may lead it."""
    rpm = (f"{folder}/{name}" for folder in _RPM_FOLDERS for name in _RPM_NAMES)
    return (_DPKG, *_APK, *rpm)


def is_record(path: str) -> bool:
    """Tell whether a file is named like a record of something installed, rpm's database included."""
    return record_of(path) is not None or unread_database(path)


def unread_database(path: str) -> bool:
    """Tell whether a file belongs to rpm's database, of which a record is only what somebody opened as one."""
    folder, _, name = path.rpartition("/")
    return name in _RPM_NAMES and folder in _RPM_FOLDERS


def rpm_form(path: str) -> RpmForm | None:
    """Return in which form a file is rpm's database by its path, if it is one."""
    name = path.rpartition("/")[2]
    return RpmForm(name) if unread_database(path) and name != _RPM_LOG else None


def installed(manager: Manager, content: bytes) -> tuple[InstalledPackage, ...]:
    """Return what a record says is installed, sorted.

    Raises:
        Malformed: It cannot be read, so that nobody knows what it holds.
    """
    match manager:
        case Manager.DPKG:
            found = _dpkg(content)
        case Manager.APK:
            found = _apk(content)
        case Manager.PYTHON:
            found = _python(content)
        case Manager.NPM:
            found = _npm(content)
        case Manager.RPM:
            raise Malformed("rpm database: expected to be opened as one, and not to be read as a record")
    return tuple(sorted(set(found)))


def _dpkg(content: bytes) -> Iterator[InstalledPackage]:
    for paragraph in _paragraphs(content):
        fields = _fields(paragraph, ": ")
        status = fields.get("Status", "install ok installed")  # status.d has none
        if fields.get("Package") and fields.get("Version") and status.split()[-1:] == ["installed"]:
            yield InstalledPackage(Manager.DPKG, fields["Package"], fields["Version"])


def _apk(content: bytes) -> Iterator[InstalledPackage]:
    for paragraph in _paragraphs(content):
        fields = _fields(paragraph, ":")
        if fields.get("P") and fields.get("V"):
            yield InstalledPackage(Manager.APK, fields["P"], fields["V"])


def _python(content: bytes) -> Iterator[InstalledPackage]:
    fields = _fields(next(_paragraphs(content), ""), ": ")
    if not fields.get("Name") or not fields.get("Version"):
        raise Malformed("Python metadata: expected Name and Version; look at the file in the image")
    yield InstalledPackage(Manager.PYTHON, fields["Name"], fields["Version"])


def _npm(content: bytes) -> Iterator[InstalledPackage]:
    document = parse_json(content.removeprefix(b"\xef\xbb\xbf"), "package.json", max_bytes=_MAX_RECORD)
    if not isinstance(document, dict):
        raise Malformed(f"package.json: expected an object, found {type(document).__name__}")
    name, version = document.get("name"), document.get("version")
    if isinstance(name, str) and isinstance(version, str) and name and version:
        yield InstalledPackage(Manager.NPM, name, version)  # one without is a marker such as {"type": "module"}


def _paragraphs(content: bytes) -> Iterator[str]:
    text = content.decode("utf-8", "backslashreplace").replace("\r\n", "\n")
    return (paragraph for paragraph in text.split("\n\n") if paragraph.strip())


def _fields(paragraph: str, colon: str) -> dict[str, str]:
    """Return each field's first line; lines that begin with a space go on with the field before."""
    split = (line.partition(colon.strip()) for line in paragraph.split("\n") if line and line[0] not in " \t")
    found: dict[str, str] = {}
    for name, _, value in split:
        found.setdefault(name, value.strip())
    return found
