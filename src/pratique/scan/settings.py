"""How scanners are described in ``pratique.toml``: one table each, of one of three kinds."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from pratique.errors import Malformed
from pratique.scan.interface import Limits, Yields
from pratique.scan.ready import READY
from pratique.values.dataclass import dataclass

_PLACE = re.compile(r"\{[a-z]*\}")
_PLACES = frozenset({"{image}", "{digest}", "{layout}", "{archive}", "{output}"})
_EXAMINED = frozenset({"{image}", "{layout}", "{archive}"})
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,62}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(=.*)?", re.DOTALL)
_PATTERN = re.compile(r"[a-z0-9*-]{1,31}")
_MOST = {"seconds": 24 * 3600, "memory_mib": 1024 * 1024, "output_mib": 1024}


@dataclass(frozen=True, slots=True)
class ProgramSettings:
    """A program on this machine.

    Attributes:
        name: How the settings call it.
        producer: How its reports call it.
        yields: What it reports.
        limits: What one run may take.
        argv: Program and arguments, with places to be filled in.
        version: Program and arguments that print its version; none where it has no such command.
        environment: Variables that it may have: ``NAME`` as it is here, ``NAME=VALUE`` as stated.
        exit_codes: The codes that mean that it made a report.
        environments: For which it runs by itself while evidence is gathered, as patterns; by hand where there are none.
    """

    name: str
    producer: str
    yields: Yields
    limits: Limits
    argv: tuple[str, ...]
    version: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    exit_codes: tuple[int, ...] = (0,)
    environments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AdapterSettings:
    """A service that speaks Harbor's protocol for pluggable scanners.

    Attributes:
        name: How the settings call it.
        producer: How its reports call it.
        yields: What it reports.
        limits: What one scan may take; of memory, it takes none here.
        url: Where it is.
        authorization_env: The variable that holds the value of the Authorization header that it wants.
        registry_url: The registry as it must call it, where that differs from how we do.
        registry_authorization_env: The variable that holds the Authorization header that the registry wants of it.
        insecure: Plain HTTP is spoken with it.
        private: It may have a private address.
        environments: As for a program.
    """

    name: str
    producer: str
    yields: Yields
    limits: Limits
    url: str
    authorization_env: str | None = None
    registry_url: str | None = None
    registry_authorization_env: str | None = None
    insecure: bool = False
    private: bool = True
    environments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PluginSettings:
    """A Python class that a package declares in the entry point group ``pratique.scanners``.

    Attributes:
        name: How the settings call it.
        producer: How its reports call it.
        yields: What it reports.
        limits: What one run may take.
        entry_point: The name that the package declares.
        environment: As for a program.
        environments: As for a program.
    """

    name: str
    producer: str
    yields: Yields
    limits: Limits
    entry_point: str
    environment: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()


ScannerSettings = ProgramSettings | AdapterSettings | PluginSettings

_COMMON: Final = {
    "producer": str,
    "yields": str,
    "seconds": int,
    "memory_mib": int,
    "output_mib": int,
    "environments": list,
}
_PROGRAM: Final = {"argv": list, "version": list, "environment": list, "exit_codes": list}
_ADAPTER: Final = {
    "url": str,
    "authorization_env": str,
    "registry_url": str,
    "registry_authorization_env": str,
    "insecure": bool,
    "private": bool,
}
_PLUGIN: Final = {"entry_point": str, "environment": list}
KEYS: Final[Mapping[str, type]] = {"ready": str, **_COMMON, **_PROGRAM, **_ADAPTER, **_PLUGIN}
"""Every key that such a table may have, and its type."""


def parse_scanner(name: str, table: Mapping[str, Any], where: str) -> ScannerSettings:
    """Return one table's settings.

    Args:
        name: The table's name.
        table: Its values, whose keys and types were checked against :data:`KEYS`.
        where: How messages call the place.

    Raises:
        Malformed: The table is of no kind, of two, or a value is out of bounds.
    """
    if not _NAME.fullmatch(name):
        raise Malformed(f"{where}: expected a name of a-z, 0-9, '-', '_' and '.', found {name[:60]!r}")
    kinds = [key for key in ("ready", "argv", "url", "entry_point") if key in table]
    if not kinds and name in READY:
        return _program(name, READY[name], table, where)
    if kinds[:1] == ["ready"] and kinds in (["ready"], ["ready", "argv"]):
        if table["ready"] not in READY:
            raise Malformed(f"{where}: ready: expected one of {', '.join(READY)}, found {table['ready'][:60]!r}")
        return _program(name, READY[table["ready"]], table, where)
    if len(kinds) != 1:
        raise Malformed(
            f"{where}: expected one of argv, url, entry_point and ready, found {' and '.join(kinds) or 'none'}"
        )
    return _KINDS[kinds[0]](name, table, where)


def ready_scanner(name: str) -> ProgramSettings | None:
    """Return the ready entry of this name, if there is one."""
    return _program(name, READY[name], {}, name) if name in READY else None


def _program(name: str, ready: Mapping[str, Any], table: Mapping[str, Any], where: str) -> ProgramSettings:
    _only(table, {"ready", *_COMMON, *_PROGRAM}, where)
    values = {**ready, **table}
    argv = _words(values, "argv", where)
    if not argv or not argv[0] or _PLACE.search(argv[0]):
        raise Malformed(f"{where}: argv: expected a program and its arguments, found no program")
    places = {place for word in argv for place in _PLACE.findall(word)}
    if unknown := sorted(places - _PLACES):
        raise Malformed(f"{where}: argv: unknown {unknown[0]}; known are {', '.join(sorted(_PLACES))}")
    if not places & _EXAMINED:
        raise Malformed(f"{where}: argv: expected {{layout}}, {{image}} or {{archive}}, or it examines nothing")
    codes = values.get("exit_codes", [0])
    if not codes or any(type(code) is not int or not 0 <= code <= 255 for code in codes):
        raise Malformed(f"{where}: exit_codes: expected numbers of 0 to 255, such as [0]")
    return ProgramSettings(
        *_shared(name, values, where),
        argv=argv,
        version=_words(values, "version", where),
        environment=_environment(values, where),
        exit_codes=tuple(codes),
        environments=_environments(values, where),
    )


def _own_program(name: str, table: Mapping[str, Any], where: str) -> ProgramSettings:
    return _program(name, {}, table, where)


def _adapter(name: str, table: Mapping[str, Any], where: str) -> AdapterSettings:
    _only(table, {*_COMMON, *_ADAPTER} - {"memory_mib"}, where)
    if not table["url"].startswith(("https://", "http://")):
        raise Malformed(f"{where}: url: expected https://…, found {table['url'][:60]!r}")
    if table["url"].startswith("http://") is not table.get("insecure", False):
        raise Malformed(f"{where}: url: expected https://…, or http://… together with insecure = true")
    return AdapterSettings(
        *_shared(name, table, where),
        **{key: table[key] for key in _ADAPTER if key in table},
        environments=_environments(table, where),
    )


def _plugin(name: str, table: Mapping[str, Any], where: str) -> PluginSettings:
    _only(table, {*_COMMON, *_PLUGIN}, where)
    return PluginSettings(
        *_shared(name, table, where),
        entry_point=table["entry_point"],
        environment=_environment(table, where),
        environments=_environments(table, where),
    )


_KINDS: Final[Mapping[str, Callable[[str, Mapping[str, Any], str], ScannerSettings]]] = {
    "argv": _own_program,
    "url": _adapter,
    "entry_point": _plugin,
}


def _shared(name: str, values: Mapping[str, Any], where: str) -> tuple[str, str, Yields, Limits]:
    usual = Limits()
    for key, most in _MOST.items():
        if key in values and not 1 <= values[key] <= most:
            raise Malformed(f"{where}: {key}: expected 1 to {most}, found {values[key]}")
    limits = Limits(
        seconds=values.get("seconds", usual.seconds),
        memory=values["memory_mib"] << 20 if "memory_mib" in values else usual.memory,
        output=values["output_mib"] << 20 if "output_mib" in values else usual.output,
    )
    try:
        yields = Yields(values.get("yields", Yields.VULNERABILITIES))
    except ValueError as error:
        raise Malformed(
            f"{where}: yields: expected {' or '.join(Yields)}, found {values['yields'][:40]!r}"
        ) from error
    return name, values.get("producer", name), yields, limits


def _only(table: Mapping[str, Any], known: set[str], where: str) -> None:
    for key in table:
        if key not in known:
            raise Malformed(f"{where}: {key}: means nothing for this kind of scanner; take it out")


def _words(values: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    words = values.get(key, ())
    if any(not isinstance(word, str) or "\0" in word for word in words):
        raise Malformed(f"{where}: {key}: expected a list of texts")
    return tuple(words)


def _environments(values: Mapping[str, Any], where: str) -> tuple[str, ...]:
    words = _words(values, "environments", where)
    for word in words:
        if not _PATTERN.fullmatch(word):
            raise Malformed(f"{where}: environments: expected names such as prod, or '*', found {word[:60]!r}")
    return words


def _environment(values: Mapping[str, Any], where: str) -> tuple[str, ...]:
    words = _words(values, "environment", where)
    for word in words:
        if not _VARIABLE.fullmatch(word):
            raise Malformed(f"{where}: environment: expected NAME or NAME=VALUE, found {word[:60]!r}")
    return words
