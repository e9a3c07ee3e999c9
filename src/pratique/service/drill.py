"""The drill: what was exported is restored into an empty place and compared with what is here, and that is recorded.

A copy that was never restored is a hope. The drill publishes first, so that what it restores is what an operator
would have in the hour of need: the export alone, nothing of what is kept here but the keys.
"""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from pratique.attest.dsse import IN_TOTO
from pratique.attest.statement import Subject, build_statement
from pratique.errors import PratiqueError
from pratique.promotion.events import Entry
from pratique.promotion.upkeep import DrillCompleted
from pratique.service.private import Fate, words
from pratique.service.publish import EVERYTHING, publish
from pratique.service.restore import Restored, Source, looked_at, restore
from pratique.service.scribe import Scribe, keep
from pratique.service.workspace import Workspace
from pratique.storage.engine import open_engine
from pratique.storage.store import Store
from pratique.storage.transaction import View
from pratique.values.canonical import Json
from pratique.values.digest import Digest
from pratique.values.uris import DRILL, ENVELOPE_MEDIA

_TOLD = 100  # faults that the signed report names; its count has them all


@dataclass(frozen=True, slots=True)
class Drill:
    """What a drill found.

    Attributes:
        recorded: The event, with the report's digest.
        faults: What was missing or different, one line each; none, if everything could be restored.
    """

    recorded: DrillCompleted
    faults: tuple[str, ...]


def drill(workspace: Workspace, scratch: Path | None = None) -> Drill:
    """Publish, restore into scratch space, compare, and record the signed result, good or bad.

    Args:
        workspace: What is to be shown restorable.
        scratch: Where there is room for a second database; the system's folder for temporary files if not given.

    Raises:
        Conflict: The ledger was rolled back or rewritten; nothing is published then.
        Unreachable: It cannot be published, or its result cannot be recorded. That there is no room to restore it is
            a result.
    """
    started = time.monotonic()
    signed = publish(workspace, workspace.export, EVERYTHING).witnessed.signed
    restored, faults = _tried(workspace, scratch)
    took = round((time.monotonic() - started) * 1000)
    return _record(workspace, restored or Restored(signed.size, signed.root, 0, 0, (), range(0)), faults, took)


def last_drill(view: View) -> Entry | None:
    """Return the last drill that was recorded, if there was any."""
    found = view.ledger.of_type(DrillCompleted.TYPE)
    return found[-1] if found else None


def drill_if_due(workspace: Workspace) -> Drill | None:
    """Hold a drill if the settings want one by now, and nobody else is at it."""
    every = workspace.drill_every
    if every is None:
        return None
    with workspace.lock("drill"):
        last, now = workspace.store.read(lambda view: (last_drill(view), view.now))
        return drill(workspace) if last is None or last.event.at + every <= now else None


def _tried(workspace: Workspace, scratch: Path | None) -> tuple[Restored | None, tuple[str, ...]]:
    """Restore into scratch space, of which nothing is left when this returns."""
    try:
        with tempfile.TemporaryDirectory(prefix="pratique-drill-", dir=scratch) as folder:
            return _restored(workspace, Path(folder))
    except OSError as error:
        place = scratch or tempfile.gettempdir()
        told = f"{place}: {error.strerror}; name a folder with room for a second database with --scratch"
        return None, (f"could not be restored: {told}",)


def _restored(workspace: Workspace, folder: Path) -> tuple[Restored | None, tuple[str, ...]]:
    source = Source(
        export=workspace.export,
        policy=workspace.trust.ledger,
        openings=workspace.keys.openings(),
    )
    database = f"sqlite:///{folder / 'restored.db'}"
    try:
        done = restore(source, database, looked_at(source))
        return done, (*_missing(done), *_different(workspace, database, done.size))
    except PratiqueError as error:
        return None, (f"could not be restored: {error}",)


def _missing(done: Restored) -> tuple[str, ...]:
    return tuple(f"object {item.digest} ({item.role}) is nowhere" for item in done.missing)


def _different(workspace: Workspace, database: str, size: int) -> tuple[str, ...]:
    again = Store(open_engine(database))
    try:
        lost = [each for each in again.read(words) if each.fate in (Fate.MISSING, Fate.WRONG)]
        return (
            *workspace.store.compare(again, size),
            *(f"words behind {each.commitment} are {each.fate}" for each in lost),
        )
    finally:
        again.close()


def _record(workspace: Workspace, done: Restored, faults: tuple[str, ...], took: int) -> Drill:
    root = Digest(done.root.hex())
    statement = build_statement((Subject(root),), DRILL, _predicate(done, faults, took))
    report = keep(workspace.blobs, "report", ENVELOPE_MEDIA, workspace.keys.record().envelope(IN_TOTO, statement))
    happening = DrillCompleted(
        size=done.size,
        root=root,
        blobs=done.objects,
        openings=done.openings,
        faults=len(faults),
        duration_ms=took,
        report=report.digest,
    )
    workspace.store.transact(lambda tx: Scribe(tx).append(happening, report))
    return Drill(happening, faults)


def _predicate(done: Restored, faults: tuple[str, ...], took: int) -> dict[str, Json]:
    return {
        "size": done.size,
        "root": f"sha256:{done.root.hex()}",
        "blobs": done.objects,
        "openings": done.openings,
        "faultCount": len(faults),
        "faults": list(faults[:_TOLD]),
        "durationMs": took,
    }
