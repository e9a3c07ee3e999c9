"""Judging a record again, by the engine that made it: from the inputs that it names, the same bytes.

An engine is what a judgement means. When that changes, the new engine is added to ``ENGINES`` and the old one stays
beside it, so that a decision of today can be computed again in ten years. A record of an engine that this version
does not have is "not reproducible here": that says nothing against it.

Source: decisions.md, "Judging".
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pratique.errors import Malformed, Unverified
from pratique.policy.document import Bundle
from pratique.promotion.case import Bodies, case_of
from pratique.promotion.directory import Directory
from pratique.promotion.judge import judge
from pratique.promotion.record import ENGINE, SCHEMA, Record
from pratique.promotion.record_form import read_record
from pratique.values.canonical import parse_json, parse_object
from pratique.values.dataclass import dataclass

_MOST_SHOWN = 160


@dataclass(frozen=True, slots=True)
class Materials:
    """What a record names by digest: the policy, the directory, and the bytes of evidence and feeds."""

    bundle: Bundle
    directory: Directory
    bodies: Bodies


Engine = Callable[[Record, Materials], bytes]
"""Returns the record that the inputs of this one give; raises ``Unverified`` or ``Absent`` as ``build_case``."""


def _first(record: Record, materials: Materials) -> bytes:
    case = case_of(record, bundle=materials.bundle, directory=materials.directory, bodies=materials.bodies)
    return judge(case).content


ENGINES: Mapping[str, Engine] = {ENGINE: _first}
"""Every engine that ever judged, by its name in records."""


def reproduce(
    content: bytes, find: Callable[[Record], Materials], engines: Mapping[str, Engine] = ENGINES
) -> Record:
    """Return a record once the engine that made it has given the same bytes again.

    Args:
        content: The record's bytes.
        find: Finds what the record names; it may raise ``Absent``.
        engines: Those that may judge.

    Raises:
        Unverified: Another record comes out (the message names the first difference), something has another digest
            than the record names, or no engine here made it.
        Absent: Something that it names is not there.
        Malformed: It is no record.
    """
    fields = parse_object(content, "record")
    name = _engine_of(fields)
    engine = engines.get(name)
    if engine is None:
        known = ", ".join(sorted(engines))
        raise Unverified(
            f"record: not reproducible here: {name} judged, this version has {known}; use a version that has it"
        )
    record = read_record(content, fields)  # its spelling is compared below
    again = engine(record, find(record))
    if again != content:
        found = _differences(parse_json(content, "record"), parse_json(again, "record"), "record")
        difference = next(found, "the same values, spelt otherwise than RFC 8785 wants")
        raise Unverified(f"judged again, another record comes out: {difference}")
    return record


def _engine_of(fields: Mapping[str, Any]) -> str:
    engine, schema = fields.get("engine"), fields.get("schema")
    if not isinstance(engine, str) or not isinstance(schema, str):
        raise Malformed(
            f"record: expected a decision record ({SCHEMA}), found no schema and engine; name another file"
        )
    return engine[:_MOST_SHOWN]


def _differences(expected: Any, found: Any, path: str) -> Iterator[str]:
    """Yield where two JSON values differ, from the beginning."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for key in sorted(expected.keys() | found.keys()):
            yield from _differences(expected.get(key), found.get(key), f"{path}.{key}")
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for place, (one, other) in enumerate(zip(expected, found, strict=True)):
            yield from _differences(one, other, f"{path}[{place}]")
    elif expected != found:
        yield f"{path}: recorded {_shown(expected)}, found {_shown(found)}"


def _shown(value: Any) -> str:
    return "nothing" if value is None else repr(value)[:_MOST_SHOWN]
