"""Checking an installation's whole memory: rows, tree, signatures, projections, objects, words, and the export.

It changes nothing. Each fault names its place and the first entry that it concerns.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from pratique.errors import Absent, Conflict, Malformed, PratiqueError, Unverified
from pratique.ledger.export import CHECKPOINT, published
from pratique.ledger.fsck import Checked, fsck_whole
from pratique.ledger.named import named_objects
from pratique.ledger.stamp import verify_stamp
from pratique.promotion.upkeep import KeyRotated
from pratique.service.private import Fate, Words, entries, words
from pratique.service.stamp import kept_stamps
from pratique.service.workspace import Workspace
from pratique.storage.beside import Beside
from pratique.storage.transaction import View
from pratique.tlog.checkpoint import Checkpoint, open_checkpoint
from pratique.tlog.fault import Fault
from pratique.tlog.key import NoteVerifier
from pratique.tlog.proofs import root_at
from pratique.values.digest import Digest

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Report:
    """What was looked at, and what is wrong.

    Attributes:
        entries: In the ledger.
        checkpoints: Signed by us.
        objects: Named by entries, each hashed.
        words: How many commitments have each fate.
        export: What the exported directory was found to be; ``None`` where nothing was exported.
        faults: All of them; none, if all is well.
        beside: Files beside the database that somebody should delete; no faults.
    """

    entries: int
    checkpoints: int
    objects: int
    words: tuple[tuple[Fate, int], ...]
    export: Checked | None
    faults: tuple[Fault, ...]
    beside: tuple[Beside, ...]


def check_all(workspace: Workspace) -> Report:
    """Check everything that this installation keeps, and what it published.

    Raises:
        Unreachable: The database or a disk fails.
    """

    return workspace.store.read(lambda view: _report(workspace, view))


def _report(workspace: Workspace, view: View) -> Report:
    faults = [*view.audit()]
    known: tuple[Words, ...] = ()
    objects: dict[Digest, int] = {}
    known = _part(faults, "words", lambda: words(view), known)
    objects = _part(faults, "objects", lambda: _objects(workspace, view), objects)
    export = _export(workspace)
    parts: dict[str, Callable[[], tuple[Fault, ...]]] = {
        "checkpoint": lambda: tuple(_signatures(workspace, view)),
        "projection": lambda: tuple(Fault("projection", line) for line in view.drift()),
        "object": lambda: tuple(_missing(workspace, objects)),
        "words": lambda: tuple(_words(known)),
        "timestamp": lambda: tuple(_stamps(workspace, view)),
        "export": lambda: (*(export.faults if export else ()), *_other(workspace, view)),
    }
    sound: tuple[Fault, ...] = ()
    for name, part in parts.items():
        faults += _part(faults, name, part, sound)
    counts = tuple((fate, sum(each.fate is fate for each in known)) for fate in Fate)
    signed = len(view.ledger.checkpoints())
    size, beside = view.ledger.frontier().size, workspace.store.beside()
    return Report(size, signed, len(objects), counts, export, tuple(faults), beside)


def _part(faults: list[Fault], name: str, look: Callable[[], T], nothing: T) -> T:
    """Look at one part; where the ledger's rows are so wrong that it cannot be looked at, say so and go on."""
    try:
        return look()
    except (Absent, Conflict, Malformed, Unverified) as error:
        faults.append(Fault(name, f"could not be checked: {error}"))
        return nothing


def _signatures(workspace: Workspace, view: View) -> Iterator[Fault]:
    policy = workspace.trust.ledger
    logs, witnesses = {*workspace.every_log_key, *_retired(view)}, [witness.key for witness in policy.witnesses]
    for signed in view.ledger.checkpoints():
        try:
            found = open_checkpoint(signed.note, logs, witnesses).checkpoint
        except (Malformed, Unverified) as error:
            yield Fault("checkpoint", f"of {signed.size} entries: {error}")
            continue
        if found != Checkpoint(found.origin, signed.size, signed.root):
            yield Fault("checkpoint", f"of {signed.size} entries: its note says another size or root")


def _retired(view: View) -> Iterator[NoteVerifier]:
    """Yield the keys that the ledger had before, though the trust root may know them no longer."""
    for _, data in view.ledger.told(KeyRotated):
        yield NoteVerifier.parse(data.old)


def _stamps(workspace: Workspace, view: View) -> Iterator[Fault]:
    texts = {(one.checkpoint.size, one.authority): one.checkpoint.render() for one in kept_stamps(workspace, view)}
    known = {authority.name: authority for authority in workspace.authorities}
    for kept in view.ledger.stamps():
        authority = known.get(kept.authority)
        if authority is None:
            told = f"keep [timestamp.{kept.authority}] with its ca_file in the settings; it cannot be checked"
            yield Fault("timestamp", f"of {kept.size} entries by {kept.authority}: {told}")
            continue
        try:
            verify_stamp(authority, texts.get((kept.size, kept.authority), ""), kept.answer)
        except PratiqueError as error:
            yield Fault("timestamp", f"of {kept.size} entries: {error}")


def _objects(workspace: Workspace, view: View) -> dict[Digest, int]:
    """Return every object that the ledger names and that is kept by digest, with the first entry that names it."""
    return {item.digest: index for index, item in named_objects(entries(view), workspace.blobs.get)}


def _missing(workspace: Workspace, objects: dict[Digest, int]) -> Iterator[Fault]:
    for digest, index in objects.items():
        try:
            for _ in workspace.blobs.stream(digest):  # hashed on the way, and never in memory as a whole
                pass
        except (Absent, Unverified) as error:
            yield Fault("object", str(error), index)


def _words(known: tuple[Words, ...]) -> Iterator[Fault]:
    for each in known:
        match each.fate:
            case Fate.MISSING:
                yield Fault(
                    "words",
                    f"behind {each.commitment}: not here, and no event says that they were erased",
                    each.index,
                )
            case Fate.WRONG:
                yield Fault(
                    "words", f"behind {each.commitment}: others are kept than those committed to", each.index
                )


def _export(workspace: Workspace) -> Checked | None:
    there = workspace.export.read(CHECKPOINT) is not None
    return fsck_whole(workspace.export, workspace.trust.ledger, workspace.authorities) if there else None


def _other(workspace: Workspace, view: View) -> Iterator[Fault]:
    """Compare what was published with what the database says of the same entries."""
    try:
        found = published(workspace.export, workspace.log_keys)
    except (Malformed, Unverified):
        return  # told already, by the check of the export
    if found is None:
        return
    size = view.ledger.frontier().size
    if found.size > size:
        yield Fault("export", f"has {found.size} entries, and the database {size}: it was rolled back", size)
    elif root_at(found.size, view.ledger.node) != found.root:
        yield Fault("export", f"its {found.size} entries are others than those in the database")
