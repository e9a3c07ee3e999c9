"""A repository in an OCI image layout directory: the embedded default, no server needed.

Source: OCI image-spec 1.1, image-layout.md. Referrers are kept as regctl keeps them, as an index under the tag
``sha256-<hex>``, because the layout has no other list of them. Layouts of other tools are read as they are;
``index.json`` is changed under a lock that every process of this machine respects.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pratique.errors import Absent, Conflict, Malformed, Unverified
from pratique.registry import layout_index
from pratique.registry.blob import holding, pump
from pratique.registry.disk import INCOMING, Guarded, disk_errors, locked, make_folder, sweep, write_whole
from pratique.registry.interface import ANY, Expected, Lock, Opening, Reader
from pratique.registry.layout_index import MAX_INDEX_BYTES, Index, Lookup
from pratique.registry.manifest import MAX_MANIFEST_BYTES, OCI_MANIFEST, Descriptor, Manifest, parse_manifest
from pratique.registry.referrers import extend_list, fallback_tag, merge_lists, read_list
from pratique.values.canonical import parse_object
from pratique.values.digest import Digest
from pratique.values.reference import LayoutRepository, Repository

_log = logging.getLogger(__name__)
Loose = dict[Digest, list[Descriptor]]
_MARKER = b'{"imageLayoutVersion":"1.0.0"}'


class Layout:
    """One layout directory; :class:`pratique.registry.interface.Registry` says what it promises."""

    def __init__(self, repository: LayoutRepository, path: Path) -> None:
        """Name a layout without touching it.

        Args:
            repository: How it is called in messages.
            path: Where it is; the folder above it need not exist.
        """
        self._repository = repository
        self._path = path
        self._blobs = path / "blobs" / "sha256"
        self._ready = False
        self._seen: tuple[tuple[int, int, int], Lookup] | None = None
        self._loose: tuple[Lookup, Loose] | None = None
        self._guard = threading.Lock()
        self._subjects: dict[Digest, Digest | None] = {}  # by content address, so never out of date

    @property
    def repository(self) -> Repository:
        """Where this is."""
        return self._repository

    def resolve(self, tag: str) -> Digest | None:
        """Return what the tag points to."""
        return self._lookup().find(tag)

    def tags(self) -> tuple[str, ...]:
        """Return every tag, sorted."""
        return tuple(sorted({entry.tag for entry in self._index().entries if entry.tag}))

    def manifest_of(self, tag: str) -> Manifest | None:
        """Return the manifest the tag points to."""
        digest = self.resolve(tag)
        return self.manifest(digest) if digest else None

    def manifest(self, digest: Digest) -> Manifest:
        """Return the manifest with this digest."""
        return self._manifest(digest, self._lookup())

    def has_manifest(self, digest: Digest) -> bool:
        """Tell whether a manifest with this digest is here."""
        return self.blob_size(digest) is not None

    def put_manifest(self, manifest: Manifest) -> None:
        """Store a manifest, listed in ``index.json`` unless it is reached from there already."""
        with self._doing(f"writing manifest {manifest.digest} to"):
            self._keep(manifest)
            self._change(lambda index: layout_index.with_manifest(index, manifest))

    def put_tagged(self, manifest: Manifest, tag: str) -> None:
        """Store a manifest and point a tag at it."""
        with self._doing(f"writing manifest {manifest.digest} to"):
            self._keep(manifest)
            self._change(lambda index: layout_index.with_tag(index, tag, manifest))

    def keeps_untagged(self) -> bool:
        """Yes: what has no tag is listed in ``index.json``."""
        return True

    def blob_size(self, digest: Digest) -> int | None:
        """Return a blob's size."""
        with self._doing(f"looking for {digest} in"):
            path = self._place(digest)
            return path.stat().st_size if path.is_file() else None

    @contextmanager
    def open_unverified(self, blob: Descriptor) -> Iterator[Reader]:
        """Open a blob of the stated size."""
        found = self.blob_size(blob.digest)
        if found is None:
            raise Absent(f"{self._repository} has no blob {blob.digest}")
        if found != blob.size:
            raise Unverified(f"{self._repository}: blob {blob.digest}: expected {blob.size} bytes, found {found}")
        reading = f"reading blob {blob.digest} from {self._repository}"
        with disk_errors(reading):
            file = self._place(blob.digest).open("rb")
        with file:
            yield Guarded(file, reading)

    def put_blob(self, blob: Descriptor, opening: Opening) -> None:
        """Store a blob."""
        with opening() as reader, self._doing(f"writing blob {blob.digest} to"):
            self._prepare()
            write_whole(self._place(blob.digest), lambda file: pump(reader, blob, file.write))
        self._loose = None  # what could not be read may be readable now

    def mount_blob(self, _blob: Descriptor, _source: Repository, /) -> bool:
        """Never: a hard link would let whoever may write the other layout change these bytes afterwards."""
        return False

    def referrers(self, subject: Digest) -> tuple[Descriptor, ...]:
        """Return the list under the fallback tag, and untagged manifests about this subject (as oras writes)."""
        lookup = self._lookup()
        listing = lookup.find(fallback_tag(subject))
        listed = read_list(self._bytes(listing)) if listing else ()
        return merge_lists(listed, tuple(self._by_subject(lookup).get(subject, ())))

    def put_referrer(self, manifest: Manifest, lock: Lock) -> None:
        """Store a referrer and list it under the fallback tag of its subject."""
        if manifest.subject is None:
            raise Conflict(f"manifest {manifest.digest} has no subject; it cannot be attached to an image")
        tag = fallback_tag(manifest.subject.digest)
        with lock(f"referrers {self._repository} {tag}"), self._doing(f"attaching {manifest.digest} in"):
            self._keep(manifest)
            self._change(lambda index: self._listing(index, tag, manifest))

    def put_tag(self, tag: str, digest: Digest, expected: Expected) -> None:
        """Point a tag at a manifest; comparison and move are one step."""
        manifest = self.manifest(digest)
        with self._doing(f"pointing {tag} in"):
            self._change(lambda index: self._pointing(index, tag, manifest, expected))
        _log.info("%s:%s points to %s", self._repository, tag, digest)

    def delete_tag(self, tag: str) -> None:
        """Forget a tag."""
        if self.resolve(tag) is not None:
            with self._doing(f"removing tag {tag} from"):
                self._change(lambda index: layout_index.without_tag(index, tag))

    def delete_manifest(self, digest: Digest) -> None:
        """Forget a manifest and its tags, then remove its bytes."""
        if self.has_manifest(digest):
            with self._doing(f"removing manifest {digest} from"):
                self._change(lambda index: layout_index.without_manifest(index, digest))
                self._place(digest).unlink(missing_ok=True)

    def _pointing(self, index: Index, tag: str, manifest: Manifest, expected: Expected) -> Index:
        found = index.find(tag)
        if found == manifest.digest:
            return index
        if expected is not ANY and found != expected:
            raise Conflict(
                f"{self._repository}:{tag} points to {found or 'nothing'}, expected {expected or 'nothing'}; "
                "look at who moved it, then ask again"
            )
        return layout_index.with_tag(index, tag, manifest)

    def _listing(self, index: Index, tag: str, manifest: Manifest) -> Index:
        current = index.find(tag)
        raw = self._bytes(current) if current else None
        extended = parse_manifest(extend_list(raw, manifest))
        if extended.digest == current:
            return index
        self._keep(extended)
        return layout_index.with_list(index, tag, extended)

    def _by_subject(self, lookup: Lookup) -> Loose:
        """Return the untagged manifests under what they are about, looked at once for every state of the layout."""
        with self._guard:
            if self._loose is None or self._loose[0] is not lookup:
                found: Loose = {}
                for entry in lookup.index.entries:
                    if not entry.tag and (about := self._subject(entry.descriptor.digest, lookup)):
                        found.setdefault(about, []).append(entry.descriptor)
                self._loose = (lookup, found)
            return self._loose[1]

    def _subject(self, digest: Digest, lookup: Lookup) -> Digest | None:
        if digest not in self._subjects:
            try:
                subject = self._manifest(digest, lookup).subject
            except (Absent, Malformed, Unverified):
                return None  # what cannot be read is no evidence, and must not hide the others
            self._subjects[digest] = subject.digest if subject else None
        return self._subjects[digest]

    def _manifest(self, digest: Digest, lookup: Lookup) -> Manifest:
        try:
            return parse_manifest(self._bytes(digest), lookup.media_type(digest))
        except Malformed as error:
            raise Malformed(f"{self._repository}: {digest}: {error}") from error

    def _bytes(self, digest: Digest) -> bytes:
        size = self.blob_size(digest)
        if size is None:
            raise Absent(f"{self._repository} has no manifest {digest}")
        with self._doing(f"reading manifest {digest} from"), self._place(digest).open("rb") as file:
            content = file.read(MAX_MANIFEST_BYTES + 1)
        digest.check(content, f"{self._repository}: manifest")
        return content

    def _keep(self, manifest: Manifest) -> None:
        self._prepare()
        blob = Descriptor(OCI_MANIFEST, manifest.digest, manifest.size)
        with holding(manifest.raw)() as reader:
            write_whole(self._place(manifest.digest), lambda file: pump(reader, blob, file.write))
        self._loose = None

    def _index(self) -> Index:
        return self._lookup().index

    def _lookup(self) -> Lookup:
        path = self._path / "index.json"
        with self._doing("reading index.json of"):
            if not self._is_layout() or not path.is_file():
                return Lookup(Index())
            state = path.stat()
            seen = (state.st_ino, state.st_mtime_ns, state.st_size)  # written whole under a new inode, by us
            if self._seen is None or self._seen[0] != seen:
                self._seen = (seen, Lookup(layout_index.read_index(_read(path, MAX_INDEX_BYTES))))
            return self._seen[1]

    def _is_layout(self) -> bool:
        marker = self._path / "oci-layout"
        if not marker.is_file():
            return False
        version = parse_object(_read(marker, 4096), "oci-layout", max_bytes=4096).get("imageLayoutVersion")
        if version != "1.0.0":
            raise Conflict(f"{self._repository}: expected layout version 1.0.0, found {str(version)[:20]!r}")
        return True

    def _change(self, change: Callable[[Index], Index]) -> None:
        self._prepare()
        with locked(self._path / "blobs"):
            before = self._index()
            after = change(before)
            if after != before or not (self._path / "index.json").is_file():
                content = layout_index.render_index(after)
                write_whole(self._path / "index.json", lambda file: file.write(content))

    def _prepare(self) -> None:
        if self._ready:
            return
        if self._path.exists() and not self._path.is_dir():
            raise Conflict(f"{self._repository} is a file; name a folder, empty or new or a layout")
        marker = self._path / "oci-layout"
        # In this order: another process that makes the layout just now writes the marker before anything else.
        others = (
            [path for path in self._path.iterdir() if not path.name.startswith(INCOMING)]
            if self._path.is_dir()
            else []
        )
        if not marker.is_file():
            if others:
                raise Conflict(f"{self._repository} is a folder with other things in it; name an empty or new one")
            make_folder(self._path)
            write_whole(marker, lambda file: file.write(_MARKER))
        make_folder(self._blobs)
        sweep(self._blobs)
        sweep(self._path)
        self._ready = True

    def _place(self, digest: Digest) -> Path:
        return self._blobs / digest.hex

    @contextmanager
    def _doing(self, what: str) -> Iterator[None]:
        with disk_errors(f"{what} {self._repository}"):
            yield


def _read(path: Path, max_bytes: int) -> bytes:
    with path.open("rb") as file:
        return file.read(max_bytes + 1)
