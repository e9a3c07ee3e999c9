"""Faults as data: which request, which time, and what happens instead of, before or after the right answer."""

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from tests.servers.faulty.content import Kept
from tests.servers.faulty.server import Handler
from tests.servers.faulty.wire import Asked, Reply

When = Callable[[Asked], bool]
Act = Callable[[Asked, Handler], Reply]
"""Answer a request; the handler would answer it right."""

HANG_UP = Reply(0)
RESET = Reply(0, reset=True)


@dataclass
class Fault:
    """One fault.

    Attributes:
        when: Which requests it is about.
        act: What happens to them.
        times: To which of them, counted from 1; every one where it is ``None``.
        struck: How often it happened: a test whose fault never struck has shown nothing.
    """

    when: When
    act: Act
    times: frozenset[int] | None = None
    struck: int = 0
    _matched: int = 0
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def strikes(self, asked: Asked) -> bool:
        """Tell whether it happens to this request, which is counted."""
        if not self.when(asked):
            return False
        with self._guard:
            self._matched += 1
            now = self.times is None or self._matched in self.times
            self.struck += now
        return now


def on(method: str, pattern: str) -> When:
    """Requests with one of these methods (``GET|HEAD``) whose target has this pattern somewhere."""
    return lambda asked: asked.method in method.split("|") and re.search(pattern, asked.target) is not None


def every(when: When, act: Act) -> Fault:
    return Fault(when, act)


def once(when: When, act: Act, *, at: int = 1) -> Fault:
    """It happens to the first such request, or to the one named."""
    return Fault(when, act, frozenset({at}))


def first(times: int, when: When, act: Act) -> Fault:
    """It happens to the first few such requests."""
    return Fault(when, act, frozenset(range(1, times + 1)))


def faulty(handler: Handler, *faults: Fault) -> Handler:
    """Answer as the handler does, where no fault strikes; the first that strikes is the outermost."""
    for fault in reversed(faults):
        handler = _around(handler, fault)
    return handler


def _around(handler: Handler, fault: Fault) -> Handler:
    return lambda asked: fault.act(asked, handler) if fault.strikes(asked) else handler(asked)


# What can happen.


def instead(reply: Reply) -> Act:
    """Answer this, and do nothing; a body on its way is read."""

    def act(asked: Asked, _: Handler) -> Reply:
        asked.body()
        return reply

    return act


def at_once(reply: Reply, *, after_bytes: int = 0) -> Act:
    """Answer this when so much of the body has come, without reading the rest."""

    def act(asked: Asked, _: Handler) -> Reply:
        if after_bytes:
            asked.swallow(after_bytes)
        return reply

    return act


def though_done(reply: Reply) -> Act:
    """Do it, and answer this: it fails, and was persisted."""
    return changing(lambda _: reply)


def changing(change: Callable[[Reply], Reply]) -> Act:
    """Do it, and answer otherwise."""
    return lambda asked, handler: change(handler(asked))


def before(deed: Callable[[], object]) -> Act:
    """Do something else first."""

    def act(asked: Asked, handler: Handler) -> Reply:
        deed()
        return handler(asked)

    return act


def after(deed: Callable[[], object]) -> Act:
    """Do something else when it is done, before it is answered."""

    def act(asked: Asked, handler: Handler) -> Reply:
        reply = handler(asked)
        deed()
        return reply

    return act


def slowly_read(seconds: float) -> Act:
    """Pause before each piece of the body is read."""

    def act(asked: Asked, handler: Handler) -> Reply:
        asked.incoming = _paused(asked.incoming, asked, seconds)
        return handler(asked)

    return act


def _paused(pieces: Iterator[bytes], asked: Asked, seconds: float) -> Iterator[bytes]:
    for piece in pieces:
        asked.pause(seconds)
        yield piece


# How an answer can differ.


def with_header(name: str, value: str) -> Callable[[Reply], Reply]:
    """The same answer with this header, instead of any of its name."""
    return lambda reply: replace(reply, headers=(*without_header(name)(reply).headers, (name, value)))


def without_header(name: str) -> Callable[[Reply], Reply]:
    """The same answer without headers of this name."""
    return lambda reply: replace(
        reply, headers=tuple(pair for pair in reply.headers if pair[0].lower() != name.lower())
    )


def without_length(reply: Reply) -> Reply:
    """The same answer without Content-Length."""
    return with_header("Content-Length", "")(reply)


def cut_after(count: int, *, reset: bool = False) -> Callable[[Reply], Reply]:
    """The same answer, broken off."""
    return lambda reply: replace(reply, cut=count, reset=reset)


def paced(piece_bytes: int, seconds: float) -> Callable[[Reply], Reply]:
    """The same answer in small pieces, with pauses."""
    return lambda reply: replace(reply, pace=(piece_bytes, seconds))


def whole_instead_of_part(whole: Reply) -> Callable[[Reply], Reply]:
    """Status 200 and everything, though a part was asked for."""
    return lambda _: whole


def flipped(reply: Reply) -> Reply:
    """The same answer with one bit of its body turned, where it has one."""
    raw = bytearray(b"".join(reply.content.pieces()))
    if raw:
        raw[len(raw) // 2] ^= 1
    return replace(reply, body=Kept(bytes(raw)))


def lengthened(reply: Reply) -> Reply:
    """The same answer with a longer body, and a Content-Length that says so."""
    return replace(reply, body=Kept(b"".join(reply.content.pieces()) + b"more"))
