"""The harms that are done to a proof, by whoever carries it and by a server that lies; ``test_attacks`` tells which is
refused how.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from typing import Any

from tests.promotion import cases
from tests.promotion.builders import NOW, PROD, SERVICES, digest, role, service
from tests.proof.attacks import edited, insert, place_of
from tests.proof.builders import (
    GATE,
    REVIEWERS,
    Person,
    Story,
    approved_story,
    bundle,
    founded,
    judged_story,
    key_of,
    ledger_key,
    note_key,
    promoted_story,
    trust_root,
)
from tests.proof.test_review import looked_again
from tests.proof.waived import WAIVED_GATE, waiving_story

from pratique.attest.review import Decision
from pratique.attest.sshkey import parse_ssh_key
from pratique.attest.vsa import Vsa
from pratique.promotion.governance import HoldPlaced
from pratique.promotion.happenings import Feed, PromotionRetried, ReviewVoided, Track
from pratique.promotion.quorum import Need
from pratique.promotion.record_form import build_record
from pratique.promotion.steps import Checkpoint, PromotionCopied
from pratique.proof.clearance import assemble_promotion
from pratique.proof.established import Established
from pratique.proof.trust import TrustRoot
from pratique.proof.verify import verify_promotion
from pratique.tlog.checkpoint import Checkpoint as TreeHead
from pratique.tlog.key import KeyKind, NoteVerifier, sign_text
from pratique.tlog.note import render_note
from pratique.tlog.proofs import root_at
from pratique.values.digest import Digest
from pratique.values.ids import Kind, build_id
from pratique.values.names import Actor


@dataclass(frozen=True)
class Attempt:
    """What an auditor is handed, and what they expect of it."""

    content: bytes
    trust: TrustRoot = field(default_factory=trust_root)
    expected: dict[str, Any] = field(default_factory=dict)

    def verify(self) -> Established:
        return verify_promotion(self.content, self.trust, **self.expected)


@cache
def honest() -> bytes:
    """The proof that carriers spoil."""
    return promoted_story().proof()


@cache
def some_seal() -> Vsa:
    """A summary of an honest promotion: what a lying server seals with, which never gets so far as to be read."""
    return approved_story().summary()


def told(story: Story, trust: TrustRoot | None = None) -> Attempt:
    """Return the attempt of a server that told this story up to its approval, and seals it whatever it is."""
    story.copy()
    story.seal(some_seal())
    story.finish()
    return Attempt(story.proof(), trust or trust_root())


def carried(change: Callable[[dict[str, Any]], object], content: bytes | None = None) -> Attempt:
    return Attempt(edited(content or honest(), change))


def reviewed(story: Story, *names: str) -> Story:
    for name in names:
        story.review(name)
    story.approve()
    return story


def decided(story: Story, *names: str) -> Story:
    story.ask()
    story.gather()
    story.judge()
    return reviewed(story, *(names or REVIEWERS))


def one_review(name: str, **changes: Any) -> Attempt:
    """Return the attempt in which this person's review has the changes."""
    story = judged_story()
    for reviewer in REVIEWERS:
        story.review(reviewer, **(changes if reviewer == name else {}))
    story.approve()
    return told(story)


def recorded(
    change: Callable[[Any], dict[str, Any]],
    packages: tuple[tuple[str, str], ...] = cases.MEDIUM,
    gate: str = GATE,
) -> Attempt:
    """Return the attempt in which the server writes a record of its own, and people believe it."""
    story = founded(gate=gate, packages=packages)
    story.ask()
    story.gather()
    decision = story.decide().decision
    changed = replace(decision, **change(decision))
    story.judge(build_record(changed))
    if changed.track.name is not Track.FAST:
        for name in REVIEWERS:
            story.review(name)
    story.approve()
    return told(story)


def key_id(person: Person) -> str:
    return parse_ssh_key(person.public).key_id


def drop_publication(content: bytes, kind: str, which: int, item: int) -> bytes:
    """Return a proof without one publication and the object of it that no other entry names."""
    place = place_of(content, kind, which)

    def drop(document: dict[str, Any]) -> None:
        event = json.loads(base64.b64decode(document["entries"].pop(place)["event"]))
        document["objects"].pop(event["objects"][item]["sha256"])

    return edited(content, drop)


# Whoever carries a proof.


def flip_in_a_review() -> Attempt:
    story = promoted_story()

    def flip(document: dict[str, Any]) -> None:
        body = bytearray(base64.b64decode(document["objects"][story.reviews[0].hex]))
        body[100] ^= 1
        document["objects"][story.reviews[0].hex] = base64.b64encode(body).decode()

    return carried(flip, story.proof())


def edit_an_event() -> Attempt:
    def redirect(document: dict[str, Any]) -> None:
        body = base64.b64decode(document["entries"][5]["event"]).replace(b"oci:prod/api", b"oci:evil/api")
        document["entries"][5]["event"] = base64.b64encode(body).decode()

    return carried(redirect)


def inclusion_of_another_index() -> Attempt:
    def swap(document: dict[str, Any]) -> None:
        one, other = document["entries"][3:5]
        one["inclusion"], other["inclusion"] = other["inclusion"], one["inclusion"]

    return carried(swap)


def swap_the_policy() -> Attempt:
    honest_one = bundle()
    looser = bundle(GATE.replace("max: 0, outcome: review", "max: 99, outcome: review")).resolved

    def swap(document: dict[str, Any]) -> None:
        document["objects"].pop(honest_one.digest.hex)
        document["objects"][Digest.of(looser).hex] = base64.b64encode(looser).decode()

    return carried(swap)


def drop_an_approval() -> Attempt:
    place = place_of(honest(), "review.given/1")

    def drop(document: dict[str, Any]) -> None:
        event = json.loads(base64.b64decode(document["entries"].pop(place)["event"]))
        document["objects"].pop(event["objects"][0]["sha256"])
        document["consistency"].pop(0)

    return carried(drop)


def smuggle_an_object() -> Attempt:
    body = b"smuggled"
    return carried(
        lambda document: document["objects"].update({Digest.of(body).hex: base64.b64encode(body).decode()})
    )


def smuggle_an_entry() -> Attempt:
    story = promoted_story()
    noise = next(index for index, event in enumerate(story.book.events) if event.type == "evidence.added/1")
    return Attempt(edited(story.proof(), lambda document: insert(document, story, noise)))


def an_object_twice() -> Attempt:
    document = json.loads(honest())
    name, body = next(iter(document["objects"].items()))
    once = json.dumps({name: body}, separators=(",", ":"))[1:-1].encode()
    return Attempt(honest().replace(once, once + b"," + once, 1))


def an_entry_twice() -> Attempt:
    return carried(lambda document: document["entries"].insert(0, document["entries"][0]))


def without_consistency() -> Attempt:
    return carried(lambda document: document["consistency"].pop(0))


def truncated_directory() -> Attempt:
    story = founded()
    story.publish_directory()
    decided(story)
    story.copy()
    story.seal()
    story.finish()
    return Attempt(drop_publication(story.proof(), "directory.published/1", 1, 0))


def directory_cut_off_after_the_approval() -> Attempt:
    """Take away the version that revokes a key, which came later: who saw it misses it."""
    story = promoted_story()
    story.publish_directory(revoked=[{"key": key_id(key_of("cleo")), "reason": "stolen", "from_index": 4}])
    return Attempt(drop_publication(story.proof(), "directory.published/1", 1, 0), trust_root(min_version=2))


def policy_cut_off() -> Attempt:
    story = promoted_story()
    story.publish_policy()
    return Attempt(drop_publication(story.proof(), "policy.published/1", 1, 1), trust_root(policy=2))


def approval_after_the_promotion() -> Attempt:
    story = judged_story()
    for name in REVIEWERS[:2]:
        story.review(name)
    story.approve()
    story.copy()
    story.seal(some_seal())
    story.finish()
    late = story.book.branch()
    story.review("eve")
    content = assemble_promotion(
        story.id, story.book.checkpoint(), replace(story.book.sources, entries=late.entries)
    )
    last = len(story.book.events) - 1
    return Attempt(edited(content, lambda document: insert(document, story, last)))


def a_clearance() -> Attempt:
    return Attempt(promoted_story().clearance())


def checkpoint_of_another_ledger() -> Attempt:
    """The server's own key signs, under the name of another ledger."""
    story, other = promoted_story(), "other.example/ledger"
    key = NoteVerifier(
        other, KeyKind.LOG, ledger_key(note_key("ledger.example/shop").name).public_key().public_bytes_raw()
    )
    size = len(story.book.events)
    text = TreeHead(other, size, root_at(size, story.book.node)).render()
    note = render_note(text, [sign_text(text, key, ledger_key("ledger.example/shop").sign)])
    return Attempt(edited(story.proof(), lambda document: document.update(checkpoint=note.decode())))


# A server that lies about people.


def colluding_witnesses() -> Attempt:
    """Server and witnesses sign whatever it takes; nobody forges Cleo."""
    story = judged_story()
    story.book.witnesses = ("w1", "w2")
    story.review("cleo", key="dan")
    reviewed(story, *REVIEWERS[1:])
    story.copy()
    story.seal(some_seal())
    story.finish()
    return Attempt(story.proof(), trust_root("w1", "w2", quorum="w2"))


def directory_of_its_own() -> Attempt:
    story = Story()
    story.publish_directory("ann", "dan")
    story.publish_policy()
    return told(decided(story))


def directory_by_one_root() -> Attempt:
    story = Story()
    story.publish_directory()
    story.publish_directory("ann-root", roles=[role("release", "person:ann"), role("security", "person:ann")])
    story.publish_policy()
    return told(decided(story))


def policy_without_its_quorum() -> Attempt:
    story = Story()
    story.publish_directory()
    story.publish_policy(None, "ann-root")
    return told(decided(story))


def policy_that_was_replaced() -> Attempt:
    story = founded()
    story.publish_policy(story.gate.replace("role: release, count: 2", "role: release, count: 9"))
    return told(decided(story))


def policy_nobody_published() -> Attempt:
    story = founded()
    story.gate = story.gate.replace("role: release, count: 2", "role: release, count: 1")
    return told(decided(story))


def asked(by: str | None = "service:ci", **changes: Any) -> Attempt:
    """Return the attempt in which the server logs the request like this."""
    story = founded()
    story.ask(by, **changes)
    story.gather()
    story.judge()
    return told(reviewed(story, *REVIEWERS))


def revoked_reviewer() -> Attempt:
    story = Story()
    story.publish_directory()
    story.publish_policy()
    story.publish_directory(revoked=[{"key": key_id(key_of("cleo")), "reason": "lost", "from_index": None}])
    return told(decided(story))


def stolen_key() -> Attempt:
    story = promoted_story()
    story.publish_directory(revoked=[{"key": key_id(key_of("cleo")), "reason": "stolen", "from_index": 4}])
    return Attempt(story.proof())


def hidden_veto() -> Attempt:
    story = judged_story()
    story.review("eve", Decision.VETO, counted=False, logged={"counts": False, "because": "the server says so"})
    return told(reviewed(story, "cleo", "dan"))


def the_same_review_twice() -> Attempt:
    story = judged_story()
    story.review("cleo", nonce="e" * 32)
    story.review("cleo", nonce="e" * 32, counted=False)
    return told(reviewed(story, *REVIEWERS[1:]))


def review_of_another_record() -> Attempt:
    """A signature over another record is logged as one over this."""
    story = judged_story()
    assert story.record is not None
    story.review("cleo", record=digest("other"), logged={"record": story.record.digest})
    return told(reviewed(story, *REVIEWERS[1:]))


def review_before_the_record() -> Attempt:
    story = judged_story()
    return told_with_review(story, checkpoint=story.book.seen(3))


def review_on_a_fork() -> Attempt:
    story = judged_story()
    return sealed(told_review(story, checkpoint=replace(story.book.seen(), root=digest("fork"))))


def told_review(story: Story, **changes: Any) -> Story:
    story.review("cleo", **changes)
    return reviewed(story, *REVIEWERS[1:])


def told_with_review(story: Story, **changes: Any) -> Attempt:
    return told(told_review(story, **changes))


def sealed(story: Story) -> Attempt:
    """Return the attempt of a signer that seals this approval without looking."""
    seal = some_seal().seal
    assert seal is not None
    assert story.record is not None
    story.copy()
    checkpoint = story.book.checkpoint().decode()
    approval = next(index for index, event in enumerate(story.book.events) if event.type == "promotion.approved/1")
    inputs = (story.request, *story.reviews, *(one.digest for one in story.record.decision.inputs.evidence.pieces))
    vsa = replace(
        some_seal(),
        verified_at=story.book.now,
        inputs=tuple(sorted({one for one in inputs if one is not None})),
        seal=replace(seal, checkpoint=checkpoint, approved_index=approval, record=story.record.digest),
    )
    story.seal(vsa)
    story.finish()
    return Attempt(story.proof())


def expired_review() -> Attempt:
    return one_review("cleo", issued_at=NOW - timedelta(days=2), expires_at=NOW - timedelta(days=1))


def lapsed_review() -> Attempt:
    story = judged_story()
    return told_with_review(story, expires_at=story.book.now + timedelta(seconds=2))


def ledger_dated_back() -> Attempt:
    late = NOW + timedelta(hours=1)
    return one_review("cleo", issued_at=late, expires_at=late + timedelta(days=1))


def approved_by(*names: str) -> Attempt:
    return told(approved_story(*names))


def requester_approves() -> Attempt:
    story = founded()
    story.ask("person:dan")
    story.gather()
    story.judge()
    return told(reviewed(story, *REVIEWERS))


def role_that_ended() -> Attempt:
    story = founded()
    story.ask("person:ann")
    story.gather()
    story.judge()
    return told(reviewed(story, "cleo", "ben", "eve"))


# A server that lies about the judgement.


def fast_with_a_failing_check() -> Attempt:
    return recorded(lambda decision: {"track": replace(decision.track, name=Track.FAST), "approvals": ()})


def blocking_check_passed_by_people() -> Attempt:
    needs = (Need("release", 2), Need("security", 1))
    return recorded(
        lambda decision: {"track": replace(decision.track, name=Track.SLOW), "approvals": needs}, cases.HIGH
    )


def first_arrival_at_once() -> Attempt:
    def nothing_here(decision: Any) -> dict[str, Any]:
        history = replace(decision.inputs.history, current=None, current_facts=None)
        fast = replace(decision.track, name=Track.FAST)
        return {
            "inputs": replace(decision.inputs, history=history),
            "track": fast,
            "approvals": (),
            "review_until": None,
        }

    return recorded(nothing_here, cases.CLEAN, GATE.replace("first_arrival: fast", "first_arrival: slow"))


def fast_by_an_overdue_policy() -> Attempt:
    def at_once(decision: Any) -> dict[str, Any]:
        fast = replace(decision.track, name=Track.FAST)
        return {"track": fast, "approvals": (), "review_until": None}

    return recorded(at_once, cases.CLEAN, GATE.replace("review_by: 2027-05-01", "review_by: 2020-01-01"))


def back_after_its_time() -> Attempt:
    """What left long ago is said to go back, past every check, with whoever is on call."""
    story = founded(gate=GATE.replace("      slow:", f"      {ROLLBACK}\n      slow:"), packages=cases.HIGH)
    story.came(PROD)
    story.came(PROD, "current")
    story.book.now += timedelta(days=91)
    story.ask(statement={"issued_at": story.book.now})
    story.gather()
    decision = story.decide().decision
    changed: dict[str, Any] = {
        "track": replace(decision.track, name=Track.ROLLBACK),
        "approvals": (Need("release", 1),),
        "separation": replace(decision.separation, rules=(), excluded=()),
        "review_until": story.book.now + timedelta(days=1),
        "holds_until": None,
    }
    story.judge(build_record(replace(decision, **changed)))
    story.review("cleo")
    story.approve()
    return told(story)


ROLLBACK = "rollback: {approvals: [{role: release, count: 1}]}"


def waiver_without_owner() -> Attempt:
    return waived(gate=WAIVED_GATE.replace("require: []", "require: [justification, owner]"))


def waiver_without_its_control() -> Attempt:
    return waived(controls=("prov", "high"))


def risk_above_the_limit() -> Attempt:
    return recorded(lambda decision: {"risk": replace(decision.risk, score="60.1")}, cases.CLEAN)


def evidence_that_was_not_gathered() -> Attempt:
    def other(decision: Any) -> dict[str, Any]:
        feeds = (Feed("other", digest("other")),)
        return {"inputs": replace(decision.inputs, feeds=feeds)}

    return recorded(other)


def decision_that_no_longer_held() -> Attempt:
    """Something came about that had to be looked at first: a waiver's end, a freeze, evidence grown old."""
    story = judged_story()
    assert story.record is not None
    for name in REVIEWERS:
        story.review(name, expires_at=NOW + timedelta(days=90))
    story.book.now = story.record.decision.holds_until or NOW
    story.approve()
    return told(story)


def hold_ignored() -> Attempt:
    """Eve stopped everything of the shop, and the server went on."""
    story = judged_story()
    hold = build_id(Kind.HOLD, NOW, bytes(10))
    placed = HoldPlaced(hold, Actor("person:eve"), None, "shop", PROD, "b" * 32, digest("words"))
    story.book.append(placed, application="shop", environment=PROD)
    return told(reviewed(story, *REVIEWERS))


def veto_made_to_disappear() -> Attempt:
    """A veto is voided with a record that stays in force; a second look makes room for it."""
    story = judged_story()
    story.review("eve", Decision.VETO, counted=False)
    story.append(PromotionRetried(2))
    assert story.record is not None
    story.append(ReviewVoided(story.record.digest, "the record was replaced"))
    looked_again(story)
    for name in REVIEWERS:
        story.review(name, logged={"generation": 2})
    story.approve(2)
    story.append(PromotionCopied(2, "oci:prod/api", 1, 2, 3), story.book.keep("closure", b"[]"))
    story.seal(some_seal(), generation=2)
    return Attempt(story.proof())


# Waivers.


def waived(
    change: Callable[[Any], dict[str, Any]] | None = None, gate: str = WAIVED_GATE, **terms: Any
) -> Attempt:
    """Return the attempt in which a waiver of these terms is said to have held, as an honest one would."""
    good = waiving_story()
    decision = good.decide().decision
    story = waiving_story(gate=gate, **terms)
    assert story.inputs is not None
    heard = tuple(replace(one, expires=terms.get("expires", one.expires)) for one in decision.waivers)
    lasting = terms.get("expires", decision.holds_until)
    told_so = replace(decision, inputs=story.inputs, waivers=heard, holds_until=lasting)
    record = build_record(replace(told_so, **(change(told_so) if change else {})))
    story.judge(record)
    story.approve()
    return told(story)


def waiver_beyond_its_expiry() -> Attempt:
    return waived(expires=NOW - timedelta(hours=1))


def decision_that_outlives_its_waiver() -> Attempt:
    return waived(lambda decision: {"holds_until": NOW + timedelta(days=300)})


# The seal.


def seal_of_another_environment() -> Attempt:
    services = {
        **SERVICES,
        "service:seal-staging": {
            "keys": [{"kind": "ecdsa-p256", "key": service("seal-staging").pem}],
            "uses": ["seal:staging"],
        },
    }
    story = Story()
    story.publish_directory(services=services)
    story.publish_policy()
    decided(story)
    story.copy()
    story.seal(key="seal-staging")
    story.finish()
    return Attempt(story.proof())


def seal_before_the_approval() -> Attempt:
    story = approved_story()
    story.copy()
    old = story.book.seen(10)
    story.seal(
        story.summary(checkpoint=story.book.checkpoint(10).decode()), checkpoint=Checkpoint(old.size, old.root)
    )
    story.finish()
    return Attempt(story.proof())


def seal_says(**changes: Any) -> Attempt:
    story = approved_story()
    story.copy()
    story.seal(replace(story.summary(), **changes))
    story.finish()
    return Attempt(story.proof())


def seal_over(**changes: Any) -> Attempt:
    story = approved_story()
    story.copy()
    story.seal(story.summary(**changes))
    story.finish()
    return Attempt(story.proof())


def too_few_witnesses() -> Attempt:
    story = promoted_story()
    story.book.witnesses = ("w1",)
    return Attempt(story.proof(), trust_root("w1", "w2", quorum="w2"))


def seal_after_the_decision() -> Attempt:
    story = approved_story()
    story.copy()
    vsa = story.summary()
    story.book.now += timedelta(days=40)
    story.seal(vsa)
    story.finish()
    return Attempt(story.proof())


def policy_wants_witnesses() -> Attempt:
    story = founded(gate=cases.GATE.replace("  prod:\n", "  prod:\n    require_witnesses: 1\n"))
    story.ask()
    story.gather()
    story.judge()
    return told(reviewed(story, *REVIEWERS))
