"""A server of the tests that speaks as much of S3 as a published ledger needs, and fails when it is told to.

Strict: every request is signed (Signature Version 4, over the host, the date and the body), the body is the one that
was signed, and no object is written without a condition. Source: Amazon S3 API reference, GetObject, PutObject,
DeleteObject, ListObjectsV2.
"""

import hashlib
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

_SIGNED = re.compile(
    r"AWS4-HMAC-SHA256 Credential=[^/]+/\d{8}/[a-z0-9-]+/s3/aws4_request, "
    r"SignedHeaders=(?=[a-z0-9;-]*host)(?=[a-z0-9;-]*x-amz-content-sha256)(?=[a-z0-9;-]*x-amz-date)[a-z0-9;-]+, "
    r"Signature=[0-9a-f]{64}"
)
_PAGE = 7  # so that listings have several


class Fault(Enum):
    """What goes wrong with one request."""

    BUSY = "503 before anything happened"
    LOST = "the connection ends before anything happened"
    PERSISTED = "the connection ends after it happened"
    PERSISTED_BUSY = "503 after it happened"
    RACED = "somebody else writes first"
    CROSSED = "409: two conditional writes met"
    FORBIDDEN = "403"
    SLOW = "a while passes"
    ENDLESS = "200, and bytes that do not end"


Plan = Callable[[str, str, int], Fault | None]
"""``(method, key, how often so far)`` → what goes wrong."""


@dataclass
class Bucket:
    """What stands in the one bucket, ``ledgers``, and what was asked."""

    plan: Plan = lambda method, key, count: None
    objects: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    guard: threading.RLock = field(default_factory=threading.RLock)
    url: str = ""

    def written(self) -> list[str]:
        """The keys that were put, in order, each try."""
        return [key for method, key in self.asked if method == "PUT"]


@contextmanager
def bucket_server() -> Iterator[Bucket]:
    """Serve an empty bucket on a free port while the block runs."""
    bucket = Bucket()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(bucket))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    bucket.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield bucket
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _tag(content: bytes) -> str:
    return f'"{hashlib.md5(content).hexdigest()}"'


def _handler(bucket: Bucket) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            parts = urlsplit(self.path)
            _, name, *rest = unquote(parts.path).split("/", 2)
            key = rest[0] if rest else ""
            with bucket.guard:
                bucket.asked.append((self.command, key))
                count = bucket.asked.count((self.command, key))
            fault = bucket.plan(self.command, key, count)
            if fault is Fault.SLOW:
                time.sleep(0.3)
            wrong = self._wrong(body)
            if wrong or fault is Fault.FORBIDDEN:
                bucket.refused.append(wrong or "as planned")
                return self._say(403, "AccessDenied")
            if name != "ledgers":
                return self._say(404, "NoSuchBucket")
            return self._perform(fault, key, body, parts.query)

        def _wrong(self, body: bytes) -> str | None:
            if not _SIGNED.fullmatch(self.headers.get("Authorization", "")):
                return "not signed"
            if self.headers.get("x-amz-content-sha256") != hashlib.sha256(body).hexdigest():
                return "another body than the signed one"
            return None

        def _perform(self, fault: Fault | None, key: str, body: bytes, query: str) -> None:
            match fault:
                case Fault.BUSY:
                    return self._say(503, "SlowDown")
                case Fault.ENDLESS:
                    return self._pour()
                case Fault.CROSSED:
                    return self._say(409, "ConditionalRequestConflict")
                case Fault.LOST:
                    self.close_connection = True
                    return None
                case Fault.RACED:
                    with bucket.guard:
                        bucket.objects[key] = b"somebody else's"
                case _:
                    pass
            status, code, content = self._done(key, body, query)
            if fault is Fault.PERSISTED:
                self.close_connection = True
                return None
            if fault is Fault.PERSISTED_BUSY:
                return self._say(503, "SlowDown")
            return self._say(status, code, content)

        def _done(self, key: str, body: bytes, query: str) -> tuple[int, str, bytes]:
            with bucket.guard:
                match self.command:
                    case "PUT":
                        return self._put(key, body)
                    case "DELETE":
                        bucket.objects.pop(key, None)
                        return 204, "", b""
                    case _ if not key:
                        return 200, "", self._listed(query)
                    case _ if key in bucket.objects:
                        return 200, "", bucket.objects[key]
                    case _:
                        return 404, "NoSuchKey", b""

        def _put(self, key: str, body: bytes) -> tuple[int, str, bytes]:
            there = bucket.objects.get(key)
            same, none = self.headers.get("If-Match"), self.headers.get("If-None-Match")
            if (same is None) == (none is None):
                bucket.refused.append(f"{key}: expected one condition")
                return 400, "InvalidRequest", b""
            holds = there is None if none == "*" else there is not None and same == _tag(there)
            if not holds:
                return 412, "PreconditionFailed", b""
            bucket.objects[key] = body
            return 200, "", b""

        def _listed(self, query: str) -> bytes:
            asked = parse_qs(query)
            after, prefix = asked.get("continuation-token", [""])[0], asked.get("prefix", [""])[0]
            keys = [key for key in sorted(bucket.objects) if key.startswith(prefix) and key > after]
            page, more = keys[:_PAGE], len(keys) > _PAGE
            found = "".join(f"<Contents><Key>{escape(key)}</Key></Contents>" for key in page)
            token = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if more else ""
            flag = f"<IsTruncated>{str(more).lower()}</IsTruncated>"
            return f"<ListBucketResult>{flag}{found}{token}</ListBucketResult>".encode()

        def _say(self, status: int, code: str, content: bytes = b"") -> None:
            body = f"<Error><Code>{code}</Code></Error>".encode() if code else content
            self.send_response(status)
            self.send_header("ETag", _tag(content))
            self.send_header("Content-Length", str(len(body) if status != 204 else 0))
            self.end_headers()
            if self.command != "HEAD" and status != 204:
                self.wfile.write(body)

        def _pour(self) -> None:
            """Send as much as whoever asked takes, at most as much as was announced."""
            self.close_connection = True
            self.send_response(200)
            self.send_header("ETag", _tag(b""))
            self.send_header("Content-Length", str(1 << 40))
            self.end_headers()
            with suppress(OSError):
                for _ in range(1 << 20):
                    self.wfile.write(bytes(1 << 20))

        do_GET = do_PUT = do_HEAD = do_DELETE = _serve

        def log_message(self, *_: object) -> None:
            pass

    return Handler
