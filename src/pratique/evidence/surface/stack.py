"""Layers put one on the other: what is seen in the end, and what lies hidden below.

Putting together is associative: layers may be combined in any grouping, as long as their order stays. What a layer
deletes stays known, because it deletes from whatever it is put upon. A folder that is only named by what is in it
changes nothing; a whiteout that leads through a symlink is taken as written, so that more is seen rather than less.
Members lie where the links of what is below them lead (:mod:`pratique.evidence.surface.passages`).

Source: OCI image-spec 1.1, layer.md, "Whiteouts" and "Opaque Whiteout".
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from pratique.evidence.surface.layer import LayerFacts, Trait
from pratique.evidence.surface.passages import unpacked


@dataclass(frozen=True, slots=True)
class Stack:
    """Several layers as one.

    Attributes:
        layers: What is known of each, the lowest first.
        seen: Path → its traits, of what is there in the end.
        holder: Path → index in ``layers`` of the one that it comes from.
        cut: Paths at which everything below is gone, what is in them included.
        opaque: Folders in which everything below is gone.
        hidden: What lower layers hold and nobody sees: path and index of its layer.
    """

    layers: tuple[LayerFacts, ...]
    seen: Mapping[str, int]
    holder: Mapping[str, int]
    cut: frozenset[str]
    opaque: frozenset[str]
    hidden: frozenset[tuple[str, int]]
    folders: frozenset[str]
    """Every path that something is in, stated or not; those of what is deleted may be among them."""

    @property
    def symlinks(self) -> dict[str, str]:
        """The symlinks that are seen, and where each points as written."""
        return {
            path: target
            for index, layer in enumerate(self.layers)
            for path, target in layer.links.items()
            if self.holder.get(path) == index
        }


NOTHING = Stack((), {}, {}, frozenset(), frozenset(), frozenset(), frozenset())


def alone(layer: LayerFacts) -> Stack:
    """Return one layer as a stack."""
    folder = int(Trait.FOLDER)
    files = frozenset([path for path, traits in layer.traits.items() if not traits & folder])
    return Stack(
        layers=(layer,),
        seen=layer.traits,
        holder=dict.fromkeys(layer.traits, 0),
        cut=layer.whiteouts | files,  # "files … in the upper layer replace" whatever is there, a folder included
        opaque=layer.opaque,
        hidden=frozenset(),
        folders=_folders(layer.traits),
    )


def put(lower: Stack, upper: Stack) -> Stack:
    """Return ``upper`` on ``lower``."""
    above = len(lower.layers)
    gone = frozenset(_gone(lower, upper))
    seen = {**{path: traits for path, traits in lower.seen.items() if path not in gone}, **upper.seen}
    holder = {**lower.holder, **{path: above + index for path, index in upper.holder.items()}}
    return Stack(
        layers=lower.layers + upper.layers,
        seen=seen,
        holder={path: holder[path] for path in seen} if gone else holder,
        cut=lower.cut | upper.cut,
        opaque=lower.opaque | upper.opaque,
        hidden=lower.hidden
        | frozenset((path, lower.holder[path]) for path in gone | (lower.seen.keys() & upper.seen.keys()))
        | frozenset((path, above + index) for path, index in upper.hidden),
        folders=lower.folders | upper.folders,
    )


def stacked(layers: Sequence[LayerFacts]) -> Stack:
    """Return the layers of an image as one, given from the lowest; members lie where links of lower layers lead."""
    return reduce(_unpack, layers, NOTHING)


def _unpack(lower: Stack, layer: LayerFacts) -> Stack:
    return put(lower, alone(unpacked(layer, lower.symlinks, lower.seen)))


def _gone(below: Stack, upper: Stack) -> Iterator[str]:
    """Yield the paths below that ``upper`` deletes, each at least once."""
    yield from below.seen.keys() & upper.cut
    emptied = (upper.cut | upper.opaque) & below.folders
    if "" in upper.opaque:
        yield from (path for path in below.seen if path)
    elif emptied:
        prefixes = tuple(f"{path}/" for path in emptied)
        yield from (path for path in below.seen if path.startswith(prefixes))


def _folders(paths: Iterable[str]) -> frozenset[str]:
    found: set[str] = set()
    for folder in {path.rpartition("/")[0] for path in paths}:
        at = folder
        while at and at not in found:
            found.add(at)
            at = at.rpartition("/")[0]
    return frozenset(found)
