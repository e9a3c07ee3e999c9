"""Reading ``pratique.toml``: every key known, every value of its type, and the environment before the file."""

import os
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pratique.config.settings import FILE, PREFIX, Config, Lookup, RegistrySettings, TimestampSettings
from pratique.config.table import Table
from pratique.errors import Absent, Malformed
from pratique.values.moment import parse_duration
from pratique.values.reference import RegistryRepository, Repository, parse_repository

if TYPE_CHECKING:
    from pratique.scan.settings import ScannerSettings

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


def load(root: Path, environment: Mapping[str, str] = os.environ) -> Config:
    """Read the settings of a workspace.

    Raises:
        Absent: There is no workspace at ``root``.
        Malformed: An unknown key or a value of the wrong type; the message names the line.
    """
    whole = _read(root / FILE)
    path, values = whole.path, dict(whole.closed(_KEYS).values)
    for key in ("database", "blobs", "export", "origin", "verifier"):
        values[key] = environment.get(PREFIX + key.upper(), values.get(key, _DEFAULTS.get(key)))
        if values[key] is None:
            raise Malformed(f"{path}: expected the key {key!r}; add it, for example {key} = {_EXAMPLES[key]!r}")
    lookup = environment.get(f"{PREFIX}CREDENTIALS", values.get("credentials", Lookup.DOCKER.value))
    return Config(
        root=root,
        database=_database(values["database"], root),
        blobs=root / values["blobs"],
        export=_export(values["export"], root),
        origin=values["origin"],
        verifier=values["verifier"],
        registries=tuple(_registry(*each) for each in whole.tables("registry")),
        credentials=_lookup(lookup, path),
        scanners=tuple(_scanner(*each) for each in whole.tables("scanner")),
        checks=tuple(_check(*each) for each in whole.tables("check")),
        drill=_drill(values.get("drill"), path),
        timestamps=tuple(_timestamp(*each) for each in whole.tables("timestamp")),
    )


def _read(path: Path) -> Table:
    import tomllib  # 4 ms that a copy outside a workspace does not wait for

    try:
        text = path.read_text()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise Absent(f"{path.parent} is no workspace: {FILE} is missing; make one with `pratique init`") from error
    except (OSError, UnicodeDecodeError) as error:
        raise Malformed(f"{path}: cannot be read: {error}") from error
    try:
        return Table(path, text, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise Malformed(f"{path}: not TOML: {error}") from error


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


def _registry(host: str, table: Table) -> RegistrySettings:
    _check_host(host, table.where)
    values = table.closed(_REGISTRY_KEYS).values
    if "token_service" in values:
        _check_host(values["token_service"], f"{table.where}: token_service")
    _check_together(values, table.where)
    files = {key: table.path.parent / values[key] for key in _REGISTRY_FILES if key in values}
    return RegistrySettings(host=host, **{**values, **files})


def _scanner(name: str, table: Table) -> "ScannerSettings":
    from pratique.scan.settings import KEYS, parse_scanner

    return parse_scanner(name, table.closed(KEYS).values, table.where)


def _check(name: str, table: Table) -> "ScannerSettings":
    from pratique.scan.check import KEYS, parse_check

    return parse_check(name, table.closed(KEYS).values, table.where)


def _timestamp(name: str, table: Table) -> TimestampSettings:
    where, values = table.where, table.closed(_TIMESTAMP_KEYS).values
    if not _TIMESTAMP_NAME.fullmatch(name):
        raise Malformed(f"{where}: expected a name of lower-case letters, digits and hyphens")
    if missing := [key for key in ("url", "ca_file") if key not in values]:
        raise Malformed(f"{where}: expected the key {missing[0]!r}")
    if not values["url"].startswith(("https://", "http://")):
        raise Malformed(f"{where}: url: expected https:// or http://, found {values['url'][:100]!r}")
    every = _often(values.get("every", "24h"), f"{where}: every")
    return TimestampSettings(name, values["url"], table.path.parent / values["ca_file"], every)


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
