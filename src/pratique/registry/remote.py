"""One repository at its registry: its URLs, what may be done there, and manifests as they come and go.

Source: OCI distribution-spec 1.1, "Endpoints".
"""

import logging
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

from pratique.errors import Conflict, Malformed, Unreachable, Unverified
from pratique.registry.address import follow_url, origin_of
from pratique.registry.failure import expect
from pratique.registry.link import next_page
from pratique.registry.manifest import MANIFEST_TYPES, MAX_MANIFEST_BYTES, Manifest
from pratique.registry.messages import Answer, Headers, Request
from pratique.registry.session import Scopes, Session
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.reference import RegistryRepository

_ACCEPT: Final = (("Accept", ", ".join(MANIFEST_TYPES)),)
TRIES: Final = 3
_log = logging.getLogger(__name__)


class Overtaken(Conflict):
    """Another was faster: the condition of a write does not hold any more."""


@dataclass(frozen=True, slots=True)
class Remote:
    """One repository, and who asks for it.

    Attributes:
        repository: Host and name.
        base: The registry's URL, such as ``https://registry.example``.
        session: Asks.
    """

    repository: RegistryRepository
    base: str
    session: Session

    def __str__(self) -> str:
        return str(self.repository)

    @property
    def root(self) -> str:
        """Where the protocol begins."""
        return f"{self.base}/v2/"

    @property
    def uploads(self) -> str:
        """Where blobs are sent."""
        return f"{self.url}/blobs/uploads/"

    @property
    def url(self) -> str:
        """Where the repository begins."""
        return f"{self.root}{self.repository.name}"

    @property
    def pull(self) -> Scopes:
        """What reading takes."""
        return (f"repository:{self.repository.name}:pull",)

    @property
    def push(self) -> Scopes:
        """What writing takes."""
        return (f"repository:{self.repository.name}:pull,push",)

    @property
    def removal(self) -> Scopes:
        """What deleting takes."""
        return (f"repository:{self.repository.name}:pull,delete",)

    def manifest_url(self, reference: str) -> str:
        """Return where a manifest is, by tag or digest."""
        return f"{self.url}/manifests/{quote(reference, safe=':')}"

    def blob_url(self, digest: Digest) -> str:
        """Return where a blob is."""
        return f"{self.url}/blobs/{digest}"

    def look(self, reference: str) -> Answer | None:
        """Ask what is known of a manifest, ``None`` if it is not here."""
        answer = self.session.send(Request("HEAD", self.manifest_url(reference), _ACCEPT), self.pull)
        if answer.status == 404:
            return None
        expect(answer, (200,), "looking for it")
        return answer

    def fetch(self, reference: str) -> Answer | None:
        """Ask for a manifest, ``None`` if it is not here; nothing of the answer is checked."""
        request = Request("GET", self.manifest_url(reference), _ACCEPT)
        answer = self.session.send(request, self.pull, MAX_MANIFEST_BYTES)
        if answer.status == 404:
            return None
        expect(answer, (200,), "reading it")
        return answer

    def resolve(self, tag: str) -> Digest | None:
        """Return what a tag points to, as the registry says or else as its bytes say."""
        answer = self.look(tag)
        if answer is None:
            return None
        stated = answer.header("docker-content-digest")
        if stated:
            return Digest.parse(stated)
        content = self.fetch(tag)  # older registries do not say it
        return Digest.of(content.body) if content else None

    def put(self, reference: str, manifest: Manifest) -> None:
        """Store a manifest, again where it failed; raises as :meth:`put_once`."""
        for attempt in range(1, TRIES + 1):
            try:
                return self.put_once(reference, manifest)
            except Unreachable as error:
                if attempt == TRIES:
                    raise
                _log.warning("%s; sending manifest %s again", error, manifest.digest)
                self.session.rest(attempt)
        return None

    def put_once(self, reference: str, manifest: Manifest, condition: Headers = ()) -> None:
        """Store a manifest; where the answer is lost, look whether it arrived.

        Args:
            reference: Its digest, or a tag.
            manifest: What is sent.
            condition: ``If-Match`` or ``If-None-Match``.

        Raises:
            MissingParts, Conflict, Refused: The registry does not take it.
            Overtaken: The condition does not hold.
            Unverified: It calls it by another digest.
            Unreachable: It did not arrive.
        """
        try:
            self._put(reference, manifest, condition)
        except Unreachable:
            if not self._arrived(reference, manifest.digest):
                raise

    def _put(self, reference: str, manifest: Manifest, headers: Headers) -> None:
        kind = (("Content-Type", manifest.media_type), *headers)
        request = Request("PUT", self.manifest_url(reference), kind, manifest.raw)
        answer = self.session.send(request, self.push)
        if headers and answer.status == 412:
            raise Overtaken(f"{answer.place}: it changed while it was read")
        expect(answer, (201,), "writing it")
        check_stated(answer, manifest.digest, str(self))

    def _arrived(self, reference: str, digest: Digest) -> bool:
        try:
            return self.resolve(reference) == digest
        except (Unreachable, Malformed):
            return False  # the caller's own error says more

    def following(self, page: Answer, doing: str, most: int) -> Iterator[Answer]:
        """Ask for the pages after this one.

        Raises:
            Malformed: They lead elsewhere, in a circle, or are more than ``most``.
        """
        seen = {page.url}
        for _ in range(most):
            location = next_page(page.all("link"))
            if location is None:
                return
            url = follow_url(page.url, location)
            if origin_of(url) != origin_of(page.url):
                raise Malformed(f"{self}: {doing}: the next page is at another host; refused")
            if url in seen:
                raise Malformed(f"{self}: {doing}: the pages lead in a circle; refused")
            seen.add(url)
            page = self.session.send(Request("GET", url), self.pull, MAX_MANIFEST_BYTES)
            expect(page, (200,), doing)
            yield page
        raise Malformed(f"{self}: {doing}: more than {most} pages; refused")


def check_stated(answer: Answer, digest: Digest, where: str) -> None:
    """Return if the registry calls what it stored by its digest, or by none.

    Raises:
        Unverified: It calls it otherwise.
    """
    stated = answer.header("docker-content-digest")
    if stated and stated != str(digest):
        shown = "".join(letter for letter in stated if letter.isprintable())[:80]
        raise Unverified(f"{where}: wrote {digest}, and it calls it {shown}; do not use it there")


def media_type(answer: Answer) -> str:
    """Return an answer's media type without its parameters."""
    return answer.header("content-type").partition(";")[0].strip()
