"""The head of an answer: read where everybody reads it alike, refused where somebody could read it otherwise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.registry.head import MAX_FIELDS, MAX_HEAD_BYTES, Head, NotHttp, Until, framing, parse_head

OK = b"HTTP/1.1 200 OK\r\n"

TOKEN = st.text(st.sampled_from("abcXYZ019!#$%&'*+-.^_`|~"), min_size=1, max_size=20)
VALUE = st.text(st.characters(min_codepoint=0x21, max_codepoint=0xFF, blacklist_categories=["Cc"]), max_size=30)
FIELDS = st.lists(st.tuples(TOKEN, VALUE), max_size=20)


def written(status: int, fields: list[tuple[str, str]]) -> bytes:
    lines = [f"HTTP/1.1 {status} Said", *(f"{name}: {value}" for name, value in fields), "", ""]
    return "\r\n".join(lines).encode("latin-1")


def answer(*lines: bytes) -> Head:
    return parse_head(OK + b"".join(line + b"\r\n" for line in lines) + b"\r\n")


@given(st.integers(100, 599), FIELDS)
def test_what_was_written_is_read(status: int, fields: list[tuple[str, str]]) -> None:
    head = parse_head(written(status, fields))
    assert (head.status, head.headers) == (status, tuple((name.lower(), value) for name, value in fields))


@given(st.binary(max_size=300))
def test_any_bytes_are_a_head_or_are_refused(raw: bytes) -> None:
    for content in (raw, OK + raw + b"\r\n\r\n", b"HTTP/1.1 429 X\n" + raw + b"\n\n"):
        try:
            framing("GET", parse_head(content))
        except NotHttp:
            continue


@given(FIELDS, st.data())
def test_a_line_end_put_anywhere_inside_a_line_is_never_read_over(
    fields: list[tuple[str, str]], data: st.DataObject
) -> None:
    raw = written(200, fields)
    at = data.draw(st.integers(0, len(raw) - 5))
    with pytest.raises(NotHttp):
        parse_head(raw[:at] + data.draw(st.sampled_from([b"\r", b"\n", b"\0"])) + raw[at:])


@pytest.mark.parametrize(
    "line",
    [
        b"Content-Length : 5",
        b" Content-Length: 5",
        b"X: a\r\n b",
        b"X: a\r\n\tb",
        b"X: a\rY: b",
        b"X: a\nY: b",
        b"X: a\0b",
        b"X: a\x0bb",
        b"X\xc2\xa0: a",
        b": a",
        b"no colon",
        b"X: a\x7f",
    ],
)
def test_a_line_that_others_may_read_otherwise_is_refused(line: bytes) -> None:
    with pytest.raises(NotHttp, match="expected a header"):
        answer(line)


@pytest.mark.parametrize(
    "first",
    [
        b"HTTP/1.1 20 OK",
        b"HTTP/1.1 600 OK",
        b"HTTP/1.1  200 OK",
        b"HTTP/2 200",
        b"HTTP/1.1 +20 OK",
        b"ICY 200 OK",
        b" HTTP/1.1 200 OK",
        b"HTTP/1.1 200OK",
        b"",
    ],
)
def test_a_first_line_of_another_form_is_refused(first: bytes) -> None:
    with pytest.raises(NotHttp, match="expected the status"):
        parse_head(first + b"\r\n\r\n")


@pytest.mark.parametrize(
    "lines",
    [
        (b"Content-Length: 5", b"Content-Length: 6"),
        (b"Content-Length: 5", b"content-length: 5"),
        (b"Content-Length: 5", b"Transfer-Encoding: chunked"),
        (b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"),
        (b"Transfer-Encoding: gzip, chunked",),
        (b"Transfer-Encoding: xchunked",),
        (b"Transfer-Encoding: identity",),
        (b"Content-Length: 5, 5",),
        (b"Content-Length: +5",),
        (b"Content-Length: -5",),
        (b"Content-Length: 0x5",),
        (b"Content-Length: 5_0",),
        (b"Content-Length: \xb2",),
        (b"Content-Length:",),
        (b"Content-Length: 99999999999999999999",),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT"])
def test_a_body_that_could_end_in_two_places_is_refused(lines: tuple[bytes, ...], method: str) -> None:
    with pytest.raises(NotHttp):
        framing(method, answer(*lines))


def test_chunks_under_the_older_version_are_refused() -> None:
    with pytest.raises(NotHttp, match="in chunks"):
        framing("GET", parse_head(b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"))


def test_a_body_ends_where_its_head_says() -> None:
    assert framing("GET", answer(b"Content-Length: 5")) == 5
    assert framing("GET", answer(b"Transfer-Encoding: Chunked")) is Until.LAST_CHUNK
    assert framing("GET", answer()) is Until.CLOSE
    assert framing("HEAD", answer(b"Content-Length: 5")) == 0
    assert framing("GET", parse_head(b"HTTP/1.1 204 None\r\nContent-Length: 5\r\n\r\n")) == 0


def test_more_than_anyone_needs_is_refused() -> None:
    with pytest.raises(NotHttp, match="headers"):
        answer(*[b"a: b"] * (MAX_FIELDS + 1))
    assert len(answer(*[b"a: b"] * MAX_FIELDS).headers) == MAX_FIELDS


def test_space_without_end_is_read_at_once() -> None:
    with pytest.raises(NotHttp):
        answer(b"X:" + b" \t" * (MAX_HEAD_BYTES // 2) + b"\0")


def test_an_error_with_bare_line_feeds_is_understood_and_its_connection_is_not_used_again() -> None:
    head = parse_head(b"HTTP/1.1 429 Too Many Requests\nRetry-After: 3\n\n")
    assert (head.status, head.all("retry-after"), head.stays) == (429, ["3"], False)


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\nContent-Length: 5\n\n",
        b"HTTP/1.1 429 No\r\nX: a\n\n",
        b"HTTP/1.1 429 No\nX: a\r\n\r\n",
    ],
    ids=["a success", "mixed", "mixed otherwise"],
)
def test_bare_line_feeds_are_taken_from_no_other_answer(raw: bytes) -> None:
    with pytest.raises(NotHttp):
        parse_head(raw)


@pytest.mark.parametrize(
    ("raw", "stays"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nConnection: Close\r\n\r\n", False),
        (b"HTTP/1.1 200 OK\r\nConnection: foo, close\r\n\r\n", False),
        (b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n", False),
    ],
)
def test_a_connection_stays_unless_its_answer_says_otherwise(raw: bytes, stays: bool) -> None:
    assert parse_head(raw).stays is stays
