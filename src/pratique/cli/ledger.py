"""``pratique ledger``: sign a checkpoint and have it witnessed, prove an entry, export everything."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from pratique.cli.answer import Answer
from pratique.cli.ledger_keys import add_key_words
from pratique.cli.ledger_stamp import add_stamp_word
from pratique.cli.ledger_witness import add_witness_words
from pratique.cli.options import Subverbs, subverbs
from pratique.cli.words import digest

if TYPE_CHECKING:
    from pratique.service.witness import Witnessed


def parser(program: str, summary: str) -> argparse.ArgumentParser:
    """Return the verb's parser."""
    verbs = subverbs(program, summary)
    sign = verbs.add("checkpoint", "sign the ledger as it stands, have it witnessed, and print the checkpoint")
    sign.set_defaults(run=_checkpoint)
    prove = verbs.add("prove", "print a .tlog-proof that the ledger holds an entry")
    prove.add_argument("index", type=int, metavar="INDEX", help="the entry's place, from 0")
    prove.set_defaults(run=_prove)
    export = verbs.add(
        "export", "write tiles, entry bundles, record objects and the checkpoint to a directory or bucket"
    )
    export.add_argument(
        "--to",
        metavar="PLACE",
        default=None,
        help="a directory or s3://BUCKET/PREFIX (default: the settings' export)",
    )
    export.add_argument("--with-evidence", action="store_true", help="the evidence too, to judge again from it")
    export.add_argument(
        "--with-private", action="store_true", help="what people wrote too, encrypted with keys/openings.key"
    )
    export.set_defaults(run=_export)
    _copies(verbs)
    redact = verbs.add("redact", "erase the words behind a commitment, and record it with its legal ground")
    redact.add_argument("commitment", type=digest, metavar="DIGEST", help="sha256:…, as the event has it")
    redact.add_argument("--basis", required=True, metavar="CODE", help="the legal ground, such as gdpr-17-1-a")
    redact.set_defaults(run=_redact)
    add_stamp_word(verbs)
    add_key_words(verbs)
    add_witness_words(verbs)
    return verbs.parser


def _copies(verbs: Subverbs) -> None:
    again = verbs.add("restore", "rebuild a database and its objects from an exported ledger")
    again.add_argument(
        "--from",
        dest="source",
        required=True,
        metavar="EXPORT",
        help="the exported directory, or s3://BUCKET/PREFIX",
    )
    again.add_argument(
        "--to", required=True, metavar="URL", help="the new database, such as sqlite:///pratique.db"
    )
    again.add_argument(
        "--blobs", type=Path, required=True, metavar="DIR", help="where the objects go; what is there is used"
    )
    again.add_argument("--trust-root", type=Path, required=True, metavar="FILE", help="whose checkpoints count")
    again.add_argument(
        "--openings", type=Path, metavar="KEY", help="decrypts what people wrote: keys/openings.key"
    )
    again.add_argument(
        "--newest",
        type=Path,
        metavar="FILE",
        help="a checkpoint that was saved: what it covers and the export lacks is named",
    )
    again.set_defaults(run=_restore)
    resume = verbs.add("resume", "sign again after a stop, once every memory of the ledger agrees with it")
    resume.set_defaults(run=_resume)
    drill = verbs.add(
        "drill", "restore the export into scratch space, compare everything, and record the signed result"
    )
    drill.add_argument("--scratch", type=Path, metavar="DIR", help="where there is room for a second database")
    drill.set_defaults(run=_drill)
    check = verbs.add("fsck", "check every entry, tile, root, signature, projection, object and word")
    check.add_argument(
        "--export", metavar="PLACE", help="an exported ledger alone, a directory or s3://…; needs --trust-root"
    )
    check.add_argument("--trust-root", type=Path, metavar="FILE", help="whose checkpoints count, with --export")
    check.add_argument(
        "--authority",
        action="append",
        default=[],
        metavar="NAME=CA.pem",
        help="whose timestamps count, with --export; repeated",
    )
    check.set_defaults(run=_fsck)


def _checkpoint(arguments: argparse.Namespace) -> Answer:
    from pratique.service.witness import witnessed
    from pratique.wire import open_workspace

    with open_workspace(arguments.workspace) as workspace:
        found = witnessed(workspace)
    note = found.signed.note.decode()
    value = {"size": found.signed.size, "root": found.signed.root.hex(), "note": note, **_standing(found)}
    return Answer(value, "\n".join((f"{note}{found}", *_missing(found))))


def _standing(found: "Witnessed") -> dict[str, object]:
    missing = [{"witness": each.witness, "reason": each.reason} for each in found.missing]
    return {"witnesses": list(found.by), "enough": found.enough, "missing": missing}


def _missing(found: "Witnessed") -> tuple[str, ...]:
    return tuple(f"{each.witness} did not cosign: {each.reason}" for each in found.missing)


def _prove(arguments: argparse.Namespace) -> Answer:
    from pratique.service import ledger
    from pratique.wire import open_workspace

    with open_workspace(arguments.workspace) as workspace:
        proven = ledger.prove(workspace, arguments.index)
    value = {"index": proven.index, "entry": proven.entry.decode(), "proof": proven.file.decode()}
    return Answer(value, proven.file.decode().rstrip("\n"))


def _export(arguments: argparse.Namespace) -> Answer:
    from pratique.service.publish import More, publish
    from pratique.wire import open_target, open_workspace

    wanted = {More.EVIDENCE: arguments.with_evidence, More.PRIVATE: arguments.with_private}
    with open_workspace(arguments.workspace) as workspace:
        target = open_target(arguments.to) if arguments.to else workspace.export
        done = publish(workspace, target, frozenset(more for more, asked in wanted.items() if asked))
    counts = {
        "size": done.exported.size,
        "tiles": done.exported.tiles,
        "bundles": done.exported.bundles,
        "objects": done.exported.objects,
        "openings": done.openings,
    }
    new = ", ".join(f"{number} {name}" for name, number in counts.items() if name != "size")
    lines = (f"{counts['size']} entries in {target}; new: {new}", str(done.witnessed), *_missing(done.witnessed))
    return Answer({"target": str(target), **counts, **_standing(done.witnessed)}, "\n".join(lines))


def _restore(arguments: argparse.Namespace) -> Answer:
    from pratique.cli.restore import restored

    return restored(arguments)


def _drill(arguments: argparse.Namespace) -> Answer:
    from pratique.cli.restore import drilled

    return drilled(arguments.workspace, arguments.scratch)


def _resume(arguments: argparse.Namespace) -> Answer:
    from pratique.service.history import resume
    from pratique.wire import open_workspace

    with open_workspace(arguments.workspace) as workspace:
        asked = resume(workspace)
    return Answer({"asked": asked}, f"{asked} memories of the ledger agree with it: checkpoints are signed again")


def _fsck(arguments: argparse.Namespace) -> Answer:
    from pratique.cli.fsck import check_export, check_workspace
    from pratique.cli.ledger_stamp import authority

    if arguments.export is not None:
        return check_export(arguments.export, arguments.trust_root, tuple(map(authority, arguments.authority)))
    return check_workspace(arguments.workspace)


def _redact(arguments: argparse.Namespace) -> Answer:
    from pratique.service.private import redact
    from pratique.wire import open_workspace

    with open_workspace(arguments.workspace) as workspace:
        done = redact(workspace, arguments.commitment, arguments.basis)
    text = f"erased the words behind {done.erased}; copies elsewhere, such as backups, are yours to erase"
    return Answer({"erased": str(done.erased), "basis": done.basis}, text)
