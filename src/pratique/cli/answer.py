"""What a verb answers: one value for machines, one text for people, and an exit code.

Exit codes are those of docs/cli.md: 0 done, 1 refused or unverified, 2 malformed or usage, 3 unreachable,
4 still waiting, 70 a bug.
"""

import json
from collections.abc import Sequence
from enum import IntEnum
from typing import Any

from pratique.values.dataclass import dataclass

_ORDERS = (*range(0x09), *range(0x0B, 0x20), *range(0x7F, 0xA0), 0x061C, 0x200E, 0x200F)
_ORDERS += (*range(0x2028, 0x202F), *range(0x2066, 0x206A))
"""What a terminal obeys, or writes backwards, instead of showing it; the ends of our own lines are none."""

_AS_SPACES = dict.fromkeys(_ORDERS, " ")
_AS_ESCAPES = {order: f"\\u{order:04x}" for order in _ORDERS}


class Exit(IntEnum):
    """How a verb ended, for scripts."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    UNREACHABLE = 3
    WAITING = 4
    BUG = 70


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome of one verb.

    ``value`` is an object, to which keys are only ever added, or several, which are printed one a line.
    """

    value: dict[str, Any] | tuple[dict[str, Any], ...]
    text: str
    code: Exit = Exit.DONE

    def rendered(self, *, as_json: bool) -> str:
        """Return what goes to standard output."""
        if not as_json:
            return harmless(self.text)
        if isinstance(self.value, tuple):
            text = "\n".join(json.dumps(one, ensure_ascii=False) for one in self.value)
        else:
            text = json.dumps(self.value, indent=2, ensure_ascii=False)
        return text.translate(_AS_ESCAPES)


def harmless(text: str) -> str:
    """Return text, whoever wrote it, with spaces for what a terminal would obey; lines stay."""
    return text.translate(_AS_SPACES)


def table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Return aligned columns of plain text; nothing is cut off, so that digests can be copied."""
    widths = [max(len(row[column]) for row in (heads, *rows)) for column in range(len(heads))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (heads, *rows)
    ]
    return "\n".join(line.rstrip() for line in lines)
