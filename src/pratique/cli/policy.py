"""``pratique policy``: check, explain or publish the rules, and what editors need to write them."""

import argparse
from pathlib import Path

from pratique.cli import policy_life, policy_simulate, policy_test
from pratique.cli.answer import Answer
from pratique.cli.options import subverbs
from pratique.cli.times import moment
from pratique.cli.words import root_options


def parser(program: str, summary: str) -> argparse.ArgumentParser:
    """Return the verb's parser."""
    verbs = subverbs(program, summary)
    check = verbs.add("check", "read a policy and print its digest, or the first mistake with its place")
    check.add_argument("path", type=Path, metavar="PATH", help="a directory with gate.yaml, or the file alone")
    check.set_defaults(run=_check)
    explain = verbs.add("explain", "tell a policy in plain words")
    explain.add_argument("path", type=Path, metavar="PATH", help="a directory with gate.yaml, or the file alone")
    explain.add_argument("--environment", metavar="NAME", help="only what concerns this environment")
    explain.set_defaults(run=_explain)
    schema = verbs.add("schema", "print the JSON Schema of policy files, for editors")
    schema.add_argument(
        "document",
        choices=("gate", "application"),
        nargs="?",
        default="gate",
        help="gate.yaml (the default), or a file of applications/",
    )
    schema.set_defaults(run=_schema)
    publish = verbs.add("publish", "sign a policy with root keys and record it")
    publish.add_argument("path", type=Path, metavar="DIR", help="the policy's files")
    root_options(publish)
    publish.add_argument("--effective-on", type=moment, metavar="TIME", help="from then on (default: now)")
    publish.set_defaults(run=_publish)
    policy_test.add(verbs)
    policy_life.add(verbs)
    policy_simulate.add(verbs)
    return verbs.parser


def _check(arguments: argparse.Namespace) -> Answer:
    from pratique.policy.remarks import remarks
    from pratique.service.policy import read_bundle

    read = read_bundle(arguments.path)
    bundle, told = read.bundle, remarks(read.sources, read.bundle)
    ordered = [bundle.rules(name) for name in bundle.in_order]
    environments = {rules.name: str(rules.digest) for rules in ordered}
    value = {
        "name": bundle.metadata.name,
        "digest": str(bundle.digest),
        "environments": environments,
        "remarks": list(told),
    }
    counted = [f"  {rules.name}: {len(rules.checks)} checks" for rules in ordered]
    return Answer(value, "\n".join((f"policy {bundle.metadata.name} is {bundle.digest}", *counted, *told)))


def _explain(arguments: argparse.Namespace) -> Answer:
    from pratique.policy.explain import explain
    from pratique.service.policy import read_bundle

    bundle = read_bundle(arguments.path).bundle
    text = explain(bundle, arguments.environment)
    return Answer({"name": bundle.metadata.name, "digest": str(bundle.digest), "explanation": text}, text)


def _schema(arguments: argparse.Namespace) -> Answer:
    import json

    from pratique.policy.editors import application_schema, gate_schema
    from pratique.service.policy_words import meanings

    made = gate_schema(meanings()) if arguments.document == "gate" else application_schema(meanings())
    return Answer(made, json.dumps(made, indent=2, ensure_ascii=False))


def _publish(arguments: argparse.Namespace) -> Answer:
    from pratique.service.policy import publish, read_bundle
    from pratique.service.signatory import PersonSignatory
    from pratique.wire import open_workspace

    signatories = tuple(PersonSignatory(person, key) for person, key in arguments.root)
    with open_workspace(arguments.workspace) as workspace:
        done = publish(workspace, read_bundle(arguments.path), signatories, arguments.effective_on)
    value = {"name": done.bundle, "version": done.version, "digest": str(done.digest)}
    return Answer(value, f"policy {done.bundle} {done.version} is {done.digest}")
