"""Publishing to a bucket that speaks S3, by conditional writes: ``If-None-Match: *`` and ``If-Match``.

An answer that is lost is asked for again, and the second try then finds what the first one wrote: a write that was
refused as already done is compared, byte for byte, before it counts as done. Needs boto3, which the extra ``s3``
brings. Endpoint, region and credentials are AWS's own settings of the environment, never of ours.

Source: Amazon S3 API, PutObject ("If-None-Match", "If-Match", 409 ConditionalRequestConflict, 412).
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from pratique.errors import Absent, Conflict, Malformed, Refused, Unreachable
from pratique.ledger.interface import MAX_FILE_BYTES, MAX_STREAM_BYTES, bounded

T = TypeVar("T")

SCHEME = "s3://"

_URL = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/([A-Za-z0-9._=/-]*))?", re.ASCII)
_CHUNK_BYTES = 1024 * 1024
_TRIES = 4  # in all, of one request, and of one conditional write
_PATIENCE_SECONDS = 30
_ABSENT = ("NoSuchKey", "404")
_NOT_DONE = ("PreconditionFailed", "412", "ConditionalRequestConflict", "409")
_FORBIDDEN = ("AccessDenied", "403", "SignatureDoesNotMatch", "InvalidAccessKeyId", "ExpiredToken")


@dataclass(frozen=True, slots=True)
class BucketTarget:
    """What stands in one bucket below one prefix; made by :func:`open_bucket`."""

    bucket: str
    prefix: str
    client: Any

    def __str__(self) -> str:
        return f"{SCHEME}{self.bucket}/{self.prefix}".rstrip("/")

    def read(self, path: str) -> bytes | None:
        """Return an object's bytes, ``None`` where there is none."""
        found = self._get(path)
        return None if found is None else found[0]

    def stream(self, path: str) -> Iterator[bytes]:
        """Yield an object's bytes in pieces, none where there is none."""
        body = self._asked(path, lambda: self.client.get_object(**self._named(path))["Body"], _ABSENT)
        if body is not None:
            yield from self._chunks(path, body, MAX_STREAM_BYTES)

    def _chunks(self, path: str, body: Any, max_bytes: int) -> Iterator[bytes]:
        pieces = iter(lambda: self._asked(path, lambda: body.read(_CHUNK_BYTES)) or b"", b"")
        return bounded(pieces, f"{self}/{path}", max_bytes)

    def keep(self, path: str, content: bytes) -> int:
        """Make the object hold these bytes; return 1 if it was written, 0 if they were there."""
        for _ in range(_TRIES):
            if self._put(path, content, IfNoneMatch="*"):
                return 1
            found = self.read(path)
            if found == content:
                return 0
            if found is not None:
                raise Conflict(
                    f"export: {self}/{path} exists with other bytes: another history was exported here; use a new "
                    "prefix"
                )
        raise self._given_up(path)

    def replace(self, path: str, content: bytes, before: bytes | None) -> None:
        """Make the object hold these bytes instead of ``before``; raises ``Conflict`` where it holds neither."""
        for _ in range(_TRIES):
            found = self._get(path)
            holds, condition = (None, {"IfNoneMatch": "*"}) if found is None else (found[0], {"IfMatch": found[1]})
            if holds == content:
                return
            if holds != before:
                raise Conflict(
                    f"export: {self}/{path} was changed meanwhile by somebody else; run it again, and see who else "
                    "publishes there"
                )
            if self._put(path, content, **condition):
                return
        raise self._given_up(path)

    def remove(self, path: str) -> None:
        """Remove an object; a bucket that keeps versions keeps the earlier one."""
        self._asked(path, lambda: self.client.delete_object(**self._named(path)))

    def list(self, folder: str) -> Iterator[str]:
        """Yield the path of every object below a folder."""
        start = self._key(f"{folder.rstrip('/')}/" if folder else "")
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=start)
        listed = self._asked(folder, lambda: [item["Key"] for page in pages for item in page.get("Contents", ())])
        for key in sorted(listed or ()):
            yield key.removeprefix(self._key(""))

    def _get(self, path: str) -> tuple[bytes, str] | None:
        """Return an object's bytes and its entity tag."""
        answer = self._asked(path, lambda: self.client.get_object(**self._named(path)), _ABSENT)
        if answer is None:
            return None
        return b"".join(self._chunks(path, answer["Body"], MAX_FILE_BYTES)), answer["ETag"]

    def _put(self, path: str, content: bytes, **condition: str) -> bool:
        """Write an object where the condition holds, and tell whether it was written now."""

        def put() -> bool:
            self.client.put_object(**self._named(path), Body=content, ContentType=_kind(path), **condition)
            return True

        return self._asked(path, put, _NOT_DONE) is not None

    def _asked(self, path: str, ask: Callable[[], T], none: tuple[str, ...] = ()) -> T | None:
        """Return an answer, ``None`` where the other side answers with one of these codes."""
        try:
            return ask()
        except _failures() as error:
            if _code(error) in none:
                return None
            self._fail(path, error)

    def _fail(self, path: str, error: Exception) -> NoReturn:
        where, code = f"export: {self}/{path}", _code(error)
        if code in _FORBIDDEN:
            raise Refused(
                f"{where}: refused ({code}); the credentials of the environment need s3:GetObject, s3:PutObject, "
                "s3:DeleteObject and s3:ListBucket there"
            ) from error
        if code == "NoSuchBucket":
            raise Absent(f"{where}: there is no such bucket; make it first") from error
        if type(error).__name__ in ("NoCredentialsError", "PartialCredentialsError", "ProfileNotFound"):
            raise Refused(
                f"{where}: no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
            ) from error
        raise Unreachable(f"{where}: {code or error}; what was written stays right, run it again later") from error

    def _given_up(self, path: str) -> Unreachable:
        return Unreachable(f"export: {self}/{path} is written by others all the time; run it again later")

    def _named(self, path: str) -> dict[str, str]:
        return {"Bucket": self.bucket, "Key": self._key(path)}

    def _key(self, path: str) -> str:
        return f"{self.prefix}/{path}" if self.prefix else path


def open_bucket(url: str, environment: Mapping[str, str] = os.environ) -> BucketTarget:
    """Return the bucket that ``s3://BUCKET/PREFIX`` names, without asking it anything yet.

    Raises:
        Malformed: It is no such URL.
        Absent: boto3 is not installed.
        Refused: The environment says how to reach it in a way that boto3 does not understand.
    """
    named = _URL.fullmatch(url)
    if named is None:
        raise Malformed(f"export: expected s3://BUCKET/PREFIX, found {url[:200]!r}")
    try:
        import boto3
        from botocore.config import Config
    except ImportError as error:
        raise Absent("export to s3:// needs boto3; install it: pip install 'pratique[s3]'") from error
    own = environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL")
    config = Config(
        retries={"mode": "standard", "total_max_attempts": _TRIES},
        connect_timeout=_PATIENCE_SECONDS,
        read_timeout=_PATIENCE_SECONDS,
        # Others than Amazon know neither checksums in trailers nor buckets as host names; the body is signed anyway.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": "path" if own else "auto"},
    )
    try:
        client = boto3.session.Session().client("s3", config=config)
    except _failures(ValueError) as error:
        raise Refused(
            f"export: {url}: {error}; set AWS_REGION, and AWS_ENDPOINT_URL_S3 where it is needed"
        ) from error
    return BucketTarget(named[1], (named[2] or "").strip("/"), client)


def _failures(*more: type[Exception]) -> tuple[type[Exception], ...]:
    from botocore.exceptions import BotoCoreError, ClientError

    return BotoCoreError, ClientError, *more


def _code(error: Exception) -> str:
    """Return what the other side calls the error, nothing where it did not answer."""
    answer = getattr(error, "response", None)
    return str(answer["Error"].get("Code", "")) if isinstance(answer, dict) and "Error" in answer else ""


def _kind(path: str) -> str:
    """Return the media type (c2sp.org/tlog-tiles asks for these two)."""
    text = path == "checkpoint" or path.endswith((".vkey", ".txt"))
    return "text/plain; charset=utf-8" if text else "application/octet-stream"
