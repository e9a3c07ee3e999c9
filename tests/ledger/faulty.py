"""A process that does one thing as often as it is told to, each time in a child that waits to be watched.

``python -m tests.ledger.faulty FOLDER ACTION`` says that it is ready, and then reads the name of a folder a line. For
each it prints the id of a child, which has stopped itself, so that strace can be put on it, and, after somebody let it
continue, how it ended: 0, 3 for ``Unreachable``, or 70 for anything else, with a line on standard error. Importing is
done by then: every call of the child belongs to what it does.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from tests.ledger.test_export import entries, publish
from tests.ledger.test_fsck import POLICY

from pratique.errors import Unreachable
from pratique.ledger.directory import DirectoryTarget
from pratique.promotion.events import Class, Event, EventObject, build_event
from pratique.promotion.intake import FeedImported
from pratique.service.restore import Source, into, restore
from pratique.storage.blobs import BlobStore
from pratique.values.digest import Digest
from pratique.values.ids import Kind, build_id
from pratique.values.moment import parse_moment
from pratique.values.names import Actor

OBJECT = b"what an entry speaks of"
_AT = parse_moment("2026-11-24T12:00:00.000Z")


def exporting(folder: Path) -> None:
    """Publish a log of two bundles, and one object."""
    publish(folder, entries(258), OBJECT)


def keeping(folder: Path) -> None:
    """Keep a blob in a new store."""
    BlobStore(folder).put(OBJECT)


def restoring(folder: Path) -> None:
    """Restore the log beside the folder; see ``source``."""
    found = Source(DirectoryTarget(folder.parent / "source"), POLICY)
    restore(found, f"sqlite:///{folder / 'pratique.db'}", into(BlobStore(folder / "blobs"), found))


def source(folder: Path) -> None:
    """Publish what ``restoring`` restores."""
    publish(folder / "source", [_event(number) for number in range(5)], OBJECT)


def _event(number: int) -> bytes:
    digest = Digest.of(OBJECT)
    named = EventObject("feed", digest.hex, len(OBJECT), "application/json", Class.RECORD)
    identity = build_id(Kind.EVENT, _AT, number.to_bytes(10))
    happened = FeedImported("advisories", digest, number)
    return build_event(Event(identity, _AT, Actor("service:record"), happened, objects=(named,)))


ACTIONS: dict[str, Callable[[Path], None]] = {
    "export": exporting,
    "blobs": keeping,
    "restore": restoring,
}


def main(folder: Path, action: Callable[[Path], None]) -> None:
    source(folder)
    (folder / "whole").mkdir()
    action(folder / "whole")  # everything is imported now
    print("ready", flush=True)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os.kill(os.getpid(), signal.SIGSTOP)
            os._exit(_code(action, folder / line.strip()))
        os.waitpid(child, os.WUNTRACED)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _code(action: Callable[[Path], None], folder: Path) -> int:
    try:
        action(folder)
    except Unreachable:
        return 3
    except BaseException as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        sys.stderr.flush()
        return 70
    return 0


if __name__ == "__main__":
    main(Path(sys.argv[1]), ACTIONS[sys.argv[2]])
