"""Publishing the ledger: a witnessed checkpoint, and everything under it as static files."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from pratique.ledger.export import Exported, Log, Stamped, export, export_openings
from pratique.ledger.interface import Target
from pratique.ledger.named import named_objects
from pratique.promotion.events import Class, Entry, parse_event
from pratique.service.stamp import kept_stamps
from pratique.service.witness import Witnessed, witnessed
from pratique.service.workspace import Workspace
from pratique.storage.transaction import View
from pratique.tlog.tree import Frontier
from pratique.values.digest import Digest

_BATCH = 256  # entries read at once; one bundle


class More(StrEnum):
    """What is exported besides the entries and the record objects that they name."""

    EVIDENCE = "evidence"
    """Reports and other evidence: everything that a judgement can be repeated from."""
    PRIVATE = "private"
    """What people wrote, encrypted."""


EVERYTHING = frozenset(More)


@dataclass(frozen=True, slots=True)
class Published:
    """What was published: under which checkpoint, and how much of it is new."""

    witnessed: Witnessed
    exported: Exported
    openings: int


def publish(workspace: Workspace, target: Target, more: frozenset[More]) -> Published:
    """Sign a checkpoint, have it witnessed, and export everything under it.

    Raises:
        Conflict: The ledger was rolled back or rewritten, or the target holds another history.
        Refused: Nobody lets us write there.
        Unreachable: A write failed; running it again goes on.
    """
    with workspace.lock("export"):
        found = witnessed(workspace)
        exported = workspace.store.read(lambda view: _export(workspace, view, target, found, more))
        openings = _export_openings(workspace, target) if More.PRIVATE in more else 0
    return Published(found, exported, openings)


def _export(workspace: Workspace, view: View, target: Target, found: Witnessed, more: frozenset[More]) -> Exported:
    size = found.signed.size
    classes = (Class.RECORD, Class.EVIDENCE) if More.EVIDENCE in more else (Class.RECORD,)
    log = Log(
        frontier=_frontier_at(view, size),
        checkpoint=found.signed.note,
        keys=workspace.log_keys,
        nodes=view.ledger.node,
        entries=view.ledger.bodies,
        witnesses=tuple(each.key for each in workspace.trust.ledger.witnesses),
        stamps=tuple(_stamps(workspace, view)),
    )
    return export(target, log, _objects(workspace, view, size, classes))


def _stamps(workspace: Workspace, view: View) -> Iterator[Stamped]:
    """Yield the stamps of checkpoints under the ledger's present name; others stay where those were exported."""
    for kept in kept_stamps(workspace, view):
        if kept.checkpoint.origin == workspace.origin:
            yield Stamped(kept.checkpoint.size, kept.checkpoint.render(), kept.authority, kept.answer)


def _export_openings(workspace: Workspace, target: Target) -> int:
    return export_openings(
        target, workspace.keys.openings(), workspace.store.read(lambda view: view.openings.all())
    )


def _frontier_at(view: View, size: int) -> Frontier:
    """Return the tree as it was at this size; its subtrees stand in the database for ever."""
    stack, start = [], 0
    for height in range(size.bit_length() - 1, -1, -1):
        if size >> height & 1:
            stack.append(view.ledger.node(height, start >> height))
            start += 1 << height
    return Frontier(size, tuple(stack))


def _objects(
    workspace: Workspace, view: View, size: int, classes: tuple[Class, ...]
) -> Iterator[tuple[Digest, Callable[[], bytes]]]:
    for _, item in named_objects(_entries(view, size), workspace.blobs.get):
        if item.class_ in classes:
            yield item.digest, partial(workspace.blobs.get, item.digest)


def _entries(view: View, size: int) -> Iterator[Entry]:
    for start in range(0, size, _BATCH):
        for index, body in enumerate(view.ledger.bodies(start, min(start + _BATCH, size)), start):
            yield Entry(index, parse_event(body))
