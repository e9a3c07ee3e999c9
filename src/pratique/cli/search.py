"""``pratique search``: find entries of the ledger by what they are about."""

import argparse
from typing import TYPE_CHECKING

from pratique.cli.answer import Answer
from pratique.cli.options import verb_parser
from pratique.cli.times import moment
from pratique.errors import Malformed

if TYPE_CHECKING:
    from pratique.promotion.keys import Key, KeyKind
    from pratique.storage.search import Found

_KINDS = {
    "digest": ("DIGEST", "an image or object, sha256:…"),
    "image": ("NAME", "an image's name, or a repository"),
    "vulnerability": ("ID", "CVE-…, GHSA-…, or a distribution's own"),
    "package": ("NAME", "a package URL without version, or its bare name"),
    "actor": ("ACTOR", "person:NAME, service:NAME or group:NAME"),
    "environment": ("NAME", "where"),
    "application": ("NAME", "which application"),
    "type": ("NAME", "the kind of event, such as review.given"),
}


def parser(program: str, summary: str) -> argparse.ArgumentParser:
    """Return the verb's parser."""
    verb = verb_parser(program, summary)
    verb.add_argument(
        "words", nargs="?", metavar="WORDS", help="any of the below, an id, or a piece of a sentence"
    )
    for name, (metavar, meaning) in _KINDS.items():
        verb.add_argument(f"--{name}", metavar=metavar, help=meaning)
    verb.add_argument("--since", type=moment, metavar="TIME", help="from then on")
    verb.add_argument("--until", type=moment, metavar="TIME", help="before then")
    verb.add_argument("--limit", type=_limit, default=20, metavar="N", help="at most so many (default 20)")
    verb.add_argument(
        "--before", type=int, metavar="INDEX", help="only older entries: where the last answer ended"
    )
    verb.set_defaults(run=_run)
    return verb


def _limit(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 1000:
        raise argparse.ArgumentTypeError(f"expected 1 to 1000, found {text!r}")
    return int(text)


def _run(arguments: argparse.Namespace) -> Answer:
    from pratique.promotion.keys import KeyKind
    from pratique.service.search import search
    from pratique.storage.search import Wanted
    from pratique.values.moment import render_moment
    from pratique.wire import open_workspace

    given = {kind: getattr(arguments, kind, None) for kind in KeyKind}
    keys = tuple(_meant(kind, text) for kind, text in given.items() if text)
    wanted = Wanted(
        keys=keys,
        since=render_moment(arguments.since) if arguments.since else None,
        until=render_moment(arguments.until) if arguments.until else None,
        before=arguments.before,
    )
    if arguments.words is None and wanted == Wanted(before=arguments.before):
        raise Malformed("usage: expected words or an option that says what to find; see `pratique search --help`")
    with open_workspace(arguments.workspace) as workspace:
        found = search(workspace, arguments.words, wanted, arguments.limit)
    entries = (*found.exact, *found.by_text)
    value = {
        "entries": [{"index": each.index, "at": each.at, "sentence": each.sentence} for each in entries],
        "exact": len(found.exact),
        "more": found.more,
    }
    return Answer(value, "\n".join(_told(entries, found.more)))


def _meant(kind: "KeyKind", text: str) -> "tuple[Key, ...]":
    from pratique.promotion.keys import Key, KeyKind

    return (Key(kind, text.removeprefix("sha256:") if kind is KeyKind.DIGEST else text),)


def _told(entries: "tuple[Found, ...]", more: bool) -> list[str]:
    if not entries:
        return ["nothing was found"]
    lines = [f"{each.index:>8}  {each.at}  {each.sentence}" for each in entries]
    return [*lines, f"there is more: --before {min(each.index for each in entries)}"] if more else lines
