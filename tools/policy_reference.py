"""Writes docs/policy-reference.md from the types that read a policy: ``python -m tools.policy_reference``.

A test compares the page with what this would write, so that the reference cannot say what the program does not.
"""

from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pratique.policy.schema import Slot, encode, slots
from pratique.policy.source import ApplicationText, GateText
from pratique.policy.words import WORDS
from pratique.service.policy_words import classes, meanings

PAGE = Path(__file__).parent.parent / "docs" / "policy-reference.md"
_HEAD = """\
# Every word of a policy

Written by `python -m tools.policy_reference` from the types that read it; how to use them is told in
[policy](policy.md). *Inherited* says whether an environment that inherits may say something else without a reason:
`tighter` is what only tightens, `same` what must stay; what has neither is the environment's own.
"""


def page() -> str:
    """Return the whole page."""
    return "\n".join((_HEAD, *_part("gate.yaml", GateText), *_part("applications/*.yaml", ApplicationText)))


def _part(title: str, root: Any) -> Iterator[str]:
    yield f"## {title}\n"
    found = classes(root)
    keyed = {
        get_args(slot.hint)[0]: slot.keyed_by for kind in found for slot in slots(kind).values() if slot.keyed_by
    }
    for kind in found:
        yield from _class(kind, root, without=(keyed.get(kind, ""),))


def _class(kind: Any, root: Any, *, without: tuple[str, ...]) -> Iterator[str]:
    told = meanings()
    yield f"### {'The file' if kind is root else _title(kind)}\n"
    yield f"{told[kind.__name__, None]}\n"
    yield "| key | holds | unless said | inherited | |"
    yield "|---|---|---|---|---|"
    for key, slot in slots(kind).items():
        if key in without:
            continue
        meaning = told.get((kind.__name__, slot.attribute), "")
        cells = (f"`{key}`", _holds(slot), _default(slot), _inherited(kind, slot), meaning)
        yield f"| {' | '.join(map(_cell, cells))} |"
    yield ""


def _title(kind: Any) -> str:
    tag = next((get_args(slot.hint)[0] for slot in slots(kind).values() if slot.tag), None)
    return f"Check `{tag}`" if tag else str(kind.__name__)


def _holds(slot: Slot) -> str:
    if slot.keyed_by:
        return f"by {slot.keyed_by}: {_kind(get_args(slot.hint)[0])}"
    return _kind(slot.hint)


def _kind(hint: Any) -> str:
    if hint in WORDS:
        expected = WORDS[hint].expected
        return f"`{expected}`" if "<" in expected else expected
    if hint is bool:
        return "true or false"
    if is_dataclass(hint):
        return f"[{_title(hint)}](#{_anchor(_title(hint))})"
    return _composed(hint)


def _composed(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return " or ".join(f"`{word}`" for word in get_args(hint))
    if get_origin(hint) is tuple:
        return f"list of {_kind(get_args(hint)[0])}"
    kinds = [each for each in get_args(hint) if each is not type(None)]
    if kinds:
        return _kind(kinds[0]) if len(kinds) == 1 else "one of the checks"
    return " or ".join(f"`{choice.value}`" for choice in hint)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _anchor(title: str) -> str:
    return title.lower().replace("`", "").replace(" ", "-")


def _default(slot: Slot) -> str:
    if slot.default is MISSING or slot.tag:
        return "*must be said*"
    if slot.default in (None, ()) or is_dataclass(slot.default):
        return ""
    written = encode(slot.default)
    words = ", ".join(map(str, written)) if isinstance(written, list) else str(written)
    return f"`{words.lower() if isinstance(written, bool) else words}`"


def _inherited(kind: Any, slot: Slot) -> str:
    directions = {each.name: "tighter" in each.metadata for each in fields(kind)}
    if not any(directions.values()) or slot.attribute in ("id", "name", "relax"):
        return ""
    return "tighter" if directions[slot.attribute] or is_dataclass(slot.default) else "same"


if __name__ == "__main__":
    PAGE.write_text(page())
