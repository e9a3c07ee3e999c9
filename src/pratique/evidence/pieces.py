"""Files that hold several attestations, each of which is a piece of evidence of its own.

Registries of packages answer with ``{"attestations": [{"bundle": …}]}``; ``gh attestation download`` writes one
bundle a line. Each bundle is cut out as the exact bytes that stand there, never written anew.

Source: npm's registry, ``/-/npm/v1/attestations``; GitHub's REST API, "List attestations"; jsonlines.org.
"""

import json
from collections.abc import Iterator

from pratique.errors import Malformed
from pratique.evidence.attestation import MAX_PARTS, lines_of, recognise
from pratique.evidence.document import json_object, open_document
from pratique.evidence.formats.attestation_list import LIST, bundles_of, is_attestation_list
from pratique.values.canonical import refuse_weight

_DECODER = json.JSONDecoder()
_SPACE = " \t\r\n"


def pieces_of(content: bytes) -> tuple[bytes, ...]:
    """Return each attestation of a file that holds several, in its order; nothing where it is one document.

    Raises:
        Malformed: It lists attestations and one of them is not there, or there are too many.
    """
    lines = lines_of(content)
    found = _lines(lines, content) if lines else _listed(content)
    if len(found) > MAX_PARTS:
        raise Malformed(
            f"attestations: expected at most {MAX_PARTS} in one file, found {len(found)}; add fewer at once"
        )
    return found


def _lines(lines: tuple[bytes, ...], content: bytes) -> tuple[bytes, ...]:
    try:
        first = recognise(open_document(lines[0]))
    except Malformed:  # one document over several lines
        return _listed(content)
    return tuple(line.strip() for line in lines) if first else ()


def _listed(content: bytes) -> tuple[bytes, ...]:
    if b'"%s"' % LIST.encode() not in content:
        return ()
    refuse_weight(content, "attestations")
    document = open_document(content)
    if not is_attestation_list(document):
        return ()
    for place, bundle in enumerate(bundles_of(json_object(document)), 1):
        if bundle is None:
            raise Malformed(f"attestations: entry {place} has no bundle in it; fetch the bundles and add those")
    return tuple(_cut(content))


def _cut(content: bytes) -> Iterator[bytes]:
    """Yield where the bundles stand in a list that was read as one before."""
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise Malformed(f"attestations: expected UTF-8, found another byte at {error.start}") from error
    listed = dict(_members(text, _past(text, 0)))[LIST]
    for entry in _items(text, listed[0]):
        begin, end = dict(_members(text, entry[0]))["bundle"]
        yield text[begin:end].encode()


Span = tuple[int, int]


def _members(text: str, at: int) -> Iterator[tuple[str, Span]]:
    """Yield each key of the object that begins here with where its value stands."""
    at = _past(text, at + 1)
    while text[at] != "}":
        name, at = _DECODER.raw_decode(text, at)
        begin = _past(text, _past(text, at) + 1)  # behind the colon
        end = _DECODER.raw_decode(text, begin)[1]
        yield name, (begin, end)
        at = _next(text, end)


def _items(text: str, at: int) -> Iterator[Span]:
    """Yield where each value of the array stands that begins here."""
    at = _past(text, at + 1)
    while text[at] != "]":
        end = _DECODER.raw_decode(text, at)[1]
        yield at, end
        at = _next(text, end)


def _next(text: str, at: int) -> int:
    at = _past(text, at)
    return _past(text, at + 1) if text[at] == "," else at


def _past(text: str, at: int) -> int:
    while text[at] in _SPACE:
        at += 1
    return at
