"""SPDX 2 tag-value: brought into the shape of the JSON schema, for :mod:`.spdx2` to read.

A line is ``Tag: value``; a value may be ``<text>`` over several lines; ``#`` begins a comment line. A package lasts
until the next package, file, snippet, licence or annotation section; tags that nobody here needs are passed over.

Source: SPDX 2.3, clauses 6 to 11, as the tag format writes each field.
"""

import re
from collections.abc import Iterator
from typing import Any

from pratique.evidence.document import Document, TextDocument
from pratique.evidence.formats.spdx2 import read_spdx2
from pratique.evidence.lookup import Notes
from pratique.evidence.model import Parse, Reading

FORMAT = "spdx-tagvalue"
_RECOGNISED = re.compile(r"^[ \t]*SPDXVersion:", re.MULTILINE)
_OPENS, _CLOSES = "<text>", "</text>"
_SECTIONS = frozenset({"FileName", "SnippetSPDXID", "LicenseID"})
_PACKAGE_TEXTS = {
    "PackageVersion": "versionInfo",
    "PackageSupplier": "supplier",
    "PackageOriginator": "originator",
    "PackageSourceInfo": "sourceInfo",
    "PackageLicenseConcluded": "licenseConcluded",
    "PackageLicenseDeclared": "licenseDeclared",
    "PrimaryPackagePurpose": "primaryPackagePurpose",
    "SPDXID": "SPDXID",
}
_DOCUMENT_TEXTS = {"SPDXVersion": "spdxVersion", "DocumentNamespace": "documentNamespace"}

Table = dict[str, Any]


def read_spdx_tagvalue(document: Document) -> Reading | None:
    """Return what a tag-value document says, or nothing where it is something else."""
    if not isinstance(document, TextDocument) or not _RECOGNISED.search(document.text):
        return None
    notes = Notes()
    shape = _Shape()
    for tag, value in _pairs(document.text, notes):
        shape.take(tag, value, notes)
    reading = read_spdx2(shape.finished(), FORMAT)
    if reading.parse is Parse.REFUSED or not notes.reasons:
        return reading
    return Reading(
        FORMAT,
        reading.format_version,
        Parse.PARTIAL,
        (*notes.reasons, *reading.reasons),
        reading.facts,
        about=reading.about,
    )


def _pairs(text: str, notes: Notes) -> Iterator[tuple[str, str]]:
    lines = iter(text.splitlines())
    for line in lines:
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        tag, colon, value = stripped.partition(":")
        if not colon:
            notes.add("a line is neither a tag with its value nor a comment")
            continue
        yield tag.strip(), _whole(value.strip(), lines, notes)


def _whole(value: str, lines: Iterator[str], notes: Notes) -> str:
    if not value.startswith(_OPENS):
        return value
    parts = [value.removeprefix(_OPENS)]
    while _CLOSES not in parts[-1]:
        line = next(lines, None)
        if line is None:
            notes.add("a text is opened and never closed")
            break
        parts.append(line)
    return "\n".join(parts).partition(_CLOSES)[0].strip()


class _Shape:
    """The document so far, and the section that the next tag belongs to."""

    def __init__(self) -> None:
        self.document: Table = {"creationInfo": {"creators": []}, "packages": []}
        self._package: Table | None = None
        self._in_document = True
        self._annotated = ""
        self._annotations: dict[str, list[Table]] = {}

    def finished(self) -> Table:
        """Return the whole document; annotations stand anywhere and name what they are about."""
        for package in self.document["packages"]:
            package["annotations"] = self._annotations.get(package.get("SPDXID", ""), [])
        return self.document

    def take(self, tag: str, value: str, notes: Notes) -> None:
        """Put one tag where it belongs."""
        if tag == "PackageName":
            self._package = {"name": value, "externalRefs": [], "checksums": []}
            self.document["packages"].append(self._package)
            self._in_document = False
        elif tag in _SECTIONS:
            self._package, self._in_document = None, False
        elif tag == "Relationship":
            self._relate(value, notes)
        elif tag == "SPDXREF":
            self._annotated = value
        elif tag == "AnnotationComment":
            self._annotations.setdefault(self._annotated, []).append({"comment": value})
        elif self._package is not None:
            _describe(self._package, tag, value, notes)
        elif self._in_document:
            self._head(tag, value)

    def _head(self, tag: str, value: str) -> None:
        if tag in _DOCUMENT_TEXTS:
            self.document[_DOCUMENT_TEXTS[tag]] = value
        elif tag == "Creator":
            self.document["creationInfo"]["creators"].append(value)
        elif tag == "Created":
            self.document["creationInfo"]["created"] = value

    def _relate(self, value: str, notes: Notes) -> None:
        start, kind, end, *_ = [*value.split(), "", "", ""]
        if not end:
            notes.add("Relationship: expected two elements and a type between them")
        entry = {"spdxElementId": start, "relationshipType": kind, "relatedSpdxElement": end}
        self.document.setdefault("relationships", []).append(entry)


def _describe(package: Table, tag: str, value: str, notes: Notes) -> None:
    if tag in _PACKAGE_TEXTS:
        package.setdefault(_PACKAGE_TEXTS[tag], value)
    elif tag == "ExternalRef":
        category, kind, locator, *_ = [*value.split(maxsplit=2), "", "", ""]
        if not locator:
            notes.add("ExternalRef: expected a category, a type and a locator")
        entry = {"referenceCategory": category, "referenceType": kind, "referenceLocator": locator}
        package["externalRefs"].append(entry)
    elif tag == "PackageChecksum":
        algorithm, _, checksum = value.partition(":")
        package["checksums"].append({"algorithm": algorithm.strip(), "checksumValue": checksum.strip()})
    elif tag == "PackageAttributionText":
        package.setdefault("attributionTexts", []).append(value)
