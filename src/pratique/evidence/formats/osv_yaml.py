"""OSV records as YAML, as the Python Packaging Advisory Database keeps them.

Source: OSV schema 1.0 to 1.7; pypa/advisory-database, vulns/. Read without anchors, tags and duplicate keys.
"""

import re

from pratique.errors import Malformed
from pratique.evidence.document import Document, JsonDocument, TextDocument
from pratique.evidence.formats.osv import read_osv
from pratique.evidence.model import Parse, Reading
from pratique.evidence.yaml_document import parse_foreign_yaml

FORMAT = "osv-yaml"
_NAMED = re.compile(r"^id:[ \t]*\S", re.MULTILINE)
_ABOUT = re.compile(r"^(?:affected|modified):", re.MULTILINE)


def read_osv_yaml(document: Document) -> Reading | None:
    """Return which advisory a document is, or nothing where it is something else."""
    if not isinstance(document, TextDocument):
        return None
    if not (_NAMED.search(document.text) and _ABOUT.search(document.text)):
        return None
    try:
        reading = read_osv(JsonDocument(parse_foreign_yaml(document.text)))
    except Malformed as error:
        return Reading(FORMAT, None, Parse.REFUSED, (str(error),), ())
    if reading is None:
        return None
    return Reading(FORMAT, reading.format_version, reading.parse, reading.reasons, reading.facts)
