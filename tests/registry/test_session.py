"""How much is asked of one registry at once, and what happens when it has had enough."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.registry.builders import blob_of, build_image
from tests.registry.memory_registry import MemoryRegistry
from tests.registry.opened import BLOB, at
from tests.registry.scripted_server import Asked, Reply, Server, scripted_server

from pratique.errors import Absent, Unreachable
from pratique.registry.blob import holding
from pratique.registry.failure import MissingParts, expect
from pratique.registry.gate import QUESTIONS, STREAMS, Gate
from pratique.registry.interface import Registry
from pratique.registry.messages import Answer
from pratique.registry.open import Settings, open_repository
from pratique.registry.patience import Patience, Waits, retry_after
from pratique.values.digest import Digest
from pratique.values.reference import parse_repository

NOWHERE = Digest("0" * 64)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def of_one_host(server: Server, *names: str, patience: Patience | None = None) -> tuple[Registry, ...]:
    """Repositories of one registry, opened with the same settings."""
    settings = Settings(
        Path("/nowhere"), insecure=frozenset({server.host}), patience=patience or Patience(3, 2.0, 5.0)
    )
    return tuple(open_repository(parse_repository(f"{server.host}/{name}"), settings) for name in names)


def test_a_registry_that_is_busy_is_left_alone_by_every_repository() -> None:
    replies = iter([Reply(429, (("Retry-After", "2"),))])
    times: list[float] = []

    def busy_once(asked: Asked) -> Reply:
        times.append(time.monotonic())
        return next(replies, Reply(404))

    with scripted_server(busy_once) as server:
        first, second = of_one_host(server, "first", "second")
        with ThreadPoolExecutor(2) as pool:
            busy = pool.submit(first.resolve, "v1")
            while not times:
                time.sleep(0.01)
            time.sleep(0.7)  # until the answer has been read
            assert second.resolve("v1") is None
            assert busy.result() is None

    assert all(moment - times[0] >= 1.95 for moment in times[1:])


def test_a_pause_longer_than_our_patience_is_said_and_not_waited() -> None:
    gate = Gate()
    gate.pause(50)

    with pytest.raises(Unreachable, match="asked for a pause of 50 s; try again after that"):
        gate.wait(time.monotonic() + 10, "http://registry.example/v2/")


def test_a_shorter_pause_does_not_end_a_longer_one() -> None:
    gate = Gate()
    gate.pause(0.2)
    gate.pause(0.0)
    begun = time.monotonic()

    gate.wait(begun + 5, "x")

    assert time.monotonic() - begun >= 0.19


class Crowd:
    """Counts who is inside at the same time."""

    def __init__(self) -> None:
        self.most = self._inside = 0
        self._guard = threading.Lock()

    @contextmanager
    def inside(self) -> Iterator[None]:
        with self._guard:
            self._inside += 1
            self.most = max(self.most, self._inside)
        time.sleep(0.05)
        yield
        with self._guard:
            self._inside -= 1


def crowded(work: Callable[[], object]) -> None:
    with ThreadPoolExecutor(24) as pool:
        for task in [pool.submit(work) for _ in range(48)]:
            task.result()


def test_no_more_than_sixteen_questions_are_asked_at_once() -> None:
    crowd = Crowd()

    def slow(asked: Asked) -> Reply:
        with crowd.inside():
            return Reply(404)

    with scripted_server(slow) as server:
        first, second = of_one_host(server, "first", "second")
        crowded(lambda: (first.resolve("v1"), second.resolve("v1")))

    assert 1 < crowd.most <= QUESTIONS


def test_no_more_than_four_blobs_are_read_at_once() -> None:
    crowd = Crowd()

    with scripted_server(lambda asked: Reply(body=BLOB)) as server:
        first, second = of_one_host(server, "first", "second")

        def read() -> None:
            for registry in (first, second):
                with registry.open_unverified(blob_of(BLOB)), crowd.inside():
                    pass

        crowded(read)

    assert 1 < crowd.most <= STREAMS


def test_copies_that_cross_each_other_do_not_wait_for_each_other_for_ever() -> None:
    one, other = MemoryRegistry(), MemoryRegistry()
    contents = [BLOB * 1000 + bytes([number]) for number in range(16)]
    with scripted_server(one.answer) as left, scripted_server(other.answer) as right:
        hosts = frozenset({left.host, right.host})
        settings = Settings(Path("/nowhere"), insecure=hosts)
        there, here = (open_repository(parse_repository(f"{each.host}/shop"), settings) for each in (left, right))
        for content in contents[:8]:
            there.put_blob(blob_of(content), holding(content))
        for content in contents[8:]:
            here.put_blob(blob_of(content), holding(content))

        def carry(content: bytes, source: Registry, destination: Registry) -> None:
            destination.put_blob(blob_of(content), lambda: source.open_unverified(blob_of(content)))

        with ThreadPoolExecutor(16) as pool:
            tasks = [pool.submit(carry, content, there, here) for content in contents[:8]]
            tasks += [pool.submit(carry, content, here, there) for content in contents[8:]]
            for task in tasks:
                task.result(timeout=20)

    assert len(one.blobs) == len(other.blobs) == 16


@pytest.mark.parametrize("status", [408, 500, 502, 504])
def test_a_question_that_failed_in_passing_is_asked_again(status: int) -> None:
    image = build_image("a")
    replies = iter([Reply(status), Reply(0)])
    content = Reply(headers=(("Content-Type", image.media_type),), body=image.raw)

    with scripted_server(lambda asked: next(replies, content)) as server:
        assert at(server).manifest(image.digest) == image.manifest


def test_a_question_that_always_fails_says_how_often_it_was_asked() -> None:
    with scripted_server(lambda asked: Reply(500, body=b"oops")) as server:
        with pytest.raises(Unreachable, match=r"asked 3 times: the registry answers 500; try again"):
            at(server).resolve("v1")
        assert len(server.asked) == 3


def test_a_manifest_whose_answer_was_lost_is_looked_for_before_it_is_sent_again() -> None:
    memory = MemoryRegistry()
    image = build_image("a")

    def forgetful(asked: Asked) -> Reply:
        reply = memory.answer(asked)
        return Reply(0) if asked.method == "PUT" else reply

    with scripted_server(forgetful) as server:
        at(server).put_manifest(image.manifest)
        at(server).put_tag("v1", image.digest, None)

        assert [asked.method for asked in server.asked].count("PUT") == 2


def test_a_manifest_that_did_not_arrive_is_sent_again() -> None:
    memory = MemoryRegistry()
    image = build_image("a")
    failures = iter([Reply(500), Reply(502)])

    def failing(asked: Asked) -> Reply:
        return (next(failures, None) if asked.method == "PUT" else None) or memory.answer(asked)

    with scripted_server(failing) as server:
        at(server).put_manifest(image.manifest)
        assert at(server).manifest(image.digest) == image.manifest


@pytest.mark.parametrize(
    "error",
    [
        b'{"code":"MANIFEST_BLOB_UNKNOWN","detail":{"digest":"%s"}}',
        b'{"code":"MANIFEST_BLOB_UNKNOWN","detail":"%s"}',
        b'{"code":"MANIFEST_BLOB_UNKNOWN","message":"unknown blob %s"}',
    ],
)
def test_a_part_that_is_missing_is_named(error: bytes) -> None:
    said = b'{"errors":[%s]}' % error.replace(b"%s", str(NOWHERE).encode())

    def picky(asked: Asked) -> Reply:
        return Reply(400, body=said) if asked.method == "PUT" else Reply(404)

    with scripted_server(picky) as server, pytest.raises(MissingParts) as caught:
        at(server).put_manifest(build_image("a").manifest)
    assert caught.value.digests == {NOWHERE}


def test_a_part_that_is_missing_and_not_named_is_absent_all_the_same() -> None:
    answer = Answer("http://x/", 404, (), b'{"errors":[{"code":"MANIFEST_BLOB_UNKNOWN"}]}')
    with pytest.raises(Absent) as caught:
        expect(answer, (201,), "writing it")
    assert isinstance(caught.value, MissingParts)
    assert caught.value.digests == frozenset()


@pytest.mark.parametrize(
    ("status", "remedy"), [(413, "raise the limit"), (507, "make room"), (403, "credentials")]
)
def test_a_failure_that_only_the_operator_can_mend_says_how(status: int, remedy: str) -> None:
    with pytest.raises(Exception, match=remedy):
        expect(Answer("http://x/", status, (), b""), (201,), "writing it")


@given(st.binary(max_size=200) | st.just(b'{"errors":[{"code":1,"message":[]}]}') | st.just(b'{"errors":{"a":1}}'))
def test_whatever_a_failure_holds_is_an_error_of_one_line(body: bytes) -> None:
    with pytest.raises(Unreachable) as caught:
        expect(Answer("http://x/?secret=1", 500, (), body), (200,), "asking")
    assert str(caught.value).isprintable()
    assert "secret" not in str(caught.value)


@given(st.integers(0, 10**9))
def test_seconds_and_dates_mean_the_same_wait(seconds: int) -> None:
    later = format_datetime(datetime.fromtimestamp(NOW.timestamp() + seconds, UTC), usegmt=True)
    assert retry_after(str(seconds)) == seconds
    assert retry_after(later, NOW) == seconds


@given(st.floats(0, 10**9), st.integers(0, 20))
def test_no_wait_is_longer_than_our_patience(asked: float, failures: int) -> None:
    patience = Patience(3, longest_wait_seconds=7, total_wait_seconds=20)
    waits = Waits(patience)
    for _ in range(failures):
        waits.may_try_again()

    assert patience.backoff(failures) <= 7 * 1.25
    try:
        assert waits.seconds(asked, "x") == asked <= 7
    except Unreachable:
        assert asked > 7
