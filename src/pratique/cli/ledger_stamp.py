"""``pratique ledger stamp``: what timestamp authorities say of the checkpoint."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from pratique.cli.answer import Answer, Exit
from pratique.cli.options import Subverbs
from pratique.errors import Malformed

if TYPE_CHECKING:
    from pratique.ledger.stamp import Authority


def add_stamp_word(verbs: Subverbs) -> None:
    """Add the word."""
    stamp = verbs.add(
        "stamp", "have the checkpoint stamped by every timestamp authority of the settings (RFC 3161)"
    )
    stamp.set_defaults(run=_stamp)


def authority(text: str) -> "Authority":
    """Read NAME=CA.pem, or raise ``Malformed``."""
    from pratique.ledger.stamp import Authority

    name, equals, path = text.partition("=")
    if not (name and equals and path):
        raise Malformed(f"usage: --authority: expected NAME=CA.pem, found {text[:200]!r}")
    return Authority(name, Path(path))


def _stamp(arguments: argparse.Namespace) -> Answer:
    from pratique.service.stamp import stamp
    from pratique.values.moment import render_moment
    from pratique.wire import open_workspace

    with open_workspace(arguments.workspace) as workspace:
        done = stamp(workspace)
    stamps = [{"authority": each.authority, "at": render_moment(each.at)} for each in done.stamps]
    missing = [{"authority": each.authority, "reason": each.reason} for each in done.missing]
    lines = [
        f"{done.size} entries",
        *(f"{each['authority']} saw them at {each['at']}" for each in stamps),
        *(f"{each['authority']} did not stamp them: {each['reason']}" for each in missing),
    ]
    value = {"size": done.size, "stamps": stamps, "missing": missing}
    return Answer(value, "\n".join(lines), Exit.DONE if done.stamps else Exit.REFUSED)
