"""Where images are: repositories opened with a workspace's settings, or without a workspace.

Kept apart from ``wire``, and light: moving an image needs no database.
"""

import fcntl
import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from pratique.config.load import load
from pratique.config.settings import FILE, WORKSPACE, Config, Lookup, RegistrySettings, workspace_root
from pratique.errors import Refused, Unreachable
from pratique.registry.credentials import CredentialSource, Remembered, first_known
from pratique.registry.docker_config import config_files, docker_credentials
from pratique.registry.ecr import EcrCredentials
from pratique.registry.interface import Lock, Registry
from pratique.registry.named_credentials import Named, named_credentials
from pratique.registry.open import Settings, Strangers, open_repository
from pratique.registry.proxy import Proxies
from pratique.registry.tls import Tls
from pratique.values.dataclass import dataclass
from pratique.values.reference import Repository


@dataclass(frozen=True, slots=True)
class Places:
    """What opens repositories.

    Attributes:
        workspace: Whose settings count, ``None`` outside a workspace.
        open: Returns a repository, without touching it yet.
        lock: Guards what several processes of this machine would overwrite in one.
    """

    workspace: Path | None
    open: Callable[[Repository], Registry]
    lock: Lock


@contextmanager
def open_places(
    flag: str | None,
    *,
    plain_http: frozenset[str] = frozenset(),
    environment: Mapping[str, str] = os.environ,
) -> Iterator[Places]:
    """Yield what opens repositories; relative ``oci:`` paths start at the current folder.

    The settings are those of the workspace that the flag or ``$PRATIQUE_WORKSPACE`` names, or that the current
    folder is. Outside one there are docker's configuration and the environment, and whoever types a reference to a
    registry at a private address means it.

    Args:
        flag: The workspace as given on the command line, if it was.
        plain_http: Further registry hosts with which plain HTTP is spoken, and which may have a private address.
        environment: The variables.

    Raises:
        Absent: The workspace that is named is none.
        Malformed: Its settings are wrong.
    """
    root = workspace_root(flag, environment)
    within = bool(flag or environment.get(WORKSPACE)) or (root / FILE).exists()
    if within:
        config = load(root, environment)
        settings, lock = registry_settings(config, environment), file_locks(root / "locks")
    else:
        settings = replace(_settings((), Lookup.DOCKER, Path(), environment), strangers=Strangers.ANYWHERE)
        lock = _own_locks(environment)
    settings = replace(
        settings,
        base=Path.cwd(),
        insecure=settings.insecure | plain_http,
        private=settings.private | plain_http,
    )
    yield Places(root if within else None, lambda repository: open_repository(repository, settings), lock)


def registry_settings(config: Config, environment: Mapping[str, str] = os.environ) -> Settings:
    """Return how a workspace's repositories are reached; relative ``oci:`` paths start at the workspace."""
    return _settings(config.registries, config.credentials, config.root, environment)


def _settings(
    registries: tuple[RegistrySettings, ...], lookup: Lookup, base: Path, environment: Mapping[str, str]
) -> Settings:
    return Settings(
        base=base,
        credentials=_credentials(registries, lookup, environment),
        insecure=frozenset(each.host for each in registries if each.insecure),
        private=frozenset(each.host for each in registries if each.private),
        realms=tuple((each.host, each.token_service) for each in registries if each.token_service),
        tls=tuple((each.host, Tls(each.ca_file, each.client_cert, each.client_key)) for each in registries),
        proxies=Proxies.of(environment),
    )


def _credentials(
    registries: tuple[RegistrySettings, ...], lookup: Lookup, environment: Mapping[str, str]
) -> CredentialSource:
    named = (
        Named(each.host, each.username, each.password_env, each.password_file)
        for each in registries
        if each.username is not None
    )
    sources = [named_credentials(tuple(named), environment)]
    if lookup is Lookup.DOCKER:
        sources += [docker_credentials(path) for path in config_files(environment)]
        sources.append(EcrCredentials())
    return Remembered(first_known(*sources))


def file_locks(directory: Path) -> Lock:
    """Return locks among this machine's processes, one file a name."""

    @contextmanager
    def lock(name: str) -> Iterator[None]:
        path = directory / hashlib.sha256(name.encode()).hexdigest()
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise Unreachable(f"lock {path}: {error.strerror}") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    return lock


def _own_locks(environment: Mapping[str, str]) -> Lock:
    @contextmanager
    def lock(name: str) -> Iterator[None]:  # where they lie is settled when one is needed
        folder = _own_folder(environment)
        with suppress(FileExistsError), _said(folder):
            folder.mkdir(mode=0o700, parents=True)
        with _said(folder):
            found = folder.lstat()
        # Whoever owns the folder could take a lock away under us, or never give it back; and anybody may make it first.
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
            raise Refused(f"{folder}: expected a folder that only you may write to, found another; remove it")
        with file_locks(folder)(name):
            yield

    return lock


@contextmanager
def _said(place: Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError:
        raise
    except OSError as error:
        raise Unreachable(f"lock {place}: {error.strerror}; look at the folder and its permissions") from error


def _own_folder(environment: Mapping[str, str]) -> Path:
    if runtime := environment.get("XDG_RUNTIME_DIR"):
        return Path(runtime) / "pratique"
    from tempfile import gettempdir  # slow to import, and rarely needed

    return Path(gettempdir()) / f"pratique-{os.getuid()}"
