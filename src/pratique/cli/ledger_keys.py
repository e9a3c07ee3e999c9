"""``pratique ledger rotate-key`` and ``new-epoch``: other keys for the ledger, and another name after a loss."""

import argparse
from pathlib import Path

from pratique.cli.answer import Answer
from pratique.cli.ledger_replace import add_replace_word
from pratique.cli.ledger_seal import add_seal_word
from pratique.cli.options import Subverbs


def add_key_words(verbs: Subverbs) -> None:
    """Add the words."""
    rotate = verbs.add(
        "rotate-key", "give the ledger a second key; both sign until --finish destroys the older one"
    )
    rotate.add_argument("--finish", action="store_true", help="end the overlap: the older key is destroyed")
    rotate.set_defaults(run=_rotate)
    epoch = verbs.add(
        "new-epoch", "go on under another name after entries under a signed checkpoint are truly lost"
    )
    epoch.add_argument("--origin", required=True, metavar="NAME/epochN", help="the name from now on")
    epoch.add_argument(
        "--last-checkpoint",
        type=Path,
        required=True,
        metavar="FILE",
        help="the last checkpoint of the present name, from the export or a witness",
    )
    epoch.set_defaults(run=_epoch)
    forget = verbs.add("remove-key", "take a key of the ledger out of the trust root, such as a stolen one")
    forget.add_argument("key", metavar="VKEY", help="as the trust root has it")
    forget.set_defaults(run=_remove)
    add_seal_word(verbs)
    add_replace_word(verbs)


def _rotate(arguments: argparse.Namespace) -> Answer:
    from pratique.service.rotation import finish, rotate
    from pratique.wire import open_workspace

    with open_workspace(arguments.workspace) as workspace:
        done = finish(workspace) if arguments.finish else rotate(workspace)
    told = (
        f"{done.old} is destroyed; {done.new} signs alone from now on"
        if arguments.finish
        else f"{done.old} and {done.new} both sign from now on; give trust-root.json to everybody who verifies, "
        f"restart the worker, and have every witness run\n  pratique witness add-log {done.new}\n"
        "then end it with --finish"
    )
    value = {"old": str(done.old), "new": str(done.new), "size": done.witnessed.signed.size}
    return Answer(value, f"{told}\n{done.witnessed}")


def _epoch(arguments: argparse.Namespace) -> Answer:
    from pratique.errors import Absent
    from pratique.service.epoch import begin
    from pratique.wire import open_workspace

    try:
        last = arguments.last_checkpoint.read_bytes()
    except OSError as error:
        raise Absent(f"{arguments.last_checkpoint} cannot be read: {error.strerror}") from error
    with open_workspace(arguments.workspace) as workspace:
        done = begin(workspace, arguments.origin, last)
    lost = f"entries {done.lost.start} to {done.lost.stop - 1} are lost" if done.lost else "no entry is lost"
    text = (
        f"{lost}; the ledger is {arguments.origin} from now on, exported to {done.export}; give trust-root.json to "
        f"everybody who verifies, and have every witness run\n  pratique witness add-log {done.key}"
    )
    value = {"origin": arguments.origin, "key": str(done.key), "export": done.export, "lost": len(done.lost)}
    return Answer(value, text)


def _remove(arguments: argparse.Namespace) -> Answer:
    from pratique.config.load import load
    from pratique.config.settings import workspace_root
    from pratique.service.trust import remove_log
    from pratique.tlog.key import NoteVerifier

    trust_root = load(workspace_root(arguments.workspace)).trust_root
    policy = remove_log(trust_root, NoteVerifier.parse(arguments.key))
    text = f"{policy.render()}{trust_root} was changed: give it to everybody who verifies"
    return Answer({"trust_root": str(trust_root), "policy": policy.render()}, text)
