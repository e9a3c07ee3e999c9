"""The holds in a proof: that none stood when the image was approved, nor when it was sealed.

Read only where something was held. Who placed a hold is not asked: whoever forges one stops only themselves. Whoever
lifted one is: two people, by their signatures and their roles in the directory.
"""

from pratique.attest.dsse import IN_TOTO, parse_envelope
from pratique.attest.hold import HOLD_FORM, Act, Scope
from pratique.attest.sshsig import Namespace
from pratique.attest.verify import open_envelope
from pratique.errors import Unverified
from pratique.promotion.authority import Chain
from pratique.promotion.events import Entry
from pratique.promotion.governance import HoldLifted, HoldPlaced
from pratique.promotion.hold import TO_LIFT, roles_to_stop
from pratique.promotion.steps import PromotionSealed
from pratique.proof.demand import demand
from pratique.proof.keys import keys_of_person, refuse_revoked
from pratique.proof.reading import Reading
from pratique.values.moment import render_moment


def verify_holds(reading: Reading, chain: Chain) -> None:
    """Return if no hold stood at the approval, nor at the seal; before there is one, at the end of the ledger.

    Args:
        reading: An opened proof, which holds what was placed over its promotion, and what lifted it.
        chain: Its directories.

    Raises:
        Unverified: Something was held, or whoever lifted a hold could not.
        Malformed: A statement breaks its form.
    """
    seals = (entry.index for entry in reading.of(PromotionSealed) if entry.index > reading.approval.index)
    moments = (reading.approval.index, max(seals, default=reading.ledger.size))
    for entry in reading.of(HoldPlaced):
        placed = entry.event.data
        if isinstance(placed, HoldPlaced):
            ended = _ended(reading, chain, placed)
            for moment in moments:
                if entry.index < moment and (ended is None or ended > moment):
                    raise Unverified(
                        f"hold {placed.hold}: placed by {placed.by} at {entry.index}, and in force at {moment}; "
                        f"{TO_LIFT} people had to lift it first"
                    )


def _ended(reading: Reading, chain: Chain, placed: HoldPlaced) -> int | None:
    """Return the index at which enough people had lifted a hold, or None."""
    people: set[str] = set()
    for entry in reading.of(HoldLifted):
        data = entry.event.data
        if isinstance(data, HoldLifted) and data.hold == placed.hold:
            _check_lifted(reading, chain, entry, data, placed)
            people.add(data.by)
            if len(people) == TO_LIFT:
                return entry.index
    return None


def _check_lifted(reading: Reading, chain: Chain, entry: Entry, data: HoldLifted, placed: HoldPlaced) -> None:
    where = f"hold {data.hold}, lifted by {data.by} at {entry.index}"
    directory = chain.at(entry.index)
    envelope = parse_envelope(reading.object(entry, "hold"))
    keys = keys_of_person(directory, data.by)
    try:
        opened = open_envelope(envelope, keys, Namespace.REVIEW, payload_type=IN_TOTO)
    except Unverified as error:
        raise Unverified(f"{where}: {error}") from error
    refuse_revoked(chain, opened.signers[0], entry.index, where)
    said = HOLD_FORM.parse(opened.payload)
    compared = (
        ("hold", placed.hold, said.hold),
        ("act", Act.LIFT, said.act),
        ("scope", Scope(placed.image, placed.application, placed.environment), said.scope),
        ("who", data.by, said.word.by),
        ("comment", data.comment, said.word.comment),
        ("nonce", data.nonce, said.word.nonce),
        ("directory", directory.digest, said.word.directory),
    )
    for what, expected, found in compared:
        demand(f"{where}, {what}", expected, found)
    at = entry.event.at
    if not roles_to_stop(directory, data.by, placed.application, placed.environment, at):
        raise Unverified(
            f"{where}: expected a role for all that it stops, by the directory at {render_moment(at)}"
        )
