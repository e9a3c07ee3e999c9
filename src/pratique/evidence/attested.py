"""What a document says that carries statements: one, or several that belong together.

Several statements in one document make one reading only where they are of one type and about the same subjects;
otherwise a fact about one image would count for another.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from pratique.attest.dsse import IN_TOTO
from pratique.errors import Malformed
from pratique.evidence.attestation import Attestation, Carrier, Signable
from pratique.evidence.facts.opaque import Opaque
from pratique.evidence.formats.gcb import compare_entry, compare_summary
from pratique.evidence.lookup import Notes, shown
from pratique.evidence.model import Parse, Reading
from pratique.evidence.predicates.reader import Interpret, refused
from pratique.evidence.stated import Stated, parse_stated
from pratique.evidence.statement import read_statement

T = TypeVar("T")


def read_attestation(attestation: Attestation, interpret: Interpret) -> Reading:
    """Return what an attestation says, whatever its payloads are; nothing in it is verified here."""
    notes = attestation.notes
    if attestation.carrier is Carrier.MESSAGE:
        reading = _kept(attestation.carrier.value, "a signature over bytes that are not in it")
    else:
        reading = _together([_part(attestation, part, interpret) for part in attestation.parts])
    reading = _less(reading, notes.reasons)
    return replace(
        reading, reasons=(*reading.reasons, *attestation.remarks.reasons), wrapping=attestation.wrapping
    )


def _kept(name: str, what: str) -> Reading:
    return Reading(name, None, Parse.OK, (), (Opaque(what),))


def _less(reading: Reading, reasons: tuple[str, ...]) -> Reading:
    """Return a reading that is partial for these reasons, if there are any."""
    if not reasons:
        return reading
    parse = Parse.PARTIAL if reading.parse is Parse.OK else reading.parse
    return replace(reading, parse=parse, reasons=(*reading.reasons, *reasons))


def _part(attestation: Attestation, part: Signable, interpret: Interpret) -> Reading:
    name = attestation.carrier.value
    if part.payload_type != IN_TOTO:
        return _kept(name, f"a signed payload of type {shown(part.payload_type)}, not interpreted")
    try:
        stated = parse_stated(part.payload)
    except Malformed as error:
        return refused(name, str(error))
    return _less(_stated(stated, interpret), (*stated.reasons, *_disagreements(attestation, part, stated)))


def _stated(stated: Stated, interpret: Interpret) -> Reading:
    try:
        reading = read_statement(stated.statement, interpret)
    except Malformed as error:
        reading = refused("in-toto", str(error))
    return replace(
        reading,
        about=stated.about,
        inner_about=reading.about,
        predicate_type=stated.statement.predicate_type,
        subjects=stated.subjects,
    )


def _disagreements(attestation: Attestation, part: Signable, stated: Stated) -> tuple[str, ...]:
    notes = Notes()
    if part.entry is not None:
        compare_summary(dict(attestation.value), stated, notes)
        compare_entry(dict(part.entry), stated, notes)
    return notes.reasons


def _together(readings: list[Reading]) -> Reading:
    if len(readings) == 1:
        return readings[0]
    understood = [reading for reading in readings if reading.facts]
    if not understood:
        return readings[0]
    first = understood[0]
    if any((one.predicate_type, one.subjects) != (first.predicate_type, first.subjects) for one in understood):
        return refused(
            first.format, f"{len(readings)} statements of different types or subjects; add each by itself"
        )
    return replace(
        first,
        parse=Parse.OK if all(one.parse is Parse.OK for one in readings) else Parse.PARTIAL,
        reasons=_distinct(reason for one in readings for reason in one.reasons),
        facts=tuple(fact for one in understood for fact in one.facts),
        inner_about=_distinct(digest for one in understood for digest in one.inner_about),
    )


def _distinct(items: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(items))
