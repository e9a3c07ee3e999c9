"""Workspaces that programs of older revisions wrote; see tests/vectors/databases/README.md."""

import tarfile
from pathlib import Path

REVISIONS = (
    "0001",
    "0002",
    "0003",
)
"""Every revision before the last one."""

_KEPT = Path(__file__).parent / "vectors" / "databases"


def unpack(revision: str, folder: Path) -> Path:
    """Put a workspace of this revision and its people into a folder; return the workspace."""
    with tarfile.open(_KEPT / f"{revision}.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    return folder / "workspace"
