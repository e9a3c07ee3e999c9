"""What a registry lists: tags, and what refers to a manifest, by the referrers API and by the fallback tag.

Source: OCI distribution-spec 1.1, "Listing Tags", "Listing Referrers", "Referrers Tag Schema". Support is learnt
from what is listed after a push: some registries say OCI-Subject and forget. A failure is never an empty list.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

from pratique.errors import Absent, Conflict, Malformed, Refused
from pratique.registry.address import follow_url, origin_of
from pratique.registry.failure import expect
from pratique.registry.interface import Lock
from pratique.registry.manifest import MAX_MANIFEST_BYTES, OCI_INDEX, Descriptor, Manifest, parse_manifest
from pratique.registry.messages import Answer, Headers, Request
from pratique.registry.referrers import MAX_REFERRERS, extend_list, fallback_tag, merge_lists, read_list, without
from pratique.registry.remote import Overtaken, Remote, media_type
from pratique.values.canonical import parse_object
from pratique.values.digest import Digest
from pratique.values.reference import TAG

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NO_API = frozenset({400, 404, 405, 406}) | _REDIRECTS  # as registries in use answer
_MAX_PAGES = 32
_MAX_TAG_PAGES = 1000
_MAX_TAGS = 500_000  # of 128 letters each, what one listing may take of memory
_MAX_REDIRECTS = 3
_TRIES = 5


def tags(remote: Remote) -> tuple[str, ...]:
    """Return every tag, sorted."""
    found: set[str] = set()
    for page in _tag_pages(remote):
        names = parse_object(page.body, "list of tags", max_bytes=MAX_MANIFEST_BYTES).get("tags") or []
        if not isinstance(names, list) or not all(isinstance(name, str) and TAG.fullmatch(name) for name in names):
            raise Malformed(f"{remote}: list of tags: expected a list of names as tags have them; ask who runs it")
        found.update(names)
        if len(found) > _MAX_TAGS:
            raise Refused(f"{remote}: expected at most {_MAX_TAGS} tags, found more; remove some")
    return tuple(sorted(found))


def _tag_pages(remote: Remote) -> Iterator[Answer]:
    request = Request("GET", f"{remote.url}/tags/list?n=1000")
    first = remote.session.send(request, remote.pull, MAX_MANIFEST_BYTES)
    if first.status != 404:
        expect(first, (200,), "listing its tags")
        yield first
        yield from remote.following(first, "listing its tags", _MAX_TAG_PAGES)


def referrers(remote: Remote, subject: Digest) -> tuple[Descriptor, ...]:
    """Return what the referrers API and the fallback tag list."""
    fallback = remote.fetch(fallback_tag(subject))
    return merge_lists(listed(remote, subject), read_list(fallback.body) if fallback else ())


def listed(remote: Remote, subject: Digest) -> tuple[Descriptor, ...]:
    """Return what the referrers API lists, nothing where there is none.

    Raises:
        Refused: More than ``MAX_REFERRERS``.
        Malformed: The pages do not end, or lead elsewhere.
        Unreachable: The registry failed.
    """
    page = _ask(remote, subject)
    if _has_no_api(page):
        return ()
    expect(page, (200,), "listing what refers to it")
    found = read_list(page.body)
    for following in remote.following(page, "listing what refers to it", _MAX_PAGES):
        found = merge_lists(found, read_list(following.body))
        if len(found) > MAX_REFERRERS:
            raise Refused(f"{remote}: expected at most {MAX_REFERRERS} referrers of {subject}; remove some")
    return found


def has_api(remote: Remote) -> bool:
    """Tell whether there is the referrers API."""
    answer = _ask(remote, Digest.of(b""))
    if _has_no_api(answer):
        return False
    expect(answer, (200,), "asking for its referrers API")
    return True


def list_referrer(remote: Remote, manifest: Manifest, subject: Digest, lock: Lock) -> None:
    """See a referrer that was just stored listed, by way of the fallback tag where the registry does not.

    Raises:
        Conflict: The tag holds something else, or others keep overwriting it.
        Refused: The registry does not let the tag move.
    """
    if manifest.digest in _digests(listed(remote, subject)):
        return
    tag = fallback_tag(subject)
    with lock(f"referrers {remote} {tag}"):
        for attempt in range(1, _TRIES + 1):
            if _extend(remote, tag, manifest):
                return
            remote.session.rest(attempt)
    raise Conflict(
        f"{remote}:{tag}: others keep overwriting the list of referrers, or it cannot be overwritten; attach again, "
        "or exempt tags named sha256-* from the rule that keeps them"
    )


def _extend(remote: Remote, tag: str, manifest: Manifest) -> bool:
    """Tell whether the list holds the manifest, after putting it there if it was missing."""
    current = remote.fetch(tag)
    if current and manifest.digest in _digests(read_list(current.body)):
        return True
    extended = extend_list(current.body if current else None, manifest)
    try:
        written = _replace(remote, tag, parse_manifest(extended), current)
    except Absent:  # it names what a clean-up deleted, and this registry takes no list of what is not there
        written = _replace(remote, tag, parse_manifest(without(extended, _gone(remote, extended))), current)
    if not written:
        return False
    after = remote.fetch(tag)
    return after is not None and manifest.digest in _digests(read_list(after.body))


def _gone(remote: Remote, raw: bytes) -> frozenset[Digest]:
    """Return what a list names and is not here."""
    return frozenset(entry.digest for entry in read_list(raw) if remote.fetch(str(entry.digest)) is None)


def _replace(remote: Remote, tag: str, extended: Manifest, current: Answer | None) -> bool:
    """Tell whether the list was written; not if another was faster."""
    try:
        remote.put_once(tag, extended, _condition(current))
    except Overtaken:
        return False
    except Conflict as error:
        raise Conflict(_exempt(error)) from error
    except Refused as error:
        raise Refused(_exempt(error)) from error
    return True


def _condition(current: Answer | None) -> Headers:
    if current is None:
        return (("If-None-Match", "*"),)
    etag = current.header("etag")
    strong = etag.isascii() and etag.isprintable() and etag.startswith('"') and len(etag) <= 200
    return (("If-Match", etag),) if strong else ()


def _exempt(error: Conflict | Refused) -> str:
    return f"{error}; if its tags cannot be overwritten, exempt those named sha256-*"


def _ask(remote: Remote, subject: Digest) -> Answer:
    """Ask the referrers API, and follow a redirect only within the registry.

    One to elsewhere is how a registry without the API answers (the one at ghcr.io leads to a web page).
    """
    url = f"{remote.url}/referrers/{subject}"
    for _ in range(_MAX_REDIRECTS):
        answer = remote.session.send(Request("GET", url, max_redirects=0), remote.pull, MAX_MANIFEST_BYTES)
        target = follow_url(url, answer.header("location")) if answer.status in _REDIRECTS else url
        if target == url or origin_of(target) != origin_of(url) or "/referrers/" not in urlsplit(target).path:
            break
        url = target
    return answer


def _has_no_api(answer: Answer) -> bool:
    no_list = answer.status == 200 and media_type(answer) != OCI_INDEX
    no_challenge = answer.status == 401 and not answer.header("www-authenticate")
    return answer.status in _NO_API or no_list or no_challenge


def _digests(entries: tuple[Descriptor, ...]) -> frozenset[Digest]:
    return frozenset(entry.digest for entry in entries)
