"""A connection that must keep flowing, and one that may be used again."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.registry.builders import blob_of
from tests.registry.memory_registry import MemoryRegistry
from tests.registry.opened import at
from tests.registry.scripted_server import Server, scripted_server

from pratique.errors import Malformed, PratiqueError, Unreachable
from pratique.registry.blob import fetch_blob, holding
from pratique.registry.flow import SLOWEST, WINDOW_SECONDS, Flow, Pace
from pratique.registry.link import next_page
from pratique.values.digest import Digest


@contextmanager
def raw_server(answer: bytes, *, times: int = 1) -> Iterator[Server]:
    """A server that says these bytes, so many times, to whoever connects, and hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                try:
                    for _ in range(times):
                        connection.sendall(answer)
                except OSError:
                    continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield Server(f"127.0.0.1:{listener.getsockname()[1]}")
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def test_a_long_body_that_ends_with_the_connection_is_read_whole() -> None:
    content = b"x" * 3_000_000
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
    with raw_server(head + content) as server:
        assert fetch_blob(at(server), blob_of(content), 10**7) == content


def test_an_answer_with_bare_line_feeds_is_read() -> None:
    with raw_server(b"HTTP/1.1 404 Not Found\nContent-Length: 0\nConnection: close\n\n") as server:
        assert at(server).resolve("v1") is None


@pytest.mark.parametrize(
    ("answer", "times"),
    [
        (b"HTTP/1.1 100 Continue\r\n\r\n", 200_000),
        (b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 1000, 1),
        (b"HTTP/1.1 200 OK\r\na: " + b"b" * 100_000, 1),
        (b"HTTP/1.1 two hundred\r\n\r\n", 1),
        (b"SSH-2.0-OpenSSH\r\n", 1),
        (b"", 1),
    ],
    ids=["endless 100", "many headers", "a long header", "no number", "no HTTP", "nothing"],
)
def test_what_is_no_answer_is_unreachable(answer: bytes, times: int) -> None:
    with raw_server(answer, times=times) as server, pytest.raises(Unreachable):
        at(server, tries=1).resolve("v1")


@pytest.mark.parametrize("size", [b"zz", b"-5", b"1_0", b"ffffffffffffffffffff"])
def test_a_chunk_of_no_size_is_an_error_of_ours(size: bytes) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    with raw_server(head + size + b"\r\nhello\r\n0\r\n\r\n") as server:
        with pytest.raises(PratiqueError):
            fetch_blob(at(server, tries=1), blob_of(b"hello"), 100)
        with pytest.raises((Unreachable, Malformed)):
            at(server, tries=1).tags()


def test_what_is_sent_to_somebody_who_does_not_listen_ends_in_time() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        flow = Flow(ours)
        flow.settimeout(0.2)
        with pytest.raises(TimeoutError, match="nothing was taken"):
            flow.sendall(bytes(10_000_000))


def test_what_never_comes_is_waited_for_only_so_long() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        flow = Flow(ours)
        flow.settimeout(0.2)
        with pytest.raises(TimeoutError, match="nothing came"):
            flow.arriving().readinto(memoryview(bytearray(10)))


@given(st.lists(st.tuples(st.integers(0, 10**6), st.floats(0, 30)), max_size=40))
def test_only_a_whole_window_of_drops_is_too_slow(steps: list[tuple[int, float]]) -> None:
    pace, seconds, count = Pace(), 0.0, 0
    for moved, waited in steps:
        seconds, count = seconds + waited, count + moved
        slow = seconds > WINDOW_SECONDS and count < SLOWEST * seconds
        if slow:
            with pytest.raises(TimeoutError, match="slower than"):
                pace.moved(moved, waited)
            return
        pace.moved(moved, waited)
        if seconds > WINDOW_SECONDS:
            seconds, count = 0.0, 0


def test_questions_and_uploads_share_a_connection() -> None:
    memory = MemoryRegistry()

    with scripted_server(memory.answer) as server:
        registry = at(server)
        for number in range(4):
            content = b"%d" % number * 100
            registry.put_blob(blob_of(content), holding(content))
            assert registry.blob_size(Digest.of(content)) == 100
        assert server.connections == 1


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ((), None),
        (('</v2/a?n=1>; rel="next"',), "/v2/a?n=1"),
        (("</v2/a>; rel=next",), "/v2/a"),
        (("</v2/a>;rel=NEXT",), "/v2/a"),
        (('</v2/a>; title="x, y"; rel="prev next"',), "/v2/a"),
        (('</v2/a>; rel="prev", </v2/b>; rel="next"',), "/v2/b"),
        (('</v2/a>; rel="prev"', '</v2/b>; rel="next"'), "/v2/b"),
        (('</v2/a>; rel="nextish"', "</v2/b>; anchor=next", "next"), None),
    ],
)
def test_the_next_page_is_the_link_that_says_so(headers: tuple[str, ...], found: str | None) -> None:
    assert next_page(headers) == found


@given(st.text("/v2abc?=&%1", min_size=1, max_size=30))
def test_the_target_of_a_link_is_kept_as_it_is(target: str) -> None:
    assert next_page((f'<{target}>; rel="next"',)) == target
