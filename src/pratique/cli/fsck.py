"""What ``pratique ledger fsck`` says: what was checked, and every fault with its place."""

from pathlib import Path
from typing import TYPE_CHECKING, assert_never

from pratique.cli.answer import Answer, Exit
from pratique.errors import Absent, Malformed

if TYPE_CHECKING:
    from pratique.ledger.fsck import Checked
    from pratique.ledger.stamp import Authority
    from pratique.storage.beside import Beside
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
        "beside": [{"path": str(one.path), "why": str(one.why)} for one in found.beside],
        **_faults(found.faults),
    }
    counted = ", ".join(f"{count} {fate}" for fate, count in words.items() if count) or "none"
    lines = [
        f"{found.entries} entries, {found.checkpoints} checkpoints, {found.objects} objects; words: {counted}",
        "nothing was exported yet" if found.export is None else _told(found.export),
        *map(_beside, found.beside),
    ]
    return _answer(value, lines, found.faults)


def _beside(one: "Beside") -> str:
    from pratique.storage.beside import Why

    match one.why:
        case Why.UPGRADE:
            return (
                f"kept: {one.path}, as it was before an upgrade; it holds what people wrote, also what was erased "
                "since: delete it once this program is trusted"
            )
        case Why.RESTORE:
            return f"unfinished: {one.path}; if no restore is running, one was killed: delete it, or restore again"
        case _:
            assert_never(one.why)


def check_export(place: str, trust_root: Path | None, authorities: "tuple[Authority, ...]") -> Answer:
    """Check an exported ledger by itself, as somebody without the database does."""
    from pratique.ledger.fsck import fsck_whole
    from pratique.proof.trust import parse_trust_root
    from pratique.wire import open_target

    if trust_root is None:
        raise Malformed("usage: --export needs --trust-root FILE: an export does not vouch for itself")
    try:
        policy = parse_trust_root(trust_root.read_bytes()).ledger
    except OSError as error:
        raise Absent(f"{trust_root} cannot be read: {error.strerror}") from error
    found = fsck_whole(open_target(place), policy, authorities)
    return _answer({**_checked(found), **_faults(found.faults)}, [_told(found)], found.faults)


def _checked(found: "Checked") -> dict[str, object]:
    return {
        "size": found.entries,
        "tiles": found.tiles,
        "objects": found.objects,
        "evidence": {"kept": found.evidence, "absent": found.absent_evidence},
        "witnesses": list(found.witnesses),
        "timestamps": {"verified": found.stamps, "unknown": found.unknown_stamps},
    }


def _told(found: "Checked") -> str:
    seen = f"witnessed by {', '.join(found.witnesses)}" if found.witnesses else "not witnessed"
    stamps = f", {found.stamps} timestamps" if found.stamps else ""
    unknown = f", {found.unknown_stamps} timestamps by nobody known here" if found.unknown_stamps else ""
    left = f" ({found.absent_evidence} left out)" if found.absent_evidence else ""
    counted = (
        f"{found.entries} entries, {found.tiles} tiles, {found.objects} records, {found.evidence} evidence{left}"
    )
    return f"export: {counted}, {seen}{stamps}{unknown}"


def _faults(faults: "tuple[Fault, ...]") -> dict[str, object]:
    first = min((fault.index for fault in faults if fault.index is not None), default=None)
    told = [{"place": fault.place, "index": fault.index, "problem": fault.problem} for fault in faults]
    return {"ok": not faults, "first_bad_index": first, "faults": told}


def _answer(value: dict[str, object], lines: list[str], faults: "tuple[Fault, ...]") -> Answer:
    if not faults:
        return Answer(value, "\n".join((*lines, "all is well")))
    return Answer(value, "\n".join((*lines, *map(str, faults), f"{len(faults)} faults")), Exit.REFUSED)
