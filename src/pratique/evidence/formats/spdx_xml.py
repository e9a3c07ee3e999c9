"""SPDX 2 XML and RDF/XML. The first is the JSON schema in elements; the second is a graph and is not read.

Source: SPDX 2.3, annex "SPDX document representations"; the XML that the SPDX tools write, in which every array is
a repeated element.
"""

from typing import Any
from xml.etree.ElementTree import Element

from pratique.evidence.document import Document, XmlDocument
from pratique.evidence.formats.spdx2 import read_spdx2
from pratique.evidence.model import Parse, Reading

FORMAT = "spdx-xml"
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}RDF"
_TERMS = "{http://spdx.org/rdf/terms#}"
_ARRAYS = frozenset(
    {
        *("annotations", "attributionTexts", "checksums", "creators", "documentDescribes", "externalRefs"),
        *("files", "packages", "relationships"),
    }
)


def read_spdx_xml(document: Document) -> Reading | None:
    """Return what an SPDX XML document says, or nothing where it is something else."""
    if not isinstance(document, XmlDocument):
        return None
    root = document.root
    if root.tag == _RDF and root.find(f"{_TERMS}SpdxDocument") is not None:
        reason = "SPDX as RDF/XML is not read; add the same document as SPDX JSON or tag-value"
        return Reading("spdx-rdf", None, Parse.REFUSED, (reason,), ())
    if root.tag != "Document" or root.find("spdxVersion") is None:
        return None
    shape = _shape(root)
    return read_spdx2(shape, FORMAT) if isinstance(shape, dict) else None


def _shape(element: Element) -> Any:
    if not len(element):
        return (element.text or "").strip()
    found: dict[str, Any] = {}
    for child in element:
        if child.tag in _ARRAYS:
            found.setdefault(child.tag, []).append(_shape(child))
        else:
            found[child.tag] = _shape(child)
    return found
