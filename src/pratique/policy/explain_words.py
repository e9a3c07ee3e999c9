"""The values of a policy in plain words, and the phrases around them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from pratique.evidence.facts.scan import Severity
from pratique.policy.approval import Approval, Escalation, Hours
from pratique.policy.change_rules import ChangeApproval
from pratique.policy.explain_phrases import PHRASES
from pratique.policy.explain_said import EITHER, NONE_AT_ALL, SAID, UNSAID
from pratique.policy.moments import Weekday
from pratique.policy.pattern import Pattern
from pratique.policy.remediation import OwnerRule
from pratique.policy.schema import Slot, slots
from pratique.policy.waiver_rules import Granter
from pratique.policy.words import AtLeast, render_share
from pratique.values.reference import LayoutRepository, RegistryRepository

_UNITS = ((86_400_000, "day"), (3_600_000, "hour"), (60_000, "minute"), (1000, "second"), (1, "millisecond"))


def phrases(value: Any, *without: str) -> Iterator[str]:
    """Yield one phrase for each field that says something, in the order of the class."""
    kind: Any = type(value)
    for slot in slots(kind).values():
        if slot.attribute not in without:
            found = getattr(value, slot.attribute)
            if phrase := _phrase(kind.__name__, slot, found):
                yield phrase


def phrase(value: Any, attribute: str) -> str | None:
    """Return what one field says, or None where it says nothing."""
    kind: Any = type(value)
    slot = next(slot for slot in slots(kind).values() if slot.attribute == attribute)
    return _phrase(kind.__name__, slot, getattr(value, attribute))


def _phrase(kind: str, slot: Slot, found: Any) -> str | None:
    attribute = slot.attribute
    name = f"{kind}.{attribute}"
    if found == () and name in NONE_AT_ALL:
        return NONE_AT_ALL[name]
    if _nothing(found, slot.default):
        return UNSAID.get(name)
    if said := (dict(SAID.get(attribute, {})) | dict(SAID.get(name, {}))).get(str(found)):
        return said
    told = words(found, "or" if attribute in EITHER else "and")
    form = PHRASES.get(name) or PHRASES.get(attribute) or f"{attribute.replace('_', ' ')} {{}}"
    return form.format(told) if told else UNSAID.get(name)


def _nothing(found: Any, default: Any) -> bool:
    return found is None or found == () or (found == default and (found is False or found == timedelta(0)))


def words(value: Any, joined_by: str = "and") -> str:
    """Write a value for people; nothing is left out that another value would say differently."""
    if written := _WRITTEN.get(type(value)):
        return written(value)
    match value:
        case StrEnum():
            return value.value.replace("_", " ")
        case int() | str():
            return str(value)
        case tuple():
            return listing(tuple(words(item) for item in value), joined_by)
        case _:
            return _composed(value)


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S") + (" UTC" if moment.tzinfo else " on the wall")


def _composed(value: Any) -> str:
    match value:
        case Approval() | ChangeApproval():
            when = value.when if isinstance(value, Approval) else None
            return f"{_people(value.count, value.role)}{f' if {when}' if when else ''}"
        case Granter():
            only = f" for severity {words(value.severity, 'or')}, or an unknown one" if value.severity else ""
            return f"{_people(value.count, value.role)}{only}"
        case Hours():
            return f"on {words(value.days)} from {words(value.begin)} until {words(value.end)}"
        case Escalation():
            return f"after {words(value.after)}, {value.to} is asked too"
        case OwnerRule():
            return f"{value.owner} repairs what is found {words(value.match)}"
        case _:
            return ", ".join(phrases(value)) if is_dataclass(value) else str(value)


def _people(count: int, role: str) -> str:
    return f"{count} {'person' if count == 1 else 'people'} in the role {role}"


def listing(items: tuple[str, ...], joined_by: str = "and") -> str:
    """Write several things as people do: ``a, b and c``; things that hold commas are parted by semicolons."""
    if any("," in item for item in items):
        return "; ".join(items)
    return f" {joined_by} ".join(filter(None, (", ".join(items[:-1]), items[-1]))) if items else ""


def _duration(duration: timedelta) -> str:
    left, told = duration // timedelta(milliseconds=1), []
    for size, unit in _UNITS:
        count, left = divmod(left, size)
        if count:
            told.append(f"{count} {unit}{'' if count == 1 else 's'}")
    return " ".join(told) or "no time"


_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WRITTEN: Final[Mapping[type, Callable[[Any], str]]] = {
    bool: lambda yes: "yes" if yes else "no",
    Severity: lambda severity: severity.label,
    Weekday: lambda day: _DAYS[tuple(Weekday).index(day)],
    Pattern: str,
    RegistryRepository: str,
    LayoutRepository: str,
    timedelta: _duration,
    datetime: _moment,
    date: date.isoformat,
    time: lambda at: at.isoformat(timespec="minutes"),
    Decimal: render_share,
    AtLeast: lambda bound: f"at least {render_share(bound.share)}",
}
"""How a value of one of these classes is written."""
