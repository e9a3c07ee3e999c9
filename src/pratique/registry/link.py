"""Where the next page of a list is. Source: RFC 8288 (Link), OCI distribution-spec 1.1, "Listing Tags"."""

import re

_LINK = re.compile(r"<([^<>]*)>((?:[^<\"]|\"[^\"]*\")*)")
_RELATION = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s;,\"]*))", re.IGNORECASE)
_MAX_LENGTH = 16 * 1024


def next_page(headers: tuple[str, ...]) -> str | None:
    """Return the target of the first link with relation ``next``, ``None`` without one."""
    for header in headers:
        for target, parameters in _LINK.findall(header[:_MAX_LENGTH]):
            relations = "".join(_RELATION.findall(parameters)[0]) if _RELATION.search(parameters) else ""
            if "next" in relations.lower().split():
                return str(target)
    return None
