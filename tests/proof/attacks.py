"""How an attack is told: what is changed, and the message with which it is refused.

Source of the attacks: the threat model of the approvals, section 7: a server that holds every key but people's, and
whoever carries a proof.
"""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.proof.builders import Story, trust_root

from pratique.errors import Unverified
from pratique.promotion.events import build_event
from pratique.proof.trust import TrustRoot
from pratique.proof.verify import verify_clearance, verify_promotion
from pratique.tlog.proofs import prove_inclusion
from pratique.values.canonical import canonical

Change = Callable[[dict[str, Any]], object]


def refused(story: Story, message: str, trust: TrustRoot | None = None) -> None:
    """Hold that the story's clearance is refused with this message."""
    with pytest.raises(Unverified, match=message):
        verify_clearance(story.clearance(), trust or trust_root())


def refused_forgery(story: Story, message: str) -> None:
    """Hold that events which cannot follow one another are refused, also by who did not ask our assembler."""
    with pytest.raises(Unverified, match=message):
        verify_clearance(story.forged(), trust_root())


def refused_promotion(story: Story, message: str, trust: TrustRoot | None = None) -> None:
    with pytest.raises(Unverified, match=message):
        verify_promotion(story.proof(), trust or trust_root())


def refused_edit(content: bytes, change: Change, message: str, error: type[Exception] = Unverified) -> None:
    """Hold that a clearance that was changed on its way is refused."""
    with pytest.raises(error, match=message):
        verify_clearance(edited(content, change), trust_root())


def edited(content: bytes, change: Change) -> bytes:
    document = json.loads(content)
    change(document)
    return canonical(document)


def reviewed(story: Story, *names: str, **changes: Any) -> Story:
    """Return the story with these people's reviews and the approval that they would give."""
    for name in names:
        story.review(name, **changes)
    story.approve()
    return story


def decided(story: Story, *names: str) -> Story:
    """Return the story told from the request to the approval by these people."""
    story.ask()
    story.gather()
    story.judge()
    return reviewed(story, *names)


def events_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the events in a proof."""
    return [json.loads(base64.b64decode(entry["event"])) for entry in document["entries"]]


def place_of(content: bytes, event_type: str, which: int = 0) -> int:
    """Return where in the proof's entries the event of this type stands."""
    events = events_of(json.loads(content))
    return [place for place, event in enumerate(events) if event["type"] == event_type][which]


def insert(document: dict[str, Any], story: Story, index: int) -> None:
    """Put any entry of the ledger into a proof, with its inclusion."""
    path = prove_inclusion(index, len(story.book.events), story.book.node)
    entry = {
        "index": index,
        "event": base64.b64encode(build_event(story.book.events[index])).decode(),
        "inclusion": [base64.b64encode(one).decode() for one in path],
    }
    document["entries"] = sorted([*document["entries"], entry], key=lambda one: int(one["index"]))
