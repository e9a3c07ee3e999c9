"""A registry in memory that has the referrers API, in pages of two: what docker-registry cannot show."""

import json
import re
from urllib.parse import parse_qs, urlsplit

from tests.registry.builders import to_json
from tests.registry.scripted_server import Asked, Reply

from pratique.registry.manifest import OCI_INDEX, parse_manifest
from pratique.registry.referrers import render_descriptor
from pratique.values.digest import Digest

_TARGET = re.compile(r"/v2/(.+?)/(manifests|blobs/uploads|blobs|tags|referrers)/(.*)")
PAGE = 2


class MemoryRegistry:
    """Answers requests; give its :meth:`answer` to a scripted server."""

    def __init__(self) -> None:
        self.blobs: dict[tuple[str, str], bytes] = {}
        self.manifests: dict[tuple[str, str], tuple[str, bytes]] = {}

    def answer(self, asked: Asked) -> Reply:
        parts = urlsplit(asked.target)
        if parts.path == "/v2/":
            return Reply(body=b"{}")
        found = _TARGET.fullmatch(parts.path)
        if not found:
            return Reply(404)
        name, kind, rest = found.groups()
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        match kind, asked.method:
            case "manifests", "PUT":
                return self._put_manifest(name, rest, asked)
            case "manifests", "DELETE":
                return self._delete_manifest(name, rest)
            case "manifests", _:
                return self._manifest(name, rest)
            case "blobs", _:
                return _content("application/octet-stream", self.blobs.get((name, rest)))
            case "blobs/uploads", _:
                return self._upload(name, query, asked)
            case "tags", _:
                return self._tags(name)
            case _:
                return self._referrers(name, rest, int(query.get("from", "0")))

    def _put_manifest(self, name: str, reference: str, asked: Asked) -> Reply:
        digest = str(Digest.of(asked.body))
        for key in {reference, digest}:
            self.manifests[name, key] = (asked.headers["content-type"], asked.body)
        subject = json.loads(asked.body).get("subject", {}).get("digest")
        return Reply(201, (("Docker-Content-Digest", digest), *((("OCI-Subject", subject),) if subject else ())))

    def _delete_manifest(self, name: str, reference: str) -> Reply:
        _, raw = self.manifests.pop((name, reference), ("", None))
        if raw is not None and ":" in reference:
            for key in [key for key, (_, other) in self.manifests.items() if key[0] == name and other == raw]:
                del self.manifests[key]
        return Reply(404 if raw is None else 202)

    def _manifest(self, name: str, reference: str) -> Reply:
        media_type, raw = self.manifests.get((name, reference), ("", None))
        return _content(media_type, raw)

    def _upload(self, name: str, query: dict[str, str], asked: Asked) -> Reply:
        if asked.method == "POST":
            mounted = self.blobs.get((query.get("from", ""), query.get("mount", "")))
            if mounted is not None:
                self.blobs[name, query["mount"]] = mounted
                return Reply(201)
            return Reply(202, (("Location", f"/v2/{name}/blobs/uploads/session?state=a%2Bb"),))
        if str(Digest.of(asked.body)) != query["digest"] or query["state"] != "a+b":
            return Reply(400)
        self.blobs[name, query["digest"]] = asked.body
        return Reply(201)

    def _tags(self, name: str) -> Reply:
        tags = sorted(key for owner, key in self.manifests if owner == name and not key.startswith("sha256:"))
        return Reply(body=to_json({"name": name, "tags": tags or None}))

    def _referrers(self, name: str, subject: str, start: int) -> Reply:
        stored = [
            parse_manifest(raw)
            for (owner, key), (_, raw) in self.manifests.items()
            if owner == name and ":" in key
        ]
        listed = [
            render_descriptor(each) for each in stored if each.subject and str(each.subject.digest) == subject
        ]
        page = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": listed[start : start + PAGE]}
        following = f'</v2/{name}/referrers/{subject}?from={start + PAGE}>; rel="next"'
        link = (("Link", following),) if len(listed) > start + PAGE else ()
        return Reply(headers=(("Content-Type", OCI_INDEX), *link), body=to_json(page))


def _content(media_type: str, content: bytes | None) -> Reply:
    if content is None:
        return Reply(404)
    digest = str(Digest.of(content))
    return Reply(headers=(("Content-Type", media_type), ("Docker-Content-Digest", digest)), body=content)
