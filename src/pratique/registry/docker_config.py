"""Credentials that ``docker login`` and ``podman login`` left on this machine.

Sources: docker's ``config.json`` (``auths``, ``credHelpers``, ``credsStore``) and containers-auth.json(5), which has
the same form. An error names the file, never what is in it.
"""

import base64
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pratique.errors import Absent, Malformed
from pratique.registry.credentials import Credentials, CredentialSource, IdentityToken, Secret
from pratique.values.canonical import parse_object

HUB_HOSTS = frozenset({"docker.io", "index.docker.io", "registry-1.docker.io"})
_HUB_KEY = "https://index.docker.io/v1/"  # docker's own name for its Hub, since its first registry
_MAX_BYTES = 1024 * 1024

Helper = Callable[[str, str], Secret | None]
"""Ask the credential helper of this name for a server."""


def _ask_program(name: str, server: str) -> Secret | None:
    from pratique.registry.credential_helper import ask_helper  # few need it, and it is slow to import

    return ask_helper(name, server)


def config_files(environment: Mapping[str, str] = os.environ) -> tuple[Path, ...]:
    """Return where such files may be, docker's first."""
    home = Path(environment.get("HOME") or "/nonexistent")
    docker = Path(environment.get("DOCKER_CONFIG") or home / ".docker") / "config.json"
    runtime = environment.get("XDG_RUNTIME_DIR")
    chosen = environment.get("REGISTRY_AUTH_FILE")
    podman = (Path(chosen),) if chosen else (Path(runtime) / "containers" / "auth.json",) if runtime else ()
    return (docker, *podman)


def docker_credentials(path: Path, helper: Helper = _ask_program) -> CredentialSource:
    """Return the source that such a file is; it is read anew for each question, and may be absent.

    The source raises ``Malformed`` where the file is none, and what the helper raises.
    """

    def find(host: str) -> Secret | None:
        config = _read(path)
        return None if config is None else _find(config, host, path, helper)

    return find


def _read(path: Path) -> dict[str, Any] | None:
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise Absent(f"{path} cannot be read: {error.strerror}") from error
    try:
        return parse_object(content, "", max_bytes=_MAX_BYTES)
    except Malformed:
        # Without the reason, which may quote the file.
        raise Malformed(f"{path}: expected a JSON object as docker login writes it; log in anew") from None


def _find(config: Mapping[str, Any], host: str, path: Path, helper: Helper) -> Secret | None:
    named = _table(config, "credHelpers", path)
    store = next((named[key] for key in _keys(named, host)), config.get("credsStore"))
    if store:
        if not isinstance(store, str):
            raise Malformed(f"{path}: expected the name of a credential helper to be text")
        secret = helper(store, _HUB_KEY if host in HUB_HOSTS else host)
        if secret is not None:
            return secret
    auths = _table(config, "auths", path)
    found = (_entry(auths[key], path) for key in _keys(auths, host))
    return next((secret for secret in found if secret is not None), None)


def _table(config: Mapping[str, Any], key: str, path: Path) -> Mapping[str, Any]:
    table = config.get(key) or {}
    if not isinstance(table, dict):
        raise Malformed(f"{path}: {key}: expected a JSON object")
    return table


def _keys(table: Mapping[str, Any], host: str) -> tuple[str, ...]:
    """Return the keys that mean a host: written as it is first, then as docker wrote it once (``https://HOST/v1/``)."""
    names = HUB_HOSTS if host in HUB_HOSTS else {host}
    exact = tuple(key for key in table if key in names)
    return exact + tuple(key for key in table if key not in names and _host(key) in names)


def _host(key: str) -> str:
    rest = key.removeprefix("https://").removeprefix("http://")
    host, _, path = rest.partition("/")
    # podman also has HOST/NAMESPACE, which is for less than the host.
    return host if path.strip("/") in ("", "v1", "v2") else ""


def _entry(entry: Any, path: Path) -> Secret | None:
    if not isinstance(entry, dict):
        raise Malformed(f"{path}: auths: expected an object for each registry")
    user, password = _decoded(_text(entry, "auth", path), path)
    user, password = _text(entry, "username", path) or user, _text(entry, "password", path) or password
    token = _text(entry, "identitytoken", path)
    if token:
        return IdentityToken(token, user) if user else IdentityToken(token)
    return Credentials(user, password) if user and password else None


def _text(entry: Mapping[str, Any], key: str, path: Path) -> str:
    value = entry.get(key) or ""
    if not isinstance(value, str):
        raise Malformed(f"{path}: auths: {key}: expected text")
    return value


def _decoded(auth: str, path: Path) -> tuple[str, str]:
    try:
        user, _, password = base64.b64decode(auth, validate=True).decode().partition(":")
    except ValueError:
        raise Malformed(f"{path}: auths: auth: expected base64 of USER:PASSWORD; log in anew") from None
    return user, password.strip("\0")  # docker pads, and so strips
