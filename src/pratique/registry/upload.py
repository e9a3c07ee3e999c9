"""Bring a blob into a repository: one POST, and one PUT with all its bytes; or shared from a neighbour.

Source: OCI distribution-spec 1.1, "Pushing a blob monolithically", "Mounting a blob". Never in chunks: several
registries drop, refuse or limit those.
"""

import logging
from urllib.parse import quote

from pratique.errors import Malformed, PratiqueError, Refused, Unreachable
from pratique.registry.address import follow_url, origin_of
from pratique.registry.failure import expect
from pratique.registry.interface import Opening
from pratique.registry.manifest import Descriptor
from pratique.registry.messages import Answer, Request
from pratique.registry.remote import Remote, check_stated
from pratique.registry.resume import SourceFailed
from pratique.values.digest import Digest
from pratique.values.reference import RegistryRepository, Repository

_TRIES = 3
_log = logging.getLogger(__name__)


def put_blob(remote: Remote, blob: Descriptor, opening: Opening) -> None:
    """Send a blob, from the start again in a new upload where it failed.

    Raises:
        Unverified: The bytes have another digest or size, or the registry calls them otherwise.
        Refused: The registry does not take it.
        Unreachable: It failed each time, or the source failed.
    """
    for attempt in range(1, _TRIES + 1):
        location = _begin(remote, blob)
        try:
            return _send(remote, location, blob, opening)
        except SourceFailed:
            raise
        except Unreachable as error:
            if _arrived(remote, blob):  # only the answer was lost
                return None
            if attempt == _TRIES:
                raise
            _log.warning("%s; sending blob %s again", error, blob.digest)
            remote.session.rest(attempt)
    return None


def mount_blob(remote: Remote, blob: Descriptor, source: Repository) -> bool:
    """Ask the registry to share a blob between two of its repositories; tell whether it is there now."""
    if not isinstance(source, RegistryRepository) or source.host != remote.repository.host:
        return False  # naming a repository of another registry makes some of them fail
    url = f"{remote.uploads}?mount={quote(str(blob.digest))}&from={quote(source.name, safe='')}"
    try:
        scopes = (*remote.push, f"repository:{source.name}:pull")
        answer = remote.session.send(Request("POST", url), scopes)
    except (Refused, Unreachable):
        return False  # the source may be readable, and yet not mountable; the upload will tell
    if answer.status == 202:
        _cancel(remote, answer)
    return answer.status == 201 and blob_size(remote, blob.digest) == blob.size


def blob_size(remote: Remote, digest: Digest) -> int | None:
    """Return a blob's size, ``None`` if it is not here."""
    answer = remote.session.send(Request("HEAD", remote.blob_url(digest)), remote.pull)
    if answer.status == 404:
        return None
    expect(answer, (200,), "looking for it")
    return stated_length(answer)


def stated_length(answer: Answer) -> int:
    """Return the Content-Length, or raise ``Malformed``."""
    text = answer.header("content-length")
    if not (text.isascii() and text.isdigit() and len(text) <= 19):
        raise Malformed(f"{answer.place}: expected a Content-Length, found {text[:40]!r}")
    return int(text)


def _begin(remote: Remote, blob: Descriptor) -> str:
    begun = remote.session.send(Request("POST", remote.uploads), remote.push)
    expect(begun, (202,), f"beginning blob {blob.digest}")
    return _location(remote, begun)


def _send(remote: Remote, location: str, blob: Descriptor, opening: Opening) -> None:
    # The location is the registry's own, query and all; nothing in it is understood here.
    url = f"{location}{'&' if '?' in location else '?'}digest={quote(str(blob.digest))}"
    request = Request("PUT", url, (("Content-Type", "application/octet-stream"),))
    answer = remote.session.upload(request, remote.push, blob, opening)
    expect(answer, (201,), f"writing blob {blob.digest}")
    check_stated(answer, blob.digest, str(remote))


def _location(remote: Remote, answer: Answer) -> str:
    location = answer.header("location")
    if not location:
        raise Malformed(f"{remote}: the registry began an upload and did not say where")
    url = follow_url(answer.url, location)
    if origin_of(answer.url).scheme == "https" and origin_of(url).scheme != "https":
        raise Refused(f"{remote}: the registry wants the blob over plain HTTP; refused")
    return url.partition("#")[0]


def _arrived(remote: Remote, blob: Descriptor) -> bool:
    try:
        return blob_size(remote, blob.digest) == blob.size
    except PratiqueError:
        return False  # the caller's own error says more


def _cancel(remote: Remote, begun: Answer) -> None:
    """End an upload that nobody needs, if the registry lets us."""
    try:
        remote.session.send(Request("DELETE", _location(remote, begun)), remote.push)
    except PratiqueError as error:
        _log.info("%s", error)  # it will clean up by itself
