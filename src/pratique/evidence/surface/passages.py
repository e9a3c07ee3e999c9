"""Members that lie "in" a symlink: what unpacks a layer follows it, and so they are where it leads.

Runtimes differ: one follows the link that a lower layer has, another makes a folder in its place, and then what the
link hid stays where it was. So a file that is moved here has every trait that either file would have. What a layer
deletes is taken as written, so that more is seen rather than less.

Source: path_resolution(7); containerd, pkg/archive/tar.go, ``applyNaive`` (both ways).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final, TypeVar

from pratique.evidence.surface.layer import KIND, LayerFacts
from pratique.evidence.surface.packages import is_record

_MAX_HOPS: Final = 40  # as Linux follows symlinks (path_resolution(7))
_MAX_PARTS: Final = 4096  # of a path and all that its links lead through; PATH_MAX bounds each to as many signs
_Value = TypeVar("_Value")


def resolve(symlinks: Mapping[str, str], path: str) -> str | None:
    """Follow every symlink on the way to a path and at its end; nothing where they never end, or lead too far."""
    waiting, done = path.split("/")[::-1], list[str]()
    hops = parts = 0
    while waiting:
        part = waiting.pop()
        if (parts := parts + 1) > _MAX_PARTS:
            return None
        if part == "..":
            done = done[:-1]
        elif part not in ("", "."):
            target = symlinks.get("/".join((*done, part)))
            if target is None:
                done.append(part)
            elif (hops := hops + 1) > _MAX_HOPS:
                return None
            else:
                done = [] if target.startswith("/") else done
                waiting += target.split("/")[::-1]
    return "/".join(done)


def unpacked(layer: LayerFacts, below: Mapping[str, str], seen: Mapping[str, int]) -> LayerFacts:
    """Return a layer with each member where it comes to lie.

    Args:
        layer: What is known of it, paths as written.
        below: The symlinks that the layers below come to, and where each points.
        seen: The traits of what the layers below come to.
    """
    if not below and not layer.links:
        return layer
    symlinks = {path: target for path, target in below.items() if _stays(path, layer)} | dict(layer.links)
    moved = {path: place for path in _inside(layer.traits, symlinks) if (place := _place(symlinks, path)) != path}
    linked = {path: _place(symlinks, target) for path, target in layer.hard_links.items()}
    if not moved:
        return replace(layer, hard_links=linked) if linked else layer
    records = {path for path in moved if is_record(path) or is_record(moved[path])}
    return replace(
        layer,
        traits=_traits(layer.traits, moved, seen),
        links=_moved(layer.links, moved),
        hard_links=_moved(linked, moved),
        secrets=_secrets(layer.secrets, moved),
        packages={path: found for path, found in layer.packages.items() if path not in moved},
        unread=frozenset(moved.get(path, path) for path in layer.unread | records),
    )


def _stays(path: str, layer: LayerFacts) -> bool:
    """Tell whether a link of the layers below is still there while this layer is unpacked."""
    if path in layer.traits or path in layer.whiteouts:
        return False
    above = [path[:at] for at, sign in enumerate(path) if sign == "/"]
    return "" not in layer.opaque and not any(one in layer.whiteouts or one in layer.opaque for one in above)


def _inside(paths: Iterable[str], symlinks: Mapping[str, str]) -> Iterator[str]:
    """Yield the paths that lie in a symlink: those of whose folders one is a link."""
    leads: dict[str, bool] = {"": False}
    for path in paths:
        folder, climbed = path.rpartition("/")[0], list[str]()
        while folder not in leads and folder not in symlinks:
            climbed.append(folder)
            folder = folder.rpartition("/")[0]
        found = leads.setdefault(folder, True)
        leads.update(dict.fromkeys(climbed, found))
        if found:
            yield path


def _place(symlinks: Mapping[str, str], path: str) -> str:
    """Return where a member comes to lie: its folder is resolved, its own name is not."""
    folder, _, name = path.rpartition("/")
    found = resolve(symlinks, folder) if folder else ""
    return path if found is None else f"{found}/{name}" if found else name


def _traits(traits: Mapping[str, int], moved: Mapping[str, str], seen: Mapping[str, int]) -> dict[str, int]:
    found = {path: each for path, each in traits.items() if path not in moved}
    for path, place in moved.items():
        other = found.get(place, seen.get(place, 0))
        found[place] = traits[path] | (other & ~KIND)
    return found


def _secrets(secrets: Mapping[str, tuple[str, ...]], moved: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for path, kinds in secrets.items():
        place = moved.get(path, path)
        found[place] = tuple(sorted({*found.get(place, ()), *kinds}))
    return found


def _moved(values: Mapping[str, _Value], moved: Mapping[str, str]) -> dict[str, _Value]:
    return {moved.get(path, path): value for path, value in values.items()}
