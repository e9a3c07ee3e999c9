"""File trees as image layers: the same files give the same bytes, on every run.

Source: OCI image-spec 1.1, layer.md. Names are sorted, times and owners fixed, and the gzip header has no time.
"""

import gzip
import io
import tarfile
from dataclasses import dataclass
from pathlib import PurePosixPath

from pratique.errors import Malformed
from pratique.values.digest import Digest

EPOCH_SECONDS = 1_764_547_200  # 2025-12-01T00:00:00Z, for every file; any constant would do


@dataclass(frozen=True, slots=True)
class File:
    """One regular file of a layer; ``path`` is relative to the image's root."""

    path: str
    content: bytes
    mode: int = 0o644


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer as it lies in an image: compressed bytes, and the digest of the tar inside them."""

    content: bytes
    diff_id: Digest


def pack(files: tuple[File, ...]) -> Layer:
    """Return the layer that holds these files and the directories above them.

    Raises:
        Malformed: Two files of one name, or a name that leaves the image's root.
    """
    tree = _distinct(files)
    directories = {str(parent) for path in tree for parent in PurePosixPath(path).parents} - {"."}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(directories | tree.keys()):
            if path in tree:
                archive.addfile(_entry(tree[path]), io.BytesIO(tree[path].content))
            else:
                archive.addfile(_directory(path))
    return _compress(buffer.getvalue())


def _distinct(files: tuple[File, ...]) -> dict[str, File]:
    tree: dict[str, File] = {}
    for file in files:
        path = PurePosixPath(file.path)
        if path.is_absolute() or ".." in path.parts or str(path) != file.path:
            raise Malformed(f"layer: expected a plain relative file name, found {file.path!r}")
        if file.path in tree:
            raise Malformed(f"layer: expected each file once, found {file.path!r} twice")
        tree[file.path] = file
    return tree


def _entry(file: File) -> tarfile.TarInfo:
    info = tarfile.TarInfo(file.path)
    info.size, info.mode, info.mtime = len(file.content), file.mode, EPOCH_SECONDS
    return info


def _directory(path: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo(path)
    info.type, info.mode, info.mtime = tarfile.DIRTYPE, 0o755, EPOCH_SECONDS
    return info


def _compress(tar: bytes) -> Layer:
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=buffer, mode="wb", compresslevel=6, mtime=0) as stream:
        stream.write(tar)
    return Layer(buffer.getvalue(), Digest.of(tar))
