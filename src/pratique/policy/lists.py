"""Named lists of a policy: where they are kept, and how ``$name`` is written out.

A list stands under ``lists`` in ``gate.yaml`` or in a file of its own, and may hold other lists. What is written
out keeps the place of every part, so that a mistake inside a list is told where the list is written.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pratique.policy.marked import MAX_DEPTH, MarkedText, Place, label, parse_marked
from pratique.policy.schema import Misfit, Path, suggestion

FILE = re.compile(r"lists/([^/]+)\.yaml")
MAX_VALUES = 100_000  # of one document; lists inside lists could be made to fill the memory
NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")
USE = re.compile(r"\$([A-Za-z0-9_-]+)")


@dataclass(frozen=True, slots=True)
class ListText:
    """One list, and where in which file it stands."""

    marked: MarkedText
    path: Path
    items: list[Any]


Lists = Mapping[str, ListText]


def take_lists(gate: MarkedText, files: Mapping[str, str], where: str) -> tuple[MarkedText, Lists]:
    """Return the gate without its lists, and these with those that have a file of their own.

    Raises:
        Malformed: One is no list, has no proper name, or stands twice.
    """
    inline = gate.value.get("lists", {}) if isinstance(gate.value, dict) else {}
    if not isinstance(inline, dict):
        raise gate.located(Misfit(("lists",), "expected a mapping from names to lists"))
    found = {name: _list(gate, name, value, ("lists", name)) for name, value in inline.items()}
    for path, content in sorted(files.items()):
        if own := FILE.fullmatch(path):
            marked = parse_marked(content, path)
            if own[1] in found:
                raise marked.located(Misfit((), f"{where} has a list {own[1]!r} too; keep one of them"))
            found[own[1]] = _list(marked, own[1], marked.value, ())
    for name, text in found.items():  # a list that nothing uses is read as well
        _Writer(found).written(text.marked, text.path, text.items, [()], (name,))
    rest = {name: value for name, value in gate.value.items() if name != "lists"} if inline else gate.value
    return replace(gate, value=rest), found


def _list(marked: MarkedText, name: str, value: object, path: Path) -> ListText:
    if not NAME.fullmatch(name):
        raise marked.located(Misfit(path, f"expected a list's name of lower-case letters, found {name[:80]!r}"))
    if not isinstance(value, list):
        raise marked.located(Misfit(path, f"expected a list for {name!r}"))
    return ListText(marked, path, value)


def write_out(marked: MarkedText, lists: Lists) -> MarkedText:
    """Return the document in which every ``$name`` is replaced by its list; inside a list, by the list's items.

    Raises:
        Malformed: There is no such list, or one holds itself.
    """
    writer = _Writer(lists)
    value = writer.written(marked, (), marked.value, [()], ())
    return MarkedText(marked.file, value, writer.values, writer.keys)


class _Writer:
    """Writes values out, and remembers where each was written by hand."""

    def __init__(self, lists: Lists) -> None:
        self.lists = lists
        self.values: dict[Path, Place] = {}
        self.keys: dict[Path, Place] = {}

    def written(self, source: MarkedText, at: Path, value: Any, to: list[Path], within: tuple[str, ...]) -> Any:
        if isinstance(value, str) and (use := USE.fullmatch(value)):
            text = self._named(use[1], source, at, within)
            made = self.written(text.marked, text.path, text.items, to, (*within, use[1]))
        elif isinstance(value, dict):
            made = self._mapping(source, at, value, to, within)
        elif isinstance(value, list):
            made = self._items(source, at, value, to, within)
        else:
            made = value
        for path in to:
            self.values[path] = source.values[at]
        if len(self.values) > MAX_VALUES:
            raise source.located(Misfit(at, f"lists inside lists make more than {MAX_VALUES} values"))
        return made

    def _mapping(
        self, source: MarkedText, at: Path, value: dict[str, Any], to: list[Path], within: tuple[str, ...]
    ) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, item in value.items():
            paths = [(*path, name) for path in to]
            for path in paths:
                self.keys[path] = source.keys[(*at, name)]
            found[name] = self.written(source, (*at, name), item, paths, within)
        return found

    def _items(
        self, source: MarkedText, at: Path, value: list[Any], to: list[Path], within: tuple[str, ...]
    ) -> list[Any]:
        found: list[Any] = []
        for marked, place, item, inside in self._flat(source, at, value, within):
            known = label(item)
            paths: list[Path] = [(*path, len(found)) for path in to]
            paths += [(*path, known) for path in to] if known else []
            found.append(self.written(marked, place, item, paths, inside))
        return found

    def _flat(
        self, source: MarkedText, at: Path, items: list[Any], within: tuple[str, ...]
    ) -> Iterator[tuple[MarkedText, Path, Any, tuple[str, ...]]]:
        for place, item in enumerate(items):
            if isinstance(item, str) and (use := USE.fullmatch(item)):
                text = self._named(use[1], source, (*at, place), within)
                yield from self._flat(text.marked, text.path, text.items, (*within, use[1]))
            else:
                yield source, (*at, place), item, within

    def _named(self, name: str, source: MarkedText, at: Path, within: tuple[str, ...]) -> ListText:
        if name not in self.lists:
            raise source.located(Misfit(at, f"there is no list {name!r}{suggestion(name, self.lists)}"))
        if name in within:
            raise source.located(Misfit(at, f"the list {name!r} holds itself, by way of {within[-1]!r}"))
        if len(within) >= MAX_DEPTH:
            raise source.located(Misfit(at, f"lists inside lists, deeper than {MAX_DEPTH} levels"))
        return self.lists[name]
