"""``pratique request``: ask for an image, or for all images of a release, to enter an environment."""

import argparse
import re
from typing import TYPE_CHECKING

from pratique.cli.answer import Answer
from pratique.cli.options import verb_parser
from pratique.cli.promotion import wait_option, waited
from pratique.cli.words import environment, reference, signatory, signing_options
from pratique.errors import Malformed

if TYPE_CHECKING:
    from pratique.values.reference import Reference

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


def parser(program: str, summary: str) -> argparse.ArgumentParser:
    """Return the verb's parser."""
    verb = verb_parser(program, summary)
    verb.add_argument(
        "images",
        type=_named,
        nargs="+",
        metavar="[NAME=]IMAGE",
        help="HOST/REPOSITORY[:TAG][@sha256:…] or oci:PATH[:TAG][@sha256:…]; a tag is resolved once. Several are a "
        "release, all or nothing; NAME says which of the application's images it is, where its place does not",
    )
    verb.add_argument(
        "--application", required=True, metavar="NAME", help="the application, as the policy names it"
    )
    verb.add_argument("--to", required=True, type=environment, metavar="ENVIRONMENT", help="where it shall go")
    verb.add_argument("--comment", metavar="TEXT", help="why, for the reviewers; stays private and can be erased")
    verb.add_argument(
        "--supersede", metavar="PROMOTION", help="an older one or a release with votes that this one replaces"
    )
    _ways(verb)
    verb.add_argument(
        "--idempotency-key",
        metavar="KEY",
        help="such as a build's number: whoever asks for the same with the same key again is answered with the "
        "promotion that it made, and no second one begins",
    )
    signing_options(verb)
    wait_option(verb)
    verb.set_defaults(run=_run)
    return verb


def _ways(verb: argparse.ArgumentParser) -> None:
    ways = verb.add_mutually_exclusive_group()
    ways.add_argument(
        "--emergency",
        dest="way",
        action="store_const",
        const="emergency",
        help="take the emergency track: other people decide, its seal expires; needs --comment",
    )
    ways.add_argument(
        "--adopt",
        dest="way",
        action="store_const",
        const="adopt",
        help="adopt what stands at its destination already: the checks are shown, people decide, its seal expires; "
        "needs --comment",
    )


def _named(text: str) -> "tuple[str | None, Reference]":
    """Read ``[NAME=]IMAGE``; what stands before an equals sign and is no name is part of a path."""
    name, equals, rest = text.partition("=")
    return (name, reference(rest)) if equals and _NAME.fullmatch(name) else (None, reference(text))


def _run(arguments: argparse.Namespace) -> Answer:
    from pratique.attest.request import Way
    from pratique.service.request import ask
    from pratique.service.wait import whole
    from pratique.service.wish import Named, Wish
    from pratique.wire import open_workspace

    if arguments.actor is None:
        raise Malformed("expected --as ACTOR: say who asks, person:NAME or service:NAME")
    signs = None if arguments.key is None else signatory(arguments.actor, arguments.key)
    wish = Wish(
        requester=arguments.actor,
        images=tuple(Named(reference, name) for name, reference in arguments.images),
        application=arguments.application,
        to=arguments.to,
        comment=arguments.comment,
        supersedes=arguments.supersede,
        way=Way(arguments.way) if arguments.way else None,
        key=arguments.idempotency_key,
    )
    with open_workspace(arguments.workspace) as workspace:
        return waited(workspace, whole(workspace, ask(workspace, wish, signs)), arguments.wait)
