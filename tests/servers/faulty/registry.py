"""A small, correct registry: OCI distribution-spec 1.1 over a store in memory.

Everything optional can be switched off, because registries in use do: the referrers API, ETags, the check of what
a manifest points to, DELETE, the digest in answers.
"""

import hashlib
import itertools
import json
import re
from dataclasses import dataclass
from urllib.parse import unquote

from tests.servers.faulty.content import Content, Part
from tests.servers.faulty.store import Repository, Store, needed, read, receive
from tests.servers.faulty.wire import Asked, Reply

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
_TARGET = re.compile(r"/v2/(.+?)/(manifests|blobs/uploads|blobs|tags|referrers)/([^/]*)")
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


@dataclass(frozen=True)
class Rules:
    """What this registry does and does not.

    Attributes:
        referrers: Has the referrers API, and says OCI-Subject.
        page: Entries on one page of tags or referrers.
        etag: States ETags of manifests, and honours If-Match and If-None-Match.
        checks_references: Refuses a manifest whose blobs or children are not there.
        immutable_tags: Refuses to write a tag that exists, even to the same digest.
        deletes: Has DELETE.
        ranges: Serves parts of blobs.
        states_digest: Sends Docker-Content-Digest.
        mounts: Shares blobs between repositories; otherwise opens an upload instead.
    """

    referrers: bool = True
    page: int = 100
    etag: bool = False
    checks_references: bool = True
    immutable_tags: bool = False
    deletes: bool = True
    ranges: bool = True
    states_digest: bool = True
    mounts: bool = True


COMPLETE = Rules()


class OciRegistry:
    """Answers requests; give its :meth:`answer` to a server."""

    def __init__(self, rules: Rules = COMPLETE, store: Store | None = None) -> None:
        self.rules = rules
        self.store = store or Store()
        self._sessions: dict[str, list[bytes]] = {}
        self._numbers = itertools.count(1)

    def open_session(self, session: str) -> None:
        """Begin an upload that nobody asked this registry for: another one sends its clients here."""
        self._sessions[session] = []

    def answer(self, asked: Asked) -> Reply:
        if asked.path in ("/v2/", "/v2"):
            return Reply(headers=(("Docker-Distribution-Api-Version", "registry/2.0"),), body=b"{}")
        found = _TARGET.fullmatch(unquote(asked.path))
        if not found:
            return error(404, "NAME_UNKNOWN", "no such place")
        name, kind, rest = found.groups()
        match kind:
            case "blobs/uploads":
                return self._upload(name, rest, asked)
            case "manifests":
                return self._manifests(self.store[name], rest, asked)
            case "blobs":
                return self._blobs(self.store[name], rest, asked)
            case "tags":
                return self._tags(name, asked)
        return self._referrers(name, rest, asked)

    def _manifests(self, repository: Repository, reference: str, asked: Asked) -> Reply:
        body = asked.body() if asked.method == "PUT" else b""
        with self.store.lock:
            digest = repository.tags.get(reference, reference)
            match asked.method:
                case "PUT":
                    return self._put_manifest(repository, reference, body, asked)
                case "DELETE":
                    return self._delete_manifest(repository, reference)
                case _ if digest not in repository.manifests:
                    return error(404, "MANIFEST_UNKNOWN", "manifest unknown")
            media_type, raw = repository.manifests[digest]
            return Reply(headers=(("Content-Type", media_type), *self._states(digest)), body=raw)

    def _put_manifest(self, repository: Repository, reference: str, raw: bytes, asked: Asked) -> Reply:
        digest = f"sha256:{hashlib.sha256(raw).hexdigest()}"
        document = read(raw)
        if ":" in reference and reference != digest:
            return error(400, "DIGEST_INVALID", "these are other bytes")
        blobs, children = needed(raw)
        gone = [
            *(b for b in blobs if b not in repository.blobs),
            *(c for c in children if c not in repository.manifests),
        ]
        if gone and self.rules.checks_references:
            return error(404, "MANIFEST_BLOB_UNKNOWN", f"blob unknown to registry: {gone[0]}")
        if ":" not in reference:
            current = repository.tags.get(reference)
            if current and self.rules.immutable_tags:
                return error(400, "TAG_INVALID", f"the tag {reference} is immutable and exists")
            if self.rules.etag and not _matches(asked, current):
                return error(412, "PRECONDITION_FAILED", "it has changed")
            repository.tags[reference] = digest
        repository.manifests[digest] = (asked.headers.get("content-type", ""), raw)
        subject = document.get("subject", {}).get("digest", "") if self.rules.referrers else ""
        return Reply(201, (*self._states(digest), *((("OCI-Subject", subject),) if subject else ())))

    def _delete_manifest(self, repository: Repository, reference: str) -> Reply:
        if not self.rules.deletes:
            return error(405, "UNSUPPORTED", "no deleting here")
        if ":" not in reference:
            return Reply(202) if repository.tags.pop(reference, None) else error(404, "MANIFEST_UNKNOWN", "no tag")
        if repository.manifests.pop(reference, None) is None:
            return error(404, "MANIFEST_UNKNOWN", "manifest unknown")
        for tag in [tag for tag, digest in repository.tags.items() if digest == reference]:
            del repository.tags[tag]
        return Reply(202)

    def _blobs(self, repository: Repository, digest: str, asked: Asked) -> Reply:
        content = repository.blobs.get(digest)
        if content is None:
            return error(404, "BLOB_UNKNOWN", "blob unknown to registry")
        if asked.method == "DELETE":
            if not self.rules.deletes:
                return error(405, "UNSUPPORTED", "no deleting here")
            del repository.blobs[digest]
            return Reply(202)
        headers = (("Content-Type", "application/octet-stream"), ("Docker-Content-Digest", digest))
        part = _RANGE.fullmatch(asked.headers.get("range", ""))
        if part and self.rules.ranges:
            return _part(content, int(part[1]), int(part[2] or content.size - 1), headers)
        return Reply(headers=headers, body=content)

    def _upload(self, name: str, session: str, asked: Asked) -> Reply:
        match asked.method:
            case "POST":
                return self._begin(name, asked)
            case _ if session not in self._sessions:
                return error(404, "BLOB_UPLOAD_UNKNOWN", "no such upload")
            case "DELETE":
                del self._sessions[session]
                return Reply(204)
            case "PUT":
                return self._finish(name, session, asked)
            case "PATCH":
                self._sessions[session].extend(asked.pieces())
        held = sum(len(piece) for piece in self._sessions[session])
        headers = (("Location", f"/v2/{name}/blobs/uploads/{session}?state=a%2Bb"), ("Range", f"0-{held - 1}"))
        return Reply(202 if asked.method == "PATCH" else 204, headers)

    def _begin(self, name: str, asked: Asked) -> Reply:
        digest, source = asked.one("mount"), asked.one("from")
        with self.store.lock:
            content = self.store[source].blobs.get(digest) if source and self.rules.mounts else None
            if content is not None:
                self.store[name].blobs[digest] = content
                return Reply(201, (("Location", f"/v2/{name}/blobs/{digest}"), ("Docker-Content-Digest", digest)))
            session = f"upload-{next(self._numbers)}"
            self._sessions[session] = []
        return Reply(202, (("Location", f"/v2/{name}/blobs/uploads/{session}?state=a%2Bb"), ("Range", "0-0")))

    def _finish(self, name: str, session: str, asked: Asked) -> Reply:
        if asked.one("state") not in ("a+b", ""):
            return error(400, "BLOB_UPLOAD_INVALID", "the state was not kept as it was")
        content = receive(itertools.chain(self._sessions.pop(session), asked.pieces()))
        if content.digest != asked.one("digest"):
            return error(400, "DIGEST_INVALID", "provided digest did not match uploaded content")
        with self.store.lock:
            self.store[name].blobs[content.digest] = content
        return Reply(201, (("Location", f"/v2/{name}/blobs/{content.digest}"),))

    def _tags(self, name: str, asked: Asked) -> Reply:
        last, count = asked.one("last"), min(int(asked.one("n") or self.rules.page), self.rules.page)
        with self.store.lock:
            if not self.store[name].manifests:
                return error(404, "NAME_UNKNOWN", "repository name not known to registry")
            tags = sorted(tag for tag in self.store[name].tags if tag > last)
        link = f'</v2/{name}/tags/list?n={count}&last={tags[count - 1]}>; rel="next"' if len(tags) > count else ""
        body = json.dumps({"name": name, "tags": tags[:count]}).encode()
        return Reply(
            headers=(("Content-Type", "application/json"), *((("Link", link),) if link else ())), body=body
        )

    def _referrers(self, name: str, subject: str, asked: Asked) -> Reply:
        if not self.rules.referrers:
            return Reply(404, body=b"404 page not found\n")
        start, wanted = int(asked.one("from") or 0), asked.one("artifactType")
        with self.store.lock:
            found = self.store[name].referrers(subject)
        listed = [entry for entry in found if not wanted or entry.get("artifactType") == wanted]
        end = start + self.rules.page
        link = f'</v2/{name}/referrers/{subject}?from={end}>; rel="next"' if len(listed) > end else ""
        headers = (
            ("Content-Type", OCI_INDEX),
            *((("Link", link),) if link else ()),
            *((("OCI-Filters-Applied", "artifactType"),) if wanted else ()),
        )
        page = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": listed[start:end]}
        return Reply(headers=headers, body=json.dumps(page).encode())

    def _states(self, digest: str) -> tuple[tuple[str, str], ...]:
        stated = (("Docker-Content-Digest", digest),) if self.rules.states_digest else ()
        return (*stated, *((("ETag", f'"{digest}"'),) if self.rules.etag else ()))


def error(status: int, code: str, message: str) -> Reply:
    """An error as the specification wants it."""
    body = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
    return Reply(status, (("Content-Type", "application/json"),), body)


def _matches(asked: Asked, current: str | None) -> bool:
    if asked.headers.get("if-none-match") == "*":
        return current is None
    wanted = asked.headers.get("if-match")
    return wanted is None or wanted == f'"{current}"'


def _part(content: Content, start: int, last: int, headers: tuple[tuple[str, str], ...]) -> Reply:
    stop = min(last + 1, content.size)
    if start >= stop:
        return Reply(416, (("Content-Range", f"bytes */{content.size}"),))
    stated = (("Content-Range", f"bytes {start}-{stop - 1}/{content.size}"),)
    return Reply(206, (*headers, *stated), Part(content, start, stop))
