"""Moments as people type them; what is signed has one spelling only, of :mod:`pratique.values.moment`."""

import argparse
import re
from datetime import UTC, datetime, timedelta

from pratique.errors import Malformed
from pratique.values.moment import parse_duration

_TYPED = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2}))?")


def moment(text: str) -> datetime:
    """Read an option: a day, which begins at midnight UTC, or a time of RFC 3339 with its zone, seconds optional.

    Raises:
        argparse.ArgumentTypeError: Anything else, a time without a zone for example, or a day that does not exist.
    """
    if not _TYPED.fullmatch(text):
        found = f"found {text[:40]!r}"
        raise argparse.ArgumentTypeError(
            f"expected a day such as 2026-12-01, or a time with its zone, 2026-12-01T09:30Z or …+02:00; {found}"
        )
    try:
        typed = datetime.fromisoformat(text)
        return typed.replace(tzinfo=UTC) if len(text) == len("2026-12-01") else typed.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise argparse.ArgumentTypeError(f"{text!r} does not exist: {error}") from error


def moment_or_span(text: str) -> datetime | timedelta:
    """Read an option: as :func:`moment`, or how long ago, such as ``90d``; raises as it does."""
    if text[-1:] not in "smhd":
        return moment(text)
    try:
        return parse_duration(text)
    except Malformed as error:
        raise argparse.ArgumentTypeError(str(error)) from error
