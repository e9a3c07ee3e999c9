"""What breaks its reader ends that reader and nothing else, in whatever process gathers or takes in evidence."""

import json
import logging
import os
import signal
from logging.handlers import QueueHandler
from queue import SimpleQueue

import pytest
from tests.fresh import fresh

from pratique.evidence.model import Origin, Piece
from pratique.service.confined import Broke, Limits, confined, unreadable
from pratique.service.gather import readable
from pratique.values.digest import Digest

BILL = json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"name": "a"}]}).encode()
HEAVY = b"[" + b"{}," * 2_000_000 + b"{}]"
NARROW = Limits(memory=64 << 20)
IMAGE = Digest("a" * 64)


def piece(content: bytes) -> Piece:
    return Piece(Digest.of(content), "application/json", len(content), IMAGE, Origin.UPLOAD, content)


def tried(contents: tuple[bytes, ...]) -> tuple[str | None, ...]:
    return tuple(unreadable(contents, NARROW))


def test_a_document_that_takes_too_much_is_named_and_the_next_one_is_read() -> None:
    first, second, third = fresh(tried, (BILL, HEAVY, BILL))
    assert (first, third) == (None, None)
    assert second == "it needs more than 64 MiB to read, or it broke its reader"


def test_a_document_that_takes_too_long_is_named_and_the_next_one_is_read() -> None:
    found = list(unreadable((HEAVY, HEAVY), Limits(seconds=0.01)))
    assert found == ["it took longer than 0.01 s to read"] * 2


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b'{"a": 1, "a": 2}', b"[" * 100_000])
def test_what_a_reader_refuses_breaks_nobody(content: bytes) -> None:
    assert list(unreadable((content,), NARROW)) == [None]


def _end(_: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def test_a_reader_that_dies_is_told_and_followed_by_another() -> None:
    with confined(_end) as reader:
        for question in range(2):
            answer = reader.ask(question)
            assert isinstance(answer, Broke)
            assert "broke its reader" in answer.reason


def gathered(pieces: tuple[Piece, ...]) -> tuple[tuple[Piece, ...], tuple[str, ...]]:
    """Return what can be read of these, and what the log says of the others."""
    heard: SimpleQueue[logging.LogRecord] = SimpleQueue()
    logging.getLogger("pratique").addHandler(QueueHandler(heard))
    kept = readable(pieces, (), NARROW)
    return kept, tuple(heard.get().getMessage() for _ in range(heard.qsize()))


def test_what_breaks_its_reader_is_gathered_as_not_there() -> None:
    good, bad = piece(BILL), piece(HEAVY)
    kept, (told, _) = fresh(gathered, (bad, good, bad))
    assert kept == (good,)
    assert told.startswith(f"evidence {bad.digest} on {IMAGE} counts as not there: it needs more than 64 MiB")


def test_what_was_read_before_is_not_tried_again() -> None:
    bad = piece(HEAVY)
    assert readable((bad,), (bad,), NARROW) == (bad,)
