"""A proof shows every hold over its promotion, and who lifted it; a server that passes one over is refused."""

from tests.promotion.builders import NOW, PROD, digest, identifier
from tests.proof.attacks import refused, refused_promotion
from tests.proof.builders import Story, approved_story, signed, trust_root

from pratique.attest.dsse import IN_TOTO
from pratique.attest.hold import HOLD_FORM, Act, Hold, Scope
from pratique.attest.sshsig import Namespace
from pratique.attest.word import Word
from pratique.promotion.governance import HoldLifted, HoldPlaced
from pratique.proof.verify import verify_clearance, verify_promotion
from pratique.values.ids import Kind
from pratique.values.names import Actor, Environment

HOLD = identifier(Kind.HOLD)
SCOPE = Scope(None, "shop", PROD)


def place(story: Story, environment: Environment = PROD) -> None:
    placed = HoldPlaced(HOLD, Actor("person:eve"), None, "shop", environment, "ab" * 16, digest("words"))
    story.book.append(placed, application="shop", environment=environment)


def lift(story: Story, name: str, *, scope: Scope = SCOPE, key: str | None = None) -> None:
    """Log that this person lifted it, by a statement over ``scope`` that the owner of ``key`` signed."""
    by, nonce = Actor(f"person:{name}"), name.encode().hex().ljust(32, "0")
    word = Word(by, digest("words"), story.directory.digest, NOW, nonce)
    payload = HOLD_FORM.build(Hold(HOLD, Act.LIFT, scope, word))
    item = story.book.keep("hold", signed(payload, Namespace.REVIEW, IN_TOTO, key or name))
    story.book.append(HoldLifted(HOLD, by, nonce, digest("words")), item, application="shop", environment=PROD)


def test_what_was_approved_before_and_held_since_is_not_sealed() -> None:
    story = approved_story()
    place(story)
    refused(story, f"hold {HOLD}: placed by person:eve at .*, and in force at")


def test_a_seal_made_while_a_hold_stood_is_refused() -> None:
    story = approved_story()
    summary = story.summary()  # as the signer would have sealed it before the hold
    place(story)
    story.copy()
    story.seal(summary)
    story.finish()
    refused_promotion(story, f"hold {HOLD}")


def test_a_hold_in_another_environment_or_after_the_seal_takes_nothing_back() -> None:
    story = approved_story()
    place(story, Environment("staging"))
    assert verify_clearance(story.clearance(), trust_root())
    story.copy()
    story.seal()
    place(story)
    story.finish()
    assert verify_promotion(story.proof(), trust_root()).sealed


def test_one_person_lifts_no_hold() -> None:
    story = approved_story()
    place(story)
    lift(story, "eve")
    lift(story, "eve")
    refused(story, "2 people had to lift it first")


def test_whoever_has_no_role_for_it_lifts_no_hold() -> None:
    story = approved_story()
    place(story)
    lift(story, "eve")
    lift(story, "cleo")
    refused(story, "lifted by person:cleo .*: expected a role for all that it stops")


def test_a_lift_with_another_person_s_key_is_refused() -> None:
    story = approved_story()
    place(story)
    lift(story, "eve", key="cleo")
    refused(story, "lifted by person:eve at .*: envelope: no trusted key signed it")


def test_a_lift_of_another_scope_lifts_nothing_of_this_one() -> None:
    story = approved_story()
    place(story)
    lift(story, "eve", scope=Scope(None, "shop", Environment("staging")))
    refused(story, "lifted by person:eve at .*, scope")
