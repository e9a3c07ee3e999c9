"""What a verified proof leaves open, in the words in which it is said: what rests on somebody's word, and whose."""

from collections.abc import Iterator

from pratique.promotion.happenings import Track
from pratique.proof.established import CONDITIONS, NOT_RECOMPUTED
from pratique.proof.reading import Reading
from pratique.proof.record import Recorded
from pratique.proof.rules import Rules


def unchecked(reading: Reading, record: Recorded, rules: Rules) -> Iterator[str]:
    """Yield a sentence for everything that the core form of a proof leaves open."""
    yield NOT_RECOMPUTED
    way = rules.fast if record.track is Track.FAST else rules.people(record.track)
    if way is not None and way.conditions:
        yield CONDITIONS
    if record.waivers:
        from pratique.proof.unchecked_waiver import unchecked_waivers  # few records rely on any

        yield from unchecked_waivers(reading)
    if certified := max((check.certified for check in record.checks), default=0):
        yield (
            f"signatures by certificates ({certified}) were verified when they were handed in, by the server's word: "
            "not re-verified offline"
        )
    if record.track is Track.FAST:
        yield "no person signed this: the policy's fast track asks nobody"
    if record.track is Track.ROLLBACK:
        yield "what the checks found did not stop it: it went back to what was there before"
    if record.track is Track.EMERGENCY:
        yield "an emergency: checks that the policy names were passed over"
    if record.track is Track.ADOPT:
        yield "adopted: it stood there before there was a gate, and people let it stay whatever the checks found"
    if not reading.standing.signed:
        yield "nobody signed the request; who asked is the server's word"
    if not reading.ledger.checkpoint.cosignatures:
        yield "not witnessed: only the ledger's own key says that everybody is shown the same ledger"
    earlier = dict.fromkeys(one.arrival.promotion for one in reading.contents.earlier.came)
    if earlier:
        yield (
            "earlier promotions are shown by their seals alone; who approved them, their own proofs show: "
            f"{', '.join(earlier)}"
        )
    yield "the clock, what a feed held and when a finding was first seen: the server's word"
    yield (
        "that nothing was left out between these entries, such as a hold, a recall or an image that came meanwhile, is "
        "the server's word; a monitor that reads the whole ledger sees it"
    )
    yield f"a later withdrawal or recall cannot be seen offline: nothing is known after entry {reading.ledger.size - 1}"
