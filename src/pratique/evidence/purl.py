"""Package URLs, split and made canonical, fast enough for every package of every report.

Source: ECMA-427 (package-url). Agrees with packageurl-python on what both accept; unlike it, lets a version be
absent after ``@`` and never raises, because reports hold broken ones.
"""

import re
from functools import lru_cache
from typing import NamedTuple

_TYPE = re.compile(r"[a-z][a-z0-9.+-]*")
_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:")
_LOWER_NAME = frozenset(
    {
        *("alpm", "apk", "bitbucket", "bitnami", "composer", "deb", "github", "gitlab"),
        *("golang", "hex", "luarocks", "npm", "oci", "pub", "pypi"),
    }
)
_LOWER_NAMESPACE = _LOWER_NAME - {"bitnami", "npm", "oci", "pub"} | {"qpkg", "rpm"}
_LOWER_VERSION = frozenset({"huggingface", "oci"})


# Most package URLs are already in canonical form, apart from the version; these are read without looking at each part.
_PLAIN = re.compile(
    r"(pkg:(?!pypi/[^@]*_|pub/|oci/|huggingface/)([a-z]+)/(?:((?:%40)?[a-z0-9._~/-]+)/)?([a-z0-9._~-]+))"
    r"@([A-Za-z0-9._~:+%-]+)(?:\?([^#]*))?"
)


class Purl(NamedTuple):
    """A package URL in its parts, decoded and in the letter case of its type; a tuple, because there are very many.

    ``package`` is the canonical URL without version, qualifiers and subpath: what stays the same over rebuilds.
    """

    package: str
    type: str
    namespace: str | None
    name: str
    version: str | None
    query: str = ""

    @property
    def canonical(self) -> str:
        """The canonical URL without qualifiers and subpath."""
        return f"{self.package}@{_encode(self.version)}" if self.version else self.package

    @property
    def qualifiers(self) -> dict[str, str]:
        """The qualifiers, decoded; of two with one name the last counts."""
        return read_qualifiers(self.query)


def read_qualifiers(query: str) -> dict[str, str]:
    """Return the qualifiers of what follows ``?``, decoded; of two with one name the last counts."""
    pairs = (item.partition("=") for item in query.split("&"))
    return {key.lower(): percent_decoded(value) for key, _, value in pairs if key and value}


@lru_cache(maxsize=65536)
def parse_purl(text: str) -> Purl | None:
    """Return the parts of a package URL, or nothing where the text is not one."""
    plain = _PLAIN.fullmatch(text)
    if plain and "//" not in text:
        package, kind, namespace, name, version, query = plain.groups("")
        if "%" in text:
            namespace, version = percent_decoded(namespace), percent_decoded(version).strip()
        return Purl(package, kind, namespace or None, name, version or None, query)
    if text[:4].lower() != "pkg:":
        return None
    return _parse_any(text[4:])


def _parse_any(text: str) -> Purl | None:
    rest, _, query = text.lstrip("/").partition("#")[0].partition("?")
    kind, slash, path = rest.partition("/")
    kind = kind.lower()
    if not slash or not _TYPE.fullmatch(kind):
        return None
    path, version = _split_version(path)
    *above, name = [percent_decoded(part) for part in path.split("/") if part] or [""]
    name = _name(kind, name)
    if not name.strip():
        return None
    if kind in _LOWER_NAMESPACE:
        above = [part.lower() for part in above]
    if kind in _LOWER_VERSION:
        version = version.lower()
    package = "/".join([f"pkg:{kind}", *map(_encode, above), _encode(name)])
    return Purl(package, kind, "/".join(above) or None, name, version or None, query)


def _split_version(path: str) -> tuple[str, str]:
    head, at, version = path.rpartition("@")
    # A slash after the last @ is a scope, as in npm/@angular/core, that somebody did not encode.
    if not at or "/" in version:
        return path, ""
    return head, percent_decoded(version).strip()


def _name(kind: str, name: str) -> str:
    if kind in _LOWER_NAME:
        name = name.lower()
    if kind == "pypi":
        return name.replace("_", "-")
    if kind == "pub":
        return re.sub(r"[^a-z0-9]", "_", name)
    return name


@lru_cache(maxsize=65536)
def _encode(part: str) -> str:
    octets = part.encode(errors="replace")
    return "".join(chr(octet) if octet in _UNRESERVED else f"%{octet:02X}" for octet in octets)


def percent_encoded(part: str) -> str:
    """Return one part of a package URL, encoded."""
    return _encode(part)


def percent_decoded(part: str) -> str:
    """Return percent-encoded text decoded; a stray percent sign stays as it is."""
    if "%" not in part:
        return part
    octets = _ESCAPE.sub(lambda found: bytes.fromhex(found[1].decode()), part.encode(errors="replace"))
    return octets.decode(errors="replace")


def package_of(purl: str) -> str:
    """Return a package URL without version, qualifiers and subpath; what is not one is returned as it is."""
    parsed = parse_purl(purl)
    return parsed.package if parsed else purl
