"""A signed decision counts for the very judgement it names, by the very person who signed it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.promotion.builders import (
    INSTALLATION,
    NOW,
    PR,
    after,
    digest,
    directory,
    event,
    gathered,
    identifier,
    judged,
    requested,
    signer,
    story,
)
from tests.promotion.cases import MEDIUM, case, evidence, provenance, sbom, source

from pratique.attest.dsse import IN_TOTO, build_envelope
from pratique.attest.review import REVIEW_FORM, Decision, Review, Seen
from pratique.errors import Conflict, PratiqueError, Refused, Unverified
from pratique.promotion.catalogue import Happening
from pratique.promotion.directory import Directory
from pratique.promotion.events import Entry
from pratique.promotion.guards import InForce
from pratique.promotion.happenings import PromotionApproved, PromotionRetried, ReviewGiven
from pratique.promotion.history import fold, fold_all
from pratique.promotion.judge import judge
from pratique.promotion.record import Record
from pratique.promotion.record import judged as announced
from pratique.promotion.review import Ledger, consider_review, open_review
from pratique.promotion.review_statement import Choice, state_review
from pratique.promotion.states import Promotion, State
from pratique.promotion.steps import PromotionVetoed
from pratique.values.digest import Digest
from pratique.values.ids import Kind
from pratique.values.names import Actor

RECORD = judge(case(evidence(MEDIUM)))
OURS = Ledger(INSTALLATION, digest("tree"))
SEEN = Seen(INSTALLATION, 13, digest("tree"))
WORDS = digest("words")


def under_review(record: Record = RECORD) -> Promotion:
    return fold_all(story(requested(), gathered(), announced(record)))


def in_force(record: Record = RECORD, **changes: Any) -> InForce:
    used = record.decision.inputs
    return replace(InForce(NOW, used.policy.rules, used.directory.digest, None), **changes)


def statement(name: str, decision: Decision = Decision.APPROVE, record: Record = RECORD, **changes: Any) -> Review:
    comment = WORDS if decision is Decision.VETO else None
    nonce = digest((name, decision)).hex[:32]
    choice = Choice(decision, Actor(f"person:{name}"), "fit-for-purpose", comment, timedelta(days=1), nonce)
    return replace(state_review(under_review(record), record, choice, SEEN, now=NOW), **changes)


def signed(review: Review, by: str | None = None, namespace: str = "pratique-review") -> bytes:
    payload = REVIEW_FORM.build(review)
    name = by or review.reviewer.removeprefix("person:")
    return build_envelope(payload, IN_TOTO, (signer(name).signature(payload, namespace),))


def give(
    promotion: Promotion,
    content: bytes,
    *,
    record: Record = RECORD,
    people: Directory | None = None,
    ledger: Ledger = OURS,
    found: InForce | None = None,
) -> tuple[Happening, ...]:
    people = people or directory()
    return consider_review(
        open_review(content, people, index=20),
        promotion,
        record,
        people,
        ledger=ledger,
        in_force=found or in_force(record),
        index=20,
        identifier=identifier(Kind.REVIEW, Digest.of(content)),
    )


def logged(promotion: Promotion, happenings: tuple[Happening, ...]) -> Promotion:
    for index, data in enumerate(happenings, 20 + len(promotion.reviews)):
        promotion = fold(promotion, Entry(index, event(data)))
    return promotion


def test_two_people_in_two_roles_approve_and_the_approval_names_what_was_in_force() -> None:
    first = give(under_review(), signed(statement("cleo")))
    assert [type(one) for one in first] == [ReviewGiven]
    promotion = logged(under_review(), first)
    second = give(promotion, signed(statement("eve")))
    given, approval = second
    assert isinstance(given, ReviewGiven)
    assert isinstance(approval, PromotionApproved)
    assert approval.record == RECORD.digest
    assert approval.rules == RECORD.decision.inputs.policy.rules
    assert logged(promotion, second).state is State.APPROVED


def test_a_veto_ends_it() -> None:
    given, vetoed = give(under_review(), signed(statement("eve", Decision.VETO)))
    assert isinstance(given, ReviewGiven)
    assert given.counts
    assert vetoed == PromotionVetoed(Actor("person:eve"), "person:eve is against it")


def test_the_requesters_own_vote_is_recorded_does_not_count_and_blocks_nobody() -> None:
    (given,) = give(under_review(), signed(statement("ben", Decision.VETO)))
    assert isinstance(given, ReviewGiven)
    assert (given.counts, given.because) == (False, "person:ben owns service:ci, which asked for this promotion")
    promotion = logged(under_review(), (given,))
    promotion = logged(promotion, give(promotion, signed(statement("cleo"))))
    assert logged(promotion, give(promotion, signed(statement("eve")))).state is State.APPROVED


def test_an_authors_vote_does_not_count() -> None:
    (given,) = give(under_review(), signed(statement("ann")))
    assert isinstance(given, ReviewGiven)
    assert "wrote part of what is promoted" in (given.because or "")


def test_an_extra_reviewer_must_come_from_outside_the_owning_team() -> None:
    record = judge(case((sbom(*MEDIUM), provenance(), source("github:99"))))
    promotion = under_review(record)
    for name in ("cleo", "eve"):
        promotion = logged(promotion, give(promotion, signed(statement(name, record=record)), record=record))
    assert promotion.state is State.REVIEW
    promotion = logged(promotion, give(promotion, signed(statement("dan", record=record)), record=record))
    assert promotion.state is State.APPROVED


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (signed(statement("cleo"), by="eve"), "expected a signature by person:cleo, found person:eve"),
        (signed(statement("cleo"), by="stranger"), "no trusted key signed it"),
        (signed(statement("fay")), "no trusted key signed it"),
        (signed(statement("cleo"), namespace="pratique-request"), "expected the namespace pratique-review"),
    ],
)
def test_a_signature_that_is_not_the_reviewers_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(Unverified, match=message):
        give(under_review(), content)


def test_a_revoked_key_signs_nothing_from_its_index_on() -> None:
    revoked = [{"key": signer("cleo").key.key_id, "reason": "stolen", "from_index": 20}]
    with pytest.raises(Unverified):
        open_review(signed(statement("cleo")), directory(revoked=revoked), index=20)
    assert open_review(signed(statement("cleo")), directory(revoked=revoked), index=19)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"promotion": identifier(Kind.PROMOTION, "other")}, "another promotion"),
        ({"images": (digest("other"),)}, "another images"),
        ({"application": "other"}, "another application"),
        ({"from_": None}, "another from"),
        ({"to": "staging"}, "another to"),
        ({"resource_uri": "oci:elsewhere/api"}, "another resourceUri"),
        ({"directory": digest("other")}, "another directory"),
        ({"policy": digest("other")}, "another policy"),
        ({"record": digest("other")}, "another record"),
        ({"evidence": digest("other")}, "another evidence"),
        ({"checkpoint": replace(SEEN, origin="other")}, "expected a checkpoint of ledger.example/shop"),
        ({"checkpoint": replace(SEEN, root=digest("fork"))}, "saw another ledger"),
        ({"checkpoint": replace(SEEN, size=12)}, "covers 12 entries, and the record came at 12"),
        ({"issued_at": after(minutes=6), "expires_at": after(days=1)}, "sign a new one"),
        ({"issued_at": after(days=-2), "expires_at": NOW}, "sign a new one"),
        ({"decision": Decision.VETO}, "a veto needs words"),
    ],
)
def test_a_review_of_anything_else_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(Refused, match=message):
        give(under_review(), signed(replace(statement("cleo"), **changes)))


def test_the_same_review_counts_once_even_in_another_spelling() -> None:
    content = signed(statement("cleo"))
    promotion = logged(under_review(), give(under_review(), content))
    with pytest.raises(Conflict, match="it is recorded already"):
        give(promotion, content.replace(b'{"payload"', b'{ "payload"'))


def test_a_ledger_that_does_not_reach_so_far_is_another_ledger() -> None:
    with pytest.raises(Refused, match="saw another ledger"):
        give(under_review(), signed(statement("cleo")), ledger=Ledger(INSTALLATION, None))


@pytest.mark.parametrize(
    ("promotion", "message"),
    [
        (fold_all(story(requested())), "is gathering and has no decision record yet"),
        (fold(under_review(), Entry(13, event(PromotionRetried(2)))), "is gathering; expected review"),
        (fold_all(story(requested(), gathered(), judged())), "expected the record"),
    ],
)
def test_what_cannot_be_reviewed_now_is_refused(promotion: Promotion, message: str) -> None:
    with pytest.raises(PratiqueError, match=message):
        give(promotion, signed(statement("cleo")))


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (in_force(rules=digest("new")), r"judged again first \(.*\): the rules"),
        (in_force(directory=digest("new")), r"judged again first \(.*\): the directory"),
        (in_force(current=digest("new")), r"judged again first \(.*\): the environment now holds"),
        (in_force(now=after(days=40)), r"judged again first \(.*\): the decision held until"),
    ],
)
def test_nobody_decides_on_a_judgement_that_no_longer_holds(found: InForce, message: str) -> None:
    with pytest.raises(Refused, match=message):
        give(under_review(), signed(statement("cleo")), found=found)


def test_a_review_after_the_window_is_too_late() -> None:
    late = statement("cleo", issued_at=after(days=3), expires_at=after(days=4))
    with pytest.raises(Refused, match="people could decide until"):
        give(under_review(), signed(late), found=in_force(now=after(days=3)))


def test_the_statement_names_everything_that_is_decided_about() -> None:
    review = statement("cleo")
    assert review.promotion == PR
    assert review.images == (digest("image"),)
    assert review.record == RECORD.digest
    assert review.evidence == RECORD.decision.inputs.evidence.root
