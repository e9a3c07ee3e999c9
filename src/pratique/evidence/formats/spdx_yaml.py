"""SPDX 2 YAML: the JSON schema in YAML; :mod:`.spdx2` says what is in it.

Source: SPDX 2.3, annex "SPDX document representations".
"""

import re

from pratique.errors import Malformed
from pratique.evidence.document import Document, TextDocument
from pratique.evidence.formats.spdx2 import read_spdx2
from pratique.evidence.model import Parse, Reading
from pratique.evidence.yaml_document import parse_foreign_yaml

FORMAT = "spdx-yaml"
_RECOGNISED = re.compile(r"^[\"']?spdxVersion[\"']?\s*:", re.MULTILINE)


def read_spdx_yaml(document: Document) -> Reading | None:
    """Return what an SPDX YAML document says, or nothing where it is something else."""
    if not isinstance(document, TextDocument) or not _RECOGNISED.search(document.text):
        return None
    try:
        value = parse_foreign_yaml(document.text)
    except Malformed as error:
        return Reading(FORMAT, None, Parse.REFUSED, (str(error),), ())
    return read_spdx2(value, FORMAT) if isinstance(value, dict) and "spdxVersion" in value else None
