"""Builds ``pratique-verify.pyz``: ``python -m tools.make_pyz FILE``.

It holds the modules that verifying a proof may import, found by following imports from its entry, and ``rfc8785``,
which is small and pure, with its licence. Stored and not compressed, sorted, without times: the same sources give the
same bytes, whatever the machine.
"""

import ast
import sys
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile, ZipInfo

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "src"
ENTRY = "pratique.cli.alone"
ELSEWHERE = frozenset({"pratique.cli.proof_export", "pratique.cli.proof_fetch", "pratique.service.proof_rejudge"})
"""What only the whole program does; ``pratique proof`` imports these where it is asked for it."""
VENDORED = "rfc8785"
SHEBANG = b"#!/usr/bin/env python3\n"


def file_of(module: str) -> Path | None:
    """Return the file of one of our modules, None where there is none of this name."""
    path = SOURCES.joinpath(*module.split("."))
    return next((one for one in (path / "__init__.py", path.with_suffix(".py")) if one.is_file()), None)


def imported(path: Path) -> Iterator[str]:
    """Yield the names of ours that a file imports, at any depth, and the packages around them."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def needed() -> dict[str, Path]:
    """Return every module of ours that the entry may import, with its file."""
    found: dict[str, Path] = {}
    waiting = [ENTRY]
    while waiting:
        module = waiting.pop()
        path = file_of(module)
        if path is None or module in found or module in ELSEWHERE:
            continue
        found[module] = path
        waiting += [module.rpartition(".")[0], *imported(path)]
    return found


def members(version: str) -> dict[str, bytes]:
    """Return everything that goes in, by name."""
    ours = {str(path.relative_to(SOURCES)): path.read_bytes() for path in needed().values()}
    theirs = {
        str(file): Path(str(file.locate())).read_bytes()
        for file in distribution(VENDORED).files or ()
        if file.suffix == ".py" or file.name.startswith("LICENSE")
    }
    licence = (ROOT / "LICENSE").read_bytes()
    start = f'from pratique.cli.alone import main\n\nmain("{version}")\n'.encode()
    return {**ours, **theirs, "LICENSE": licence, "__main__.py": start}


def build(target: Path) -> None:
    """Write the file."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        file.write(SHEBANG)
        with ZipFile(file, "w", ZIP_STORED) as archive:
            for name, content in sorted(members(distribution("pratique").version).items()):
                entry = ZipInfo(name, (1980, 1, 1, 0, 0, 0))
                entry.create_system, entry.external_attr = 3, 0o644 << 16
                archive.writestr(entry, content)
    target.chmod(0o755)


if __name__ == "__main__":
    place = Path(sys.argv[1])
    build(place)
    print(f"{place}: {place.stat().st_size} bytes, {len(needed())} modules")
