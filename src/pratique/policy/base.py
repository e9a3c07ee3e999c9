"""What an image is called, whatever notation a builder uses: ``docker.io/library/debian:12-slim``.

Source: package-url type definitions ``docker`` and ``oci``; BuildKit's provenance; distribution/reference for names
without a registry.
"""

from pratique.evidence.purl import Purl, parse_purl

_SCHEMES = ("docker-image://", "docker://", "oci://", "https://", "http://")
_HUB = "docker.io"


def image_name(uri: str) -> str:
    """Return an image's full name with its tag, and without what pins it; of no tag, ``latest``."""
    purl = parse_purl(uri) if uri.startswith("pkg:") else None
    name, tag = _from_purl(purl) if purl else _from_reference(uri)
    return f"{_full(name)}:{tag or 'latest'}"


def _from_purl(purl: Purl) -> tuple[str, str]:
    qualifiers = purl.qualifiers
    registry, tag = (
        qualifiers.get("repository_url", "").rstrip("/"),
        qualifiers.get("tag", "") or purl.version or "",
    )
    path = f"{purl.namespace}/{purl.name}" if purl.namespace else purl.name
    if purl.type == "oci" and registry:  # there it is the whole name
        path = registry
    elif registry:
        path = f"{registry}/{path}"
    return path, "" if tag.startswith("sha256:") else tag


def _from_reference(uri: str) -> tuple[str, str]:
    for scheme in _SCHEMES:
        uri = uri.removeprefix(scheme)
    bare = uri.partition("?")[0].partition("#")[0].partition("@")[0]
    head, slash, tail = bare.rpartition("/")
    name, _, tag = tail.partition(":")
    return f"{head}{slash}{name}", tag


def _full(name: str) -> str:
    first, slash, _ = name.partition("/")
    if not slash:
        return f"{_HUB}/library/{name}"
    return name if "." in first or ":" in first or first == "localhost" else f"{_HUB}/{name}"
