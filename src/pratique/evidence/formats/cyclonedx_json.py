"""CycloneDX JSON, 1.2 to 1.7: recognised and opened; :mod:`.cyclonedx` says what is in it.

Source: CycloneDX specification, bom-1.2 to bom-1.7 JSON schemas (ECMA-424).
"""

from typing import Any

from pratique.evidence.document import Document, json_object
from pratique.evidence.formats.cyclonedx import read_bom
from pratique.evidence.lookup import Notes, shown, text_at
from pratique.evidence.model import Parse, Reading

FORMAT = "cyclonedx-json"
_VERSIONS = frozenset({"1.2", "1.3", "1.4", "1.5", "1.6", "1.7"})


def read_cyclonedx_json(document: Document) -> Reading | None:
    """Return what a CycloneDX JSON document says, or nothing where it is something else."""
    return read_cyclonedx(json_object(document))


def read_cyclonedx(bom: dict[str, Any]) -> Reading | None:
    """Return what a CycloneDX object says, or nothing where it is something else."""
    if "bomFormat" not in bom:
        return None
    version = text_at(bom, "specVersion")
    if bom["bomFormat"] != "CycloneDX":
        reason = f"bomFormat: expected CycloneDX, found {shown(bom['bomFormat'], 40)!r}"
        return Reading(FORMAT, version, Parse.REFUSED, (reason,), ())
    notes = Notes()
    if version not in _VERSIONS:
        notes.add(f"specVersion: expected 1.2 to 1.7, found {shown(version, 20)!r}")
    return read_bom(bom, FORMAT, version, notes)
