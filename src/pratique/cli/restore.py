"""What ``pratique ledger restore`` and ``ledger drill`` say: what was rebuilt, and what was missing."""

import argparse
from pathlib import Path

from pratique.cli.answer import Answer, Exit
from pratique.errors import Absent


def restored(arguments: argparse.Namespace) -> Answer:
    """Restore a database and its objects from an export."""
    from pratique.ledger.openings import read_opening_key
    from pratique.proof.trust import parse_trust_root
    from pratique.service.restore import Source, into, restore
    from pratique.storage.blobs import BlobStore
    from pratique.wire import open_target

    source = Source(
        export=open_target(arguments.source),
        policy=parse_trust_root(_read(arguments.trust_root)).ledger,
        openings=read_opening_key(arguments.openings) if arguments.openings else None,
        newest=_read(arguments.newest) if arguments.newest else None,
    )
    done = restore(source, arguments.to, into(BlobStore(arguments.blobs), source))
    missing = [{"digest": str(item.digest), "role": item.role, "class": str(item.class_)} for item in done.missing]
    value = {
        "size": done.size,
        "root": done.root.hex(),
        "objects": done.objects,
        "openings": done.openings,
        "timestamps": done.stamps,
        "missing": missing,
        "lost": {"first": done.lost.start, "count": len(done.lost)},
        "cleared": list(done.cleared),
    }
    lines = [
        *(f"removed {path}, which a restore left that was killed" for path in done.cleared),
        f"{done.size} entries, {done.objects} objects and {done.openings} openings are in {arguments.to}",
        *((f"{done.stamps} timestamps",) if done.stamps else ()),
        *(f"missing: {item.class_} {item.digest} ({item.role})" for item in done.missing),
    ]
    if done.lost:
        lines.append(
            f"lost: entries {done.lost.start} to {done.lost.stop - 1}, which the saved checkpoint covers; find them "
            "in another copy before anything new is signed under this origin"
        )
    code = Exit.REFUSED if done.missing or done.lost else Exit.DONE
    return Answer(value, "\n".join(lines), code)


def drilled(flag: str | None, scratch: Path | None) -> Answer:
    """Hold a drill."""
    from pratique.service.drill import drill
    from pratique.wire import open_workspace

    with open_workspace(flag) as workspace:
        done = drill(workspace, scratch)
    found = done.recorded
    value = {
        "size": found.size,
        "root": str(found.root),
        "blobs": found.blobs,
        "openings": found.openings,
        "faults": list(done.faults),
        "duration_ms": found.duration_ms,
        "report": str(found.report),
    }
    restored = f"{found.size} entries, {found.blobs} blobs and {found.openings} openings were restored"
    text = f"{restored} in {found.duration_ms / 1000:.1f} s; 0 missing" if not done.faults else restored
    code = Exit.REFUSED if done.faults else Exit.DONE
    return Answer(value, "\n".join((text, *done.faults, f"the signed report is {found.report}")), code)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Absent(f"{path} cannot be read: {error.strerror}") from error
