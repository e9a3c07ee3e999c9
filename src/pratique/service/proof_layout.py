"""Writing the full form of a proof: a folder or one tar, there whole or not at all.

The bytes are always the same ones for the same proof, and in the same order.
"""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

from pratique.errors import Conflict, Unreachable
from pratique.proof.archive import END, build_header, padding
from pratique.proof.full import build_files
from pratique.proof.layout import Layer, blob_name
from pratique.values.digest import Digest

Files = Iterable[tuple[str, bytes]]


def files_of(layers: tuple[Layer, ...], fetch: Callable[[Digest], bytes]) -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of every file of a layout, one layer at a time.

    Args:
        layers: All of them, the core first.
        fetch: The bytes of a layer.
    """
    yield from build_files(layers)
    for layer in layers:
        yield blob_name(layer.digest), fetch(layer.digest)


def write_folder(target: Path, files: Files) -> None:
    """Write a layout as a folder.

    Raises:
        Conflict: Something is there already.
        Unreachable: It cannot be written; nothing is left behind.
    """
    if target.exists():
        raise Conflict(f"{target} exists; name another place, or remove it first")
    with _beside(target) as temporary:
        (temporary / "blobs" / "sha256").mkdir(parents=True)
        for name, content in files:
            _write(temporary / name, (content,))
        temporary.rename(target)


def write_tar(target: Path, files: Files) -> None:
    """Write a layout as one tar, in place of what is there; raises ``Unreachable`` where it cannot."""
    write_file(target, _tarred(files))


def write_file(target: Path, chunks: Iterable[bytes]) -> None:
    """Write a file whole, in place of what is there; raises ``Unreachable`` where it cannot."""
    with _beside(target) as temporary:
        _write(temporary, chunks)
        temporary.replace(target)


def _tarred(files: Files) -> Iterator[bytes]:
    for name, content in files:
        yield build_header(name, len(content))
        yield content
        yield padding(len(content))
    yield END


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """Yield a name beside the target, which is removed again where writing fails."""
    temporary = target.with_name(f".{target.name}.{token_hex(4)}")
    try:
        yield temporary
    except OSError as error:
        raise Unreachable(f"{target} cannot be written: {error.strerror}") from error
    finally:
        if temporary.is_dir():
            shutil.rmtree(temporary, ignore_errors=True)
        else:
            temporary.unlink(missing_ok=True)


def _write(path: Path, chunks: Iterable[bytes]) -> None:
    with path.open("xb") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
