"""YAML text → plain values, and where each of them stands.

A small part of YAML 1.2: mappings with text keys, lists, text, ``true`` and ``false``, whole numbers and decimals.
Anchors, aliases, tags, merge keys, duplicate keys and a second document are refused: each can make a policy mean
something else than it seems to say. ``yes``, ``0o7`` and ``12:30`` are text.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import yaml

from pratique.errors import Malformed
from pratique.policy.schema import Misfit, Path, UnknownKey

MAX_CHARACTERS = 1_000_000
MAX_DEPTH = 16  # the deepest place of a policy is nine levels down
_INTEGER = re.compile(r"-?(?:0|[1-9]\d{0,14})")
_DECIMAL = re.compile(r"-?\d{1,15}\.\d{1,15}")
_WORDS: Mapping[str, bool | None] = {"": None, "~": None, "null": None, "true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is written; line and column are counted from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class MarkedText:
    """One file's value, with the place of every part.

    An item of a list that has an ``id`` or a ``name`` can be found by it as well as by its position.
    """

    file: str
    value: Any
    values: Mapping[Path, Place]
    keys: Mapping[Path, Place]

    def located(self, error: Misfit) -> Malformed:
        """Return the same error with ``file:line:column``; a part that is not written here has its parent's."""
        place = self.keys.get(error.path) if isinstance(error, UnknownKey) else None
        also = f" (and {self._nearest(error.also)})" if error.also else ""
        return Malformed(f"{place or self._nearest(error.path)}: {error}{also}")

    def _nearest(self, path: Path) -> Place:
        while path not in self.values and path:
            path = path[:-1]
        return self.values.get(path, Place(self.file, 1, 1))


def parse_marked(text: str, file: str) -> MarkedText:
    """Read one YAML document.

    Raises:
        Malformed: It is not in the part of YAML that policies use; the message says where.
    """
    if len(text) > MAX_CHARACTERS:
        raise Malformed(f"{file}: expected at most {MAX_CHARACTERS} characters, found {len(text)}")
    root = _compose(text, file)
    if root is None:
        raise Malformed(f"{file}:1:1: expected a YAML document, found nothing")
    reader = _Reader(file)
    value = reader.read(root, [()])
    return MarkedText(file, value, reader.values, reader.keys)


class _Composer(yaml.SafeLoader):
    """A composer that refuses what can say the same thing twice, or something else."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        peek: Any = self.peek_event  # has no types
        event = peek()
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _refused("anchors and aliases are not allowed; write the value out, or use a list", event)
        if getattr(event, "tag", None):
            raise _refused(f"the tag {event.tag} is not allowed; write the plain value", event)
        if self.depth >= MAX_DEPTH:
            raise _refused(f"nested deeper than {MAX_DEPTH} levels", event)
        self.depth += 1
        node: yaml.Node | None = super().compose_node(parent, index)
        self.depth -= 1
        return node


def _refused(problem: str, event: Any) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=event.start_mark)


def _compose(text: str, file: str) -> yaml.Node | None:
    try:
        node: yaml.Node | None = yaml.compose(text, Loader=_Composer)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{mark.line + 1}:{mark.column + 1}" if mark else "1:1"
        problem = ", ".join(part for part in (error.context, error.problem) if part)
        raise Malformed(f"{file}:{place}: not a policy's YAML: {problem}") from error
    except yaml.YAMLError as error:
        raise Malformed(f"{file}:1:1: not YAML: {' '.join(str(error).split())}") from error
    return node


class _Reader:
    """Turns nodes into values and remembers where they were."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.values: dict[Path, Place] = {}
        self.keys: dict[Path, Place] = {}

    def read(self, node: yaml.Node, paths: list[Path]) -> Any:
        for path in paths:
            self.values[path] = _place(node, self.file)
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, paths)
        return [self.read(item, _paths(paths, number, item)) for number, item in enumerate(node.value)]

    def _mapping(self, node: yaml.MappingNode, paths: list[Path]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in node.value:
            name = self._name(key, found)
            for path in paths:
                self.keys[(*path, name)] = _place(key, self.file)
            found[name] = self.read(value, [(*path, name) for path in paths])
        return found

    def _name(self, key: yaml.Node, found: dict[str, Any]) -> str:
        name = _scalar(key) if isinstance(key, yaml.ScalarNode) else None
        place = _place(key, self.file)
        if not isinstance(name, str) or name == "<<":
            raise Malformed(f"{place}: expected a key in plain text; put a number in quotes")
        if name in found:
            raise Malformed(f"{place}: the key {name!r} stands here twice")
        return name


def _place(node: yaml.Node, file: str) -> Place:
    return Place(file, node.start_mark.line + 1, node.start_mark.column + 1)


def _paths(paths: list[Path], number: int, item: yaml.Node) -> list[Path]:
    known = _label(item)
    by_label: list[Path] = [(*path, known) for path in paths] if known else []
    return [(*path, number) for path in paths] + by_label


def _label(item: yaml.Node) -> str | None:
    if not isinstance(item, yaml.MappingNode):
        return None
    return label({key.value: value.value for key, value in item.value if isinstance(value, yaml.ScalarNode)})


def label(item: object) -> str | None:
    """Return the ``id`` or ``name`` by which an item of a list can be found, or None where it has none."""
    known = (item.get("id") or item.get("name")) if isinstance(item, dict) else None
    return known if isinstance(known, str) else None


def _scalar(node: yaml.ScalarNode) -> str | int | bool | Decimal | None:
    text: str = node.value
    if node.style is not None:  # quoted, or a block of text
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return Decimal(text) if _DECIMAL.fullmatch(text) else text
