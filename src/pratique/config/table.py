"""Tables of a TOML file, each with its place, so that a complaint names the line.

The parser of the standard library tells no lines; they are looked for in the text once something is wrong.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

from pratique.errors import Malformed
from pratique.values.dataclass import dataclass

_BARE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Table:
    """A table as it was read; ``heading`` is how the file names it, and nothing for the whole file."""

    path: Path
    text: str
    values: Mapping[str, Any]
    heading: str = ""
    start: int = 0

    @property
    def where(self) -> str:
        """The file, the line and the heading, as a complaint begins."""
        return f"{self.path}:{_line_at(self.text, self.start)}: [{self.heading}]"

    def closed(self, known: Mapping[str, type]) -> Self:
        """Return the table if it has only these keys, each of its type, or raise ``Malformed``."""
        for key, value in self.values.items():
            at = f"{self.path}:{self._line(key)}"
            if key not in known:
                raise Malformed(f"{at}: unknown key {key!r}{_hint(key, known)}")
            if not isinstance(value, known[key]):
                raise Malformed(f"{at}: {key}: expected {known[key].__name__}, found {type(value).__name__}")
        return self

    def tables(self, group: str) -> Iterator[tuple[str, "Table"]]:
        """Yield every table ``[group.name]`` with its name; raises ``Malformed`` where there is something else."""
        for name, values in self.values.get(group, {}).items():
            heading = f"{group}.{name}" if _BARE.fullmatch(name) else f'{group}."{name}"'
            table = Table(self.path, self.text, values, heading, _heading(group, name, self.text))
            if not isinstance(values, dict):
                raise Malformed(f"{table.where}: expected a table")
            yield name, table

    def _line(self, key: str) -> int:
        """Return the line of a key's first mention in the table, or the line where the table begins."""
        named = re.compile(rf"^\s*\[?\s*{_spelled(key)}\s*[=.\]]", re.MULTILINE)
        found = named.search(self.text, self.start)
        return _line_at(self.text, found.end() if found else self.start)


def _line_at(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def _heading(group: str, name: str, text: str) -> int:
    """Return where a table begins, and 0 where it has no heading of its own."""
    found = re.search(rf"^[ \t]*\[\s*{group}\s*\.\s*{_spelled(name)}\s*\]", text, re.MULTILINE)
    return found.start() if found else 0


def _spelled(name: str) -> str:
    """Return a pattern for every way in which TOML lets a key be written without escapes."""
    plain = re.escape(name)
    return rf"""(?:"{plain}"|'{plain}'|{plain})"""


def _hint(key: str, known: Mapping[str, type]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(key, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(known)}"
