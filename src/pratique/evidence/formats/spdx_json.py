"""SPDX 2 JSON: recognised and opened; :mod:`.spdx2` says what is in it.

Source: SPDX 2.3, annex "SPDX document representations", and its JSON schema. GitHub's dependency graph answers
with the same document under the key ``sbom``.
"""

from pratique.evidence.document import Document, json_object
from pratique.evidence.formats.spdx2 import read_spdx2
from pratique.evidence.lookup import table_at
from pratique.evidence.model import Reading

FORMAT = "spdx-json"


def read_spdx_json(document: Document) -> Reading | None:
    """Return what an SPDX 2 JSON document says, or nothing where it is something else."""
    value = json_object(document)
    if set(value) == {"sbom"}:
        value = table_at(value, "sbom")
    return read_spdx2(value, FORMAT) if "spdxVersion" in value else None
