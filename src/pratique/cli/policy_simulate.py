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
    from pratique.service.simulate_load import Load


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
        help="judge each by its own moment and inputs (default), or all by this moment and what is known today",
    )
    verb.set_defaults(run=_simulate)


def _simulate(arguments: argparse.Namespace) -> Answer:
    from pratique.service.policy import read_bundle
    from pratique.service.simulate import Since, simulate
    from pratique.service.simulate_inputs import Clock
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
        "reviewers": _reviewers(found.load),
        "known": list(found.known),
        "unavailable": list(found.unavailable),
        "not_replayed": [{"promotion": promotion, "because": because} for promotion, because in found.unplayed],
    }


def _reviewers(load: "Load") -> dict[str, Any]:
    return {
        "roles": [
            {
                "role": role.role,
                "before": role.before,
                "after": role.after,
                "people": [{"person": person, "answered": answered} for person, answered in role.people],
            }
            for role in load.roles
        ],
        "answers": load.answers,
        "median_seconds": _seconds(load.median),
        "added_seconds": _seconds(load.added),
    }


def _seconds(span: timedelta | None) -> int | None:
    return None if span is None else round(span.total_seconds())


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
    lines += [*_asked(found.load), *(f"known today: {what}" for what in found.known)]
    lines += [f"not available: {what}" for what in found.unavailable]
    lines.append(
        f"{found.replayed} decisions replayed as of {found.clock}, {len(found.flips)} would come out otherwise; "
        f"{found.load.before} approvals were asked for, {found.load.after} would be"
    )
    return lines


def _asked(load: "Load") -> list[str]:
    rows = [
        (
            "any of them" if role.role == "*" else role.role,
            str(role.before),
            str(role.after),
            ", ".join(f"{person} ({answered})" for person, answered in role.people),
        )
        for role in load.roles
    ]
    lines = ["", table(("ROLE", "ASKED FOR", "WOULD BE", "PEOPLE (DECISIONS THEY SIGNED)"), rows)] if rows else []
    return [*lines, "", *_waited(load)] if rows else []


def _waited(load: "Load") -> list[str]:
    if load.median is None or load.added is None:
        return ["how long people take is not known: nobody has answered in this time"]
    sign = "-" if load.added <= -timedelta(minutes=1) else "+"
    pace = f"half of {load.answers} answers took at most {_hours(load.median)}"
    return [f"{pace}; at that pace, people would be waited for {sign}{_hours(abs(load.added))}"]


def _hours(span: timedelta) -> str:
    if span < timedelta(hours=1):
        return f"{span / timedelta(minutes=1):.0f} min"
    return f"{span / timedelta(hours=1):.1f} h"
