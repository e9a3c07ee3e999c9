"""``@dataclass(frozen=True, slots=True)``, twenty times cheaper to define.

The standard library writes and compiles six functions for each such class when its module is imported: half a
millisecond a class, and a verifier that starts cold meets 130 of them before it reads its first byte. Here the
functions are ordinary ones, found below. What a class *is* stays what it is in the standard library, and to a type
checker this is the standard library's decorator: fields, ``replace``, ``match``, equality, order, hash, text, and
the error on assignment.

Why: docs/adr/0011. Source: the Python library reference, "dataclasses".
"""

import dataclasses
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(*, frozen: bool, slots: bool, order: bool = False) -> Callable[[type], type]:
        """Return the decorator; see the module."""
        if not (frozen and slots):
            raise TypeError("expected frozen=True and slots=True; any other class takes the standard library's")
        return lambda plain: _defined(plain, _ORDERING if order else {})


_ORDERING = {"__lt__": operator.lt, "__le__": operator.le, "__gt__": operator.gt, "__ge__": operator.ge}


def _defined(plain: type, ordering: Mapping[str, Callable[[Any, Any], Any]]) -> type:
    slotted: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True)(plain)
    fields = dataclasses.fields(slotted)
    compared = _values(field.name for field in fields if field.compare)
    hashed = _values(field.name for field in fields if (field.compare if field.hash is None else field.hash))
    methods: dict[str, Callable[..., Any]] = {
        "__init__": _init(slotted, fields),
        "__repr__": _repr,
        "__eq__": _comparison(operator.eq, compared),
        "__hash__": lambda self: hash(hashed(self)),
        "__setattr__": _refuse_set,
        "__delattr__": _refuse_delete,
        "__reduce__": _reduce,
    }
    methods.update({name: _comparison(compare, compared) for name, compare in ordering.items()})
    for name, method in methods.items():
        if name not in plain.__dict__:
            setattr(slotted, name, method)
    defined: type = slotted
    return defined


def _init(slotted: type, fields: tuple[dataclasses.Field[Any], ...]) -> Callable[..., None]:
    names = tuple(field.name for field in fields)
    puts = tuple(getattr(slotted, name).__set__ for name in names)  # around our own __setattr__, which refuses
    defaults = {field.name: field.default for field in fields if field.default is not dataclasses.MISSING}
    after = getattr(slotted, "__post_init__", None)

    def __init__(self: Any, *given: Any, **named: Any) -> None:
        if named or len(given) != len(puts):
            given = _in_order(slotted.__qualname__, names, defaults, given, named)
        for put, value in zip(puts, given, strict=True):
            put(self, value)
        if after:
            after(self)

    return __init__


def _in_order(
    what: str,
    names: tuple[str, ...],
    defaults: Mapping[str, Any],
    given: tuple[Any, ...],
    named: Mapping[str, Any],
) -> tuple[Any, ...]:
    """Return one value for each field, or raise ``TypeError`` as any call with wrong arguments does."""
    rest = names[len(given) :]
    values = {**defaults, **named}
    if len(given) > len(names) or not named.keys() <= set(rest) <= values.keys():
        raise TypeError(
            f"{what}: expected {', '.join(names)}; found {len(given)} and {', '.join(named) or 'none'}"
        )
    return (*given, *(values[name] for name in rest))


def _values(names: Iterable[str]) -> Callable[[Any], Any]:
    chosen = tuple(names)
    return operator.attrgetter(*chosen) if chosen else lambda _self: ()


def _comparison(compare: Callable[[Any, Any], Any], values: Callable[[Any], Any]) -> Callable[[Any, object], bool]:
    def compared(self: Any, other: object) -> bool:
        same_kind = other.__class__ is self.__class__
        return compare(values(self), values(other)) if same_kind else NotImplemented

    return compared


def _repr(self: Any) -> str:
    shown = (f"{field.name}={getattr(self, field.name)!r}" for field in dataclasses.fields(self) if field.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _refuse_set(_self: object, name: str, _value: object) -> NoReturn:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_delete(_self: object, name: str) -> NoReturn:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _reduce(self: Any) -> tuple[type, tuple[Any, ...]]:
    return type(self), tuple(getattr(self, field.name) for field in dataclasses.fields(self))
