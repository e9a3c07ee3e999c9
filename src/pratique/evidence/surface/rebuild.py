"""Whether two images are the same, and if not, where they first differ: what a second build is compared by.

Images are the same where their manifests have the same digest. Everything below only says *why* they have not.

Source: reproducible-builds.org, "Definitions"; OCI image-spec 1.1, layer.md and config.md.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from pratique.evidence.surface.member import MemberKind
from pratique.evidence.surface.secrets import told
from pratique.values.digest import Digest

SHOWN: Final = 20
"""How many differences are kept unless more are asked for; all are counted."""
_NOTHING: Final = "nothing"
_WIDEST: Final = 200  # characters of a text that are told; all of them are compared


class Aspect(StrEnum):
    """What differs."""

    ADDED = "added"
    REMOVED = "removed"
    KIND = "kind"
    MODE = "mode"
    OWNER = "owner"
    MTIME = "mtime"
    SIZE = "size"
    CONTENT = "content"
    TARGET = "target"
    XATTRS = "xattrs"
    ORDER = "order"
    """The same files, in another order or another form of header."""
    PACKING = "packing"
    """The same archive, compressed otherwise."""
    CONFIG = "config"
    ANNOTATION = "annotation"
    LAYERS = "layers"
    PLATFORM = "platform"


@dataclass(frozen=True, slots=True)
class FileState:
    """Everything about one file that a layer's digest depends on."""

    kind: MemberKind
    mode: int
    uid: int
    gid: int
    size: int
    mtime: int
    target: str
    content: Digest | None
    """``None`` for what has no content."""
    xattrs: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that the second image has otherwise.

    Attributes:
        where: Such as ``linux/amd64 layer 2`` or ``linux/amd64 config``, counted from 1.
        path: The file, or the field of a document; empty where it is about all of it.
        aspect: What differs.
        first: What the first image has, in words.
        second: What the second one has.
    """

    where: str
    path: str
    aspect: Aspect
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of comparing two images.

    Attributes:
        first: The digest of the first image, of its index where it has one.
        second: Of the second one.
        platforms: Each platform that both have, and whether it is the same image in both.
        differences: The first ones.
        total: How many there are altogether.
    """

    first: Digest
    second: Digest
    platforms: tuple[tuple[str, bool], ...]
    differences: tuple[Difference, ...]
    total: int

    @property
    def equal(self) -> bool:
        """Whether both have the same platforms, and each is the same image in both."""
        return not self.total and bool(self.platforms) and all(same for _, same in self.platforms)


def file_differences(
    where: str, first: Mapping[str, FileState], second: Mapping[str, FileState]
) -> Iterator[Difference]:
    """Yield how the files of two layers differ, by path."""
    for path in sorted(first.keys() | second.keys()):
        before, after = first.get(path), second.get(path)
        if before == after:
            continue
        if before is None or after is None:
            aspect = Aspect.ADDED if before is None else Aspect.REMOVED
            yield Difference(where, path, aspect, _whole(before), _whole(after))
        else:
            yield from _aspects(where, path, before, after)


def _whole(state: FileState | None) -> str:
    return _NOTHING if state is None else f"{state.kind} of {state.size} bytes"


def _aspects(where: str, path: str, before: FileState, after: FileState) -> Iterator[Difference]:
    sides = zip(_told(before), _told(after), strict=True)
    for (aspect, first), (_, second) in sides:
        if first != second:
            yield Difference(where, path, aspect, first, second)


def _told(state: FileState) -> tuple[tuple[Aspect, str], ...]:
    return (
        (Aspect.KIND, state.kind.value),
        (Aspect.MODE, f"{state.mode:04o}"),
        (Aspect.OWNER, f"{state.uid}:{state.gid}"),
        (Aspect.MTIME, str(state.mtime)),
        (Aspect.SIZE, str(state.size)),
        (Aspect.CONTENT, str(state.content or _NOTHING)),
        (Aspect.TARGET, state.target),
        (Aspect.XATTRS, ", ".join(f"{name}={value.hex()}" for name, value in state.xattrs) or _NOTHING),
    )


def document_differences(where: str, aspect: Aspect, first: Any, second: Any) -> Iterator[Difference]:
    """Yield how two JSON documents differ, by field; lists are compared place by place.

    A variable or a build step may hold a credential, and what is told here is signed and kept for ever: such a text
    is compared, and not told.
    """
    before, after = dict(_leaves("", first)), dict(_leaves("", second))
    for path in sorted(before.keys() | after.keys()):
        sides = before.get(path, _NOTHING), after.get(path, _NOTHING)
        if sides[0] != sides[1]:
            yield Difference(where, path, aspect, *(_shown(path, text) for text in sides))


def _shown(path: str, text: str) -> str:
    return text if text == _NOTHING else told(text, path.rpartition(".")[2])[:_WIDEST]


def _leaves(path: str, value: Any) -> Iterator[tuple[str, str]]:
    waiting = [(path, value)]
    while waiting:
        at, found = waiting.pop()
        match found:
            case dict() if found:
                waiting += [(f"{at}.{key}" if at else str(key), item) for key, item in found.items()]
            case list() if found:
                waiting += [(f"{at}[{place}]", item) for place, item in enumerate(found)]
            case _:
                yield at, json.dumps(found, ensure_ascii=False)


def compared(
    first: Digest,
    second: Digest,
    platforms: tuple[tuple[str, bool], ...],
    differences: Iterable[Difference],
    shown: int = SHOWN,
) -> Comparison:
    """Return the comparison with its first differences kept and all of them counted."""
    kept: list[Difference] = []
    total = 0
    for difference in differences:
        total += 1
        if len(kept) < shown:
            kept.append(difference)
    return Comparison(first, second, platforms, tuple(kept), total)


def comparison_value(found: Comparison) -> dict[str, Any]:
    """Return a comparison as JSON."""
    return {
        "equal": found.equal,
        "first": str(found.first),
        "second": str(found.second),
        "platforms": [{"platform": name, "equal": same} for name, same in found.platforms],
        "differences_total": found.total,
        "differences": [
            {
                "where": each.where,
                "path": each.path,
                "aspect": each.aspect.value,
                "first": each.first,
                "second": each.second,
            }
            for each in found.differences
        ],
    }
