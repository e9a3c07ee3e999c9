"""Rebuilding everything from an exported ledger: events, tree, projections, objects, words, and what is wanted next.

The export is checked from its entries up before anything is written. What a database holds besides is either folded
from the events (projections), said by their objects (used nonces), or follows from how things stand (effects).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import sha256

from pratique.attest.dsse import parse_envelope
from pratique.attest.timestamp_form import parse_timestamp
from pratique.errors import Absent, Malformed, Refused, Unverified
from pratique.ledger.export import CHECKPOINT
from pratique.ledger.fsck import fsck
from pratique.ledger.interface import Target
from pratique.ledger.named import named_objects
from pratique.ledger.objects import object_path
from pratique.ledger.openings import OpeningKey, exported_openings, opening_path
from pratique.ledger.stamps import exported_stamps
from pratique.promotion.events import Class, Entry, EventObject
from pratique.promotion.happenings import PromotionRequested
from pratique.promotion.upkeep import PrivateRedacted
from pratique.service.perform import want_next
from pratique.service.private import entries
from pratique.storage.blobs import BlobStore
from pratique.storage.ledger import KeptStamp, SignedCheckpoint
from pratique.storage.transaction import Transaction, View
from pratique.storage.whole import clear_leftovers, new_database
from pratique.tlog.checkpoint import Checkpoint, open_checkpoint
from pratique.tlog.policy import Policy
from pratique.tlog.proofs import root_at
from pratique.tlog.tile import TILE_WIDTH, Bundle, parse_bundle
from pratique.values.canonical import parse_object
from pratique.values.commitment import Opening
from pratique.values.digest import Digest
from pratique.values.uris import ENVELOPE_MEDIA

_GROUP = 4  # bundles, of 256 entries each, that are committed together


@dataclass(frozen=True, slots=True)
class Source:
    """What to restore from.

    Attributes:
        export: An exported ledger.
        policy: Whose checkpoints count.
        blobs: More objects, such as evidence that was not exported; ``None`` where there are none.
        openings: Decrypts the exported openings; ``None`` where they are left out.
        newest: A checkpoint that somebody saved: nothing under it may be missing.
    """

    export: Target
    policy: Policy
    blobs: BlobStore | None = None
    openings: OpeningKey | None = None
    newest: bytes | None = None


@dataclass(frozen=True, slots=True)
class Restored:
    """What was rebuilt, and what could not be found.

    ``lost`` is the range of entries that a saved checkpoint covers and the export does not have; ``cleared`` are the
    unfinished databases that an earlier restore to this place left when it was killed, and that are gone now.
    """

    size: int
    root: bytes
    objects: int
    openings: int
    missing: tuple[EventObject, ...]
    lost: range
    cleared: tuple[str, ...] = ()
    stamps: int = 0


Place = Callable[[EventObject], bool]
"""Puts one object where it belongs, hashed on the way, and tells whether anybody had it."""


def restore(source: Source, database: str, place: Place) -> Restored:
    """Rebuild a database that is not there yet, and everything that its entries name.

    Args:
        source: The export, and what comes with it.
        database: The new database's URL.
        place: Takes every object that an entry names, once.

    Raises:
        Refused: The export is not whole: every fault is told by ``ledger fsck``.
        Conflict: There is a database already.
        Unverified: An opening cannot be decrypted, or the saved checkpoint is of another history.
        Unreachable: A disk fails; there is no database then, and it can be run again.
    """
    checkpoint, note = _checked(source)
    saved = _saved(source)
    cleared = tuple(map(str, clear_leftovers(database)))
    with new_database(database) as store:
        for bodies in _groups(source.export, checkpoint.size):
            store.transact(partial(_replay, source=source, bodies=bodies))
        lost = store.read(partial(_lost, saved=saved))
        named = store.read(partial(_named, source=source))
        missing = tuple(item for item in named if not place(item))
        openings = store.transact(partial(_openings, source=source))
        store.transact(partial(_finish, checkpoint=checkpoint, note=note))
        stamps = store.transact(partial(_stamps, target=source.export))
    found = len(named) - len(missing)
    return Restored(checkpoint.size, checkpoint.root, found, openings, missing, lost, cleared, stamps)


def _checked(source: Source) -> tuple[Checkpoint, bytes]:
    found = fsck(source.export, source.policy)
    if found.faults or found.checkpoint is None:
        told = "; ".join(map(str, found.faults[:3]))
        raise Refused(f"{source.export}: {len(found.faults)} faults, nothing is restored from it: {told}")
    note = source.export.read(CHECKPOINT)
    if note is None:
        raise Absent(f"{source.export}: its checkpoint went away meanwhile; restore again")
    return found.checkpoint, note


def _saved(source: Source) -> Checkpoint | None:
    if source.newest is None:
        return None
    return open_checkpoint(source.newest, (log.key for log in source.policy.logs)).checkpoint


def _lost(view: View, saved: Checkpoint | None) -> range:
    """Return which entries the saved checkpoint covers and nobody has any more; those that are here must be its own."""
    size = view.ledger.frontier().size
    if saved is None:
        return range(0)
    if saved.size <= size and root_at(saved.size, view.ledger.node) != saved.root:
        raise Unverified(
            f"the saved checkpoint over {saved.size} entries is of another history than the export; ask whoever saved "
            "it, and restore from an export that goes on from it"
        )
    return range(size, saved.size)


def _groups(export: Target, size: int) -> Iterator[tuple[bytes, ...]]:
    step = TILE_WIDTH * _GROUP
    for start in range(0, size, step):
        end = min(start + step, size)
        yield tuple(
            entry
            for first in range(start, end, TILE_WIDTH)
            for entry in _bundle(export, first // TILE_WIDTH, min(TILE_WIDTH, end - first))
        )


def _bundle(export: Target, index: int, width: int) -> tuple[bytes, ...]:
    for bundle in (Bundle(index, width), Bundle(index, TILE_WIDTH)):  # a full one may stand for a partial one
        content = export.read(bundle.path)
        if content is not None:
            return parse_bundle(bundle, content)[:width]
    raise Absent(f"{export}: bundle {index} went away meanwhile; restore again")


def _replay(tx: Transaction, source: Source, bodies: tuple[bytes, ...]) -> None:
    for entry in tx.replay(bodies):
        event = entry.event
        for nonce in _nonces(source.export, entry):
            tx.once.remember(nonce, event.at)
        if isinstance(event.data, PromotionRequested) and event.data.nonce and event.promotion:
            tx.once.remember(event.data.nonce, event.at)  # of an unsigned request, only the event has it
            tx.once.answer(event.data.nonce, event.promotion, event.at)


def _nonces(export: Target, entry: Entry) -> Iterator[str]:
    """Yield the nonces of the signed statements that an entry records: each may be used once, for ever."""
    for item in entry.event.objects:
        if item.class_ is Class.RECORD and item.media_type == ENVELOPE_MEDIA:
            try:
                envelope = parse_envelope(export.read(object_path(item.digest)) or b"")
                predicate = parse_object(envelope.payload, "statement").get("predicate")
            except (Malformed, Unverified):
                continue
            if isinstance(predicate, dict) and isinstance(nonce := predicate.get("nonce"), str):
                yield nonce


def _named(view: View, source: Source) -> tuple[EventObject, ...]:
    return tuple(item for _, item in named_objects(entries(view), partial(_record, source)))


def _record(source: Source, digest: Digest) -> bytes:
    """Return a record object of the export, which was hashed when the export was checked."""
    content = source.export.read(object_path(digest))
    if content is None:
        raise Absent(f"{source.export}: {digest} went away meanwhile; restore again")
    return content


def into(blobs: BlobStore, source: Source) -> Place:
    """Return what puts objects into a blob store, from the export or from the further blobs of a source."""

    def place(item: EventObject) -> bool:
        return _holds(blobs, item) or any(
            _put(blobs, item, chunks) for chunks in (_exported(source, item), _further(source, item))
        )

    return place


def looked_at(source: Source) -> Place:
    """Return what only reads and hashes objects, from the export or from the further blobs of a source."""

    def place(item: EventObject) -> bool:
        return any(_hashes(item, chunks) for chunks in (_exported(source, item), _further(source, item)))

    return place


def _exported(source: Source, item: EventObject) -> Iterator[bytes]:
    return source.export.stream(object_path(item.digest))


def _further(source: Source, item: EventObject) -> Iterator[bytes]:
    if source.blobs is not None:
        yield from source.blobs.stream(item.digest)


def _holds(blobs: BlobStore, item: EventObject) -> bool:
    return blobs.has(item.digest) and _hashes(item, blobs.stream(item.digest))


def _hashes(item: EventObject, chunks: Iterator[bytes]) -> bool:
    found, left = sha256(), item.size
    try:
        for chunk in chunks:
            found.update(chunk)
            left -= len(chunk)
            if left < 0:  # it may never end
                return False
    except (Absent, Unverified):
        return False
    return found.hexdigest() == item.sha256


def _put(blobs: BlobStore, item: EventObject, chunks: Iterator[bytes]) -> bool:
    try:
        blobs.put_stream(chunks, max_bytes=item.size, expected=item.digest)
    except (Absent, Refused, Unverified):
        return False
    return True


def _openings(tx: Transaction, source: Source) -> int:
    if source.openings is None:
        return 0
    erased = {data.erased for _, data in tx.ledger.told(PrivateRedacted)}
    count = 0
    for commitment in exported_openings(source.export):
        if commitment in erased:
            continue  # an old copy of the file, or somebody put it back: what was erased stays so
        content = source.export.read(opening_path(commitment)) or b""
        opening = Opening.parse(source.openings.open(commitment, content))
        opening.check(commitment)
        tx.openings.put(opening)
        count += 1
    return count


def _finish(tx: Transaction, checkpoint: Checkpoint, note: bytes) -> None:
    tx.ledger.add_checkpoint(SignedCheckpoint(checkpoint.size, checkpoint.root, note, tx.now))
    for promotion in tx.promotions.open_everywhere():
        want_next(tx, promotion.id)


def _stamps(tx: Transaction, target: Target) -> int:
    """Keep the timestamps that stand in the export; what they are worth is for ``ledger fsck`` to say."""
    count = 0
    for size, authority, answer in exported_stamps(target):
        try:
            at = parse_timestamp(answer).at
        except Malformed:
            continue  # of no time; the check of the export names it
        tx.ledger.add_stamp(KeptStamp(size, authority, answer, at))
        count += 1
    return count
