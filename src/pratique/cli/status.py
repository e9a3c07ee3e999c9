"""``pratique status``: what each environment holds, and what is on its way."""

import argparse
from typing import TYPE_CHECKING

from pratique.cli.answer import Answer, table
from pratique.cli.options import verb_parser

if TYPE_CHECKING:
    from pratique.promotion.events import Entry
    from pratique.promotion.states import Promotion
    from pratique.service.show import Status
    from pratique.service.stamp_patience import Failing
    from pratique.storage.effect import EffectStanding
    from pratique.storage.signal import Signal


def parser(program: str, summary: str) -> argparse.ArgumentParser:
    """Return the verb's parser."""
    verb = verb_parser(program, summary)
    verb.add_argument("--application", metavar="NAME", help="only this application")
    verb.set_defaults(run=_run)
    return verb


def _run(arguments: argparse.Namespace) -> Answer:
    from pratique.cli.hold import stopped_by
    from pratique.cli.promotion import value_of
    from pratique.cli.watch import signal_value
    from pratique.service.history import trouble
    from pratique.service.show import status
    from pratique.service.stamp_patience import failing
    from pratique.values.moment import render_moment
    from pratique.wire import open_workspace

    with open_workspace(arguments.workspace) as workspace:
        found = status(workspace, arguments.application)
        lost = trouble(workspace)
        silent = failing(workspace.root)
    rows = [
        (one.application, one.image_name, one.environment, str(one.image), one.level, render_moment(one.at))
        for one in found.holding
    ]
    held = (
        table(("APPLICATION", "IMAGE", "ENVIRONMENT", "DIGEST", "LEVEL", "SINCE"), rows) if rows else "nothing yet"
    )
    moving = [text for group in _together(found.open) for text in _group(group, found.waiting)] or [
        "nothing is on its way"
    ]
    signed = "no checkpoint signed yet" if found.checkpoint is None else f"signed up to {found.checkpoint}"
    seen = f"witnessed by {', '.join(found.witnesses)}" if found.witnesses else "not witnessed"
    ledger = f"ledger: {found.size} entries, {signed}, {seen}, {_drilled(found.drill)}"
    value = {
        "holding": [
            {
                "application": one.application,
                "image_name": one.image_name,
                "environment": one.environment,
                "image": str(one.image),
                "level": one.level,
                "promotion": one.promotion,
                "at": render_moment(one.at),
            }
            for one in found.holding
        ],
        "open": [{**value_of(one), "waiting": _waits(one, found.waiting)} for one in found.open],
        "holds": [
            {"hold": one.hold, "stops": stopped_by(one.placed), "by": one.placed.by, "at": render_moment(one.at)}
            for one in found.holds
        ],
        "overdue": [
            {"remediation": one.id, "promotion": one.promotion, "owner": one.owner} for one in found.overdue
        ],
        "signals": [signal_value(one) for one in found.signals],
        "stopped": lost,
        "ledger": {"size": found.size, "checkpoint": found.checkpoint, "witnesses": list(found.witnesses)},
        "drill": _drill_value(found.drill),
        "timestamps_failing": list(map(_failing_value, silent)),
    }
    loud = (f"STOPPED: nothing is signed or sealed: {lost}", "") if lost else ()
    below = (*_stopping(found), *_turned(found.signals), ledger, *map(_failing_told, silent))
    return Answer(value, "\n".join((*loud, held, "", *moving, "", *below)))


def _failing_told(one: "Failing") -> str:
    from pratique.values.moment import render_moment

    tries = f"{one.failures} times since {render_moment(one.since)}, asked again at {render_moment(one.again)}"
    return f"no timestamp by {one.authority}, {tries}: {one.reason}"


def _failing_value(one: "Failing") -> dict[str, object]:
    from pratique.values.moment import render_moment

    since, again = render_moment(one.since), render_moment(one.again)
    return {
        "authority": one.authority,
        "failures": one.failures,
        "since": since,
        "again": again,
        "reason": one.reason,
    }


def _drilled(last: "Entry | None") -> str:
    from pratique.promotion.sentences import describe
    from pratique.values.moment import render_moment

    return "never drilled" if last is None else f"{render_moment(last.event.at)}: {describe(last.event)}"


def _drill_value(last: "Entry | None") -> dict[str, object] | None:
    from pratique.promotion.upkeep import DrillCompleted
    from pratique.values.moment import render_moment

    if last is None or not isinstance(last.event.data, DrillCompleted):
        return None
    found = last.event.data
    return {"at": render_moment(last.event.at), "faults": found.faults, "duration_ms": found.duration_ms}


def _together(every: "tuple[Promotion, ...]") -> "tuple[tuple[Promotion, ...], ...]":
    """Return the parts of each release beside one another, and every other promotion alone."""
    groups: dict[str, tuple[Promotion, ...]] = {}
    for one in every:
        name = one.release.id if one.release else one.id
        groups[name] = (*groups.get(name, ()), one)
    return tuple(groups.values())


def _group(group: "tuple[Promotion, ...]", waiting: "tuple[EffectStanding, ...]") -> list[str]:
    from pratique.cli.promotion import head

    if group[0].release is None:
        return _moving(group[0], waiting)
    return [head(group), *(f"  {text}" for one in group for text in _moving(one, waiting))]


def _moving(promotion: "Promotion", waiting: "tuple[EffectStanding, ...]") -> list[str]:
    from pratique.cli.promotion import line

    why = _waits(promotion, waiting)
    return [line(promotion), *([f"  {why}"] if why else [])]


def _waits(promotion: "Promotion", waiting: "tuple[EffectStanding, ...]") -> str | None:
    """Return why a promotion waits and until when, or None where it does not."""
    from pratique.values.moment import render_moment

    for effect in waiting:
        if effect.promotion == promotion.id and effect.generation == promotion.generation:
            return f"waits until {render_moment(effect.not_before)}: {effect.error or effect.step}"
    return None


def _stopping(found: "Status") -> tuple[str, ...]:
    from pratique.cli.hold import stopped_by
    from pratique.values.moment import render_moment

    holds = [f"held: {stopped_by(one.placed)}, by {one.placed.by}: {one.hold}" for one in found.holds]
    late = [
        f"overdue since {render_moment(one.due) if one.due else 'the beginning'}: {one.owner}: {one.message} ({one.id})"
        for one in found.overdue
    ]
    return (*holds, *late, "") if holds or late else ()


def _turned(signals: "tuple[Signal, ...]") -> tuple[str, ...]:
    if not signals:
        return ()
    images = len({(one.environment, one.image) for one in signals})
    told = f"turned out since: {len(signals)} vulnerabilities in {images} images; see `pratique watch list`"
    return told, ""
