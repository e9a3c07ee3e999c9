"""Foreign bytes become JSON, XML or plain text, within limits.

Scanners and build tools write byte order marks and UTF-16, so both are read here. What is signed never comes this
way: ``attest`` reads it, strictly.

Source: RFC 8259 (JSON), with the duplicate keys that section 4 leaves open refused, because two readers could see
two reports; the XML limits are those of defusedxml with document type declarations refused altogether.
"""

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any, NoReturn
from xml.etree.ElementTree import Element, ParseError

from pratique.errors import Malformed
from pratique.values.canonical import MAX_BYTES, MAX_DEPTH, MAX_WEIGHT, refuse_weight

_NESTED = frozenset({dict, list})
_LONG = 8192  # characters from which counting the brackets costs more than it saves
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


@dataclass(frozen=True, slots=True)
class JsonDocument:
    """A JSON value, parsed."""

    value: Any


@dataclass(frozen=True, slots=True)
class XmlDocument:
    """The root element of an XML document."""

    root: Element


@dataclass(frozen=True, slots=True)
class TextDocument:
    """Text that is neither JSON nor XML."""

    text: str


Document = JsonDocument | XmlDocument | TextDocument


def json_object(document: Document) -> dict[str, Any]:
    """Return the object that a JSON document is, or an empty one where it is something else."""
    value = document.value if isinstance(document, JsonDocument) else None
    return value if isinstance(value, dict) else {}


def open_document(content: bytes) -> Document:
    """Return what these bytes are; their first character decides, no name or media type.

    Raises:
        Malformed: Too large, not text, or JSON or XML that breaks its own rules.
    """
    if len(content) > MAX_BYTES:
        raise Malformed(f"document: expected at most {MAX_BYTES} bytes, found {len(content)}")
    text = _decode(content)
    match text.lstrip()[:1]:
        case "{" | "[":
            refuse_weight(text, "document")
            return JsonDocument(parse_foreign_json(text))
        case "<":
            _refuse_heavy_xml(text)
            return XmlDocument(_parse_xml(content))
        case "":
            raise Malformed("document: expected JSON, XML or text, found nothing but white space")
        case _:
            _refuse_heavy_text(text)
            return TextDocument(text)


_ENDS = ("\n", "\r", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029")  # of lines, str.splitlines
_LINE = 80  # bytes that CPython 3.11 holds for each at worst, beside its signs


def _refuse_heavy_text(text: str) -> None:
    """Return if its lines fit into memory, where every sign may take four bytes, in the text and in its line."""
    weight = _LINE * sum(map(text.count, _ENDS)) + (0 if text.isascii() else 2 * text.__sizeof__())
    if weight > MAX_WEIGHT:
        raise Malformed(
            f"text: expected lines that fit into {MAX_WEIGHT >> 20} MiB of memory, found some {weight >> 20} MiB of "
            "them; split it"
        )


def _refuse_heavy_xml(text: str) -> None:
    """Return if the elements fit into memory: each begins with one sign, and each attribute has another."""
    weight = 120 * text.count("<") + 250 * text.count("=")  # measured at worst, CPython 3.11
    if weight > MAX_WEIGHT:
        raise Malformed(
            f"XML: expected elements that fit into {MAX_WEIGHT >> 20} MiB of memory, found some {weight >> 20} MiB of "
            "them; split it"
        )


def _decode(content: bytes) -> str:
    # detect_encoding knows byte order marks, and UTF-16 and UTF-32 by where the zero bytes are.
    encoding = json.detect_encoding(content)
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding == "utf-8" and content.lstrip().startswith(b"<?xml"):
            return content.decode("latin-1")  # XML says itself how it is written; here its signs are only counted
        raise Malformed(
            f"document: expected {encoding} text, found {error.reason} at byte {error.start}"
        ) from error


def parse_foreign_json(text: str) -> Any:
    """Read one JSON document of a tool.

    Raises:
        Malformed: Not JSON, or with duplicate keys, NaN, lone surrogates or nesting beyond ``MAX_DEPTH``.
    """
    try:
        value = _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"JSON: {_explain(text, error)}") from error
    if len(text) > _LONG or text.count("{") + text.count("[") > MAX_DEPTH:  # so few could not nest too deep
        refuse_depth(value)
    if "\\" in text and ("\\ud" in text or "\\uD" in text) and _SURROGATE.search(text):  # the fastest look first
        _refuse_surrogates(value)
    return value


def _explain(text: str, error: Exception) -> str:
    if isinstance(error, RecursionError):
        return f"nested deeper than {MAX_DEPTH} levels"
    if isinstance(error, json.JSONDecodeError):
        if error.msg == "Extra data":
            return f"a second document begins at line {error.lineno}; add each document by itself"
        cut_off = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
        where = f"line {error.lineno} column {error.colno}"
        return f"{error.msg.removesuffix(' at')} at {where}" + ("; the file looks cut off" if cut_off else "")
    return str(error)


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise ValueError(f"the key {twice[:80]!r} stands twice in one object")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


_DECODER = json.JSONDecoder(object_pairs_hook=_distinct, parse_constant=_refuse_constant)


def refuse_depth(value: Any) -> None:
    """Return if the value nests at most ``MAX_DEPTH`` levels, or raise ``Malformed``.

    The parser's own limit depends on the interpreter and on who calls it; this one is the same everywhere.
    """
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for item in level
            for child in (item.values() if item.__class__ is dict else item)
            if child.__class__ in _NESTED
        ]
        if not level:
            return
    raise Malformed(f"JSON: nested deeper than {MAX_DEPTH} levels")


def _refuse_surrogates(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise Malformed("JSON: a lone surrogate is not a character") from error


def _parse_xml(content: bytes) -> Element:
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root = fromstring(content, forbid_dtd=True)
    except DefusedXmlException as error:
        raise Malformed(f"XML: document types and entities are refused: {type(error).__name__}") from error
    # An unknown encoding in the declaration is a ValueError or LookupError, by way of expat's handler.
    except (ParseError, ValueError, LookupError) as error:
        raise Malformed(f"XML: {error}") from error
    return _shallow(root)


def _shallow(root: Element) -> Element:
    level = [root]
    for _ in range(MAX_DEPTH):
        level = [child for element in level for child in element]
        if not level:
            return root
    raise Malformed(f"XML: nested deeper than {MAX_DEPTH} levels")
