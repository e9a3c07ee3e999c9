"""What ``pratique ledger fsck`` says: what was checked, and every fault with its place."""

from pathlib import Path
from typing import TYPE_CHECKING

from pratique.cli.answer import Answer, Exit
from pratique.errors import Absent, Malformed

if TYPE_CHECKING:
    from pratique.ledger.fsck import Checked
    from pratique.ledger.stamp import Authority
    from pratique.tlog.fault import Fault


def check_workspace(flag: str | None) -> Answer:
    """Check everything that a workspace keeps."""
    from pratique.service.fsck import check_all
    from pratique.wire import open_workspace

    with open_workspace(flag) as workspace:
        found = check_all(workspace)
    words = {str(fate): count for fate, count in found.words}
    value = {
        "entries": found.entries,
        "checkpoints": found.checkpoints,
        "objects": found.objects,
        "words": words,
        "export": None if found.export is None else _checked(found.export),
        **_faults(found.faults),
    }
    counted = ", ".join(f"{count} {fate}" for fate, count in words.items() if count) or "none"
    lines = [
        f"{found.entries} entries, {found.checkpoints} checkpoints, {found.objects} objects; words: {counted}",
        "nothing was exported yet" if found.export is None else _told(found.export),
    ]
    return _answer(value, lines, found.faults)


def check_export(place: str, trust_root: Path | None, authorities: "tuple[Authority, ...]") -> Answer:
    """Check an exported ledger by itself, as somebody without the database does."""
    from pratique.ledger.fsck import fsck
    from pratique.proof.trust import parse_trust_root
    from pratique.wire import open_target

    if trust_root is None:
        raise Malformed("usage: --export needs --trust-root FILE: an export does not vouch for itself")
    try:
        policy = parse_trust_root(trust_root.read_bytes()).ledger
    except OSError as error:
        raise Absent(f"{trust_root} cannot be read: {error.strerror}") from error
    found = fsck(open_target(place), policy, authorities)
    return _answer({**_checked(found), **_faults(found.faults)}, [_told(found)], found.faults)


def _checked(found: "Checked") -> dict[str, object]:
    return {
        "size": found.entries,
        "tiles": found.tiles,
        "objects": found.objects,
        "witnesses": list(found.witnesses),
        "timestamps": {"verified": found.stamps, "unknown": found.unknown_stamps},
    }


def _told(found: "Checked") -> str:
    seen = f"witnessed by {', '.join(found.witnesses)}" if found.witnesses else "not witnessed"
    stamps = f", {found.stamps} timestamps" if found.stamps else ""
    unknown = f", {found.unknown_stamps} timestamps by nobody known here" if found.unknown_stamps else ""
    counted = f"{found.entries} entries, {found.tiles} tiles, {found.objects} objects"
    return f"export: {counted}, {seen}{stamps}{unknown}"


def _faults(faults: "tuple[Fault, ...]") -> dict[str, object]:
    first = min((fault.index for fault in faults if fault.index is not None), default=None)
    told = [{"place": fault.place, "index": fault.index, "problem": fault.problem} for fault in faults]
    return {"ok": not faults, "first_bad_index": first, "faults": told}


def _answer(value: dict[str, object], lines: list[str], faults: "tuple[Fault, ...]") -> Answer:
    if not faults:
        return Answer(value, "\n".join((*lines, "all is well")))
    return Answer(value, "\n".join((*lines, *map(str, faults), f"{len(faults)} faults")), Exit.REFUSED)
