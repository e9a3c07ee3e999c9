"""``pratique directory``: the signed list of people, roles and keys."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from pratique.cli.answer import Answer, table
from pratique.cli.options import subverbs
from pratique.cli.words import root_options

if TYPE_CHECKING:
    from pratique.promotion.directory import Directory


def parser(program: str, summary: str) -> argparse.ArgumentParser:
    """Return the verb's parser."""
    verbs = subverbs(program, summary)
    show = verbs.add("show", "print who is in the directory, verified from the trust root on")
    show.set_defaults(run=_show)
    publish = verbs.add("publish", "sign the next version from a people file and record it")
    publish.add_argument("people", type=Path, metavar="FILE", help="the people file")
    root_options(publish)
    publish.set_defaults(run=_publish)
    return verbs.parser


def _show(arguments: argparse.Namespace) -> Answer:
    from pratique.promotion.form import write
    from pratique.wire import open_workspace

    with open_workspace(arguments.workspace) as workspace:
        found = workspace.store.read(workspace.directory)
    document = found.document
    rows = [
        (name, person.status, ", ".join(key.key_id for key in person.keys), _roles(found, name))
        for name, person in document.people
    ]
    groups = [(name, ", ".join(group.members)) for name, group in document.groups]
    services = [(name, ", ".join(service.uses), service.owner or "") for name, service in document.services]
    root = f"{document.root.threshold} of {', '.join(sorted({key.person for key in document.root.keys}))}"
    text = "\n".join(
        (
            f"directory {document.version} is {found.digest}; root: {root}",
            "",
            table(("PERSON", "STATUS", "KEYS", "ROLES"), rows),
            "",
            table(("GROUP", "MEMBERS"), groups),
            "",
            table(("SERVICE", "USES", "OWNER"), services),
        )
    )
    return Answer({"digest": str(found.digest), "directory": write(document)}, text)


def _roles(directory: "Directory", person: str) -> str:
    held = [
        role
        for role in directory.document.roles
        if role.holder == person or directory.in_group(person, role.holder)
    ]
    return ", ".join(f"{role.role} ({' '.join(role.environments)})" for role in held)


def _publish(arguments: argparse.Namespace) -> Answer:
    from pratique.service.directory import publish
    from pratique.service.signatory import PersonSignatory
    from pratique.wire import open_workspace

    signatories = tuple(PersonSignatory(person, key) for person, key in arguments.root)
    with open_workspace(arguments.workspace) as workspace:
        done = publish(workspace, arguments.people, signatories)
    return Answer(
        {"version": done.version, "digest": str(done.digest)}, f"directory {done.version} is {done.digest}"
    )
