"""Who may ask for what, and what can be asked only once."""

from dataclasses import replace
from typing import Any

import pytest
from tests.promotion.builders import (
    NOW,
    PR,
    PROD,
    STAGING,
    after,
    digest,
    directory,
    gathered,
    identifier,
    judged,
    requested,
    reviewed,
    service,
    signer,
    story,
)
from tests.promotion.cases import ARRIVED, GATE, bundle

from pratique.attest.dsse import IN_TOTO, Signature, build_envelope
from pratique.attest.request import REQUEST_FORM, Request
from pratique.errors import Absent, Conflict, PratiqueError, Refused, Unverified
from pratique.promotion.history import fold_all
from pratique.promotion.request import Accepted, Asked, InForce, Known, consider_request, open_request
from pratique.promotion.states import Promotion, State
from pratique.values.digest import Digest
from pratique.values.ids import Kind
from pratique.values.names import Actor, Environment
from pratique.values.reference import parse_reference

NEW = identifier(Kind.PROMOTION, "new")
KNOWN = Known((ARRIVED,), (), ())


def asking(requester: str = "service:ci", **changes: Any) -> Request:
    found: dict[str, Any] = {
        "images": (digest("image"),),
        "application": "shop",
        "image": "api",
        "source": parse_reference("oci:staging/api:1.0"),
        "from_": STAGING,
        "to": PROD,
        "requester": Actor(requester),
        "nonce": "0" * 32,
        "issued_at": NOW,
        **changes,
    }
    return Request(**found)


def sent(request: Request, *signatures: Signature) -> bytes:
    return build_envelope(REQUEST_FORM.build(request), IN_TOTO, signatures)


def by_service(request: Request, name: str = "ci") -> bytes:
    return sent(request, service(name).signature(REQUEST_FORM.build(request)))


def by_person(request: Request, name: str, namespace: str = "pratique-request") -> bytes:
    return sent(request, signer(name).signature(REQUEST_FORM.build(request), namespace))


def opened(content: bytes) -> Asked:
    return open_request(content, directory(), now=NOW, index=5)


def accepted(request: Request | None = None, known: Known = KNOWN, gate: str = GATE, **asked: Any) -> Accepted:
    request = request or asking()
    found = Asked(request, **{"envelope": digest("envelope"), **asked})
    return consider_request(found, InForce(bundle(gate), directory(), NOW), known, new=NEW)


def promotion(word: str = "older", image: str = "older", **changes: Any) -> Promotion:
    found = fold_all(story(requested(), gathered(), judged()))
    return replace(found, id=identifier(Kind.PROMOTION, word), image=digest(image), nonce=word, **changes)


def test_a_request_by_ci_pins_the_rules_and_the_directory_in_force() -> None:
    content = by_service(asking())
    asked = opened(content)
    data = consider_request(asked, InForce(bundle(), directory(), NOW), KNOWN, new=NEW).requested
    assert (data.requester, data.signed) == ("service:ci", True)
    assert (data.policy, data.rules) == (bundle().digest, bundle().rules(PROD).digest)
    assert data.directory == directory().digest
    assert data.destination == "oci:prod/api"
    assert asked.envelope == Digest.of(content)


def test_a_person_asks_with_their_own_key() -> None:
    assert opened(by_person(asking("person:eve"), "eve")).request.requester == "person:eve"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (by_service(asking(), "record"), "no trusted key signed it"),
        (by_person(asking("person:eve"), "dan"), "expected a signature by person:eve, found person:dan"),
        (by_person(asking("person:fay"), "fay"), "no trusted key signed it"),
        (by_person(asking("person:eve"), "eve", "pratique-review"), "expected the namespace pratique-request"),
        (sent(asking()), "it has no signature"),
        (by_service(asking(issued_at=after(days=-2))), "expected within the last 24 hours"),
        (by_service(asking(issued_at=after(minutes=6))), "expected within the last 24 hours"),
    ],
)
def test_a_request_that_its_requester_did_not_sign_just_now_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(PratiqueError, match=message) as caught:
        opened(content)
    assert isinstance(caught.value, Unverified | Refused)


def test_an_unsigned_request_is_refused_where_the_requester_must_not_approve() -> None:
    with pytest.raises(Refused, match="expected a signed request, found an unsigned one"):
        accepted(envelope=None)


def test_an_unsigned_request_is_taken_where_nobody_could_approve_it_anyway() -> None:
    request = asking(from_=None, to=STAGING, source=parse_reference("oci:images/api"))
    assert not accepted(request, envelope=None).requested.signed


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        ({"application": "other"}, Absent, "has no application 'other'"),
        ({"image": "web"}, Absent, "has no image 'web'"),
        ({"to": Environment("moon")}, Absent, "has no environment 'moon'"),
        ({"from_": None}, Refused, "prod is entered from staging; expected one of these in from, found none"),
        ({"from_": Environment("dev")}, Refused, "prod is entered from staging, found from dev"),
        ({"source": parse_reference("oci:attic/api")}, Refused, "accepts api from oci:staging/api, oci:images/"),
        ({"source": parse_reference(f"oci:staging/api@{digest('other')}")}, Refused, "the source names"),
    ],
)
def test_what_the_policy_does_not_allow_is_refused(
    changes: dict[str, Any], kind: type[PratiqueError], message: str
) -> None:
    with pytest.raises(kind, match=message):
        accepted(asking(**changes))


def test_what_never_was_in_the_predecessor_is_promoted_there_first() -> None:
    with pytest.raises(Refused, match="this digest was never in staging; promote it there first"):
        accepted(known=Known((), (), ()))


def test_one_open_promotion_of_a_digest_to_a_place() -> None:
    same = promotion(image="image")
    with pytest.raises(Conflict, match=f"{same.id} already asks for this and is review; retry that one"):
        accepted(known=replace(KNOWN, at_place=(same,)))


def test_a_request_is_used_once() -> None:
    used = replace(promotion(image="image"), nonce="0" * 32, state=State.WITHDRAWN)
    with pytest.raises(Conflict, match="it was used before"):
        accepted(known=replace(KNOWN, of_image=(used,)))


def test_a_newer_request_takes_the_place_of_an_older_one_without_votes() -> None:
    older = promotion()
    ((found, event),) = accepted(known=replace(KNOWN, at_place=(older,))).superseded
    assert found == older
    assert event.by == NEW


def test_an_older_one_with_votes_gives_way_only_when_the_requester_says_so() -> None:
    voted = replace(fold_all(story(requested(), gathered(), judged(), reviewed("cleo"))), image=digest("older"))
    known = replace(KNOWN, at_place=(voted,))
    with pytest.raises(Conflict, match=f"people have voted on {PR}"):
        accepted(known=known)
    found = accepted(known=known, supersedes=PR)
    assert found.requested.supersedes == PR
    assert [one for one, _ in found.superseded] == [voted]


@pytest.mark.parametrize("state", [State.APPROVED, State.SEALING, State.ATTACHING, State.POINTING])
def test_what_is_approved_or_on_its_way_is_not_superseded(state: State) -> None:
    assert accepted(known=replace(KNOWN, at_place=(promotion(state=state),))).superseded == ()
