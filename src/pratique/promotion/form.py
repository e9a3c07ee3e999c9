"""Closed forms: frozen dataclasses written as JSON objects, and read back strictly.

A dataclass is the specification of its JSON object: one field, one key; an unknown key, a missing key or another
type is ``Malformed`` and names the path. So an event, a directory or a record is described once.

========================================  ==================================================
Python                                    JSON
========================================  ==================================================
``str``, ``int``, ``bool``, ``None``      themselves; ``int`` is at least 0, ``bool`` is no ``int``
``Digest``                                ``"sha256:<hex>"``
``datetime``                              the one spelling of ``values.moment``
``StrEnum``                               its value
``Actor``, ``Group``, ``Environment``     their text, parsed
``SshKey``                                its line, without a comment
``tuple[X, ...]``                         an array
``tuple[tuple[str, X], ...]``             an object: a table, read in the order of its keys
another dataclass                         an object
========================================  ==================================================

A field with a default may be absent, and is left out where it equals its default. A field's key is its name
without a trailing underscore, or ``metadata["key"]``.
"""

import dataclasses
import types
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from functools import cache
from operator import attrgetter
from typing import Any, NewType, TypeVar, Union, get_args, get_origin, get_type_hints

from pratique.attest.sshkey import SshKey, parse_ssh_key
from pratique.errors import Malformed
from pratique.values.digest import Digest
from pratique.values.moment import parse_moment, render_moment
from pratique.values.names import Actor, Environment, Group, parse_actor, parse_environment, parse_group

T = TypeVar("T")

Reader = Callable[[Any, str], Any]
Writer = Callable[[Any], Any]

_PARSERS: Mapping[Any, Callable[[str], Any]] = {
    Digest: Digest.parse,
    datetime: parse_moment,
    Actor: parse_actor,
    Group: parse_group,
    Environment: parse_environment,
    SshKey: parse_ssh_key,
}
_WRITERS: Mapping[Any, Writer] = {Digest: str, datetime: render_moment, SshKey: attrgetter("text")}


def read(kind: type[T], value: object, where: str) -> T:
    """Return the ``kind`` that a JSON value spells.

    Raises:
        Malformed: It spells none; the message begins with the path, for example ``event.data.generation``.
    """
    form: Any = kind
    found: T = _reader(form)(value, where)
    return found


def write(value: object) -> dict[str, Any]:
    """Return the JSON object of a dataclass instance, for :func:`values.canonical.canonical`."""
    form: Any = type(value)
    written: dict[str, Any] = _writer(form)(value)
    return written


@cache
def _reader(kind: Any) -> Reader:
    if kind in _PLAIN:
        return _plain_reader(kind)
    if kind in _PARSERS:
        return _parsed(_PARSERS[kind])
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return _member(kind)
    return _compound_reader(kind)


def _compound_reader(kind: Any) -> Reader:
    if dataclasses.is_dataclass(kind):
        return _object_reader(kind)
    if get_origin(kind) in (Union, types.UnionType):
        return _nullable_reader(kind)
    return _table_reader(kind) if _is_table(kind) else _array_reader(kind)


_PLAIN = {str: "a string", int: "a whole number of 0 or more", bool: "true or false"}


def _plain_reader(kind: Any) -> Reader:
    def read_plain(value: Any, where: str) -> Any:
        if type(value) is not kind or (kind is int and int(value) < 0):
            raise Malformed(f"{where}: expected {_PLAIN[kind]}, found {_shown(value)}")
        return value

    return read_plain


def _shown(value: object) -> str:
    return repr(value)[:80]


def _parsed(parse: Callable[[str], Any]) -> Reader:
    def read_parsed(value: Any, where: str) -> Any:
        if not isinstance(value, str):
            raise Malformed(f"{where}: expected a string, found {_shown(value)}")
        try:
            return parse(value)
        except Malformed as error:
            raise Malformed(f"{where}: {error}") from error

    return read_parsed


def _member(kind: type[StrEnum]) -> Reader:
    members = {str(member): member for member in kind}

    def read_member(value: Any, where: str) -> Any:
        if not isinstance(value, str) or value not in members:
            raise Malformed(f"{where}: expected one of {', '.join(members)}, found {_shown(value)}")
        return members[value]

    return read_member


def _nullable_reader(kind: Any) -> Reader:
    inner = _reader(_without_none(kind))
    return lambda value, where: None if value is None else inner(value, where)


def _without_none(kind: Any) -> Any:
    rest = [part for part in get_args(kind) if part is not types.NoneType]
    if len(rest) != 1 or len(get_args(kind)) != 2:
        raise TypeError(f"{kind} has no closed form; use X | None")
    return rest[0]


def _array_reader(kind: Any) -> Reader:
    inner = _reader(_item_of(kind))

    def read_array(value: Any, where: str) -> Any:
        if not isinstance(value, list):
            raise Malformed(f"{where}: expected an array, found {_shown(value)}")
        return tuple(inner(item, f"{where}[{place}]") for place, item in enumerate(value))

    return read_array


def _item_of(kind: Any) -> Any:
    arguments = get_args(kind)
    if get_origin(kind) is not tuple or len(arguments) != 2 or arguments[1] is not Ellipsis:
        raise TypeError(f"{kind} has no closed form; see the table in pratique.promotion.form")
    return arguments[0]


def _is_table(kind: Any) -> bool:
    item = _item_of(kind)
    return get_origin(item) is tuple and get_args(item)[-1] is not Ellipsis


def _table_reader(kind: Any) -> Reader:
    key_kind, value_kind = get_args(_item_of(kind))
    key, inner = _reader(key_kind), _reader(value_kind)

    def read_table(value: Any, where: str) -> Any:
        if not isinstance(value, dict):
            raise Malformed(f"{where}: expected an object, found {_shown(value)}")
        return tuple((key(name, where), inner(value[name], f"{where}.{name}")) for name in sorted(value))

    return read_table


def _object_reader(kind: Any) -> Reader:
    fields = tuple((_key(field), field.name, _reader(hint), _required(field)) for field, hint in _fields(kind))
    keys = {key for key, *_ in fields}

    def read_object(value: Any, where: str) -> Any:
        if not isinstance(value, dict):
            raise Malformed(f"{where}: expected an object, found {_shown(value)}")
        unknown = sorted(value.keys() - keys)
        if unknown:
            raise Malformed(f"{where}: unexpected {unknown[0][:80]!r}; expected {', '.join(sorted(keys))}")
        found: dict[str, Any] = {}
        for key, name, inner, required in fields:
            if key in value:
                found[name] = inner(value[key], f"{where}.{key}")
            elif required:
                raise Malformed(f"{where}: expected the key {key!r}, found none")
        return kind(**found)

    return read_object


def _fields(kind: Any) -> list[tuple[dataclasses.Field[Any], Any]]:
    hints = get_type_hints(kind)
    return [(field, hints[field.name]) for field in dataclasses.fields(kind) if field.init]


def _key(field: dataclasses.Field[Any]) -> str:
    return str(field.metadata.get("key", field.name.rstrip("_")))


def _required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING


@cache
def _writer(kind: Any) -> Writer:
    if kind in _WRITERS:
        return _WRITERS[kind]
    if isinstance(kind, NewType) or kind in _PLAIN:
        return _as_it_is
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return str
    return _compound_writer(kind)


def _as_it_is(value: Any) -> Any:
    return value


def _compound_writer(kind: Any) -> Writer:
    if dataclasses.is_dataclass(kind):
        return _object_writer(kind)
    if get_origin(kind) in (Union, types.UnionType):
        return _nullable_writer(kind)
    return _table_writer(kind) if _is_table(kind) else _array_writer(kind)


def _nullable_writer(kind: Any) -> Writer:
    inner = _writer(_without_none(kind))
    return inner if inner is _as_it_is else lambda value: None if value is None else inner(value)


def _array_writer(kind: Any) -> Writer:
    inner = _writer(_item_of(kind))
    return lambda values: [inner(value) for value in values]


def _table_writer(kind: Any) -> Writer:
    inner = _writer(get_args(_item_of(kind))[1])
    return lambda pairs: {str(name): inner(value) for name, value in pairs}


def _object_writer(kind: Any) -> Writer:
    found = _fields(kind)
    names = [field.name for field, _ in found]
    items_of = attrgetter(*names) if len(names) > 1 else lambda value: (getattr(value, names[0]),)
    forms = tuple((_key(field), field.default, _writer(hint)) for field, hint in found)

    def write_object(value: Any) -> Any:
        written: dict[str, Any] = {}
        for (key, default, inner), item in zip(forms, items_of(value), strict=True):
            if default is dataclasses.MISSING or item != default:
                written[key] = item if inner is _as_it_is else inner(item)
        return written

    return write_object
