"""Publishing the ledger as static files that any C2SP tool reads, and any disk keeps.

::

    checkpoint                      the signed note; replaced last, when all it speaks of is there
    log.vkey                        the log's verifier key
    wit.vkey, wit2.vkey, …          the witnesses' keys, in the trust root's order
    tile/<level>/<index>[.p/<w>]    hash tiles
    tile/entries/<index>[.p/<w>]    entry bundles
    objects/sha256/ab/<hex>         the objects that the entries name: records, and evidence where that is wanted
    private/sha256/ab/<hex>         encrypted openings, where they are wanted

Running it again writes what is new. A file that exists with other bytes is never overwritten: it means that
history differs. Source: c2sp.org/tlog-tiles v0.1.0; decisions.md, "Events and storage".
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pratique.errors import Conflict, Unreachable
from pratique.ledger.checkpoint import check_grown
from pratique.ledger.objects import object_path
from pratique.ledger.openings import OpeningKey, exported_openings, opening_path
from pratique.tlog.checkpoint import Checkpoint, open_checkpoint
from pratique.tlog.key import NoteVerifier
from pratique.tlog.proofs import NodeSource
from pratique.tlog.tile import TILE_WIDTH, Bundle, build_bundle, build_tile, new_bundles, new_tiles
from pratique.tlog.tree import Frontier
from pratique.values.digest import Digest

EntryRange = Callable[[int, int], Sequence[bytes]]
"""``(first, end)`` → the entries with these indexes, in order."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What one run of the export wrote; everything else was there already."""

    size: int
    tiles: int
    bundles: int
    objects: int


@dataclass(frozen=True, slots=True)
class Log:
    """The log as its keeper hands it over, under one signed checkpoint.

    Attributes:
        frontier: The tree that the checkpoint speaks of.
        checkpoint: The signed note.
        key: The log's public key.
        nodes: The tree's perfect subtrees.
        entries: The log's entries.
        witnesses: The keys of the witnesses that are asked about it.
    """

    frontier: Frontier
    checkpoint: bytes
    key: NoteVerifier
    nodes: NodeSource
    entries: EntryRange
    witnesses: tuple[NoteVerifier, ...] = ()


def export(target: Path, log: Log, objects: Iterable[tuple[Digest, Callable[[], bytes]]]) -> Exported:
    """Write the log under a signed checkpoint to a directory.

    Args:
        target: The directory; made if it is missing.
        log: What to publish.
        objects: Every record object that the entries name, with a way to fetch its bytes.

    Raises:
        Conflict: The directory holds another history, or a newer checkpoint.
        Unreachable: A write failed; what was written stays right, and running it again goes on.
    """
    signed = open_checkpoint(log.checkpoint, (log.key,)).checkpoint
    if (signed.size, signed.root) != (log.frontier.size, log.frontier.root()):
        raise Conflict("export: the checkpoint speaks of another tree than the one given; sign a new one")
    before = _before(target, log)

    kept = sum(_keep_object(target, digest, fetch) for digest, fetch in objects)
    bundles = sum(_keep(target / at.path, partial(_bundle, log, at)) for at in new_bundles(before, signed.size))
    tiles = sum(
        _keep(target / at.path, partial(build_tile, at, log.nodes)) for at in new_tiles(before, signed.size)
    )
    _keep(target / "log.vkey", f"{log.key}\n".encode)
    _tell_witnesses(target, log.witnesses)
    _replace(target / "checkpoint", log.checkpoint)
    return Exported(signed.size, tiles, bundles, kept)


def export_openings(target: Path, key: OpeningKey, openings: Mapping[Digest, bytes]) -> int:
    """Write every opening encrypted, and remove those that were erased; return how many are new.

    Raises:
        Unreachable: A write failed; running it again goes on.
    """
    for commitment in set(exported_openings(target)) - openings.keys():
        _remove(target / opening_path(commitment))
    new = [each for each in openings if not (target / opening_path(each)).exists()]
    for commitment in new:
        _replace(target / opening_path(commitment), key.seal(commitment, openings[commitment]))
    return len(new)


def _remove(path: Path) -> None:
    try:
        path.unlink()
        _sync_directory(path.parent)
    except OSError as error:
        raise Unreachable(f"export: {path} cannot be removed: {error.strerror}; remove it by hand") from error


def _tell_witnesses(target: Path, keys: tuple[NoteVerifier, ...]) -> None:
    """Write one file a witness; they come and go, so these alone are replaced and removed."""
    named = {target / f"wit{number if number > 1 else ''}.vkey": key for number, key in enumerate(keys, 1)}
    for path, key in named.items():
        _replace(path, f"{key}\n".encode())
    for path in set(target.glob("wit*.vkey")) - named.keys():
        path.unlink()


def _bundle(log: Log, bundle: Bundle) -> bytes:
    first = bundle.index * TILE_WIDTH
    return build_bundle(log.entries(first, first + bundle.width))


def published(target: Path, key: NoteVerifier) -> Checkpoint | None:
    """Return the checkpoint that a directory holds, if it holds one.

    Raises:
        Malformed, Unverified: It is no checkpoint of this log.
        Unreachable: It cannot be read.
    """
    try:
        note = (target / "checkpoint").read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Unreachable(f"export: {target / 'checkpoint'} cannot be read: {error.strerror}") from error
    return open_checkpoint(note, (key,)).checkpoint


def _before(target: Path, log: Log) -> int:
    """Return the size of the checkpoint that the directory holds, 0 if none; it must be part of this tree."""
    found = published(target, log.key)
    if found is None:
        return 0
    check_grown(log.frontier, found, log.nodes)
    return found.size


def _keep_object(target: Path, digest: Digest, fetch: Callable[[], bytes]) -> int:
    path = target / object_path(digest)
    return 0 if path.exists() else _keep(path, fetch)  # only ever renamed into place whole, under its own name


def _keep(path: Path, fetch: Callable[[], bytes]) -> int:
    """Make the file hold these bytes; return 1 if it was written, 0 if it was there."""
    content = fetch()
    try:
        if path.read_bytes() == content:
            return 0
    except FileNotFoundError:
        _replace(path, content)
        return 1
    except OSError as error:
        raise Unreachable(f"export: {path} cannot be read: {error.strerror}") from error
    raise Conflict(
        f"export: {path} exists with other bytes: another history was exported here; use a new directory"
    )


def _replace(path: Path, content: bytes) -> None:
    """Put these bytes in place, whole and durable, or leave the path as it was."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        _sync_directory(path.parent)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise Unreachable(
            f"export: {path} cannot be written: {error.strerror}; free space and run it again"
        ) from error


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
