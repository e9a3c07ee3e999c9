"""A blob is one stream, whatever breaks on the way."""

import hashlib
import re
from collections.abc import Iterator
from itertools import cycle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.registry.builders import blob_of
from tests.registry.opened import at
from tests.registry.scripted_server import Asked, Reply, Script, scripted_server

from pratique.errors import Absent, Unreachable, Unverified
from pratique.registry.blob import fetch_blob
from pratique.registry.resume import BREAKS, PROGRESS, continues

CONTENT = b"".join(hashlib.sha256(bytes([at])).digest() for at in range(200)) * 512  # 3.2 MiB
BLOB = blob_of(CONTENT)
ETAG = '"of-this-blob"'


def serving(content: bytes, cuts: Iterator[int], *, ranges: bool = True, etag: str = ETAG) -> Script:
    """Serve a blob, each answer cut after so many bytes of its body."""

    def answer(asked: Asked) -> Reply:
        start = re.fullmatch(r"bytes=(\d+)-", asked.headers.get("range", ""))
        headers = (("ETag", etag),)
        if not start or not ranges or asked.headers.get("if-range", etag) != etag:
            return Reply(200, headers, content, next(cuts, None))
        first = int(start[1])
        span = ("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
        return Reply(206, (*headers, span), content[first:], next(cuts, None))

    return answer


def test_a_blob_that_breaks_off_is_asked_for_from_there_on() -> None:
    with scripted_server(serving(CONTENT, iter([1_500_000, 1_200_000]))) as server:
        assert fetch_blob(at(server), BLOB, 10**7) == CONTENT

        asked = [(each.headers.get("range"), each.headers.get("if-range")) for each in server.asked]
    assert asked == [(None, None), ("bytes=1500000-", ETAG), ("bytes=2700000-", ETAG)]


def test_a_registry_without_ranges_is_read_again_and_what_came_is_skipped() -> None:
    with scripted_server(serving(CONTENT, iter([1_500_000]), ranges=False)) as server:
        assert fetch_blob(at(server), BLOB, 10**7) == CONTENT
        assert len(server.asked) == 2


@pytest.mark.parametrize(
    "span", ["bytes 0-3276799/3276800", "bytes 1500000-2000000/3276800", "bytes */3276800", "", "items 1-2/3"]
)
def test_a_registry_that_answers_with_another_range_is_read_from_the_start(span: str) -> None:
    replies = iter(
        [Reply(200, (), CONTENT, 1_500_000), Reply(206, (("Content-Range", span),), CONTENT[1_500_000:])]
    )

    with scripted_server(lambda asked: next(replies, Reply(200, (), CONTENT))) as server:
        assert fetch_blob(at(server), BLOB, 10**7) == CONTENT
        assert [each.headers.get("range") for each in server.asked] == [None, "bytes=1500000-", None]


def test_bytes_of_another_blob_after_a_break_are_unverified() -> None:
    replies = iter([Reply(200, (), CONTENT, 1_500_000), Reply(200, (), CONTENT[:-1] + b"x")])
    with scripted_server(lambda asked: next(replies)) as server, pytest.raises(Unverified):
        fetch_blob(at(server), BLOB, 10**7)


def test_a_blob_that_is_gone_after_a_break_is_absent() -> None:
    replies = iter([Reply(200, (), CONTENT, 1_500_000), Reply(404)])
    with scripted_server(lambda asked: next(replies)) as server, pytest.raises(Absent):
        fetch_blob(at(server), BLOB, 10**7)


def test_breaks_are_counted_only_while_little_comes() -> None:
    cuts = cycle([PROGRESS // 2])
    with scripted_server(serving(CONTENT, cuts)) as server:
        assert fetch_blob(at(server), BLOB, 10**7) == CONTENT
        assert len(server.asked) > BREAKS + 1


def test_a_blob_that_hardly_moves_is_given_up() -> None:
    with scripted_server(serving(CONTENT, cycle([10]))) as server:
        with pytest.raises(
            Unreachable, match=rf"broke off after 40 of {len(CONTENT)} bytes, again and again.*run it"
        ):
            fetch_blob(at(server), BLOB, 10**7)
        assert len(server.asked) == BREAKS + 1


@pytest.mark.parametrize("etag", ['W/"weak"', '"two"words"', "", "none"])
def test_a_weak_or_odd_tag_is_no_condition(etag: str) -> None:
    with scripted_server(serving(CONTENT, iter([1_500_000]), etag=etag)) as server:
        assert fetch_blob(at(server), BLOB, 10**7) == CONTENT
        assert all("if-range" not in each.headers for each in server.asked)


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(1, len(CONTENT)), max_size=3), st.booleans())
def test_wherever_it_breaks_the_same_bytes_arrive(cuts: list[int], ranges: bool) -> None:
    with scripted_server(serving(CONTENT, iter(cuts), ranges=ranges)) as server:
        assert fetch_blob(at(server), BLOB, 10**7) == CONTENT


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_a_range_continues_only_from_its_own_start_to_the_end(start: int, more: int) -> None:
    size = start + more
    assert continues(f"bytes {start}-{size - 1}/{size}", start, size)
    assert continues(f"bytes {start}-{size - 1}/*", start, size)
    assert not continues(f"bytes {start + 1}-{size - 1}/{size}", start, size)
    assert not continues(f"bytes {start}-{size}/{size}", start, size)
    assert not continues(f"bytes {start}-{size - 1}/{size + 1}", start, size)
