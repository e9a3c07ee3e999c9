"""What the core form leaves open of the waivers that a decision relies on: what only the evidence shows.

Read only where a record relies on a waiver, once ``proof.waiver`` has verified each.
"""

from collections.abc import Iterator

from pratique.attest.dsse import parse_envelope
from pratique.attest.waiver import WAIVER_FORM, Over, Terms
from pratique.promotion.governance import WaiverGranted
from pratique.proof.established import TAKES_EVIDENCE
from pratique.proof.reading import Reading


def unchecked_waivers(reading: Reading) -> tuple[str, ...]:
    """Return a sentence for each condition of a waiver that was not held against the evidence."""
    return tuple(dict.fromkeys(_of_grants(reading)))


def _of_grants(reading: Reading) -> Iterator[str]:
    for entry in reading.of(WaiverGranted):
        said = WAIVER_FORM.parse(parse_envelope(reading.object(entry, "waiver")).payload)
        voided = ", ".join(_voiding(said.terms))
        if voided:
            yield f"waiver {said.waiver}: whether {said.terms.term} was {voided}, which voids it, {TAKES_EVIDENCE}"
        if said.terms.scope.over is Over.BASE:
            yield f"waiver {said.waiver}: whether the image stands on the base {said.terms.scope.base} {TAKES_EVIDENCE}"


def _voiding(terms: Terms) -> Iterator[str]:
    if terms.voided_if.kev:
        yield "known to be exploited"
    if terms.voided_if.epss is not None:
        yield f"likely to be exploited (EPSS of {terms.voided_if.epss} or more)"
    if terms.voided_if.fix_available:
        yield "repaired upstream"
