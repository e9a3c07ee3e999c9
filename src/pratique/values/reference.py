"""References to images: ``HOST/REPOSITORY[:TAG][@sha256:…]`` or ``oci:PATH[:TAG][@sha256:…]``.

Grammar of repository and tag: OCI distribution-spec 1.1, "Pulling manifests". There is no default host and no
default tag: a reference says what it means.
"""

import re
from dataclasses import replace
from typing import Self

from pratique.errors import Malformed
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest

_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?")
_NAME = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")
TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_EXPECTED = "HOST/REPOSITORY[:TAG][@sha256:…] or oci:PATH[:TAG][@sha256:…]"


@dataclass(frozen=True, slots=True, order=True)
class RegistryRepository:
    """A repository in a registry, for example ``registry.example:5000/shop/api``."""

    host: str
    name: str

    def __str__(self) -> str:
        return f"{self.host}/{self.name}"


@dataclass(frozen=True, slots=True, order=True)
class LayoutRepository:
    """A repository in an OCI image layout directory; ``path`` is as written, not resolved."""

    path: str

    def __str__(self) -> str:
        return f"oci:{self.path}"


Repository = RegistryRepository | LayoutRepository


@dataclass(frozen=True, slots=True)
class Reference:
    """A repository and what is meant in it: a tag, a digest, or both (then the digest counts)."""

    repository: Repository
    tag: str | None = None
    digest: Digest | None = None

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.repository}{tag}{digest}"

    def at(self, digest: Digest) -> Self:
        """Return the same place, pinned to a digest and without a tag."""
        return replace(self, tag=None, digest=digest)


def parse_repository(text: str) -> Repository:
    """Read a repository without tag or digest, or raise ``Malformed``."""
    reference = parse_reference(text)
    if reference.tag or reference.digest:
        raise Malformed(f"repository: expected no tag and no digest, found {text[:200]!r}")
    return reference.repository


def parse_reference(text: str) -> Reference:
    """Read a reference.

    Raises:
        Malformed: It is none; the message names the part that is wrong.
    """
    rest, at, digest_text = text.partition("@")
    digest = Digest.parse(digest_text) if at else None
    if rest.startswith("oci:"):
        return _layout(rest.removeprefix("oci:"), digest, text)
    host, slash, path = rest.partition("/")
    if not slash or not _HOST.fullmatch(host):
        raise Malformed(f"reference: expected {_EXPECTED}, found {text[:200]!r}")
    name, colon, tag = path.partition(":")
    if not _NAME.fullmatch(name) or len(name) > 255:
        raise Malformed(f"reference: {name[:200]!r} is no repository name (lower-case letters, digits, ._-/)")
    return Reference(RegistryRepository(host, name), _tag(tag, text) if colon else None, digest)


def _layout(rest: str, digest: Digest | None, text: str) -> Reference:
    head, colon, tail = rest.rpartition(":")
    # A colon belongs to the path when a slash follows it.
    path, tag = (head, tail) if colon and "/" not in tail else (rest, None)
    if not path or "\x00" in path:
        raise Malformed(f"reference: expected {_EXPECTED}, found {text[:200]!r}")
    return Reference(LayoutRepository(path), None if tag is None else _tag(tag, text), digest)


def _tag(tag: str, text: str) -> str:
    if not TAG.fullmatch(tag):
        raise Malformed(f"reference: {tag[:200]!r} is no tag, in {text[:200]!r}")
    return tag
