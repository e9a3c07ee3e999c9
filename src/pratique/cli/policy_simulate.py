"""``pratique policy simulate``: what a policy would have decided."""

import argparse
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pratique.cli.answer import Answer, table
from pratique.cli.options import Subverbs
from pratique.cli.times import moment_or_span

if TYPE_CHECKING:
    from pratique.service.simulate import Simulation


def add(verbs: Subverbs) -> None:
    """Add the second word ``simulate``."""
    verb = verbs.add("simulate", "judge recorded decisions again under another policy, and print what changes")
    verb.add_argument("path", type=Path, metavar="NEW", help="the other policy's files")
    verb.add_argument(
        "--since",
        type=moment_or_span,
        metavar="TIME",
        help="decisions from this moment on, or since so long, such as 90d",
    )
    verb.add_argument(
        "--as-of",
        choices=("then", "now"),
        default="then",
        help="judge each by its own moment (default), or all by this one",
    )
    verb.set_defaults(run=_simulate)


def _simulate(arguments: argparse.Namespace) -> Answer:
    from pratique.service.policy import read_bundle
    from pratique.service.simulate import Clock, Since, simulate
    from pratique.wire import open_workspace

    bundle = read_bundle(arguments.path).bundle
    with open_workspace(arguments.workspace) as workspace:
        now = workspace.store.read(lambda view: view.now)
        since = Since(_since(arguments.since, now))
        found = simulate(workspace, bundle, since, Clock(arguments.as_of))
    return Answer(_value(found), "\n".join(_lines(found)))


def _since(given: datetime | timedelta | None, now: datetime) -> datetime | None:
    if not isinstance(given, timedelta):
        return given
    return now - given if given < now - datetime.min.replace(tzinfo=UTC) else None  # longer than there are dates


def _value(found: "Simulation") -> dict[str, Any]:
    from pratique.values.moment import render_moment

    return {
        **found.summary,
        "decisions": [
            {
                "promotion": flip.promotion,
                "environment": flip.environment,
                "image": str(flip.image),
                "at": render_moment(flip.at),
                "before": {"outcome": flip.before[0], "track": flip.before[1]},
                "after": {"outcome": flip.after[0], "track": flip.after[1]},
                "why": flip.why,
            }
            for flip in found.flips
        ],
        "orphaned": [{"waiver": waiver, "because": because} for waiver, because in found.orphaned],
        "not_replayed": [{"promotion": promotion, "because": because} for promotion, because in found.unplayed],
    }


def _lines(found: "Simulation") -> list[str]:
    rows = [
        (flip.promotion, flip.environment, ", ".join(flip.before), ", ".join(flip.after), flip.why)
        for flip in found.flips
    ]
    heads = ("PROMOTION", "ENVIRONMENT", "RECORDED", "WOULD BE", "WHY")
    lines = [table(heads, rows), ""] if rows else []
    lines += [f"{count} × {kind}" for kind, count in found.kinds]
    lines += [f"waiver {waiver} would no longer apply: {because}" for waiver, because in found.orphaned]
    lines += [f"not replayed: {promotion}: {because}" for promotion, because in found.unplayed]
    before, after = found.asked
    lines.append(
        f"{found.replayed} decisions replayed, {len(found.flips)} would come out otherwise; "
        f"{before} approvals were asked for, {after} would be"
    )
    return lines
