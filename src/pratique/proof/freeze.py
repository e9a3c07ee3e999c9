"""The freezes in a proof: that none stood, on the signed policy's own words, when the image was approved and sealed.

Read only where the policy has any. What the record says of its calendar is not asked: the policy is signed, and the
moments are those of the ledger. A freeze that goes by the clocks of a time zone needs that zone; where the verifier's
machine does not know it, the proof is not refused for it, and says so.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo

from pratique.attest.fields import Fields
from pratique.errors import Malformed, Unverified
from pratique.promotion.occurrence import DAYS, beginning, ending, weekly
from pratique.promotion.steps import PromotionSealed
from pratique.proof.reading import Reading
from pratique.proof.rules import Rules
from pratique.proof.trust import Zones
from pratique.values.dataclass import dataclass
from pratique.values.moment import render_moment

_ALLOWED = ("emergency",)
"""What moves in a freeze that does not say; the policy document's own default, which never changes."""
_ALWAYS = "rollback"


@dataclass(frozen=True, slots=True)
class _Freeze:
    """A freeze as the policy writes it: between two edges, or on days of every week."""

    name: str
    begin: datetime | None
    end: datetime | None
    days: tuple[str, ...]

    @property
    def on_the_wall(self) -> bool:
        """Tell whether it goes by the clocks of a time zone."""
        return self.begin is None or self.begin.tzinfo is None

    def around(self, moment: datetime, zone: tzinfo) -> tuple[datetime, datetime] | None:
        """Return from when to when it stands at a moment, or None where it does not."""
        if self.begin is not None and self.end is not None:
            found = iter([(beginning(self.begin, zone), ending(self.end, zone))])
        else:
            found = weekly(self.days, zone, moment, timedelta(0))
        return next((span for span in found if span[0] <= moment < span[1]), None)


def verify_freezes(reading: Reading, track: str, rules: Rules, zones: Zones) -> tuple[str, ...]:
    """Return what could not be checked, once no freeze stood that could.

    Args:
        reading: An opened proof.
        track: The track that the image took.
        rules: Those of the environment.
        zones: The time zones that the verifier's machine knows.

    Raises:
        Unverified: It was approved or sealed in a freeze that stops its track.
        Malformed: A freeze breaks its form.
    """
    stops = tuple(_stopping(track, rules))
    zone = zones(rules.timezone) if any(one.on_the_wall for one in stops) else None
    for freeze in stops:
        known = zone if freeze.on_the_wall else UTC
        for what, at in _moments(reading):
            span = freeze.around(at, known) if known is not None else None
            if span is not None:
                raise Unverified(
                    f"{what} at {render_moment(at)}: the freeze {freeze.name!r} stood from {render_moment(span[0])} "
                    f"until {render_moment(span[1])}, in which nothing on the {track} track moves"
                )
    unknown = [repr(one.name) for one in stops if one.on_the_wall and zone is None]
    return (_unknown(rules.timezone, unknown),) if unknown else ()


def _unknown(zone: str, freezes: list[str]) -> str:
    return (
        f"whether the freeze {', '.join(freezes)} stood: this machine does not know the time zone {zone!r}; install "
        "the system's zones or tzdata"
    )


def _moments(reading: Reading) -> Iterator[tuple[str, datetime]]:
    """Yield the moments at which nothing may be frozen: the approval's, and that of the seal over it."""
    yield "promotion.approved", reading.approval.at
    for entry in reading.of(PromotionSealed):
        if entry.index > reading.approval.index:
            yield "promotion.sealed", entry.event.at


def _stopping(track: str, rules: Rules) -> Iterator[_Freeze]:
    for fields in rules.freezes:
        allowed = fields.texts("allow") if "allow" in fields.values else _ALLOWED
        if track != _ALWAYS and track not in allowed:
            yield _freeze(fields.only("name", "from", "until", "weekly", "allow", "relax"))


def _freeze(fields: Fields) -> _Freeze:
    begin = fields.parsed("from", _edge) if fields.has("from") else None
    end = fields.parsed("until", _edge) if fields.has("until") else None
    days = fields.texts("weekly") if fields.has("weekly") else ()
    once = begin is not None and end is not None and (begin.tzinfo is None) == (end.tzinfo is None)
    if once == bool(days) or not set(days) <= set(DAYS):
        raise Malformed(f"{fields.path('')}: expected two edges of one kind, or days of the week")
    return _Freeze(fields.text("name"), begin, end, days)


def _edge(text: str) -> datetime:
    """Return a moment in UTC, or a time on the wall without a zone (``policy.moments``)."""
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise Malformed(f"expected a moment, found {text[:40]!r}") from error
