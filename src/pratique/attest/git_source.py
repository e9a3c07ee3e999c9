"""Which commit of which repository a build says it was made from.

Builders say it twice, in the parameters they were given and in the dependencies they resolved, and in several
shapes (source: the buildTypes of GitHub, Cloud Build, BuildKit and slsa-github-generator). It counts only where
everything that was said agrees.
"""

import re
from collections.abc import Iterator

from pratique.attest.fields import Fields
from pratique.values.dataclass import dataclass

MAX_URI = 2_048  # ours; in characters
_URI = re.compile(  # no part can take what another one might, so that a long text is read once
    r"(?:git\+)?(https?|ssh|git|file)://(?:[^/@\s]*@)?([^/@#\s]*)((?:/[^@#\s]*)?)(?:@([^#\s]+))?(?:#(\S*))?"
)
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_COMMIT_PAGE = re.compile(r"(https://[^@#\s]+)/commit/([0-9a-f]{40})")
"""Cloud Build's way to name a commit: the page that a forge shows of it, and no digest."""


@dataclass(frozen=True, slots=True)
class GitSource:
    """A repository such as ``git+https://git.example/shop/api``, and what is said of the commit.

    ``uri`` has no user name, no ``.git`` and no ref; ``ref`` is as written, for example ``refs/tags/v1``.
    """

    uri: str
    commit: str | None
    ref: str | None


@dataclass(frozen=True, slots=True)
class NoSource:
    """Why no source could be told; one sentence."""

    why: str


def parse_git_uri(text: str) -> GitSource | None:
    """Return what a Git URI says, or None where it is none (``HOST:PATH``, a purl, a tarball's name, a long text)."""
    found = _URI.fullmatch(text) if len(text) <= MAX_URI else None
    if not found:
        return None
    scheme, host, path, at, fragment = found.groups()
    said = at or (fragment or "").partition(":")[0] or None  # BuildKit writes #REF:SUBDIRECTORY
    uri = f"git+{scheme}://{host.lower()}{path.rstrip('/').removesuffix('.git')}"
    if said and _COMMIT.fullmatch(said):
        return GitSource(uri, said, None)
    return GitSource(uri, None, said)


def tell_source(parameters: Fields, dependencies: tuple[Fields, ...]) -> GitSource | NoSource:
    """Return the source that parameters and dependencies agree on, or why there is none.

    Args:
        parameters: ``externalParameters`` of SLSA provenance v1.
        dependencies: The entries of ``resolvedDependencies``.
    """
    resolved = tuple(source for item in dependencies if (source := _dependency(item)))
    named = tuple(_named(parameters)) or resolved
    uris = sorted({source.uri for source in named})
    if not uris:
        return NoSource("neither the parameters nor the dependencies name a Git repository")
    if len(uris) > 1:
        return NoSource(f"nothing says which of these repositories was built: {', '.join(uris)[:300]}")
    if resolved and not any(source.uri == uris[0] for source in resolved):
        return NoSource(f"the parameters name {uris[0]}, which is not among the resolved dependencies")
    return _agreed(uris[0], [source for source in (*named, *resolved) if source.uri == uris[0]])


def _agreed(uri: str, said: list[GitSource]) -> GitSource | NoSource:
    commits = {source.commit for source in said if source.commit}
    written = {source.ref for source in said if source.ref}
    # "main" adds nothing to "refs/heads/main".
    longest = max(written, key=len, default="")
    refs = {ref for ref in written if not longest.endswith(f"/{ref}")}
    if len(commits) > 1 or len(refs) > 1:
        return NoSource(f"two commits or refs of {uri} are named: {', '.join(sorted(commits | refs))[:300]}")
    return GitSource(uri, next(iter(commits), None), next(iter(refs), None))


def _named(parameters: Fields) -> Iterator[GitSource]:
    for shape in ("workflow", "source", "sourceToBuild", "buildConfigSource", "configSource"):
        value = parameters.values.get(shape)
        place = Fields(parameters.path(shape), value if isinstance(value, dict) else {"uri": value})
        source = parse_git_uri(_text(place, "uri") or _text(place, "repository"))
        if source:
            yield _with_details(source, place)


def _with_details(source: GitSource, place: Fields) -> GitSource:
    ref = _text(place, "ref") or None
    if ref and _COMMIT.fullmatch(ref):
        return GitSource(source.uri, _commit(place) or source.commit or ref, source.ref)
    return GitSource(source.uri, _commit(place) or source.commit, source.ref or ref)


def _dependency(item: Fields) -> GitSource | None:
    uri, commit = _text(item, "uri"), _commit(item)
    page = _COMMIT_PAGE.fullmatch(uri) if len(uri) <= MAX_URI else None
    if page and commit not in (None, page[2]):
        return None  # it names two commits
    if page:
        uri, commit = page[1], page[2]
    if not (commit or uri.startswith("git")):
        return None  # an https URI without a commit is a download, not a repository
    source = parse_git_uri(uri)
    return GitSource(source.uri, commit or source.commit, source.ref) if source else None


def _commit(item: Fields) -> str | None:
    digests = item.values.get("digest")
    if not isinstance(digests, dict):
        return None
    said = digests.get("gitCommit") or digests.get("sha1")  # "sha1" before gitCommit had a name
    return said if isinstance(said, str) and _COMMIT.fullmatch(said) else None


def _text(fields: Fields, name: str) -> str:
    value = fields.values.get(name)
    return value if isinstance(value, str) else ""
