"""Foreign bytes: what is tolerated, and what is refused with which words."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.errors import Malformed
from pratique.evidence.document import JsonDocument, TextDocument, XmlDocument, open_document
from pratique.evidence.facts.opaque import Opaque
from pratique.evidence.model import Parse
from pratique.evidence.read import read
from pratique.values.canonical import MAX_DEPTH

VALUE = {"name": "Åse", "scores": [7.5, None, True], "nested": {"a": []}}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.text(st.characters(codec="utf-8"), max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_report_may_be_in_any_encoding_that_tools_write(encoding: str) -> None:
    content = json.dumps(VALUE, ensure_ascii=False).encode(encoding)
    assert open_document(content) == JsonDocument(VALUE)


@given(JSON.filter(lambda value: isinstance(value, dict | list)))
def test_what_json_writes_is_read_back(value: object) -> None:
    assert open_document(json.dumps(value).encode()) == JsonDocument(value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"a": 1, "b": {"a": 2, "a": 3}}', "the key 'a' stands twice"),
        (b'{"a": NaN}', "NaN is not a JSON number"),
        (b'{"a": -Infinity}', "-Infinity is not a JSON number"),
        (b'{"a": "\\ud800"}', "a lone surrogate is not a character"),
        (b'{"a": [1, 2', "the file looks cut off"),
        (b'{"a": "unfini', "the file looks cut off"),
        (b'{"a": 1}\n{"a": 2}\n', "a second document begins at line 2"),
        (b'{"a": 1,}', "at line 1 column"),
        (b'{"a": ' + b"9" * 5000 + b"}", "Exceeds the limit"),
        (b"  \n\t ", "nothing but white space"),
        (b"", "nothing but white space"),
        (b"\xff\xfe\x00", "expected utf-16 text"),
        (b"plain \xff text", "expected utf-8 text"),
    ],
)
def test_broken_bytes_are_refused_in_one_clear_line(content: bytes, words: str) -> None:
    with pytest.raises(Malformed, match=words) as caught:
        open_document(content)
    assert "\n" not in str(caught.value)


def test_a_duplicate_among_very_many_keys_is_named_at_once() -> None:
    many = ",".join(f'"k{place}":1' for place in range(100_000))
    with pytest.raises(Malformed, match="the key 'k7' stands twice"):
        open_document(f'{{{many},"k7":2}}'.encode())


@pytest.mark.parametrize("levels", [MAX_DEPTH + 1, 900, 100_000])
def test_deep_nesting_is_refused_alike_whatever_the_interpreter_could_do(levels: int) -> None:
    arrays = b"[" * levels + b"]" * levels
    objects = b'{"a":' * levels + b"1" + b"}" * levels
    for content in (arrays, objects):
        with pytest.raises(Malformed, match="nested deeper than 128 levels"):
            open_document(content)


def test_nesting_up_to_the_limit_is_read() -> None:
    assert isinstance(open_document(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH), JsonDocument)


@pytest.mark.parametrize(
    "content",
    [
        b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>',
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>',
        b"<!DOCTYPE x><x/>",
    ],
)
def test_xml_with_a_document_type_is_refused(content: bytes) -> None:
    with pytest.raises(Malformed, match="document types and entities are refused"):
        open_document(content)


@pytest.mark.parametrize(
    "content",
    [b"<a><b></a>", b"<a", b"<a>&undefined;</a>", b'<?xml version="1.0" encoding="nonsense"?><a/>', b"<a/><b/>"],
)
def test_broken_xml_is_refused(content: bytes) -> None:
    with pytest.raises(Malformed, match="XML: "):
        open_document(content)


def test_deep_xml_is_refused() -> None:
    with pytest.raises(Malformed, match="nested deeper"):
        open_document(b"<a>" * 200 + b"</a>" * 200)


def test_xml_in_utf_16_with_a_byte_order_mark_is_read() -> None:
    document = open_document('<?xml version="1.0" encoding="utf-16"?><testsuites/>'.encode("utf-16"))
    assert isinstance(document, XmlDocument)
    assert document.root.tag == "testsuites"


def test_other_text_is_text() -> None:
    assert isinstance(open_document(b"SPDXVersion: SPDX-2.3\n"), TextDocument)


def test_well_formed_documents_that_nobody_knows_are_opaque_and_broken_ones_are_refused() -> None:
    known = read(b'{"something": "else"}', "application/json")
    assert known.facts[0] == Opaque("JSON of a kind that is not interpreted: something")
    broken = read(b'{"something": ', "application/json")
    assert (broken.parse, broken.facts) == (Parse.REFUSED, ())


def test_a_name_or_media_type_decides_nothing() -> None:
    content = b'{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": []}'
    assert read(content, "application/sarif+json").format == "cyclonedx-json"


@given(st.binary(max_size=200))
def test_no_bytes_raise(content: bytes) -> None:
    reading = read(content, "application/octet-stream")
    assert (not reading.facts) == (reading.parse is Parse.REFUSED)
