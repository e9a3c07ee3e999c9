"""JSON Schema (2020-12) of what people write, for their editors, from the very types that the reader decodes.

It demands nothing that the reader does not demand, and every shape that the reader demands: keys, kinds of values,
words. What only the whole policy can tell, such as whether a check exists, is left to ``pratique policy check``.

Source: JSON Schema Core and Validation, draft 2020-12.
"""

from collections.abc import Mapping
from dataclasses import MISSING, is_dataclass
from decimal import Decimal
from typing import Any, Literal, get_args, get_origin

from pratique.policy.lists import NAME, USE
from pratique.policy.schema import Slot, encode, slots
from pratique.policy.source import ApplicationText, GateText
from pratique.policy.words import WORDS, Word

DIALECT = "https://json-schema.org/draft/2020-12/schema"
Meanings = Mapping[tuple[str, str | None], str]
"""What a class, or one of its fields, is for; by the class's and the field's name."""

_KINDS: Mapping[type, str] = {str: "string", int: "integer", Decimal: "number"}
_LIST = {"$ref": "#/$defs/list"}


def gate_schema(meanings: Meanings) -> dict[str, Any]:
    """Return the schema of ``gate.yaml``."""
    schema = _document(GateText, "A gate policy of Pratique", meanings)
    schema["properties"]["lists"] = {
        "description": "Named lists; $name stands for one wherever a list may stand, and inside lists.",
        "type": "object",
        "propertyNames": {"pattern": f"^(?:{NAME.pattern})$"},
        "additionalProperties": {"type": "array"},
    }
    return schema


def application_schema(meanings: Meanings) -> dict[str, Any]:
    """Return the schema of a file in ``applications/``."""
    return _document(ApplicationText, "An application of Pratique", meanings)


def _document(kind: type, title: str, meanings: Meanings) -> dict[str, Any]:
    writer = _Writer(meanings)
    root = writer.fields(kind, without=None)
    used = {"description": "The name of a list.", "type": "string", "pattern": f"^{USE.pattern}$"}
    return {
        "$schema": DIALECT,
        "title": title,
        **root,
        "$defs": {"list": used, **dict(sorted(writer.found.items()))},
    }


class _Writer:
    """Writes one schema; every class becomes a definition of its own."""

    def __init__(self, meanings: Meanings) -> None:
        self.meanings = meanings
        self.found: dict[str, Any] = {}

    def fields(self, kind: Any, *, without: str | None) -> dict[str, Any]:
        """Return the schema of a class; ``without`` is the field that is written as its key."""
        shown = {name: slot for name, slot in slots(kind).items() if slot.attribute != without}
        needed = [name for name, slot in shown.items() if slot.default is MISSING or slot.tag]
        return {
            **self.described(kind.__name__, None),
            "type": "object",
            "properties": {
                name: {**self.described(kind.__name__, slot.attribute), **self.slot(slot)}
                for name, slot in shown.items()
            },
            **({"required": needed} if needed else {}),
            "additionalProperties": False,
        }

    def described(self, kind: str, attribute: str | None) -> dict[str, str]:
        meaning = self.meanings.get((kind, attribute))
        return {"description": meaning} if meaning else {}

    def slot(self, slot: Slot) -> dict[str, Any]:
        default = {} if slot.default in (MISSING, None, ()) or slot.tag else {"default": encode(slot.default)}
        form = self.mapping(slot, slot.keyed_by) if slot.keyed_by else self.value(slot.hint)
        if slot.alone:
            form = {"anyOf": [self.value(get_args(slot.hint)[0]), *form["anyOf"]]}
        return {**form, **default}

    def mapping(self, slot: Slot, keyed_by: str) -> dict[str, Any]:
        kind = get_args(slot.hint)[0]
        named = next(inner for inner in slots(kind).values() if inner.attribute == keyed_by)
        return {
            "type": "object",
            "propertyNames": self.value(named.hint),
            "additionalProperties": self.reference(kind, keyed_by),
        }

    def reference(self, kind: Any, without: str | None = None) -> dict[str, Any]:
        name: str = kind.__name__
        if name not in self.found:
            self.found[name] = {}  # a class may hold itself
            self.found[name] = self.fields(kind, without=without)
        return {"$ref": f"#/$defs/{name}"}

    def value(self, hint: Any) -> dict[str, Any]:
        if hint in WORDS:
            return _word(WORDS[hint])
        if hint is bool:
            return {"type": "boolean"}
        if is_dataclass(hint):
            return self.reference(hint)
        if get_origin(hint) is not None:
            return self.composed(hint)
        return {"enum": [choice.value for choice in hint]}

    def composed(self, hint: Any) -> dict[str, Any]:
        if get_origin(hint) is Literal:
            return {"enum": list(get_args(hint))}
        if get_origin(hint) is tuple:
            items = {"anyOf": [self.value(get_args(hint)[0]), _LIST]}
            return {"anyOf": [{"type": "array", "items": items}, _LIST]}
        kinds = [kind for kind in get_args(hint) if kind is not type(None)]
        return self.value(kinds[0]) if len(kinds) == 1 else {"oneOf": [self.value(kind) for kind in kinds]}


def _word(word: Word) -> dict[str, Any]:
    kinds = [_KINDS[raw] for raw in word.raw]
    return {"type": kinds[0] if len(kinds) == 1 else kinds, **word.form}
