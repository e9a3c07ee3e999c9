"""``pratique hold``: stop an image or an environment, at once; and let it go on."""

import argparse
from typing import TYPE_CHECKING, Any

from pratique.cli.answer import Answer, table
from pratique.cli.options import subverbs
from pratique.cli.words import digest, environment, signatory, word_options
from pratique.errors import Malformed

if TYPE_CHECKING:
    from pratique.promotion.governance import HoldPlaced
    from pratique.service.hold import Shown


def parser(program: str, summary: str) -> argparse.ArgumentParser:
    """Return the verb's parser."""
    verbs = subverbs(program, summary)
    place = verbs.add("place", "stop an image, or an environment of an application; one signature is enough")
    place.add_argument("--image", type=digest, metavar="DIGEST", help="this image, or a platform of it")
    place.add_argument("--application", metavar="NAME", help="everything of this application, with --environment")
    place.add_argument("--environment", type=environment, metavar="ENV", help="only there; without, everywhere")
    word_options(place)
    place.set_defaults(run=_place)
    lift = verbs.add("lift", "sign that a hold may end; it does with the second person's signature")
    lift.add_argument("hold", metavar="HOLD", help="its id, or a unique beginning of it")
    word_options(lift)
    lift.set_defaults(run=_lift)
    verbs.add("list", "print every hold and how it stands, the newest first").set_defaults(run=_list)
    show = verbs.add("show", "print one hold: what it stops, who placed it and why, and what waits for its end")
    show.add_argument("hold", metavar="HOLD", help="its id, or a unique beginning of it")
    show.set_defaults(run=_show)
    return verbs.parser


def _place(arguments: argparse.Namespace) -> Answer:
    from pratique.attest.hold import Scope
    from pratique.service.hold import place
    from pratique.wire import open_workspace

    if (arguments.image is None) == (arguments.application is None):
        raise Malformed("usage: expected either --image DIGEST, or --application NAME with --environment ENV")
    if arguments.application is not None and arguments.environment is None:
        raise Malformed("usage: expected --environment ENV beside --application NAME")
    scope = Scope(arguments.image, arguments.application, arguments.environment)
    signs = signatory(arguments.actor, arguments.key)
    with open_workspace(arguments.workspace) as workspace:
        return _told(place(workspace, scope, arguments.comment, signs))


def _lift(arguments: argparse.Namespace) -> Answer:
    from pratique.service.hold import lift
    from pratique.wire import open_workspace

    signs = signatory(arguments.actor, arguments.key)
    with open_workspace(arguments.workspace) as workspace:
        return _told(lift(workspace, arguments.hold, arguments.comment, signs))


def _list(arguments: argparse.Namespace) -> Answer:
    from pratique.service.hold import listed
    from pratique.values.moment import render_moment
    from pratique.wire import open_workspace

    with open_workspace(arguments.workspace) as workspace:
        found = listed(workspace)
    rows = [
        (
            one.standing.hold,
            stopped_by(one.standing.placed),
            one.standing.placed.by,
            render_moment(one.standing.at),
            one.standing.word,
        )
        for one in found
    ]
    value = {"holds": [value_of(one) for one in found]}
    return Answer(value, table(("HOLD", "STOPS", "BY", "SINCE", "STANDS"), rows) if rows else "there are no holds")


def _show(arguments: argparse.Namespace) -> Answer:
    from pratique.service.hold import show
    from pratique.wire import open_workspace

    with open_workspace(arguments.workspace) as workspace:
        return _told(show(workspace, arguments.hold))


def stopped_by(placed: "HoldPlaced") -> str:
    """Return what a hold stops, in a few words."""
    return f"{placed.image or placed.application} {f'in {placed.environment}' if placed.environment else 'everywhere'}"


def _told(one: "Shown") -> Answer:
    from pratique.cli.promotion import line
    from pratique.values.moment import render_moment

    standing = one.standing
    lines = [
        f"hold {standing.hold}: {standing.word}",
        f"  stops {stopped_by(standing.placed)}",
        f"  placed by {standing.placed.by} at {render_moment(standing.at)}",
        *([f"  comment: {one.words}"] if one.words else []),
        *(f"  waits: {line(promotion)}" for promotion in one.waiting),
    ]
    return Answer(value_of(one), "\n".join(lines))


def value_of(one: "Shown") -> dict[str, Any]:
    """Return a hold as a value for machines."""
    from pratique.values.moment import render_moment

    standing, placed = one.standing, one.standing.placed
    return {
        "hold": standing.hold,
        "image": str(placed.image) if placed.image else None,
        "application": placed.application,
        "environment": placed.environment,
        "placed_by": placed.by,
        "placed_at": render_moment(standing.at),
        "lifted_by": list(standing.lifted_by),
        "ended_at": render_moment(standing.ended) if standing.ended else None,
        "stands": standing.word,
        "comment": one.words,
        "waiting": [promotion.id for promotion in one.waiting],
    }
