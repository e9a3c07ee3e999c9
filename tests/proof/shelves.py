"""The full form of a story's proof, as files in memory that may be spoiled."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.proof.builders import Story

from pratique.proof.full import Full, build_files, layers_of, open_full
from pratique.proof.layout import INDEX_FILE, Layer, blob_name, build_index
from pratique.values.canonical import canonical
from pratique.values.digest import Digest

Files = dict[str, bytes]


def files_of(story: Story, *more: tuple[Layer, bytes]) -> Files:
    """Return name and bytes of every file, with more layers at the end."""
    core = story.proof()
    known = {**story.book.objects, Digest.of(core): core, **{layer.digest: body for layer, body in more}}
    layers = (*layers_of(core), *(layer for layer, _ in more))
    return {**dict(build_files(layers)), **{blob_name(one.digest): known[one.digest] for one in layers}}


@dataclass
class MemoryShelf:
    """Files in memory, and how much was read at once."""

    files: Files
    most: int = 0

    @property
    def sizes(self) -> dict[str, int]:
        return {name: len(content) for name, content in self.files.items()}

    def read(self, name: str) -> bytes:
        self.most = max(self.most, len(self.files[name]))
        return self.files[name]


def opened(files: Files) -> Full:
    shelf = MemoryShelf(files)
    return open_full(shelf.sizes, shelf.read)


def manifest_name(files: Files) -> str:
    digest = json.loads(files[INDEX_FILE])["manifests"][0]["digest"]
    return blob_name(Digest.parse(digest))


def with_manifest(files: Files, change: Callable[[dict[str, Any]], object]) -> Files:
    """Return the files under a manifest that was changed, and an index that names it."""
    document = json.loads(files[manifest_name(files)])
    change(document)
    content = canonical(document)
    rest = {name: body for name, body in files.items() if name != manifest_name(files)}
    return {**rest, INDEX_FILE: build_index(content), blob_name(Digest.of(content)): content}


def layers(files: Files) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(files[manifest_name(files)])["layers"]
    return found


def name_of(files: Files, role: str, which: int = 0) -> str:
    """Return the name of the file that has this role."""
    found = [one for one in layers(files) if role in one["annotations"].values()]
    return blob_name(Digest.parse(found[which]["digest"]))


def without(files: Files, *names: str) -> Files:
    return {name: body for name, body in files.items() if name not in names}


def spoilt(files: Files, name: str) -> Files:
    """Return the files with one bit flipped in the middle of one of them."""
    body = bytearray(files[name])
    body[len(body) // 2] ^= 1
    return {**files, name: bytes(body)}
