"""The request in a proof: who asked, and that they asked for this."""

from datetime import timedelta

from pratique.attest.dsse import IN_TOTO, parse_envelope
from pratique.attest.request import REQUEST_FORM, Request
from pratique.attest.sshsig import Namespace
from pratique.attest.verify import TrustedKeys, open_envelope
from pratique.errors import Unverified
from pratique.promotion.authority import Chain
from pratique.promotion.directory import Directory
from pratique.promotion.events import Entry
from pratique.promotion.happenings import PromotionRequested
from pratique.proof.demand import demand
from pratique.proof.keys import keys_of_person, refuse_revoked
from pratique.proof.reading import Reading
from pratique.proof.rules import Rules
from pratique.values.moment import render_moment
from pratique.values.names import Actor, is_person

MAX_AGE = timedelta(hours=24)
"""How long after it was issued a signed request may be recorded."""
CLOCK_SKEW = timedelta(minutes=5)
"""How far a signer's clock may run ahead of the ledger's."""


def verify_request(reading: Reading, chain: Chain, rules: Rules) -> None:
    """Return if the requester signed exactly this request, or the rules let anybody ask.

    Raises:
        Unverified: Somebody else signed, or something else is asked, or at another time, or a signature is missing.
        Malformed: The statement breaks its form.
    """
    entry, requested = _requested(reading)
    directory = chain.at(entry.index)
    demand("promotion.requested, directory in force", directory.digest, requested.directory)
    if entry.event.object("request") is None:
        _check_unsigned(requested, rules)
        return
    demand("promotion.requested, signed", True, requested.signed)
    request = _opened(reading, entry, requested.requester, directory, chain)
    _check_same(reading, requested, _of_image(requested, request))
    _check_release(reading, request)
    _check_time(entry, request)


def _requested(reading: Reading) -> tuple[Entry, PromotionRequested]:
    entry = reading.of(PromotionRequested)[0]
    data = entry.event.data
    if not isinstance(data, PromotionRequested):
        raise Unverified(f"entry {entry.index}: expected promotion.requested, found {entry.event.type}")
    return entry, data


def _check_unsigned(requested: PromotionRequested, rules: Rules) -> None:
    demand("promotion.requested, signed", False, requested.signed)
    asking = (rules.slow, rules.people(requested.track) if requested.track else None)
    if any(people and "requester" in people.separation for people in asking):
        raise Unverified(
            f"request: {rules.environment} excludes the requester from deciding, so somebody must have signed it; "
            "found no signature"
        )


def _opened(reading: Reading, entry: Entry, requester: Actor, directory: Directory, chain: Chain) -> Request:
    keys = keys_of_person(directory, requester) if is_person(requester) else _keys_of_service(directory, requester)
    envelope = parse_envelope(reading.object(entry, "request"))
    try:
        opened = open_envelope(envelope, keys, Namespace.REQUEST, payload_type=IN_TOTO)
    except Unverified as error:
        raise Unverified(f"request by {requester} at {entry.index}: {error}") from error
    refuse_revoked(chain, opened.signers[0], entry.index, f"request at {entry.index}")
    return REQUEST_FORM.parse(opened.payload)


def _check_release(reading: Reading, request: Request) -> None:
    """Return if the ledger names the very images that were asked for together."""
    release = reading.standing.release
    found = tuple((part.image_name, part.image) for part in release.parts) if release else ()
    demand("request, release", tuple((part.image, part.digest) for part in request.release), found)


def _of_image(requested: PromotionRequested, request: Request) -> Request:
    """Return what the request says of the image of this name; where it says nothing, comparing shows it."""
    return next((one for one in request.each if one.image == requested.image_name), request.each[0])


def _keys_of_service(directory: Directory, service: Actor) -> TrustedKeys:
    return tuple((holder, key) for holder, key in directory.service_keys("request") if holder == service)


def _check_same(reading: Reading, requested: PromotionRequested, request: Request) -> None:
    standing = reading.standing
    comment = requested.comment.commitment if requested.comment else None
    compared = (
        ("image", standing.image, request.images[0]),
        ("application", standing.application, request.application),
        ("image name", requested.image_name, request.image),
        ("source", requested.source, str(request.source)),
        ("from", requested.from_, request.from_),
        ("to", requested.to, request.to),
        ("requester", requested.requester, request.requester),
        ("nonce", requested.nonce, request.nonce),
        ("comment", comment, request.comment),
        ("track", requested.track, request.way),
    )
    for what, expected, found in compared:
        demand(f"request, {what}", expected, found)


def _check_time(entry: Entry, request: Request) -> None:
    """Return if it was recorded when it was asked: an old request is not to be brought out again."""
    at, issued = entry.event.at, request.issued_at
    if not at - MAX_AGE <= issued <= at + CLOCK_SKEW:
        raise Unverified(
            f"request at {entry.index}: expected one that was signed within the {MAX_AGE.days * 24} hours before "
            f"{render_moment(at)}, found {render_moment(issued)}"
        )
