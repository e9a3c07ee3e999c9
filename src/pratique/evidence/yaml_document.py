"""YAML of a tool, read as plain texts, lists and mappings, within limits.

Nothing is constructed but text: ``yes``, ``1.10`` and dates stay what is written. Aliases are refused, because a
few lines of them can stand for billions of values; so are duplicate keys, tags and several documents.

Source: YAML 1.1 as PyYAML reads it, event by event.
"""

from collections.abc import Iterator
from typing import Any

from pratique.errors import Malformed
from pratique.values.canonical import MAX_DEPTH

MAX_EVENTS = 1_000_000  # begins, ends and texts, some 3 s; the largest real document of 173 has 2,000


def parse_foreign_yaml(text: str) -> Any:
    """Read one YAML document; every scalar is text.

    Raises:
        Malformed: Not YAML, or too long, with aliases, duplicate keys, a key that is no text, or nesting beyond
            ``MAX_DEPTH``.
    """
    import yaml

    try:
        return _Builder(
            _limited(yaml.parse(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader)))
        ).document()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1} column {mark.column + 1}" if mark else ""
        what = getattr(error, "problem", None) or type(error).__name__
        raise Malformed(f"YAML: {' '.join(str(what).split())[:200]}{where}") from error
    except RecursionError as error:
        raise Malformed(f"YAML: nested deeper than {MAX_DEPTH} levels") from error


def _limited(events: Iterator[Any]) -> Iterator[Any]:
    for count, event in enumerate(events):
        if count == MAX_EVENTS:
            raise Malformed(f"YAML: expected at most {MAX_EVENTS} texts, lists and mappings, found more")
        yield event


class _Builder:
    """One walk over the events of a text."""

    def __init__(self, events: Iterator[Any]) -> None:
        self._events = events

    def document(self) -> Any:
        """Return the only document, or raise ``Malformed``."""
        import yaml

        value: Any = None
        found = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                found += 1
                if found > 1:
                    raise Malformed("YAML: expected one document, found a second; add each by itself")
                value = self._value(next(self._events), 0)
        return value

    def _value(self, event: Any, depth: int) -> Any:
        import yaml

        if depth > MAX_DEPTH:
            raise Malformed(f"YAML: nested deeper than {MAX_DEPTH} levels")
        if tag := getattr(event, "tag", None):
            raise Malformed(f"YAML: tags are refused; found {str(tag)[:80]!r}")
        if isinstance(event, yaml.ScalarEvent):
            return event.value
        if isinstance(event, yaml.SequenceStartEvent):
            return list(self._items(depth))
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(depth)
        raise Malformed(f"YAML: aliases are refused; found *{getattr(event, 'anchor', '')}")

    def _items(self, depth: int) -> Iterator[Any]:
        import yaml

        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            yield self._value(event, depth + 1)

    def _mapping(self, depth: int) -> dict[str, Any]:
        import yaml

        found: dict[str, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._value(event, depth + 1)
            if not isinstance(key, str):
                raise Malformed("YAML: expected text as a key, found a list or a mapping")
            if key in found:
                raise Malformed(f"YAML: the key {key[:80]!r} stands twice in one mapping")
            found[key] = self._value(next(self._events), depth + 1)
        return found
