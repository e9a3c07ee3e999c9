"""What a tool says of its own version, and of its database's date.

Sources: ``trivy --version --format json`` (Version, VulnerabilityDB.UpdatedAt), ``grype version -o json`` and ``syft
version -o json`` (version), ``osv-scanner --version`` (text), and :mod:`pratique.scan.plugin_host` (version, database).
"""

import re
from typing import Any

from pratique.errors import Malformed
from pratique.evidence.lookup import moment_of, table_at, text_at
from pratique.scan.interface import Tool
from pratique.values.canonical import parse_object

_VERSION = re.compile(r"\bv?(\d{1,9}\.\d{1,9}[0-9A-Za-z.+_-]{0,60})")


def read_version(content: bytes) -> Tool:
    """Return what a version command says; what is not said stays unknown."""
    try:
        said: dict[str, Any] = dict(parse_object(content, "version"))
    except Malformed:
        found = _VERSION.search(content[:4000].decode(errors="replace"))
        return Tool(found[1] if found else None)
    version = text_at(said, "Version") or text_at(said, "version")
    database = table_at(said, "VulnerabilityDB")
    dated = text_at(said, "database") or text_at(database, "UpdatedAt")
    return Tool(version[:100] if version else None, moment_of(dated))
