"""A repository in a registry, over HTTP.

Source: OCI distribution-spec 1.1. Tested against Debian's docker-registry, which has no referrers API,
and against a server of our own that has one, and that misbehaves.
"""

import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager

from pratique.errors import Absent, Conflict, Malformed, Refused, Unreachable, Unverified
from pratique.registry import listing, upload
from pratique.registry.failure import expect
from pratique.registry.interface import ANY, Expected, Lock, Opening, Reader
from pratique.registry.manifest import Descriptor, Manifest, parse_manifest
from pratique.registry.messages import Answer, Headers, Request
from pratique.registry.remote import TRIES, Remote, media_type
from pratique.registry.resume import ResumedReader, SourceFailed
from pratique.registry.session import Session
from pratique.registry.stream import Stream
from pratique.values.digest import Digest
from pratique.values.reference import RegistryRepository, Repository

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
        self._remote = Remote(repository, base, session)
        self._session = session

    @property
    def repository(self) -> Repository:
        """Where this is."""
        return self._remote.repository

    def resolve(self, tag: str) -> Digest | None:
        """Return what the tag points to."""
        return self._remote.resolve(tag)

    def tags(self) -> tuple[str, ...]:
        """Return every tag, sorted."""
        return listing.tags(self._remote)

    def manifest_of(self, tag: str) -> Manifest | None:
        """Return the manifest the tag points to."""
        answer = self._remote.fetch(tag)
        return self._parse(answer, tag) if answer else None

    def manifest(self, digest: Digest) -> Manifest:
        """Return the manifest with this digest."""
        answer = self._remote.fetch(str(digest))
        if answer is None:
            raise Absent(f"{self._remote} has no manifest {digest}; push it there, or name another")
        digest.check(answer.body, f"{self._remote}: manifest")
        return self._parse(answer, str(digest))

    def _parse(self, answer: Answer, reference: str) -> Manifest:
        try:
            return parse_manifest(answer.body, media_type(answer))
        except Malformed as error:
            raise Malformed(f"{self._remote}: {reference}: {error}") from error

    def has_manifest(self, digest: Digest) -> bool:
        """Tell whether a manifest with this digest is here."""
        return self._remote.look(str(digest)) is not None

    def put_manifest(self, manifest: Manifest) -> None:
        """Store a manifest under its digest."""
        self._remote.put(str(manifest.digest), manifest)

    def put_tagged(self, manifest: Manifest, tag: str) -> None:
        """Store a manifest under a tag, and so under its digest."""
        self._remote.put(tag, manifest)

    def keeps_untagged(self) -> bool:
        """Tell whether there is the referrers API: who lists what is about a manifest keeps it, too.

        Debian's docker-registry has none, and its ``garbage-collect -m`` deletes every manifest without a tag,
        the parts of tagged indexes included (tried).
        """
        return listing.has_api(self._remote)

    def blob_size(self, digest: Digest) -> int | None:
        """Return a blob's size."""
        return upload.blob_size(self._remote, digest)

    @contextmanager
    def open_unverified(self, blob: Descriptor) -> Iterator[Reader]:
        """Open a blob of the stated size; where it breaks off, it goes on by itself."""
        with self._session.reading():
            stream = self._begin_blob(blob)
            try:
                self._check_head(stream.head, blob)
            except BaseException:
                stream.close()
                raise
            again = ResumedReader(blob, stream, lambda headers: self._ask_blob(blob, headers), self._session.rest)
            with closing(again) as reader:
                yield reader

    def put_blob(self, blob: Descriptor, opening: Opening) -> None:
        """Store a blob."""
        upload.put_blob(self._remote, blob, opening)

    def mount_blob(self, blob: Descriptor, source: Repository, /) -> bool:
        """Ask the registry to share a blob between two of its repositories."""
        return upload.mount_blob(self._remote, blob, source)

    def referrers(self, subject: Digest) -> tuple[Descriptor, ...]:
        """Return what the referrers API and the fallback tag list."""
        return listing.referrers(self._remote, subject)

    def put_referrer(self, manifest: Manifest, lock: Lock) -> None:
        """Store a referrer; where the registry does not list it by itself, write the fallback list."""
        if manifest.subject is None:
            raise Conflict(f"manifest {manifest.digest} has no subject; it cannot be attached to an image")
        self.put_manifest(manifest)
        listing.list_referrer(self._remote, manifest, manifest.subject.digest, lock)

    def put_tag(self, tag: str, digest: Digest, expected: Expected) -> None:
        """Point a tag at a manifest, compared just before and looked at just after."""
        if self._points_right(tag, digest, expected):
            return  # also because a registry with immutable tags refuses even this
        manifest = self.manifest(digest)
        for attempt in range(1, TRIES + 1):
            try:
                self._remote.put_once(tag, manifest)
                break
            except Unreachable:
                if attempt == TRIES or self._points_right(tag, digest, expected):
                    raise
                self._session.rest(attempt)
        found = self.resolve(tag)
        if found != digest:
            raise Conflict(
                f"{self._remote}:{tag} points to {found or 'nothing'} though {digest} was just set; "
                "look at who else moves it, then ask again"
            )
        _log.info("%s:%s points to %s", self._remote, tag, digest)

    def delete_tag(self, tag: str) -> None:
        """Ask the registry to forget a tag."""
        if self.resolve(tag) is not None:
            self._delete(tag)

    def delete_manifest(self, digest: Digest) -> None:
        """Ask the registry to forget a manifest."""
        self._delete(str(digest))

    def _begin_blob(self, blob: Descriptor) -> Stream:
        try:
            return self._ask_blob(blob)
        except Unreachable as error:
            raise SourceFailed(str(error)) from error

    def _ask_blob(self, blob: Descriptor, headers: Headers = ()) -> Stream:
        return self._session.open(Request("GET", self._remote.blob_url(blob.digest), headers), self._remote.pull)

    def _check_head(self, head: Answer, blob: Descriptor) -> None:
        if head.status == 404:
            raise Absent(f"{self._remote} has no blob {blob.digest}; push there what it belongs to again")
        expect(head, (200,), "reading it")
        if head.header("content-length") and (found := upload.stated_length(head)) != blob.size:
            raise Unverified(
                f"{self._remote}: blob {blob.digest}: expected {blob.size} bytes, found {found}; do not use it"
            )

    def _points_right(self, tag: str, digest: Digest, expected: Expected) -> bool:
        """Tell whether a tag points to the digest already; raises ``Conflict`` where it may not be moved there."""
        found = self.resolve(tag)
        if found != digest and expected is not ANY and found != expected:
            raise Conflict(
                f"{self._remote}:{tag} points to {found or 'nothing'}, expected {expected or 'nothing'}; "
                "look at who moved it, then ask again"
            )
        return found == digest

    def _delete(self, reference: str) -> None:
        request = Request("DELETE", self._remote.manifest_url(reference))
        answer = self._session.send(request, self._remote.removal)
        if answer.status in (404, 410):
            return
        if answer.status == 405:
            raise Refused(
                f"{self._remote}: the registry answers 405 to deleting {reference}: that is switched off; "
                "in Docker's registry the setting is storage.delete.enabled"
            )
        if answer.status == 400 and ":" not in reference:
            raise Refused(
                f"{self._remote}: the registry answers 400 to deleting tag {reference}: it deletes manifests only; "
                "delete the manifest, with every tag on it, or leave the tag"
            )
        expect(answer, (200, 202, 204), "deleting it")
