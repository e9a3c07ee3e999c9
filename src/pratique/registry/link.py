"""Where the next page of a list is. Source: RFC 8288 (Link), OCI distribution-spec 1.1, "Listing Tags"."""

import re

# Compiled when the first list has a second page: most programs never see one, and it takes 4 ms.
_LINK = r"<([^<>]*)>((?:[^<\"]|\"[^\"]*\")*)"
_RELATION = r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s;,\"]*))"
_MAX_LENGTH = 16 * 1024


def next_page(headers: tuple[str, ...]) -> str | None:
    """Return the target of the first link with relation ``next``, ``None`` without one."""
    for header in headers:
        for target, parameters in re.findall(_LINK, header[:_MAX_LENGTH]):
            relation = re.search(_RELATION, parameters, re.IGNORECASE)
            if relation and "next" in "".join(each or "" for each in relation.groups()).lower().split():
                return str(target)
    return None
