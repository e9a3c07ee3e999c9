"""The repository's own files, as the house tests look at them."""

import ast
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "pratique"

PURE_FLOORS = ("values", "attest", "tlog", "evidence", "policy", "promotion", "proof")
"""The floors from proof down, lowest first; docs/architecture.md."""


@dataclass(frozen=True, slots=True)
class Module:
    """One Python module: where it is, and what it says."""

    path: Path
    text: str

    @property
    def name(self) -> str:
        """The path from the repository's top, for messages."""
        return str(self.path.relative_to(ROOT))

    @property
    def tree(self) -> ast.Module:
        """The syntax tree, parsed anew each time: tests may not share a mutable one."""
        return ast.parse(self.text, self.name)


@cache
def modules(folder: Path) -> tuple[Module, ...]:
    """Return every module below a folder, sorted."""
    return tuple(Module(path, path.read_text()) for path in sorted(folder.rglob("*.py")))


@cache
def pure_modules() -> tuple[Module, ...]:
    """Return every module of the floors that decide, and of the errors below them."""
    floors = [module for floor in PURE_FLOORS for module in modules(PACKAGE / floor)]
    return (Module(PACKAGE / "errors.py", (PACKAGE / "errors.py").read_text()), *floors)


@cache
def tracked_files() -> tuple[Path, ...]:
    """Return every file that git tracks; skips the test in a copy without git."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout, so there is no list of tracked files", allow_module_level=True)
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    paths = [ROOT / name for name in listed.decode().split("\0") if name]
    return tuple(path for path in paths if path.is_file())
