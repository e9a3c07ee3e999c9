"""``pratique init``: make a workspace."""

import argparse
from pathlib import Path

from pratique.cli.answer import Answer
from pratique.cli.options import verb_parser
from pratique.cli.words import named_key


def parser(program: str, summary: str) -> argparse.ArgumentParser:
    """Return the verb's parser."""
    verb = verb_parser(program, summary)
    verb.add_argument("--policy", type=Path, required=True, metavar="DIR", help="the policy's files: gate.yaml …")
    verb.add_argument(
        "--root",
        action="append",
        required=True,
        type=named_key,
        metavar="person:NAME=KEY",
        help="who signs directory and policy, and their SSH key (a .pub where an agent holds the private half); "
        "repeat it for several",
    )
    verb.add_argument("--people", type=Path, metavar="FILE", help="people, groups, roles and services, in YAML")
    verb.add_argument(
        "--origin", required=True, metavar="NAME", help="the ledger's name, such as ledger.example/shop"
    )
    verb.add_argument("--verifier", metavar="URI", help="the id in the seals (default: https://ORIGIN)")
    verb.set_defaults(run=_run)
    return verb


def _run(arguments: argparse.Namespace) -> Answer:
    from pratique.config.settings import workspace_root
    from pratique.service.setup import Founding, RootHolder, found

    founding = Founding(
        origin=arguments.origin,
        verifier=arguments.verifier or f"https://{arguments.origin}",
        roots=tuple(RootHolder(person, key) for person, key in arguments.root),
        people=arguments.people,
        policy=arguments.policy,
    )
    done = found(workspace_root(arguments.workspace), founding)
    value = {
        "workspace": str(done.root),
        "directory": done.directory,
        "policy": done.policy,
        "environments": list(done.environments),
        "warnings": list(done.warnings),
    }
    lines = [
        f"workspace {done.root}: {' → '.join(done.environments)}",
        f"directory 1 is {done.directory}",
        f"policy 1 is {done.policy}",
        f"give auditors {done.root / 'trust-root.json'}",
        *(f"warning: {warning}" for warning in done.warnings),
    ]
    return Answer(value, "\n".join(lines))
