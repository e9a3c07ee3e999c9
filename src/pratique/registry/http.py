"""A repository in a registry, over HTTP.

Source: OCI distribution-spec 1.1. Tested against Debian's docker-registry, which has no referrers API,
and against a server of our own that has one, and that misbehaves.
"""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

from pratique.errors import Absent, Conflict, Malformed, PratiqueError, Refused, Unreachable, Unverified
from pratique.registry.address import follow_url, origin_of
from pratique.registry.interface import ANY, Expected, Lock, Opening, Reader
from pratique.registry.manifest import (
    MANIFEST_TYPES,
    MAX_MANIFEST_BYTES,
    OCI_INDEX,
    Descriptor,
    Manifest,
    parse_manifest,
)
from pratique.registry.referrers import extend_list, fallback_tag, merge_lists, read_list
from pratique.registry.session import Session, expect
from pratique.registry.transport import Answer, Request
from pratique.values.canonical import parse_object
from pratique.values.digest import Digest
from pratique.values.reference import RegistryRepository, Repository

_ACCEPT = (("Accept", ", ".join(MANIFEST_TYPES)),)
_NO_REFERRERS_API = frozenset({301, 302, 303, 307, 308, 400, 404, 405, 406})  # as registries in use answer
_MAX_PAGES = 32
_UPLOAD_TRIES = 3
_LIST_TRIES = 5
_NEXT = re.compile(r'<([^<>]*)>\s*;\s*rel="?next"?')
_log = logging.getLogger(__name__)


class HttpRegistry:
    """One repository; :class:`pratique.registry.interface.Registry` says what it promises."""

    def __init__(self, repository: RegistryRepository, base: str, session: Session) -> None:
        """Name a repository, without connecting.

        Args:
            repository: Host and name.
            base: The registry's URL, such as ``https://registry.example``.
            session: Asks it.
        """
        self._repository = repository
        self._root = f"{base}/v2/"
        self._base = f"{self._root}{repository.name}"
        self._session = session
        self._pull = (f"repository:{repository.name}:pull",)
        self._push = (f"repository:{repository.name}:pull,push",)
        self._removal = (f"repository:{repository.name}:pull,delete",)

    @property
    def repository(self) -> Repository:
        """Where this is."""
        return self._repository

    def ping(self) -> None:
        """Ask for the protocol's root."""
        answer = self._session.send(Request("GET", self._root), self._pull)
        if answer.status == 404:
            raise Refused(f"{self._root}: no registry answers there; see the host and port of the reference")
        expect(answer, (200,), "greeting it")

    def resolve(self, tag: str) -> Digest | None:
        """Return what the tag points to."""
        answer = self._session.send(Request("HEAD", self._manifest_url(tag), _ACCEPT), self._pull)
        if answer.status == 404:
            return None
        expect(answer, (200,), "resolving it")
        stated = answer.header("docker-content-digest")
        if stated:
            return Digest.parse(stated)
        content = self._fetch(tag)  # older registries do not say it
        return Digest.of(content.body) if content else None

    def tags(self) -> tuple[str, ...]:
        """Return every tag, sorted."""
        found: set[str] = set()
        for page in self._pages(f"{self._base}/tags/list?n=1000", "listing them"):
            names = parse_object(page.body, "list of tags").get("tags") or []
            if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
                raise Malformed(f"{self._repository}: list of tags: expected a list of names")
            found.update(names)
        return tuple(sorted(found))

    def manifest_of(self, tag: str) -> Manifest | None:
        """Return the manifest the tag points to."""
        answer = self._fetch(tag)
        return parse_manifest(answer.body, _media_type(answer)) if answer else None

    def manifest(self, digest: Digest) -> Manifest:
        """Return the manifest with this digest."""
        answer = self._fetch(str(digest))
        if answer is None:
            raise Absent(f"{self._repository} has no manifest {digest}")
        digest.check(answer.body, f"{self._repository}: manifest")
        return parse_manifest(answer.body, _media_type(answer))

    def has_manifest(self, digest: Digest) -> bool:
        """Tell whether a manifest with this digest is here."""
        answer = self._session.send(Request("HEAD", self._manifest_url(str(digest)), _ACCEPT), self._pull)
        if answer.status == 404:
            return False
        expect(answer, (200,), "looking for it")
        return True

    def put_manifest(self, manifest: Manifest) -> None:
        """Store a manifest under its digest."""
        self._put(str(manifest.digest), manifest)

    def put_tagged(self, manifest: Manifest, tag: str) -> None:
        """Store a manifest under a tag, and so under its digest."""
        self._put(tag, manifest)

    def keeps_untagged(self) -> bool:
        """Tell whether there is the referrers API: who lists what is about a manifest keeps it, too.

        Debian's docker-registry has none, and its ``garbage-collect -m`` deletes every manifest without a tag,
        the parts of tagged indexes included (tried).
        """
        answer = self._ask_referrers(Digest.of(b""))
        if _has_no_referrers_api(answer):
            return False
        expect(answer, (200,), "asking for its referrers API")
        return True

    def blob_size(self, digest: Digest) -> int | None:
        """Return a blob's size."""
        answer = self._session.send(Request("HEAD", self._blob_url(digest)), self._pull)
        if answer.status == 404:
            return None
        expect(answer, (200,), "looking for it")
        return _length(answer)

    @contextmanager
    def open_unverified(self, blob: Descriptor) -> Iterator[Reader]:
        """Open a blob of the stated size."""
        stream = self._session.open(Request("GET", self._blob_url(blob.digest)), self._pull)
        try:
            if stream.head.status == 404:
                raise Absent(f"{self._repository} has no blob {blob.digest}")
            expect(stream.head, (200,), "reading it")
            if stream.head.header("content-length") and _length(stream.head) != blob.size:
                found = _length(stream.head)
                raise Unverified(
                    f"{self._repository}: blob {blob.digest}: expected {blob.size} bytes, found {found}"
                )
            yield stream
        finally:
            stream.close()

    def put_blob(self, blob: Descriptor, opening: Opening) -> None:
        """Store a blob, from the start again where the transfer failed."""
        for attempt in range(_UPLOAD_TRIES):
            try:
                return self._upload(blob, opening)
            except Unreachable as error:
                if self._arrived(blob):
                    return None
                if attempt == _UPLOAD_TRIES - 1:
                    raise
                _log.warning("%s; sending blob %s again", error, blob.digest)
        return None

    def mount_blob(self, blob: Descriptor, source: Repository, /) -> bool:
        """Ask the registry to share a blob between two of its repositories."""
        if not isinstance(source, RegistryRepository) or source.host != self._repository.host:
            return False  # naming a repository of another registry makes some of them fail
        url = f"{self._uploads}?mount={quote(str(blob.digest))}&from={quote(source.name, safe='')}"
        try:
            answer = self._session.send(Request("POST", url), (*self._push, f"repository:{source.name}:pull"))
        except Refused:
            return False  # the source may be readable, and yet not mountable; the upload will tell
        if answer.status == 202:
            self._session.send(Request("DELETE", self._location(answer)), self._push)  # an upload nobody needs
        return answer.status == 201 and self.blob_size(blob.digest) == blob.size

    def referrers(self, subject: Digest) -> tuple[Descriptor, ...]:
        """Return what the referrers API and the fallback tag list."""
        fallback = self._fetch(fallback_tag(subject))
        return merge_lists(self._listed(subject), read_list(fallback.body) if fallback else ())

    def put_referrer(self, manifest: Manifest, lock: Lock) -> None:
        """Store a referrer; where the registry does not list it by itself, write the fallback list."""
        if manifest.subject is None:
            raise Conflict(f"manifest {manifest.digest} has no subject; it cannot be attached to an image")
        subject = manifest.subject.digest
        self.put_manifest(manifest)
        # Some registries say that they listed it (OCI-Subject) and did not: only the list counts.
        if manifest.digest in {listed.digest for listed in self._listed(subject)}:
            return
        tag = fallback_tag(subject)
        with lock(f"referrers {self._repository} {tag}"):
            for _ in range(_LIST_TRIES):
                if self._extend(tag, manifest):
                    return
        raise Conflict(f"{self._repository}:{tag}: others keep overwriting the list of referrers; attach again")

    def put_tag(self, tag: str, digest: Digest, expected: Expected) -> None:
        """Point a tag at a manifest, compared just before and looked at just after."""
        found = self.resolve(tag)
        if found == digest:
            return  # also because a registry with immutable tags refuses even this
        if expected is not ANY and found != expected:
            raise Conflict(
                f"{self._repository}:{tag} points to {found or 'nothing'}, expected {expected or 'nothing'}; "
                "look at who moved it, then ask again"
            )
        self._put(tag, self.manifest(digest))
        found = self.resolve(tag)
        if found != digest:
            raise Conflict(f"{self._repository}:{tag} points to {found or 'nothing'} though {digest} was just set")
        _log.info("%s:%s points to %s", self._repository, tag, digest)

    def delete_tag(self, tag: str) -> None:
        """Ask the registry to forget a tag."""
        if self.resolve(tag) is not None:
            self._delete(tag, "removing the tag")

    def delete_manifest(self, digest: Digest) -> None:
        """Ask the registry to forget a manifest."""
        self._delete(str(digest), "removing it")

    def _delete(self, reference: str, doing: str) -> None:
        answer = self._session.send(Request("DELETE", self._manifest_url(reference)), self._removal)
        if answer.status in (404, 410):
            return
        if answer.status == 405:
            raise Refused(
                f"{self._repository}: {doing}: the registry answers 405, deleting is switched off there; in Docker's "
                "registry the setting is storage.delete.enabled"
            )
        if answer.status == 400 and ":" not in reference:
            raise Refused(
                f"{self._repository}: {doing} {reference}: the registry answers 400, it deletes manifests only; "
                "delete the manifest, with every tag on it, or leave the tag"
            )
        expect(answer, (200, 202, 204), doing)

    def _extend(self, tag: str, manifest: Manifest) -> bool:
        """Tell whether the list holds the manifest, after putting it there if it was missing."""
        current = self._fetch(tag)
        if current and manifest.digest in {listed.digest for listed in read_list(current.body)}:
            return True
        extended = parse_manifest(extend_list(current.body if current else None, manifest))
        etag = current.header("etag") if current else ""
        headers = (("If-Match", etag),) if etag and not etag.startswith("W/") else ()
        try:
            self._put(tag, extended, headers)
        except Conflict:
            return False  # 412: somebody else was faster; read again
        after = self._fetch(tag)
        return after is not None and manifest.digest in {listed.digest for listed in read_list(after.body)}

    def _listed(self, subject: Digest) -> tuple[Descriptor, ...]:
        """Ask the referrers API; nothing where there is none, ``Unreachable`` where it failed."""
        first = self._ask_referrers(subject)
        if _has_no_referrers_api(first):
            return ()
        expect(first, (200,), "listing them")
        pages = (first, *self._following(first, "listing them"))
        return merge_lists(*(read_list(page.body) for page in pages))

    def _ask_referrers(self, subject: Digest) -> Answer:
        url = f"{self._base}/referrers/{subject}"
        return self._session.send(Request("GET", url, max_redirects=0), self._pull, MAX_MANIFEST_BYTES)

    def _pages(self, url: str, doing: str) -> Iterator[Answer]:
        first = self._session.send(Request("GET", url), self._pull, MAX_MANIFEST_BYTES)
        if first.status == 404:
            return
        expect(first, (200,), doing)
        yield first
        yield from self._following(first, doing)

    def _following(self, page: Answer, doing: str) -> Iterator[Answer]:
        for _ in range(_MAX_PAGES):
            link = _NEXT.search(page.header("link"))
            if link is None:
                return
            url = follow_url(page.url, link[1])
            if origin_of(url) != origin_of(page.url):
                raise Malformed(f"{self._repository}: {doing}: the next page is at another host; refused")
            page = self._session.send(Request("GET", url), self._pull, MAX_MANIFEST_BYTES)
            expect(page, (200,), doing)
            yield page
        raise Malformed(f"{self._repository}: {doing}: more than {_MAX_PAGES} pages; refused")

    def _fetch(self, reference: str) -> Answer | None:
        request = Request("GET", self._manifest_url(reference), _ACCEPT)
        answer = self._session.send(request, self._pull, MAX_MANIFEST_BYTES)
        if answer.status == 404:
            return None
        expect(answer, (200,), "reading it")
        return answer

    def _put(self, reference: str, manifest: Manifest, headers: tuple[tuple[str, str], ...] = ()) -> None:
        request = Request(
            "PUT",
            self._manifest_url(reference),
            (("Content-Type", manifest.media_type), *headers),
            manifest.raw,
        )
        answer = self._session.send(request, self._push)
        expect(answer, (201,), "writing it")
        stated = answer.header("docker-content-digest")
        if stated and stated != str(manifest.digest):
            raise Unverified(
                f"{self._repository}: wrote manifest {manifest.digest}, and it calls it {stated[:80]}"
            )

    def _upload(self, blob: Descriptor, opening: Opening) -> None:
        begun = self._session.send(Request("POST", self._uploads), self._push)
        expect(begun, (202,), f"beginning {blob.digest}")
        location = self._location(begun)
        url = f"{location}{'&' if '?' in location else '?'}digest={quote(str(blob.digest))}"
        request = Request("PUT", url, (("Content-Type", "application/octet-stream"),))
        answer = self._session.upload(request, self._push, blob, opening)
        expect(answer, (201,), f"writing {blob.digest}")

    def _arrived(self, blob: Descriptor) -> bool:
        """Tell whether only the answer to an upload was lost, not the blob."""
        try:
            return self.blob_size(blob.digest) == blob.size
        except PratiqueError:
            return False  # the caller's own error says more

    def _location(self, answer: Answer) -> str:
        location = answer.header("location")
        if not location:
            raise Malformed(f"{self._repository}: the registry began an upload and did not say where")
        url = follow_url(answer.url, location)
        if origin_of(answer.url).scheme == "https" and origin_of(url).scheme != "https":
            raise Refused(f"{self._repository}: the registry wants the blob over plain HTTP; refused")
        return url

    @property
    def _uploads(self) -> str:
        return f"{self._base}/blobs/uploads/"

    def _manifest_url(self, reference: str) -> str:
        return f"{self._base}/manifests/{quote(reference, safe=':')}"

    def _blob_url(self, digest: Digest) -> str:
        return f"{self._base}/blobs/{digest}"


def _has_no_referrers_api(answer: Answer) -> bool:
    no_list = answer.status == 200 and _media_type(answer) != OCI_INDEX
    no_challenge = answer.status == 401 and not answer.header("www-authenticate")
    return answer.status in _NO_REFERRERS_API or no_list or no_challenge


def _media_type(answer: Answer) -> str:
    return answer.header("content-type").partition(";")[0].strip()


def _length(answer: Answer) -> int:
    text = answer.header("content-length")
    if not (text.isascii() and text.isdigit()):
        raise Malformed(f"{answer.url.partition('?')[0]}: expected a Content-Length, found {text[:40]!r}")
    return int(text)
