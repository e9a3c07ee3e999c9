"""A small validator for the part of JSON Schema that Pratique publishes, which knows nothing of its reader.

Source: JSON Schema Validation, draft 2020-12. A keyword that is not known here is a mistake in the schema.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

ASIDE = {"$schema", "$defs", "title", "description", "default"}
KINDS: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | Decimal) and not isinstance(value, bool),
}


def valid(schema: dict[str, Any], value: Any, root: dict[str, Any] | None = None) -> bool:
    """Tell whether a value has the shape that a schema describes."""
    root = root or schema
    return all(RULES[word](schema, value, root) for word in schema if word not in ASIDE)


def _type(schema: dict[str, Any], value: Any, root: dict[str, Any]) -> bool:
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return any(KINDS[kind](value) for kind in kinds)


def _reference(schema: dict[str, Any], value: Any, root: dict[str, Any]) -> bool:
    place: Any = root
    for part in schema["$ref"].removeprefix("#/").split("/"):
        place = place[part]
    return valid(place, value, root)


def _properties(schema: dict[str, Any], value: Any, root: dict[str, Any]) -> bool:
    if not isinstance(value, dict):
        return True
    return all(valid(inner, value[name], root) for name, inner in schema["properties"].items() if name in value)


def _others(schema: dict[str, Any], value: Any, root: dict[str, Any]) -> bool:
    if not isinstance(value, dict):
        return True
    rest = [item for name, item in value.items() if name not in schema.get("properties", {})]
    inner = schema["additionalProperties"]
    return not rest if inner is False else all(valid(inner, item, root) for item in rest)


RULES: dict[str, Callable[[dict[str, Any], Any, dict[str, Any]], bool]] = {
    "type": _type,
    "$ref": _reference,
    "properties": _properties,
    "additionalProperties": _others,
    "required": lambda schema, value, _: not isinstance(value, dict) or set(schema["required"]) <= value.keys(),
    "propertyNames": lambda schema, value, root: (
        not isinstance(value, dict) or all(valid(schema["propertyNames"], name, root) for name in value)
    ),
    "items": lambda schema, value, root: (
        not isinstance(value, list) or all(valid(schema["items"], item, root) for item in value)
    ),
    "anyOf": lambda schema, value, root: any(valid(inner, value, root) for inner in schema["anyOf"]),
    "oneOf": lambda schema, value, root: sum(valid(inner, value, root) for inner in schema["oneOf"]) == 1,
    "enum": lambda schema, value, _: any(value == each and type(value) is type(each) for each in schema["enum"]),
    "pattern": lambda schema, value, _: not isinstance(value, str) or bool(re.search(schema["pattern"], value)),
    "minimum": lambda schema, value, _: not KINDS["number"](value) or value >= schema["minimum"],
    "maximum": lambda schema, value, _: not KINDS["number"](value) or value <= schema["maximum"],
}
