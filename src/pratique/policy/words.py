"""The small words of a policy document, and how each is read and written.

One table says it for all of them, so that a document is decoded from its types alone (:mod:`.schema`).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NewType

from pratique.errors import Malformed
from pratique.evidence.facts.scan import Severity
from pratique.evidence.licence_grammar import Confidence, Every
from pratique.evidence.licence_index import categories
from pratique.evidence.licence_lists import CATEGORY
from pratique.evidence.licences import parse_licence
from pratique.policy.moments import (
    Edge,
    Moment,
    parse_day,
    parse_edge,
    parse_time,
    parse_utc,
    render_edge,
    render_time,
)
from pratique.policy.pattern import Pattern
from pratique.values.moment import parse_duration
from pratique.values.names import Actor, Environment, Group, parse_actor, parse_environment, parse_group
from pratique.values.reference import LayoutRepository, RegistryRepository, Repository, parse_repository

Slug = NewType("Slug", str)
"""The name of a policy, an application or an image."""

Role = NewType("Role", str)
"""A role as the signed directory spells it; whether anybody holds it is known only when judging."""

CheckId = NewType("CheckId", str)
Service = NewType("Service", Actor)
"""``service:<slug>``: a holder of service keys in the directory."""

Owner = NewType("Owner", str)
"""``person:<slug>`` or ``group:<slug>``."""

LicenceName = NewType("LicenceName", str)
"""One SPDX licence, several joined by ``OR``, or a whole category, ``category:copyleft``.

An unknown one, which would deny nothing, is refused.
"""

Text = NewType("Text", str)
"""One line for people."""

Expression = NewType("Expression", str)
"""A condition in CEL, over the facts that ``pratique policy explain`` lists."""

Member = NewType("Member", str)
"""``person:<slug>`` or ``group:<slug>`` of the signed directory."""

Version = NewType("Version", str)
"""What a policy's author calls this state of it; nothing is decided by it."""

Uri = NewType("Uri", str)
Zone = NewType("Zone", str)
"""The name of a time zone; this floor never looks into it."""

UTC = Zone("UTC")

TagPlan = NewType("TagPlan", str)
"""``keep``, ``none``, or a template with ``{tag}`` and ``{digest}``."""

KEEP = TagPlan("keep")

Count = NewType("Count", int)
"""A whole number from 0."""

Positive = NewType("Positive", int)
"""A whole number from 1."""

Points = NewType("Points", int)
"""A whole number from 0 to 100."""

Level = NewType("Level", int)
"""A build level of SLSA, from 1 to 3."""

Share = NewType("Share", Decimal)
"""A part of a whole, from 0 to 1, written in decimals; never a binary float."""


@dataclass(frozen=True, slots=True)
class AtLeast:
    """A lower bound on a share, written ``>=0.10``."""

    share: Decimal


MOST = 1_000_000_000  # far above any count, far below what canonical JSON can write

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_ZONE = re.compile(r"[A-Z][A-Za-z_]*(?:[/+-][A-Za-z0-9_+-]+){0,3}")
_SHARE = re.compile(r"(?:0|1)(?:\.\d{1,6})?")
_TAG_PLAN = re.compile(r"(?:\{tag\}|\{digest\}|[A-Za-z0-9_])(?:\{tag\}|\{digest\}|[A-Za-z0-9._-])*")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+_-]{0,62}")
_UNITS_MS = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1))


@dataclass(frozen=True, slots=True)
class Word:
    """How one kind of word is read from a document and written back; the two are inverse."""

    raw: tuple[type, ...]
    """What the document may hold: text, a whole number, a decimal."""
    expected: str
    parse: Callable[[Any], Any]
    render: Callable[[Any], Any]
    form: Mapping[str, Any] = field(default_factory=dict)
    """What JSON Schema can say of it besides the type: never more than ``parse`` demands."""


def render_duration(duration: timedelta) -> str:
    """Write a duration with the largest unit that divides it, so that ``24h`` and ``1d`` are one."""
    milliseconds = duration // timedelta(milliseconds=1)
    if not milliseconds:
        return "0s"
    unit, size = next((unit, size) for unit, size in _UNITS_MS if milliseconds % size == 0)
    return f"{milliseconds // size}{unit}"


def parse_severity(text: str) -> Severity:
    """Read a severity's label, or raise ``Malformed``."""
    for severity in Severity:
        if severity.label == text:
            return severity
    raise Malformed(f"expected one of {', '.join(severity.label for severity in Severity)}, found {text[:40]!r}")


def parse_slug(text: str) -> str:
    """Read a slug, or raise ``Malformed``."""
    if not _SLUG.fullmatch(text):
        raise Malformed(f"expected lower-case letters, digits and hyphens (at most 63), found {text[:80]!r}")
    return text


def _service(text: str) -> str:
    if not parse_actor(text).startswith("service:"):
        raise Malformed(f"expected service:<slug>, found {text!r}; people do not sign evidence")
    return text


def _owner(text: str) -> str:
    if text.startswith("group:"):
        return parse_group(text)
    if text.startswith("person:"):
        return parse_actor(text)
    raise Malformed(f"expected person:<slug> or group:<slug>, found {text[:80]!r}")


def _line(text: str) -> str:
    if not text.strip() or not text.isprintable() or len(text) > 500:
        raise Malformed(f"expected one line of at most 500 characters, found {text[:80]!r}")
    return text


def _condition(text: str) -> str:
    if not text.strip() or len(text) > 2000 or not text.replace("\n", " ").isprintable():
        raise Malformed(f"expected a condition of at most 2000 characters, found {text[:80]!r}")
    return text.strip()


def _uri(text: str) -> str:
    if not text or not text.isprintable() or " " in text or len(text) > 2000:
        raise Malformed(f"expected a URI without spaces, found {text[:80]!r}")
    return text


def _matched(form: re.Pattern[str], expected: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if not form.fullmatch(text):
            raise Malformed(f"expected {expected}, found {text[:80]!r}")
        return text

    return parse


def _licence(text: str) -> str:
    if text.startswith(CATEGORY):
        return _category(text)
    licence = parse_licence(_line(text))
    if isinstance(licence.tree, Every):
        raise Malformed(f"expected one licence or several joined by OR, found {text[:80]!r}")
    for term in licence.terms:
        if term.confidence is Confidence.NONE and not term.key.startswith("LicenseRef-"):
            raise Malformed(f"{term.key[:80]!r} is no SPDX licence identifier; write one, or LicenseRef-…")
    return text


def _category(text: str) -> str:
    word = text.removeprefix(CATEGORY)
    if word not in categories():
        raise Malformed(f"expected a category: {', '.join(sorted(categories()))}; found {word[:40]!r}")
    return text


def _within(least: int, most: int) -> Callable[[int], int]:
    def parse(number: int) -> int:
        if not least <= number <= most:
            raise Malformed(f"expected a whole number from {least} to {most}, found {number}")
        return number

    return parse


def _share(written: str | int | Decimal) -> Decimal:
    text = str(written)
    if not _SHARE.fullmatch(text) or Decimal(text) > 1:
        raise Malformed(f"expected a share from 0 to 1 such as 0.95, found {text[:40]!r}")
    return Decimal(text).normalize()


def _at_least(text: str) -> AtLeast:
    if not text.startswith(">="):
        raise Malformed(f"expected a bound such as '>=0.10', found {text[:40]!r}")
    return AtLeast(_share(text[2:].strip()))


def _render_at_least(bound: AtLeast) -> str:
    return f">={render_share(bound.share)}"


def render_share(share: Decimal) -> str:
    """Write a share in plain decimals."""
    return f"{share:f}"


def _text(
    expected: str, parse: Callable[[str], Any], render: Callable[[Any], str] = str, form: str | None = None
) -> Word:
    return Word((str,), expected, parse, render, {"pattern": f"^(?:{form})$"} if form else {})


def _number(expected: str, least: int, most: int) -> Word:
    return Word((int,), expected, _within(least, most), int, {"minimum": least, "maximum": most})


_PLAN = "keep, none, or a tag in which {tag} and {digest} may stand"
_ZONES = "a time zone such as UTC or Europe/Berlin"
_VERSIONS = "a version such as 2026.11.1"
_SLUGS = _SLUG.pattern

WORDS: dict[object, Word] = {
    Slug: _text("a name", parse_slug, form=_SLUGS),
    Role: _text("a role", parse_slug, form=_SLUGS),
    CheckId: _text("a check's id", parse_slug, form=_SLUGS),
    Service: _text("service:<slug>", _service, form=f"service:{_SLUGS}"),
    Owner: _text("person:<slug> or group:<slug>", _owner, form=f"(?:person|group):{_SLUGS}"),
    Member: _text("person:<slug> or group:<slug>", _owner, form=f"(?:person|group):{_SLUGS}"),
    Group: _text("group:<slug>", parse_group, form=f"group:{_SLUGS}"),
    Environment: _text("an environment", parse_environment, form="[a-z][a-z0-9-]{0,30}"),
    LicenceName: _text("an SPDX licence", _licence),
    Text: _text("one line of text", _line),
    Uri: _text("a URI", _uri),
    Expression: _text("a condition", _condition),
    Version: _text("a version", _matched(_VERSION, _VERSIONS), form=_VERSION.pattern),
    Zone: _text("a time zone", _matched(_ZONE, _ZONES), form=_ZONE.pattern),
    TagPlan: _text(_PLAN, _matched(_TAG_PLAN, _PLAN), form=_TAG_PLAN.pattern),
    Pattern: _text("a pattern", Pattern.parse),
    Severity: _text(
        "a severity", parse_severity, lambda severity: severity.label, "|".join(each.label for each in Severity)
    ),
    Share: Word((str, int, Decimal), "a share from 0 to 1", _share, render_share),
    AtLeast: _text("a bound such as >=0.10", _at_least, _render_at_least, ">=.*"),
    date: _text("an ISO date", parse_day, date.isoformat, r"\d{4}-\d{2}-\d{2}"),
    Moment: _text("a moment such as 2026-12-01T00:00:00Z", parse_utc, render_edge, r"\d{4}-\d{2}-\d{2}T.*Z"),
    Edge: _text("a moment such as 2026-12-18T00:00:00Z", parse_edge, render_edge, r"\d{4}-\d{2}-\d{2}(?:T.*)?"),
    time: _text("a time of day such as 09:00", parse_time, render_time, r"\d{2}:\d{2}"),
    timedelta: _text("a duration such as 30m or 7d", parse_duration, render_duration, r"\d{1,6}(?:ms|s|m|h|d)"),
    Repository: _text("a repository", parse_repository),
    Count: _number("a whole number", 0, MOST),
    Positive: _number("a whole number", 1, MOST),
    Points: _number("a whole number", 0, 100),
    Level: _number("a build level from 1 to 3", 1, 3),
}
"""Every word by its type; a type that is missing here cannot stand in a policy."""

RENDERERS: dict[type, Callable[[Any], Any]] = {
    kind: WORDS[kind].render for kind in (AtLeast, Pattern, Severity, date, time, timedelta)
} | {datetime: render_edge, Decimal: WORDS[Share].render, RegistryRepository: str, LayoutRepository: str}
"""How a value that is neither text nor a number is written, by its class."""
