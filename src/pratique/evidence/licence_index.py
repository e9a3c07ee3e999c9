"""The SPDX licence list, and the names that people use instead of its identifiers.

Source: the licence index shipped with license-expression (SPDX identifiers, their deprecated spellings and a
category each). It is loaded when the first text is looked up, and never again.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from pratique.values.digest import Digest

UNKNOWN = "unknown"
"""The category of what nobody knows."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A licence or an exception of the index."""

    key: str
    category: str
    is_exception: bool


# SPDX 2.3 annex D.5 replaced these by a licence WITH an exception.
COMPOUNDS = {
    "gpl-2.0-with-autoconf-exception": ("GPL-2.0-only", "Autoconf-exception-2.0"),
    "gpl-2.0-with-bison-exception": ("GPL-2.0-only", "Bison-exception-2.2"),
    "gpl-2.0-with-classpath-exception": ("GPL-2.0-only", "Classpath-exception-2.0"),
    "gpl-2.0-with-font-exception": ("GPL-2.0-only", "Font-exception-2.0"),
    "gpl-2.0-with-gcc-exception": ("GPL-2.0-only", "GCC-exception-2.0"),
    "gpl-3.0-with-autoconf-exception": ("GPL-3.0-only", "Autoconf-exception-3.0"),
    "gpl-3.0-with-gcc-exception": ("GPL-3.0-only", "GCC-exception-3.1"),
}
# Names without the words "the", "license", "software" and "version", as written in package metadata.
_NAMES = {
    "apache 2": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache2": "Apache-2.0",
    "asf 2.0": "Apache-2.0",
    "asl 2.0": "Apache-2.0",
    "asl 2": "Apache-2.0",
    "alv2": "Apache-2.0",
    "bsd 2-clause": "BSD-2-Clause",
    "bsd 3-clause": "BSD-3-Clause",
    "3-clause bsd": "BSD-3-Clause",
    "bsd 3-clause new": "BSD-3-Clause",
    "new bsd": "BSD-3-Clause",
    "simplified bsd": "BSD-2-Clause",
    "cc0": "CC0-1.0",
    "common development and distribution 1.0": "CDDL-1.0",
    "eclipse public 1.0": "EPL-1.0",
    "eclipse public 2.0": "EPL-2.0",
    "epl 1.0": "EPL-1.0",
    "epl 2.0": "EPL-2.0",
    "expat": "MIT",
    "isc": "ISC",
    "mit": "MIT",
    "mozilla public 2.0": "MPL-2.0",
    "mozilla public 2.0 (mpl 2.0)": "MPL-2.0",
    "mpl 1.1": "MPL-1.1",
    "mpl 2.0": "MPL-2.0",
    "python foundation": "PSF-2.0",
    "psf": "PSF-2.0",
    "unlicense": "Unlicense",
}
_FILLERS = re.compile(r"\b(?:the|licen[sc]es?|software|version)\b|,")
_NUMBER = re.compile(r"\bv\.? ?(?=\d)")
# AGPLv3, GPL-2+, LGPLv2.1+, "GPL v2": how Debian, RPM and people write the GNU licences.
_GNU = re.compile(r"(a|l)?gpl[- ]?v?(\d)(?:\.(\d))?(?:\.0)?(\+| or later)?")


def category_word(category: str) -> str:
    """Return a category as policies write it, ``copyleft-limited``."""
    return category.lower().replace(" ", "-")


@lru_cache(maxsize=1)
def categories() -> frozenset[str]:
    """Return every category of the index, as policies write them."""
    return frozenset(category_word(entry.category) for entry in _index().values()) - {UNKNOWN}


@lru_cache(maxsize=1)
def index_version() -> str:
    """Return a name for exactly what this index says, twelve hexadecimal digits of its digest.

    Two installations with another index may judge one licence differently; a judgement names the one it used.
    """
    lines = (f"{name} {entry.key} {entry.category} {entry.is_exception}" for name, entry in _index().items())
    return Digest.of("\n".join(sorted(lines)).encode()).hex[:12]


def look_up(identifier: str) -> Entry | None:
    """Return the licence or exception with this SPDX identifier, current or deprecated, in any letter case."""
    return _index().get(identifier.lower())


def look_up_name(text: str) -> Entry | None:
    """Return the licence that people mean by a name such as ``Apache License, Version 2.0`` or ``GPLv2+``."""
    name = " ".join(_NUMBER.sub("", _FILLERS.sub(" ", text.lower())).split())
    if name in _NAMES:
        return look_up(_NAMES[name])
    gnu = _GNU.fullmatch(name)
    if not gnu:
        return None
    kind, major, minor, later = gnu.groups("")
    return look_up(f"{kind}gpl-{major}.{minor or 0}-{'or-later' if later else 'only'}")


@lru_cache(maxsize=1)
def _index() -> dict[str, Entry]:
    from license_expression import get_license_index

    found: dict[str, Entry] = {}
    aliases: dict[str, Entry] = {}
    for said in get_license_index():
        key = said.get("spdx_license_key")
        if not key:
            continue
        entry = Entry(key, said.get("category") or UNKNOWN, bool(said.get("is_exception")))
        found[key.lower()] = entry
        for alias in said.get("other_spdx_license_keys") or ():
            aliases.setdefault(alias.lower(), entry)
    return aliases | found
