"""Settings, read once: flag before environment before ``pratique.toml``.

The file holds where things are, never a rule and never a destination: those are in the signed policy.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pratique.errors import Absent, Malformed

FILE = "pratique.toml"
_PREFIX = "PRATIQUE_"


@dataclass(frozen=True, slots=True)
class RegistrySettings:
    """How to speak to one registry host. A password is named (variable or file), never written here."""

    host: str
    insecure: bool = False
    username: str | None = None
    password_env: str | None = None
    password_file: str | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of one workspace.

    ``root`` is the workspace's directory; relative paths and ``oci:`` destinations resolve against it.
    """

    root: Path
    database: str
    blobs: Path
    export: Path
    origin: str
    verifier: str
    registries: tuple[RegistrySettings, ...]

    @property
    def keys(self) -> Path:
        """Where the service keys lie."""
        return self.root / "keys"

    @property
    def trust_root(self) -> Path:
        """The signer's own trust root."""
        return self.root / "trust-root.json"


_KEYS = {"database": str, "blobs": str, "export": str, "origin": str, "verifier": str, "registry": dict}
_REGISTRY_KEYS = {"insecure": bool, "username": str, "password_env": str, "password_file": str}


def workspace_root(flag: str | None, environment: Mapping[str, str] = os.environ) -> Path:
    """Return the workspace's directory: the flag, else ``$PRATIQUE_WORKSPACE``, else the current folder."""
    return Path(flag or environment.get(f"{_PREFIX}WORKSPACE") or ".").absolute()


def load(root: Path, environment: Mapping[str, str] = os.environ) -> Config:
    """Read the settings of a workspace.

    Raises:
        Absent: There is no workspace at ``root``.
        Malformed: An unknown key or a value of the wrong type; the message names the line.
    """
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
    return Config(
        root=root,
        database=_database(values["database"], root),
        blobs=root / values["blobs"],
        export=root / values["export"],
        origin=values["origin"],
        verifier=values["verifier"],
        registries=registries,
    )


_DEFAULTS = {"database": "sqlite:///pratique.db", "blobs": "blobs", "export": "export"}
_EXAMPLES = {"origin": "ledger.example/shop", "verifier": "https://pratique.example/verifier/shop"}


def _database(url: str, root: Path) -> str:
    scheme, _, path = url.partition(":///")
    return f"{scheme}:///{root / path}" if scheme == "sqlite" else url


def _registry(host: str, table: Any, path: Path, text: str) -> RegistrySettings:
    if not isinstance(table, dict):
        raise Malformed(f'{path}: expected [registry."{host}"] to be a table')
    _closed(table, _REGISTRY_KEYS, path, text)
    return RegistrySettings(host=host, **table)


def _closed(values: Mapping[str, Any], known: Mapping[str, type], path: Path, text: str) -> None:
    for key, value in values.items():
        line = _line(text, key)
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(known)}"
            raise Malformed(f"{path}:{line}: unknown key {key!r}{hint}")
        if not isinstance(value, known[key]):
            raise Malformed(f"{path}:{line}: {key}: expected {known[key].__name__}, found {type(value).__name__}")


def _line(text: str, key: str) -> int:
    found = re.search(rf'^\s*(?:"{re.escape(key)}"|{re.escape(key)})\s*=', text, re.MULTILINE)
    return text.count("\n", 0, found.start()) + 1 if found else 1
