"""Every attack on a proof in one table: its name, the harm that is done, and the message with which it is refused.

Whoever carries a proof changes it on its way; a server lies, which holds every key but people's: the ledger's, the
seal's, the services', and in the worst case its witnesses' too. Each is refused as an auditor would refuse it, by the
whole verification, and for its own reason. Source: spec/approvals.md section 7.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.promotion.builders import NOW, STAGING, digest, identifier
from tests.proof.builders import (
    trust_root,
)
from tests.proof.harms import (
    Attempt,
    a_clearance,
    an_entry_twice,
    an_object_twice,
    approval_after_the_promotion,
    approved_by,
    asked,
    back_after_its_time,
    blocking_check_passed_by_people,
    carried,
    checkpoint_of_another_ledger,
    colluding_witnesses,
    decision_that_no_longer_held,
    decision_that_outlives_its_waiver,
    directory_by_one_root,
    directory_cut_off_after_the_approval,
    directory_of_its_own,
    drop_an_approval,
    edit_an_event,
    evidence_that_was_not_gathered,
    expired_review,
    fast_by_an_overdue_policy,
    fast_with_a_failing_check,
    first_arrival_at_once,
    flip_in_a_review,
    hidden_veto,
    hold_ignored,
    honest,
    inclusion_of_another_index,
    lapsed_review,
    ledger_dated_back,
    one_review,
    policy_cut_off,
    policy_nobody_published,
    policy_that_was_replaced,
    policy_wants_witnesses,
    policy_without_its_quorum,
    recorded,
    requester_approves,
    review_before_the_record,
    review_of_another_record,
    review_on_a_fork,
    revoked_reviewer,
    risk_above_the_limit,
    role_that_ended,
    seal_after_the_decision,
    seal_before_the_approval,
    seal_of_another_environment,
    seal_over,
    seal_says,
    smuggle_an_entry,
    smuggle_an_object,
    stolen_key,
    swap_the_policy,
    the_same_review_twice,
    too_few_witnesses,
    truncated_directory,
    veto_made_to_disappear,
    waived,
    waiver_beyond_its_expiry,
    waiver_without_its_control,
    waiver_without_owner,
    without_consistency,
)
from tests.proof.waived import terms as waiver_terms
from tests.proof.waived import waived_story

from pratique.attest.review import Decision
from pratique.errors import Malformed, Unverified
from pratique.policy.result import Outcome
from pratique.promotion.quorum import Need
from pratique.values.ids import Kind

ATTACKS: tuple[tuple[str, Callable[[], Attempt], str], ...] = (
    # Whoever carries a proof.
    ("a flipped bit in a signed review", flip_in_a_review, r"proof\.objects: the bytes named sha256:\w+ have the"),
    ("a destination edited in an event", edit_an_event, "inclusion of entry 6 in a tree of"),
    ("the inclusion proof of another index", inclusion_of_another_index, "inclusion of entry 4 in a tree of"),
    ("a swapped policy", swap_the_policy, r"expected the policy sha256:\w+ of entry 1, found none"),
    ("a dropped approval", drop_an_approval, "expected 2 people as release in version 1 of the directory, found 1$"),
    ("an object that nothing needs", smuggle_an_object, "does not belong here: no entry that counts names it"),
    ("an entry that nothing needs", smuggle_an_entry, r"entry 2 \(evidence\.added/1\) does not belong here"),
    ("a duplicate object", an_object_twice, "not strict JSON: duplicate key"),
    ("a duplicate entry", an_entry_twice, "expected each entry once, in the ledger's order"),
    ("a consistency proof missing", without_consistency, "one proof for each checkpoint relied on, .*see size 10"),
    ("a truncated directory", truncated_directory, "version 1 is the newest before it here; versions were left out"),
    ("a directory cut off after the approval", directory_cut_off_after_the_approval, "expected version 2 or later"),
    ("a policy cut off", policy_cut_off, "policy: expected version 2 or later, found 1"),
    ("an approval after the promotion", approval_after_the_promotion, r"review\.given/1\) does not belong here; noth"),
    ("a clearance for a proof", a_clearance, r"proof\.kind: expected promotion, found clearance"),
    ("replay for another environment", lambda: Attempt(honest(), expected={"environment": "staging"}),
     "proof, environment: expected staging, found prod"),
    ("replay for another digest", lambda: Attempt(honest(), expected={"image": digest("other")}),
     r"expected one about the image sha256:\w+, found one about"),
    ("replay for another destination", lambda: Attempt(honest(), expected={"resource_uri": "oci:evil/api"}),
     "proof, destination: expected oci:evil/api, found oci:prod/api"),
    ("another image in the head", lambda: carried(lambda document: document.update(image=str(digest("other")))),
     r"proof\.image: expected sha256"),
    ("another promotion in the head",
     lambda: carried(lambda document: document.update(promotion=identifier(Kind.PROMOTION, "other"))),
     "it has not been sealed; a promotion begins there"),
    ("a checkpoint of another origin", checkpoint_of_another_ledger, r"a signature of other\.example/ledger\+\w+ that"),
    ("witnesses below the demanded number", too_few_witnesses, "expected cosignatures enough for the quorum 'w2'"),
    ("fewer witnesses than the policy wants", policy_wants_witnesses, "the policy wants 1 witnesses, found 0"),
    ("another shop's verifier", lambda: Attempt(honest(), trust_root(verifier="https://other.example")),
     r"expected verifier\.id https://other\.example"),
    # A server that lies about people, documents and requests.
    ("a colluding server with its witnesses forges a person", colluding_witnesses,
     r"review by person:cleo at \d+: envelope: no trusted key signed it"),
    ("a directory of the server's own", directory_of_its_own, "^envelope: no trusted key signed it; signature 1"),
    ("a directory by one of two roots", directory_by_one_root, "expected signatures by 2 holders, found 1"),
    ("a policy without its quorum", policy_without_its_quorum, "policy at 1: root keys of directory 1: envelope: exp"),
    ("a policy that had been replaced", policy_that_was_replaced, "policy: version 2 was in force at the approval"),
    ("a policy that nobody published", policy_nobody_published, "to be published before it was judged by, found no"),
    ("a destination other than the signed one", lambda: asked(destination="oci:evil/api"),
     "destination in the signed policy: expected oci:prod/api, found oci:evil/api"),
    ("a requester swapped by the server",
     lambda: asked("person:ben", statement={"requester": "person:ben"}, requester="person:eve"),
     r"request by person:eve at 6: envelope: no trusted key signed it"),
    ("a request for another application", lambda: asked(statement={"application": "other"}),
     "request, application: expected shop, found other"),
    ("an unsigned request", lambda: asked(None), "request: prod excludes the requester from deciding"),
    ("an old request brought out again", lambda: asked(statement={"issued_at": NOW - timedelta(days=9)}),
     "expected one that was signed within the 24 hours before"),
    ("a revoked reviewer", revoked_reviewer, r"review by person:cleo at 9: the key \S+ of person:cleo is revoked from"),
    ("a reviewer whose key was stolen before", stolen_key, "from index 4 on, so what it signed at 10 does not"),
    ("a review for another environment", lambda: one_review("dan", to=STAGING), "at .*environment: expected prod"),
    ("a review for another application", lambda: one_review("dan", application="other"),
     r"review by person:dan at \d+, application: expected shop, found other"),
    ("a review for another destination", lambda: one_review("dan", resource_uri="oci:staging/api"),
     r"review by person:dan at \d+, destination: expected oci:prod/api"),
    ("a review of another image", lambda: one_review("dan", images=(digest("other"),)), r"at \d+, images: expected"),
    ("a review of other evidence", lambda: one_review("dan", evidence=digest("other")), r"at \d+, evidence: expected"),
    ("a review under other rules", lambda: one_review("dan", policy=digest("other")), r"at \d+, rules: expected"),
    ("a review re-used from another record", review_of_another_record, r"person:cleo at \d+, record: expected"),
    ("a review before the record", review_before_the_record, "expected a checkpoint that covers the record at 9"),
    ("a review replayed", the_same_review_twice, "expected a nonce of its own in each, found one twice"),
    ("a reviewer who was shown a fork", review_on_a_fork, r"consistency of a tree of \d+ with one of"),
    ("a signature made for something else", lambda: one_review("cleo", namespace="pratique-request"),
     "expected the namespace pratique-review, found 'pratique-request'"),
    ("a veto told as an approval",
     lambda: one_review("eve", decision=Decision.VETO, logged={"decision": Decision.APPROVE}),
     "decision: expected approve, found veto"),
    ("a review by the author", lambda: approved_by("cleo", "ann", "eve"), "person:ann wrote part of what is promoted"),
    ("a review by who asked", requester_approves, "person:dan does not count: person:dan asked for this promotion"),
    ("two roles by one person", lambda: approved_by("cleo", "dan"), "expected 1 people as security in version 1"),
    ("one person twice", lambda: approved_by("cleo", "cleo", "eve"), r"found 1(; |$)"),
    ("a suspended person", lambda: approved_by("cleo", "fay", "eve"), "person:fay is suspended"),
    ("a role that has ended", role_that_ended, "person:ben does not count: person:ben (held|owns)"),
    ("a review that had expired", expired_review, r"review by person:cleo at \d+: it had expired"),
    ("a review whose time was over at the approval", lapsed_review, "person:cleo does not count: the review was valid"),
    ("a ledger dated back", ledger_dated_back, "by the reviewer's clock, after the ledger says that it was recorded"),
    ("a veto that is not counted", hidden_veto, r"promotion\.approved: person:eve vetoed it"),
    ("a veto made to disappear", veto_made_to_disappear, r"review\.voided at 12: expected a record that another took"),
    # A server that lies about the judgement.
    ("another outcome than the checks give", lambda: recorded(lambda _: {"outcome": Outcome.PASS}),
     "record, outcome of its checks: expected review, found pass"),
    ("a first arrival on a fast track that takes none", first_arrival_at_once,
     "record, track fast: it is the first image of its name"),
    ("a fast track by a policy that nobody looked at again", fast_by_an_overdue_policy,
     "record, track fast: the policy was to be reviewed 30 days before 2020-01-31"),
    ("a way back after the time to come back", back_after_its_time, "expected an image that was here within 90 days"),
    ("a fast track with a failing check", fast_with_a_failing_check, "record, track fast: check medium is review, not"),
    ("a check left out", lambda: recorded(lambda decision: {"checks": decision.checks[:-1]}),
     "record, checks: expected sig, signature, prov"),
    ("a blocking check passed by people", blocking_check_passed_by_people, "check high is block, which blocks"),
    ("a risk above the fast track's limit", risk_above_the_limit, "record, track fast: risk at most 60, found 60.1"),
    ("evidence that was not gathered", evidence_that_was_not_gathered, "record, feeds: expected"),
    ("fewer people than the policy asks for",
     lambda: recorded(lambda _: {"approvals": (Need("release", 1), Need("security", 1))}),
     "the policy asks for 2 people as release, found 1"),
    ("a record of a role with other members",
     lambda: recorded(lambda _: {"approvals": (Need("release", 1, members=("person:cleo",)), Need("security", 1))}),
     "record, who counts as release: expected"),
    ("a decision that no longer held", decision_that_no_longer_held, "judged again first: the decision held until"),
    ("a hold ignored", hold_ignored, r"hold hd_\w+: placed by person:eve at 10, and in force at"),
    # Waivers.
    ("a waiver beyond its expiry", waiver_beyond_its_expiry, r"waiver wv_\w+: in force from .* and it was judged"),
    ("a decision that outlives its waiver", decision_that_outlives_its_waiver,
     "the decision to hold no longer than"),
    ("a grant that its granter did not sign", lambda: waived(key="cleo"), "people are missing who grant it: 1 as sec"),
    ("a waiver granted by who may not", lambda: waived(granter="cleo"), "missing who grant it: 1 as security"),
    ("a waiver for another image", lambda: waived(scope=replace(waiver_terms().scope, image=digest("other"))),
     "waiver, image: expected"),
    ("a waiver for longer than the policy allows", lambda: waived(expires=NOW + timedelta(days=60)),
     "expected at most 30 days, as the policy says"),
    ("a waiver of everything that a blocking check finds", lambda: waived(term="CVE-2026-*"),
     "it is about 'CVE-2026-\\*'"),
    ("a waiver without the owner that the policy wants", waiver_without_owner, "the policy requires owner, and it has"),
    ("a waiver whose control does not pass", waiver_without_its_control, "it relies on the check high, which does"),
    ("a waiver about something else", lambda: waived(term="CVE-2026-2@pkg:pypi/jinja2"), "it is about 'CVE-2026-2@"),
    # The seal.
    ("a seal by another environment's key", seal_of_another_environment, r"the key \S+ may not seal for prod at"),
    ("a seal before the approval", seal_before_the_approval, r"seal, checkpoint: expected one that covers the appr"),
    ("a seal of another approval", lambda: seal_over(approved_index=3), "seal, approved index: expected 16, found 3"),
    ("a seal of another record", lambda: seal_over(record=digest("other")), "seal, record: expected"),
    ("a seal for another application", lambda: seal_over(application="other"), "found one that says something else"),
    ("a seal for another destination", lambda: seal_says(resource_uri="oci:staging/api"),
     "expected resourceUri oci:prod/api"),
    ("a seal of another image", lambda: seal_says(subjects=()), "expected subject sha256"),
    ("a seal that hides what it rests on", lambda: seal_says(inputs=()), "seal, inputAttestations: expected"),
    ("a seal after the decision held no longer", seal_after_the_decision, r"promotion\.sealed: the decision no longer"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("harm", "message"), [attack[1:] for attack in ATTACKS], ids=[attack[0] for attack in ATTACKS]
)
def test_every_attack_is_refused_for_its_own_reason(harm: Callable[[], Attempt], message: str) -> None:
    attempt = harm()
    with pytest.raises((Unverified, Malformed)) as refused:
        attempt.verify()
    assert re.search(message, str(refused.value)), str(refused.value)
    assert "\n" not in str(refused.value)


def test_what_the_attacks_start_from_holds() -> None:
    assert Attempt(honest()).verify().sealed is not None
    story = waived_story()
    story.copy()
    story.seal()
    story.finish()
    assert Attempt(story.proof()).verify().sealed is not None


def test_there_are_many_and_no_two_have_one_name_or_one_message() -> None:
    assert len({name for name, _, _ in ATTACKS}) == len(ATTACKS) >= 25
    assert len({message for _, _, message in ATTACKS}) == len(ATTACKS)
