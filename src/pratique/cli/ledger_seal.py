"""``pratique ledger add-seal-key``: the first key of an environment's seals."""

import argparse

from pratique.cli.answer import Answer
from pratique.cli.options import Subverbs
from pratique.cli.words import environment, root_options


def add_seal_word(verbs: Subverbs) -> None:
    """Add the word."""
    word = verbs.add("add-seal-key", "make the key that seals for an environment which came later than `init`")
    word.add_argument("environment", type=environment, metavar="ENVIRONMENT", help="as the policy names it")
    root_options(word)
    word.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> Answer:
    from pratique.service.seal_key import add_seal_key
    from pratique.service.signatory import PersonSignatory
    from pratique.wire import open_workspace

    signatories = tuple(PersonSignatory(person, key) for person, key in arguments.root)
    with open_workspace(arguments.workspace) as workspace:
        done = add_seal_key(workspace, arguments.environment, signatories)
    value = {
        "environment": done.environment,
        "key": done.key.key_id,
        "directory": done.directory,
        "public_key": done.key.text,
    }
    told = f"directory {done.directory} lists {done.key.key_id}, which seals for {done.environment} from now on"
    return Answer(value, f"{told}\n{done.key.text.rstrip()}")
