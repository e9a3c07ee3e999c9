"""Publishing the ledger as static files that any C2SP tool reads, and any disk keeps.

::

    checkpoint                      the signed note; replaced last, when all it speaks of is there
    log.vkey, log2.vkey, …          the log's keys, the oldest first
    wit.vkey, wit2.vkey, …          the witnesses' keys, in the trust root's order
    tile/<level>/<index>[.p/<w>]    hash tiles
    tile/entries/<index>[.p/<w>]    entry bundles
    objects/sha256/ab/<hex>         the objects that the entries name: records, and evidence where that is wanted
    timestamp/<size>.txt            the text of a checkpoint that was stamped
    timestamp/<size>.<name>.tsr     what a timestamp authority answered about it (RFC 3161)
    private/sha256/ab/<hex>         encrypted openings, where they are wanted

Running it again writes what is new. A file that exists with other bytes is never overwritten: it means that
history differs. Source: c2sp.org/tlog-tiles v0.1.0; decisions.md, "Events and storage".
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from pratique.errors import Conflict, Malformed, Unverified
from pratique.ledger.checkpoint import check_grown
from pratique.ledger.interface import Target
from pratique.ledger.objects import object_path
from pratique.ledger.openings import OpeningKey, exported_openings, opening_path
from pratique.ledger.stamp import stamp_path, text_path
from pratique.tlog.checkpoint import Checkpoint, open_checkpoint
from pratique.tlog.key import NoteVerifier
from pratique.tlog.proofs import NodeSource
from pratique.tlog.tile import TILE_WIDTH, Bundle, build_bundle, build_tile, new_bundles, new_tiles
from pratique.tlog.tree import Frontier
from pratique.values.digest import Digest

CHECKPOINT = "checkpoint"

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
class Stamped:
    """The text of a checkpoint, and an authority's answer about it."""

    size: int
    text: str
    authority: str
    answer: bytes


@dataclass(frozen=True, slots=True)
class Log:
    """The log as its keeper hands it over, under one signed checkpoint.

    Attributes:
        frontier: The tree that the checkpoint speaks of.
        checkpoint: The signed note.
        keys: The log's public keys, the oldest first; at least one of them signed the checkpoint.
        nodes: The tree's perfect subtrees.
        entries: The log's entries.
        witnesses: The keys of the witnesses that are asked about it.
        stamps: What timestamp authorities said of its checkpoints.
    """

    frontier: Frontier
    checkpoint: bytes
    keys: tuple[NoteVerifier, ...]
    nodes: NodeSource
    entries: EntryRange
    witnesses: tuple[NoteVerifier, ...] = ()
    stamps: tuple[Stamped, ...] = ()


def export(target: Target, log: Log, objects: Iterable[tuple[Digest, Callable[[], bytes]]]) -> Exported:
    """Write the log under a signed checkpoint.

    Args:
        target: Where to.
        log: What to publish.
        objects: Every record object that the entries name, with a way to fetch its bytes.

    Raises:
        Conflict: The target holds another history or a newer checkpoint, or somebody else publishes there now.
        Refused: Nobody lets us write there.
        Unreachable: A write failed; what was written stays right, and running it again goes on.
    """
    signed = open_checkpoint(log.checkpoint, log.keys).checkpoint
    if (signed.size, signed.root) != (log.frontier.size, log.frontier.root()):
        raise Conflict("export: the checkpoint speaks of another tree than the one given; sign a new one")
    note = target.read(CHECKPOINT)
    before = _before(target, note, log)

    kept = _keep_objects(target, objects)
    bundles = sum(target.keep(at.path, _bundle(log, at)) for at in new_bundles(before, signed.size))
    tiles = sum(target.keep(at.path, build_tile(at, log.nodes)) for at in new_tiles(before, signed.size))
    for stamp in log.stamps:
        target.keep(text_path(stamp.size), stamp.text.encode())
        target.keep(stamp_path(stamp.size, stamp.authority), stamp.answer)
    _tell_keys(target, "log", log.keys)
    _tell_keys(target, "wit", log.witnesses)
    target.replace(CHECKPOINT, log.checkpoint, note)
    return Exported(signed.size, tiles, bundles, kept)


def export_openings(target: Target, key: OpeningKey, openings: Mapping[Digest, bytes]) -> int:
    """Write every opening encrypted, and remove those that were erased; return how many are new.

    Raises:
        Unreachable: A write failed; running it again goes on.
    """
    there = set(exported_openings(target))
    for commitment in there - openings.keys():
        target.remove(opening_path(commitment))
    new = [each for each in openings if each not in there]
    for commitment in new:
        target.replace(opening_path(commitment), key.seal(commitment, openings[commitment]), None)
    return len(new)


def _tell_keys(target: Target, word: str, keys: tuple[NoteVerifier, ...]) -> None:
    """Write one file a key; keys come and go, so these alone are replaced and removed."""
    named = {
        f"{word}{number if number > 1 else ''}.vkey": f"{key}\n".encode() for number, key in enumerate(keys, 1)
    }
    for path, content in named.items():
        target.replace(path, content, target.read(path))
    number = len(keys) + 1
    while target.read(path := f"{word}{number if number > 1 else ''}.vkey") is not None:
        target.remove(path)
        number += 1


def _bundle(log: Log, bundle: Bundle) -> bytes:
    first = bundle.index * TILE_WIDTH
    return build_bundle(log.entries(first, first + bundle.width))


def published(target: Target, keys: tuple[NoteVerifier, ...]) -> Checkpoint | None:
    """Return the checkpoint that stands there, if one does.

    Raises:
        Malformed, Unverified: It is no checkpoint of this log.
        Refused, Unreachable: It cannot be read.
    """
    note = target.read(CHECKPOINT)
    return None if note is None else open_checkpoint(note, keys).checkpoint


def _before(target: Target, note: bytes | None, log: Log) -> int:
    """Return the size of the checkpoint that stands there, 0 if none; it must be part of this tree."""
    if note is None:
        return 0
    try:
        found = open_checkpoint(note, log.keys).checkpoint
    except (Malformed, Unverified) as error:
        raise Conflict(
            f"export: {target} holds no checkpoint of this ledger ({error}); use a new place"
        ) from error
    check_grown(log.frontier, found, log.nodes)
    return found.size


def _keep_objects(target: Target, objects: Iterable[tuple[Digest, Callable[[], bytes]]]) -> int:
    there = frozenset(target.list("objects"))  # only ever put in place whole, under their own names
    return sum(
        target.keep(path, fetch())
        for path, fetch in ((object_path(digest), fetch) for digest, fetch in objects)
        if path not in there
    )
