"""One connection, over which one origin is asked one question after another.

Source: RFC 9112 sections 3 (request line), 9.3 (persistence). ``http.client`` is not used: it reads headers with the
parser for mail, which forgives what one should not (docs/adr/0014) and costs as much as everything else of a question.
"""

from typing import Final

from pratique.registry.body import Body, Incoming, body_of
from pratique.registry.flow import Flow
from pratique.registry.head import Head, NotHttp, framing, parse_head
from pratique.registry.messages import Headers

_MAX_INTERIM: Final = 16  # answers of 100 to 199 before the one that counts


class Reply:
    """An answer that has begun to arrive."""

    def __init__(self, head: Head, body: Body, incoming: Incoming) -> None:
        self.head = head
        self.body = body
        self._incoming = incoming

    @property
    def done(self) -> bool:
        """Whether all of it came, and its connection may be used again."""
        return self.body.ended and self.head.stays and not self._incoming.kept


class Line:
    """A connected socket that speaks HTTP/1.1; to be used by one thread at a time."""

    def __init__(self, flow: Flow, prefix: str = "", always: Headers = ()) -> None:
        """Take over a connection.

        Args:
            flow: Connected, and encrypted where it must be.
            prefix: Goes before every target, where a proxy is asked for whole URLs.
            always: Headers of every question, for the proxy.
        """
        self.flow = flow
        self._prefix = prefix
        self._always = always

    def ask(self, method: str, target: str, headers: Headers, body: bytes = b"") -> None:
        """Send a question, or its head, where the body is sent by :meth:`send` afterwards.

        Raises:
            ValueError: A header holds what no header may.
            OSError: It cannot be sent.
        """
        lines = [f"{method} {self._prefix}{target} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in (*headers, *self._always)]
        if any("\r" in line or "\n" in line or "\0" in line for line in lines):
            raise ValueError("a header of ours would hold the end of a line")
        self.flow.sendall("\r\n".join((*lines, "", "")).encode("latin-1") + body)

    def send(self, content: memoryview) -> None:
        """Send a part of the body."""
        self.flow.sendall(content)

    def answer(self, method: str) -> Reply:
        """Wait for the answer to a question of this method.

        Raises:
            ConnectionResetError: The connection ended before anything came.
            NotHttp: What came is no answer.
            OSError: The connection broke, or is too slow.
        """
        incoming = Incoming(self.flow.arriving())
        for _ in range(_MAX_INTERIM):
            head = parse_head(incoming.head())
            if head.status >= 200:
                return Reply(head, body_of(incoming, framing(method, head)), incoming)
            if head.status == 101:
                break
        raise NotHttp("answers that it will answer, and does not")

    def close(self) -> None:
        """End it."""
        self.flow.close()
