"""``pratique ledger``: sign a checkpoint, prove an entry, export everything."""

import argparse
from pathlib import Path

from pratique.cli.answer import Answer
from pratique.cli.options import subverbs


def parser(program: str, summary: str) -> argparse.ArgumentParser:
    """Return the verb's parser."""
    verbs = subverbs(program, summary)
    sign = verbs.add("checkpoint", "sign the ledger as it stands and print the checkpoint")
    sign.set_defaults(run=_checkpoint)
    prove = verbs.add("prove", "print a .tlog-proof that the ledger holds an entry")
    prove.add_argument("index", type=int, metavar="INDEX", help="the entry's place, from 0")
    prove.set_defaults(run=_prove)
    export = verbs.add("export", "write tiles, entry bundles, record objects and the checkpoint to a directory")
    export.add_argument("--to", type=Path, metavar="DIR", default=None, help="default: the workspace's export/")
    export.set_defaults(run=_export)
    return verbs.parser


def _checkpoint(arguments: argparse.Namespace) -> Answer:
    from pratique.service import ledger
    from pratique.wire import open_workspace

    with open_workspace(arguments.workspace) as workspace:
        signed = ledger.checkpoint(workspace)
    note = signed.note.decode()
    return Answer({"size": signed.size, "root": signed.root.hex(), "note": note}, f"{note}not witnessed")


def _prove(arguments: argparse.Namespace) -> Answer:
    from pratique.service import ledger
    from pratique.wire import open_workspace

    with open_workspace(arguments.workspace) as workspace:
        proven = ledger.prove(workspace, arguments.index)
    value = {"index": proven.index, "entry": proven.entry.decode(), "proof": proven.file.decode()}
    return Answer(value, proven.file.decode().rstrip("\n"))


def _export(arguments: argparse.Namespace) -> Answer:
    from pratique.service import ledger
    from pratique.wire import open_workspace

    with open_workspace(arguments.workspace) as workspace:
        target = arguments.to or workspace.export
        done = ledger.publish(workspace, target)
    value = {"directory": str(target), "size": done.size, "tiles": done.tiles, "bundles": done.bundles}
    new = f"{done.tiles} tiles, {done.bundles} bundles and {done.objects} objects are new"
    text = f"{done.size} entries in {target}: {new}"
    return Answer({**value, "objects": done.objects}, text)
