"""How much of the code the tests ran: Cobertura XML and LCOV's tracefiles, counted line by line.

Declared totals are not believed. A line counts once for each file that it stands in, and as run where any record saw
it run. A report without a line states no share at all.

Source: cobertura's coverage-04.dtd; geninfo(1) of LCOV, "Files".
"""

import re
from collections.abc import Iterable, Iterator
from decimal import ROUND_DOWN, Decimal
from typing import Final
from xml.etree.ElementTree import Element

from pratique.evidence.document import Document, TextDocument, XmlDocument
from pratique.evidence.facts.claims import Attribute, Attributes
from pratique.evidence.model import Parse, Reading
from pratique.values.canonical import canonical

COVERAGE: Final = "line-coverage"
"""The attribute's name; its condition is ``{"percent": 81}``, or the number as a text with decimals."""
COBERTURA, LCOV = "cobertura", "lcov"
_DIGITS = re.compile(r"\d{1,18}")
_HUNDREDTH = Decimal("0.01")
_TRACE = re.compile(r"\s*(?:TN:[^\n]*\n\s*)?SF:")

Line = tuple[str, int]
"""A file and the number of a line in it."""


def read_cobertura(document: Document) -> Reading | None:
    """Return the share of lines that ran, as a Cobertura report lists them, or nothing where it is something else."""
    if not isinstance(document, XmlDocument) or document.root.tag != "coverage":
        return None
    notes: list[str] = []
    return _reading(COBERTURA, _in_classes(document.root, notes), notes)


def read_lcov(document: Document) -> Reading | None:
    """Return the share of lines that ran, as an LCOV tracefile lists them, or nothing where it is something else."""
    if not isinstance(document, TextDocument) or not _TRACE.match(document.text):
        return None
    notes: list[str] = []
    return _reading(LCOV, _in_records(document.text, notes), notes)


def _in_classes(root: Element, notes: list[str]) -> Iterator[tuple[Line, bool]]:
    for part in root.iter("class"):
        name = part.get("filename") or ""
        for line in part.findall("./lines/line"):  # those of methods are the same lines again
            number, hits = line.get("number") or "", line.get("hits") or ""
            if name and _DIGITS.fullmatch(number) and _DIGITS.fullmatch(hits):
                yield (name, int(number)), int(hits) > 0
            else:
                notes.append("a line has no file, number or count")


def _in_records(text: str, notes: list[str]) -> Iterator[tuple[Line, bool]]:
    name = ""
    for row in text.splitlines():
        word, _, rest = row.strip().partition(":")
        if word == "SF":
            name = rest
        elif word == "end_of_record":
            name = ""
        elif word == "DA":
            number, _, hits = rest.partition(",")
            count = hits.partition(",")[0]  # a checksum may follow
            if name and _DIGITS.fullmatch(number) and _DIGITS.fullmatch(count):
                yield (name, int(number)), int(count) > 0
            else:
                notes.append("a line has no file, number or count")
    if name:
        notes.append("the last record has no end; the file looks cut off")


def _reading(name: str, lines: Iterable[tuple[Line, bool]], notes: list[str]) -> Reading:
    ran: dict[Line, bool] = {}
    for line, hit in lines:
        ran[line] = hit or ran.get(line, False)
    reasons = tuple(dict.fromkeys(notes))
    attributes = (Attribute(COVERAGE, _share(sum(ran.values()), len(ran)), None),) if ran else ()
    return Reading(name, None, Parse.PARTIAL if reasons else Parse.OK, reasons, (Attributes(None, attributes),))


def _share(ran: int, total: int) -> str:
    percent = (Decimal(100 * ran) / Decimal(total)).quantize(_HUNDREDTH, ROUND_DOWN)
    return canonical({"percent": f"{percent:f}"}).decode()
