"""How a promotion is shown, and waited for; what several verbs share."""

import argparse
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pratique.cli.answer import Answer, Exit

if TYPE_CHECKING:
    from pratique.promotion.states import Promotion
    from pratique.service.workspace import Workspace

_NO_LIMIT = "365d"


def wait_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--wait[=DURATION]``."""
    parser.add_argument(
        "--wait",
        nargs="?",
        const=_NO_LIMIT,
        default=None,
        type=_duration,
        metavar="DURATION",
        help="wait until it ends or needs people, for at most this long (such as 10m)",
    )


def _duration(text: str) -> timedelta:
    from pratique.errors import Malformed
    from pratique.values.moment import parse_duration

    try:
        return parse_duration(text)
    except Malformed as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def waited(workspace: "Workspace", asked: "tuple[Promotion, ...]", wait: timedelta | None) -> Answer:
    """Return how a promotion, or every part of a release, stands now, with code 0.

    Where waiting was asked for: once it, and all of its release, came to rest.
    """
    from pratique.service.wait import settle, unclaimed

    if wait is None:
        return Answer(value_of_all(asked), "\n".join(lines_of(asked)))
    names = {one.id for one in asked}
    standing = tuple(one for one in settle(workspace, asked[0].id, wait) if one.id in names)
    idle = next((step for one in standing if (step := unclaimed(workspace, one.id))), None)
    note = [f"no worker has taken up {idle}: start `pratique worker`"] if idle else []
    text = "\n".join((*lines_of(standing), *note))
    return Answer({**value_of_all(standing), "no_worker": idle}, text, code_of_all(standing))


def lines_of(promotions: "tuple[Promotion, ...]") -> list[str]:
    """Return a promotion in one line; of a release how it stands, and then a line for each part."""
    if len(promotions) == 1:
        return [line(promotions[0])]
    return [head(promotions), *(f"  {line(one)}" for one in promotions)]


def head(parts: "tuple[Promotion, ...]") -> str:
    """Return how a release stands, in one line."""
    first = parts[0]
    stand = ", ".join(f"{one.image_name} {one.state}" for one in parts)
    name, size = (first.release.id, len(first.release.parts)) if first.release else (first.id, 1)
    return f"{name} {size} images of {first.application} → {first.to}: {stand}"


def line(promotion: "Promotion") -> str:
    """Return a promotion in one line."""
    release = f", part of {promotion.release.id}" if promotion.release else ""
    way = f"{promotion.image_name} {promotion.image.short} → {promotion.to}"
    return f"{promotion.id} {way}: {sentence(promotion)}{release}"


def code_of(promotion: "Promotion") -> Exit:
    """Return 0 where it is promoted, 1 where it was stopped, 4 where it still waits for somebody."""
    from pratique.promotion.states import State

    match promotion.state:
        case State.PROMOTED:
            return Exit.DONE
        case (
            State.REMEDIATION
            | State.FAILED
            | State.VETOED
            | State.WITHDRAWN
            | State.EXPIRED
            | State.SUPERSEDED
            | State.RECALLED
        ):
            return Exit.REFUSED
        case _:
            return Exit.WAITING


def code_of_all(promotions: "tuple[Promotion, ...]") -> Exit:
    """Return 1 where any was stopped, else 4 where any waits, else 0: they go all or nothing."""
    codes = {code_of(one) for one in promotions}
    return next((code for code in (Exit.REFUSED, Exit.WAITING) if code in codes), Exit.DONE)


def value_of_all(promotions: "tuple[Promotion, ...]") -> dict[str, Any]:
    """Return a promotion as a value for machines, or a release with one for each part."""
    if len(promotions) == 1:
        return value_of(promotions[0])
    return {"release": _release_value(promotions[0]), "parts": [value_of(one) for one in promotions]}


def value_of(promotion: "Promotion") -> dict[str, Any]:
    """Return a promotion as a value for machines."""
    judgement = promotion.judgement
    return {
        "promotion": promotion.id,
        "state": promotion.state,
        "application": promotion.application,
        "image_name": promotion.image_name,
        "image": str(promotion.image),
        "from": promotion.from_,
        "to": promotion.to,
        "source": promotion.source,
        "destination": promotion.destination,
        "generation": promotion.generation,
        "requester": promotion.requester,
        "record": str(judgement.record) if judgement else None,
        "track": judgement.track if judgement else None,
        "outcome": judgement.outcome if judgement else None,
        "risk": judgement.risk if judgement else None,
        "why": list(judgement.why) if judgement else [],
        "level": promotion.level,
        "because": promotion.because,
        "release": _release_value(promotion),
    }


def _release_value(promotion: "Promotion") -> dict[str, Any] | None:
    if promotion.release is None:
        return None
    parts = [
        {"promotion": part.promotion, "image_name": part.image_name, "image": str(part.image)}
        for part in promotion.release.parts
    ]
    return {"release": promotion.release.id, "parts": parts}


def sentence(promotion: "Promotion") -> str:
    """Return how a promotion stands, in a few words."""
    if promotion.because:
        return f"{promotion.state}: {promotion.because}"
    if promotion.judgement is None:
        return str(promotion.state)
    return f"{promotion.state} ({promotion.judgement.track} track, risk {promotion.judgement.risk or 'unknown'})"
