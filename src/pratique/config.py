"""Settings, read once: flag before environment before ``pratique.toml``.

The file holds where things are, never a rule and never a destination: those are in the signed policy.
"""

import os
import re
from collections.abc import Mapping
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pratique.errors import Absent, Malformed
from pratique.values.dataclass import dataclass
from pratique.values.moment import parse_duration
from pratique.values.reference import RegistryRepository, Repository, parse_repository

if TYPE_CHECKING:
    from pratique.scan.settings import ScannerSettings

FILE = "pratique.toml"
_PREFIX = "PRATIQUE_"
WORKSPACE = f"{_PREFIX}WORKSPACE"


class Lookup(Enum):
    """Where credentials are looked up that no registry's table names."""

    DOCKER = "docker"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class RegistrySettings:
    """How to speak to one registry. A password is named (variable or file), never written here.

    Attributes:
        host: As references write it, with the port if they have one.
        insecure: Plain HTTP is spoken with it.
        private: It may have a private address.
        username: Who we are there.
        password_env: The variable that holds the password.
        password_file: The file that holds the password.
        token_service: The host, or ``host:port``, of its token service, where that is another one.
        ca_file: Further certificate authorities that are believed there, PEM.
        client_cert: The certificate that we show there, PEM; may hold the key.
        client_key: That certificate's private key.
    """

    host: str
    insecure: bool = False
    private: bool = True
    username: str | None = None
    password_env: str | None = None
    password_file: Path | None = None
    token_service: str | None = None
    ca_file: Path | None = None
    client_cert: Path | None = None
    client_key: Path | None = None


@dataclass(frozen=True, slots=True)
class TimestampSettings:
    """A timestamp authority (RFC 3161): where it answers, whose certificates count, and how often it is asked."""

    name: str
    url: str
    ca_file: Path
    every: timedelta = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of one workspace.

    ``root`` is the workspace's directory; relative paths and ``oci:`` destinations resolve against it. ``export`` is
    a directory or ``s3://BUCKET/PREFIX``.
    """

    root: Path
    database: str
    blobs: Path
    export: str
    origin: str
    verifier: str
    registries: tuple[RegistrySettings, ...]
    credentials: Lookup = Lookup.DOCKER
    scanners: "tuple[ScannerSettings, ...]" = ()
    checks: "tuple[ScannerSettings, ...]" = ()
    """Outside checks, which policies ask for by name."""
    drill: timedelta | None = None
    """How often the worker restores the export in a drill; ``None`` where an operator does so by hand."""

    timestamps: tuple[TimestampSettings, ...] = ()

    @property
    def keys(self) -> Path:
        """Where the service keys lie."""
        return self.root / "keys"

    @property
    def trust_root(self) -> Path:
        """The signer's own trust root."""
        return self.root / "trust-root.json"


_KEYS = {
    "database": str,
    "blobs": str,
    "export": str,
    "origin": str,
    "verifier": str,
    "credentials": str,
    "registry": dict,
    "scanner": dict,
    "check": dict,
    "drill": str,
    "timestamp": dict,
}
_TIMESTAMP_KEYS = {"url": str, "ca_file": str, "every": str}
_TIMESTAMP_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}", re.ASCII)
_REGISTRY_FILES = ("password_file", "ca_file", "client_cert", "client_key")
_REGISTRY_KEYS = {
    "insecure": bool,
    "private": bool,
    "username": str,
    "password_env": str,
    "token_service": str,
    **dict.fromkeys(_REGISTRY_FILES, str),
}


def workspace_root(flag: str | None, environment: Mapping[str, str] = os.environ) -> Path:
    """Return the workspace's directory: the flag, else ``$PRATIQUE_WORKSPACE``, else the current folder."""
    return Path(flag or environment.get(WORKSPACE) or ".").absolute()


def load(root: Path, environment: Mapping[str, str] = os.environ) -> Config:
    """Read the settings of a workspace.

    Raises:
        Absent: There is no workspace at ``root``.
        Malformed: An unknown key or a value of the wrong type; the message names the line.
    """
    import tomllib  # 4 ms that a copy outside a workspace does not wait for

    path = root / FILE
    try:
        text = path.read_text()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise Absent(f"{root} is no workspace: {FILE} is missing; make one with `pratique init`") from error
    except (OSError, UnicodeDecodeError) as error:
        raise Malformed(f"{path}: cannot be read: {error}") from error
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Malformed(f"{path}: not TOML: {error}") from error
    _closed(values, _KEYS, path, text)
    for key in ("database", "blobs", "export", "origin", "verifier"):
        values[key] = environment.get(_PREFIX + key.upper(), values.get(key, _DEFAULTS.get(key)))
        if values[key] is None:
            raise Malformed(f"{path}: expected the key {key!r}; add it, for example {key} = {_EXAMPLES[key]!r}")
    registries = tuple(_registry(host, table, path, text) for host, table in values.get("registry", {}).items())
    scanners = tuple(_scanner(name, table, path, text) for name, table in values.get("scanner", {}).items())
    checks = tuple(_check(name, table, path, text) for name, table in values.get("check", {}).items())
    timestamps = tuple(_timestamp(name, table, path, text) for name, table in values.get("timestamp", {}).items())
    lookup = environment.get(f"{_PREFIX}CREDENTIALS", values.get("credentials", Lookup.DOCKER.value))
    return Config(
        root=root,
        database=_database(values["database"], root),
        blobs=root / values["blobs"],
        export=_export(values["export"], root),
        origin=values["origin"],
        verifier=values["verifier"],
        registries=registries,
        credentials=_lookup(lookup, path),
        scanners=scanners,
        checks=checks,
        drill=_drill(values.get("drill"), path),
        timestamps=timestamps,
    )


def _export(place: str, root: Path) -> str:
    return place if place.startswith("s3://") else str(root / place)


def _drill(text: str | None, path: Path) -> timedelta | None:
    return None if text is None else _often(text, f"{path}: drill")


def _often(text: str, where: str) -> timedelta:
    try:
        every = parse_duration(text)
    except Malformed as error:
        raise Malformed(f"{where}: {error}") from error
    if every < _OFTEN:
        raise Malformed(f"{where}: expected at least {_OFTEN.seconds // 60}m, found {text}")
    return every


_OFTEN = timedelta(minutes=1)
_DEFAULTS = {"database": "sqlite:///pratique.db", "blobs": "blobs", "export": "export"}
_EXAMPLES = {"origin": "ledger.example/shop", "verifier": "https://pratique.example/verifier/shop"}


def _database(url: str, root: Path) -> str:
    scheme, _, path = url.partition(":///")
    return f"{scheme}:///{root / path}" if scheme == "sqlite" else url


def _lookup(text: str, path: Path) -> Lookup:
    try:
        return Lookup(text)
    except ValueError as error:
        raise Malformed(f"{path}: credentials: expected 'docker' or 'none', found {text[:60]!r}") from error


def _registry(host: str, table: Any, path: Path, text: str) -> RegistrySettings:
    start = _heading("registry", host, text)
    where = f'{path}:{_line(text, "registry", start)}: [registry."{host}"]'
    if not isinstance(table, dict):
        raise Malformed(f"{where}: expected a table")
    _check_host(host, where)
    _closed(table, _REGISTRY_KEYS, path, text, start)
    if "token_service" in table:
        _check_host(table["token_service"], f"{where}: token_service")
    _check_together(table, where)
    files = {key: path.parent / table[key] for key in _REGISTRY_FILES if key in table}
    return RegistrySettings(host=host, **{**table, **files})


def _scanner(name: str, table: Any, path: Path, text: str) -> "ScannerSettings":
    from pratique.scan.settings import KEYS, parse_scanner

    start = _heading("scanner", name, text)
    where = f"{path}:{_line(text, 'scanner', start)}: [scanner.{name}]"
    if not isinstance(table, dict):
        raise Malformed(f"{where}: expected a table")
    _closed(table, KEYS, path, text, start)
    return parse_scanner(name, table, where)


def _check(name: str, table: Any, path: Path, text: str) -> "ScannerSettings":
    from pratique.scan.check import KEYS, parse_check

    start = _heading("check", name, text)
    where = f"{path}:{_line(text, 'check', start)}: [check.{name}]"
    if not isinstance(table, dict):
        raise Malformed(f"{where}: expected a table")
    _closed(table, KEYS, path, text, start)
    return parse_check(name, table, where)


def _timestamp(name: str, table: Any, path: Path, text: str) -> TimestampSettings:
    start = _heading("timestamp", name, text)
    where = f"{path}:{_line(text, 'timestamp', start)}: [timestamp.{name}]"
    if not isinstance(table, dict) or not _TIMESTAMP_NAME.fullmatch(name):
        raise Malformed(f"{where}: expected a table named by lower-case letters, digits and hyphens")
    _closed(table, _TIMESTAMP_KEYS, path, text, start)
    if missing := [key for key in ("url", "ca_file") if key not in table]:
        raise Malformed(f"{where}: expected the key {missing[0]!r}")
    if not table["url"].startswith(("https://", "http://")):
        raise Malformed(f"{where}: url: expected https:// or http://, found {table['url'][:100]!r}")
    every = _often(table.get("every", "24h"), f"{where}: every")
    return TimestampSettings(name, table["url"], path.parent / table["ca_file"], every)


def _heading(group: str, name: str, text: str) -> int:
    """Return where a table begins, and 0 where it has no heading of its own."""
    quoted = rf"""(?:"{re.escape(name)}"|'{re.escape(name)}'|{re.escape(name)})"""
    found = re.search(rf"^[ \t]*\[\s*{group}\s*\.\s*{quoted}\s*\]", text, re.MULTILINE)
    return found.start() if found else 0


def _check_host(text: str, where: str) -> None:
    try:
        repository: Repository | None = parse_repository(f"{text}/name")
    except Malformed:
        repository = None
    if not isinstance(repository, RegistryRepository) or repository.host != text:
        raise Malformed(f"{where}: expected HOST or HOST:PORT, as references write it, found {text[:100]!r}")


def _check_together(table: Mapping[str, Any], where: str) -> None:
    """Refuse keys that mean nothing without another one, or beside it."""
    passwords = [key for key in ("password_env", "password_file") if key in table]
    if "username" in table and len(passwords) != 1:
        raise Malformed(f"{where}: username: expected either password_env or password_file beside it")
    if passwords and "username" not in table:
        raise Malformed(f"{where}: {passwords[0]}: expected a username beside it")
    if "client_key" in table and "client_cert" not in table:
        raise Malformed(f"{where}: client_key: expected a client_cert beside it")
    of_tls = [key for key in ("ca_file", "client_cert") if key in table]
    if table.get("insecure") and of_tls:
        raise Malformed(f"{where}: {of_tls[0]}: means nothing with insecure = true, which speaks plain HTTP")


def _closed(values: Mapping[str, Any], known: Mapping[str, type], path: Path, text: str, start: int = 0) -> None:
    for key, value in values.items():
        line = _line(text, key, start)
        if key not in known:
            from difflib import get_close_matches

            near = get_close_matches(key, known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(known)}"
            raise Malformed(f"{path}:{line}: unknown key {key!r}{hint}")
        if not isinstance(value, known[key]):
            raise Malformed(f"{path}:{line}: {key}: expected {known[key].__name__}, found {type(value).__name__}")


def _line(text: str, key: str, start: int) -> int:
    """Return the line of a key's first mention at or after a position, or that position's own line."""
    named = re.compile(
        rf'''^\s*\[?\s*(?:"{re.escape(key)}"|'{re.escape(key)}'|{re.escape(key)})\s*[=.\]]''', re.MULTILINE
    )
    found = named.search(text, start)
    return text.count("\n", 0, found.end() if found else start) + 1
