"""The settings of one workspace, as values.

They say where things are, never a rule and never a destination: those are in the signed policy.
"""

import os
from collections.abc import Mapping
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from pratique.values.dataclass import dataclass

if TYPE_CHECKING:
    from pratique.scan.settings import ScannerSettings

FILE = "pratique.toml"
PREFIX = "PRATIQUE_"
"""What the names of our environment variables begin with."""
WORKSPACE = f"{PREFIX}WORKSPACE"


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


def workspace_root(flag: str | None, environment: Mapping[str, str] = os.environ) -> Path:
    """Return the workspace's directory: the flag, else ``$PRATIQUE_WORKSPACE``, else the current folder."""
    return Path(flag or environment.get(WORKSPACE) or ".").absolute()
