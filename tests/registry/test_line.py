"""One connection: what is asked over it, and where each of its answers ends."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.registry.flow import Flow
from pratique.registry.head import NotHttp
from pratique.registry.line import Line, Reply

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
SIZES = st.lists(st.integers(1, 3000), max_size=6)


@contextmanager
def said(*pieces: bytes) -> Iterator[Line]:
    """A line at whose other end these bytes were said, piece by piece, before it was closed."""
    ours, theirs = socket.socketpair()

    def say() -> None:
        with theirs:
            for piece in pieces:
                theirs.sendall(piece)

    with ours:
        thread = threading.Thread(target=say)
        thread.start()
        flow = Flow(ours)
        flow.settimeout(5)
        yield Line(flow)
        thread.join(5)


def everything(reply: Reply, step: int = 7) -> bytes:
    content, buffer = b"", memoryview(bytearray(step))
    while count := reply.body.readinto(buffer):
        content += bytes(buffer[:count])
    return content


def cut(raw: bytes, at: set[int]) -> list[bytes]:
    places = sorted({0, len(raw), *(place % (len(raw) + 1) for place in at)})
    return [raw[start:end] for start, end in pairwise(places)]


@given(st.binary(max_size=5000), SIZES, st.sets(st.integers(0, 20_000), max_size=8))
def test_chunks_are_put_together_however_they_arrive(content: bytes, sizes: list[int], at: set[int]) -> None:
    raw, rest = CHUNKED, content
    for size in (*sizes, 5000):
        part, rest = rest[:size], rest[size:]
        raw += b"%x;note=a\r\n%b\r\n" % (len(part), part) if part else b""
    with said(*cut(raw + b"0\r\nTrailer: x\r\n\r\n", at)) as line:
        reply = line.answer("GET")
        assert everything(reply) == content
        assert reply.done


@given(st.binary(max_size=5000), st.sets(st.integers(0, 20_000), max_size=8))
def test_a_body_of_stated_length_is_read_however_it_arrives(content: bytes, at: set[int]) -> None:
    raw = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(content), content)
    with said(*cut(raw, at)) as line:
        reply = line.answer("GET")
        assert everything(reply, 1000) == content
        assert reply.done


@pytest.mark.parametrize(
    "body",
    [
        b"5\nhello\r\n0\r\n\r\n",
        b"5\r\nhello0\r\n\r\n",
        b"5\r\nhello\n0\r\n\r\n",
        b"5\r\nhello world\r\n0\r\n\r\n",
        b"5 5\r\nhello\r\n0\r\n\r\n",
        b"0x5\r\nhello\r\n0\r\n\r\n",
        b"+5\r\nhello\r\n0\r\n\r\n",
        b"5;a\rb\r\nhello\r\n0\r\n\r\n",
        b"5" * 5000 + b"\r\n",
        b"5\r\nhel",
        b"5\r\nhello\r\n",
        b"5\r\nhello\r\n0\r\n" + b"a: b\r\n" * 200 + b"\r\n",
        b"",
    ],
)
def test_chunks_that_others_may_read_otherwise_are_refused(body: bytes) -> None:
    with said(CHUNKED, body) as line:
        reply = line.answer("GET")
        with suppress(NotHttp):
            everything(reply)
        assert not reply.done


def test_what_comes_after_an_answer_is_not_taken_for_the_next_one() -> None:
    with said(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nX: forged\r\n\r\n") as line:
        reply = line.answer("GET")
        assert everything(reply) == b"ok"
        assert not reply.done


def test_a_body_that_was_not_asked_for_ends_the_connection() -> None:
    with said(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello") as line:
        reply = line.answer("HEAD")
        assert everything(reply) == b""
        assert not reply.done


def test_an_answer_that_announces_another_is_passed_over() -> None:
    early = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n"
    with said(early + b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n") as line:
        reply = line.answer("PUT")
        assert (reply.head.status, reply.head.headers) == (201, (("content-length", "0"),))
        assert reply.done


@pytest.mark.parametrize("raw", [b"HTTP/1.1 101 Other\r\n\r\n", b"HTTP/1.1 100 X\r\n\r\n" * 100, b"HTTP/1.1 2"])
def test_an_answer_that_never_comes_is_not_waited_for(raw: bytes) -> None:
    with said(raw) as line, pytest.raises(NotHttp):
        line.answer("GET")


def test_a_connection_that_ends_before_an_answer_is_told_from_a_broken_one() -> None:
    with said(b"") as line, pytest.raises(ConnectionResetError):
        line.answer("GET")


@pytest.mark.parametrize("value", ["a\r\nX: b", "a\nb", "a\rb", "a\0b"])
def test_no_value_of_ours_begins_a_line_of_its_own(value: str) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        line = Line(Flow(ours))
        with pytest.raises(ValueError, match="end of a line"):
            line.ask("GET", "/v2/", (("Authorization", value),))
        line.close()
        assert theirs.recv(100) == b""


def test_a_question_is_written_as_the_standard_says() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        line = Line(Flow(ours), "http://registry.example:80", (("Proxy-Authorization", "Basic x"),))
        line.ask("PUT", "/v2/a", (("Host", "registry.example"),), b"body")
        assert theirs.recv(1000) == (
            b"PUT http://registry.example:80/v2/a HTTP/1.1\r\nHost: registry.example\r\n"
            b"Proxy-Authorization: Basic x\r\n\r\nbody"
        )
