"""The past in a proof: where the image was before and what the environment held, by seals that stand in the ledger.

A server writes what arrived where into its ledger itself. So each earlier promotion that a decision rests on is shown
by the seal that the signer left on it, and what the record says of the past must be what these make of it. That none
was left out in between nobody can show; and who approved an earlier one, its own proof shows.
"""

from collections.abc import Sequence
from datetime import datetime

from pratique.attest.dsse import parse_envelope
from pratique.attest.vsa import Expected, Vsa, check_vsa
from pratique.errors import Unverified
from pratique.promotion.authority import Chain
from pratique.promotion.happenings import PromotionRequested
from pratique.promotion.past import Arrival, replacement_of
from pratique.promotion.states import Promotion
from pratique.promotion.steps import PromotionPromoted, PromotionSealed
from pratique.proof.demand import demand
from pratique.proof.earlier import Came, Earlier, place_of
from pratique.proof.reading import Reading
from pratique.proof.record import Inputs
from pratique.proof.seal import key_listed
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.moment import render_moment


@dataclass(frozen=True, slots=True)
class Past:
    """Earlier promotions whose seals hold, and the digest of the record that each rests on, by its arrival's index.

    ``doubtful`` are the indexes of those whose key was revoked since from before their seal. That such a key sealed
    what the environment holds is no reason to refuse what takes its place; nothing comes or goes back by one.
    """

    earlier: Earlier
    records: tuple[tuple[int, Digest], ...]
    doubtful: frozenset[int] = frozenset()

    def records_of(self, arrivals: tuple[Arrival, ...]) -> tuple[Digest, ...]:
        """Return the records by which these were let in."""
        indexes = {one.index for one in arrivals}
        return tuple(record for index, record in self.records if index in indexes)

    @property
    def told(self) -> tuple[str, ...]:
        """All of it for people, in order."""
        return tuple(_told(one, self.doubtful) for one in self.earlier.came)


def _told(came: Came, doubtful: frozenset[int]) -> str:
    one = came.arrival
    revoked = ", by a key that was revoked since: the server's word" if one.index in doubtful else ""
    taken_back = ", and it was taken back" if came.recalled else ""
    return (
        f"{one.environment} held {one.image} from {render_moment(one.at)}: sealed as {one.level} for {one.promotion}"
        f"{revoked}{taken_back}"
    )


def verify_past(reading: Reading, chain: Chain, verifier: str) -> Past:
    """Return the earlier promotions of a proof, once each is known to have been sealed for where it came to.

    Args:
        reading: An opened proof.
        chain: Its directories, which name the seal keys.
        verifier: Whose seals count.

    Raises:
        Unverified: A seal is another key's, of another image or place, or does not stand between request and arrival.
        Malformed: A seal breaks its form.
    """
    earlier = reading.contents.earlier
    doubtful = tuple(one for one in earlier.came if _revoked(chain, one))
    return Past(
        earlier,
        tuple((one.arrival.index, _sealed(reading, chain, one, verifier)) for one in earlier.came),
        frozenset(one.arrival.index for one in doubtful),
    )


def _revoked(chain: Chain, came: Came) -> bool:
    revoked = chain.revoked_from(_key_id(came))
    return revoked is not None and revoked <= came.sealed.index


def _key_id(came: Came) -> str:
    data = came.sealed.event.data
    return data.key if isinstance(data, PromotionSealed) else ""


def _sealed(reading: Reading, chain: Chain, came: Came, verifier: str) -> Digest:
    """Return the record that the seal names."""
    arrival, sealed = came.arrival, came.sealed.event.data
    where = f"earlier promotion {arrival.promotion}"
    if not isinstance(sealed, PromotionSealed):
        raise Unverified(f"{where}: expected promotion.sealed, found {came.sealed.event.type}")
    _check_events(came, where)
    key = key_listed(chain, came.sealed.index, sealed.key, arrival.environment)
    envelope = parse_envelope(reading.object(came.sealed, "seal"))
    demand(f"{where}, seal", sealed.seal, envelope.digest)
    level = arrival.level.name_in(arrival.environment)
    expected = Expected(key, verifier, arrival.image, _destination(came), level)
    try:
        vsa = check_vsa(envelope, expected, came.promoted.event.at)
    except Unverified as error:
        raise Unverified(f"{where}: {error}") from error
    return _record(vsa, arrival, where)


def _record(vsa: Vsa, arrival: Arrival, where: str) -> Digest:
    seal = vsa.seal
    if seal is None:
        raise Unverified(f"{where}, seal: expected our extension, found a summary without it")
    compared = (
        ("promotion", arrival.promotion, seal.promotion),
        ("application", arrival.application, seal.application),
        ("environment", arrival.environment, seal.environment),
        ("level", arrival.level, seal.level),
    )
    for what, expected, found in compared:
        demand(f"{where}, seal, {what}", expected, found)
    return seal.record


def _check_events(came: Came, where: str) -> None:
    asked = came.requested.event
    about = (asked.application, came.arrival.environment, asked.image)
    for entry in came.entries:
        event = entry.event
        demand(
            f"{where}, entry {entry.index}, what it is about",
            about,
            (event.application, event.environment, event.image),
        )
    if not came.requested.index < came.sealed.index < came.promoted.index:
        raise Unverified(f"{where}: expected its request, its seal and its arrival in this order, found another")
    promoted = came.promoted.event.data
    if isinstance(promoted, PromotionPromoted) and isinstance(came.sealed.event.data, PromotionSealed):
        demand(f"{where}, promotion.sealed, level", promoted.level, came.sealed.event.data.level)


def _destination(came: Came) -> str:
    data = came.requested.event.data
    return data.destination if isinstance(data, PromotionRequested) else ""


def check_history(standing: Promotion, inputs: Inputs, past: Past, moment: int) -> None:
    """Return if a record says of the past what earlier promotions show.

    Args:
        standing: The promotion.
        inputs: What the record says that it relied on.
        past: The earlier promotions.
        moment: The index at which the record was announced.

    Raises:
        Unverified: It says something that none of them shows, or hides what one does.
    """
    stood = past.earlier.stood(moment)
    place = place_of(stood, standing)
    _check_current(standing, inputs, past, place)
    _check_left(standing, inputs, place, past.doubtful)
    _check_overtaken(standing, inputs, past.earlier)
    _check_arrivals(standing, inputs, stood, past.doubtful)


def check_from(standing: Promotion, past: Past, moment: int) -> None:
    """Return if the image was in the environment that it is said to come from, at this index of the ledger.

    Raises:
        Unverified: No earlier promotion shows that.
    """
    if standing.from_ is None:
        return
    came = [
        one
        for one in past.earlier.stood(moment)
        if (one.image, one.environment) == (standing.image, standing.from_)
    ]
    _refuse_doubtful(came, past.doubtful)
    if not came:
        raise Unverified(f"record, from: expected the promotion that brought it to {standing.from_}, found none")


def _check_current(standing: Promotion, inputs: Inputs, past: Past, place: tuple[Arrival, ...]) -> None:
    held = place[-1].image if place else None
    if inputs.current is not None and held is None:
        raise Unverified(
            f"record, image that {standing.to} held: expected the promotion that brought {inputs.current} there, "
            "with its request, its seal and its arrival, found none"
        )
    demand(f"record, image that {standing.to} held, by the arrivals", held, inputs.current)
    let_in = past.records_of(tuple(one for one in place if one.image == held))
    if inputs.current_record is not None and inputs.current_record not in let_in:
        raise Unverified(
            f"record, what let in the image that {standing.to} held: expected {let_in[-1] if let_in else 'none'}, as "
            f"its seal says, found {inputs.current_record}"
        )


def _refuse_doubtful(rested_on: Sequence[Arrival], doubtful: frozenset[int]) -> None:
    """Return if one of these, of which any would do, has a seal that counts, or if there is none at all."""
    if rested_on and all(one.index in doubtful for one in rested_on):
        one = rested_on[-1]
        raise Unverified(
            f"earlier promotion {one.promotion}: its seal's key was revoked since, from before the seal; bring "
            f"{one.image} to {one.environment} again first"
        )


def _check_left(standing: Promotion, inputs: Inputs, place: tuple[Arrival, ...], doubtful: frozenset[int]) -> None:
    where, here = (
        f"record, when the image left {standing.to}",
        [one for one in place if one.image == standing.image],
    )
    replacement = replacement_of(standing.image, place, standing.index, doubtful)
    if inputs.left is not None and replacement is None:
        _refuse_doubtful(here, doubtful)
    if inputs.left is not None and not here:
        raise Unverified(f"{where}: expected the promotion that brought it there before, found none")
    if inputs.left is not None and replacement is None:
        raise Unverified(
            f"{where}: expected what took its place after it was properly promoted, and before it was asked for at "
            f"{standing.index}, found none"
        )
    demand(f"{where}, by the arrivals", _rendered(replacement.at if replacement else None), _rendered(inputs.left))


def _rendered(moment: datetime | None) -> str | None:
    return None if moment is None else render_moment(moment)


def _check_overtaken(standing: Promotion, inputs: Inputs, earlier: Earlier) -> None:
    where = f"record, when the image that {standing.to} held was first asked for"
    own = earlier.first_asked(standing.image)
    other = earlier.first_asked(inputs.current) if inputs.current is not None else None
    later = other.event.at if own and other and own.index < other.index else None
    demand(f"{where}, if after this one", _rendered(later), _rendered(inputs.overtaken))


def _check_arrivals(
    standing: Promotion, inputs: Inputs, stood: tuple[Arrival, ...], doubtful: frozenset[int]
) -> None:
    own = [one for one in stood if one.image == standing.image]
    for environment, at, level in inputs.arrivals:
        shown = [one for one in own if (one.environment, one.at, one.level) == (environment, at, level)]
        if (
            environment != standing.to
        ):  # what it held itself is compared with, and rested on by what goes back alone
            _refuse_doubtful(shown, doubtful)
        if not shown:
            raise Unverified(
                f"record, arrivals: expected the promotion that brought {standing.image} to {environment} at "
                f"{render_moment(at)} as {level}, found none"
            )
