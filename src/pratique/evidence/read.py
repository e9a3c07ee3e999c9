"""What some bytes say: the one door to every reader.

Content decides, never a name or a media type. A new format is one module and one line of ``READERS``. Whatever the
bytes are, a reading comes back: understood, understood in part, refused with reasons, or opaque.
"""

from collections.abc import Callable

from pratique.errors import Malformed
from pratique.evidence.cyclonedx_json import read_cyclonedx_json
from pratique.evidence.document import Document, JsonDocument, TextDocument, XmlDocument, open_document
from pratique.evidence.grype_json import read_grype_json
from pratique.evidence.junit import read_junit
from pratique.evidence.model import Opaque, Parse, Reading
from pratique.evidence.osv import read_osv
from pratique.evidence.trivy_json import read_trivy_json

Reader = Callable[[Document], Reading | None]

READERS: tuple[Reader, ...] = (
    read_cyclonedx_json,
    read_trivy_json,
    read_grype_json,
    read_osv,
    read_junit,
)


def read(content: bytes, media_type: str) -> Reading:
    """Return what these bytes say; never raises on account of them.

    Args:
        content: Exact bytes from anywhere.
        media_type: What somebody called them; used in messages only.
    """
    try:
        document = open_document(content)
    except Malformed as error:
        return Reading(media_type or "unknown", None, Parse.REFUSED, (str(error),), None)
    return interpret(document)


def interpret(document: Document) -> Reading:
    """Return what an opened document says; what no reader knows is opaque."""
    for reader in READERS:
        if reading := reader(document):
            return reading
    return _opaque(document)


def _opaque(document: Document) -> Reading:
    match document:
        case JsonDocument(value):
            keys = ", ".join(sorted(value)[:8])[:200] if isinstance(value, dict) else type(value).__name__
            return Reading("json", None, Parse.OK, (), Opaque(f"JSON of a kind that is not interpreted: {keys}"))
        case XmlDocument(root):
            return Reading("xml", None, Parse.OK, (), Opaque(f"XML <{str(root.tag)[:200]}>, not interpreted"))
        case TextDocument():
            return Reading("text", None, Parse.OK, (), Opaque("text, not interpreted"))
