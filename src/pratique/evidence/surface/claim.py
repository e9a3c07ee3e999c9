"""An attack surface as an attestation: one SCAI attribute for each measure, and back.

The statement is deterministic: the same layers and config give the same bytes, so signing again changes nothing but
the signature. What it leaves out was not measured; an empty list says that it was, and nothing was found.

Source: in-toto attestation framework, predicate ``scai`` 0.3.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, Final

from pratique.attest.statement import Subject, build_statement
from pratique.errors import Malformed
from pratique.evidence.crosscheck import InstalledPackage, Manager
from pratique.evidence.facts.claims import Attributes
from pratique.evidence.model import Reading
from pratique.evidence.surface.measure import Held, Secret, Surface
from pratique.values.canonical import Json, parse_object
from pratique.values.digest import Digest
from pratique.values.names import Actor

SCAI: Final = "https://in-toto.io/attestation/scai/v0.3"
PREFIX: Final = "attack-surface."
"""How the names of our attributes begin."""
MEASURER: Final = Actor("service:record")
"""Whose word counts for what was measured: this installation's own."""
_VALUE: Final = "value"


def surface_value(surface: Surface) -> dict[str, Json]:
    """Return a surface as JSON: each measure under its name."""
    return {each.name: _write(getattr(surface, each.name)) for each in fields(Surface)}


def _write(value: Any) -> Json:
    match value:
        case tuple():
            return [_write(item) for item in value]
        case Digest():
            return str(value)
        case Secret():
            return {"path": value.path, "kind": value.kind, "layer": str(value.layer)}
        case Held(package, layer):
            return {
                "type": package.manager.value,
                "name": package.name,
                "version": package.version,
                "layer": str(layer),
            }
        case _:
            found: Json = value
            return found


def build_surface(surface: Surface, manifest: Digest, producer: str) -> bytes:
    """Return the statement about one platform's manifest.

    Args:
        surface: What was measured.
        manifest: Of which image.
        producer: Which program measured it, as a URI.
    """
    attributes = [
        {"attribute": f"{PREFIX}{name}", "conditions": {_VALUE: value}}
        for name, value in sorted(surface_value(surface).items())
    ]
    return build_statement((Subject(manifest),), SCAI, {"attributes": attributes, "producer": {"uri": producer}})


def states_surface(reading: Reading) -> bool:
    """Tell whether a document states an attack surface and nothing else."""
    names = [each.name for report in reading.of(Attributes) for each in report.attributes]
    return len(reading.facts) == 1 and bool(names) and all(name.startswith(PREFIX) for name in names)


def surface_of(attributes: Attributes) -> Surface | None:
    """Return the surface that a SCAI report states, or nothing where it does not state one.

    Raises:
        Malformed: It states one, and a measure is missing or has another form than :func:`build_surface` writes.
    """
    stated = {
        each.name.removeprefix(PREFIX): each.value
        for each in attributes.attributes
        if each.name.startswith(PREFIX)
    }
    if not stated:
        return None
    return read_surface({name: _condition(name, value) for name, value in stated.items()})


def _condition(name: str, value: str | None) -> Any:
    what = f"{PREFIX}{name}"
    conditions = parse_object((value or "{}").encode(), what)
    if _VALUE not in conditions:
        raise Malformed(f"{what}: expected a condition {_VALUE!r}; have the surface measured again")
    return conditions[_VALUE]


def read_surface(values: Mapping[str, Any]) -> Surface:
    """Read what :func:`surface_value` returns; measures that this version does not know are passed over.

    Raises:
        Malformed: A measure is missing or has another form.
    """
    read: dict[str, Any] = {}
    for each in fields(Surface):
        what = f"{PREFIX}{each.name}"
        if each.name not in values:
            raise Malformed(f"{what}: expected this measure, found none; have the surface measured again")
        reader: _Read = _READERS.get(each.name, _texts)
        read[each.name] = reader(values[each.name], what)
    return Surface(**read)


def _typed(kind: type, value: Any, what: str) -> Any:
    if type(value) is not kind:
        raise Malformed(f"{what}: expected {kind.__name__}, found {type(value).__name__}")
    return value


def _count(value: Any, what: str) -> int:
    if _typed(int, value, what) < 0:
        raise Malformed(f"{what}: expected a number of 0 or more, found {value}")
    return int(value)


def _count_or_none(value: Any, what: str) -> int | None:
    return None if value is None else _count(value, what)


def _yes_or_no(value: Any, what: str) -> bool:
    return bool(_typed(bool, value, what))


def _text(value: Any, what: str) -> str:
    return str(_typed(str, value, what))


def _text_or_none(value: Any, what: str) -> str | None:
    return None if value is None else str(_typed(str, value, what))


def _texts(value: Any, what: str) -> tuple[str, ...]:
    return tuple(str(_typed(str, item, what)) for item in _typed(list, value, what))


def _digests(value: Any, what: str) -> tuple[Digest, ...]:
    return tuple(map(Digest.parse, _texts(value, what)))


def _objects(value: Any, what: str, *names: str) -> tuple[tuple[str, ...], ...]:
    items = (_typed(dict, item, what) for item in _typed(list, value, what))
    return tuple(tuple(str(_typed(str, item.get(name), f"{what}.{name}")) for name in names) for item in items)


def _secrets(value: Any, what: str) -> tuple[Secret, ...]:
    found = _objects(value, what, "path", "kind", "layer")
    return tuple(Secret(path, kind, Digest.parse(layer)) for path, kind, layer in found)


def _held(value: Any, what: str) -> tuple[Held, ...]:
    found = _objects(value, what, "type", "name", "version", "layer")
    return tuple(
        Held(InstalledPackage(_manager(kind, what), name, version), Digest.parse(layer))
        for kind, name, version, layer in found
    )


def _manager(kind: str, what: str) -> Manager:
    try:
        return Manager(kind)
    except ValueError as error:
        raise Malformed(f"{what}.type: expected one of {', '.join(Manager)}, found {kind[:40]!r}") from error


_Read = Callable[[Any, str], Any]

_READERS: Final[Mapping[str, _Read]] = {
    "layers": _digests,
    "diff_ids": _digests,
    "base_layers": _count_or_none,
    **dict.fromkeys(("compressed", "uncompressed", "files", "deleted_in_later_layer"), _count),
    **dict.fromkeys(("executables", "elf", "unsearched"), _count),
    **dict.fromkeys(("root_user", "healthcheck"), _yes_or_no),
    **dict.fromkeys(("secrets", "secret_in_hidden_file"), _secrets),
    "created": _text_or_none,
    "user": _text,
    "packages": _held,
}
"""How each measure is read; all others are lists of texts."""
