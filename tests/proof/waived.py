"""A story in which a high vulnerability is let be for a while, and what an attacker would change of it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.promotion import cases
from tests.promotion.builders import NOW, PROD, digest
from tests.proof.builders import GATE, Story, founded, signed

from pratique.attest.dsse import IN_TOTO
from pratique.attest.waiver import WAIVER_FORM, Act, Over, Scope, Terms, VoidedIf, Waiver
from pratique.promotion.governance import WaiverGranted
from pratique.promotion.waiver import GrantUsed, WaiverUsed
from pratique.values.ids import Kind, build_id
from pratique.values.names import Actor

WAIVER = build_id(Kind.WAIVER, NOW, bytes(10))
WAIVERS = "    waivers: {who: [{role: security, count: 1}], max_days: {default: 30}, require: []}\n"
WAIVED_GATE = GATE.replace("  prod:\n", f"  prod:\n{WAIVERS}")


def terms(**changes: Any) -> Terms:
    """Return what is waived: the one high vulnerability of ``cases.HIGH``, for two weeks."""
    plain = Terms(
        proposed_by=Actor("person:ann"),
        check="high",
        term="CVE-2026-1@pkg:pypi/jinja2",
        environment=PROD,
        scope=Scope(Over.DIGEST, digest("image")),
        severity="high",
        justification="not_reachable",
        controls=(),
        owner=None,
        ticket=None,
        not_before=NOW - timedelta(days=1),
        expires=NOW + timedelta(days=14),
        renewal_of=None,
        renewals=0,
        voided_if=VoidedIf(),
    )
    return replace(plain, **changes)


def granted(story: Story, granter: str, what: Terms, key: str | None = None) -> WaiverUsed:
    """Log a grant by this person and return what a judgement is given of it."""
    waiver = Waiver(
        waiver=WAIVER,
        act=Act.GRANT,
        by=Actor(f"person:{granter}"),
        terms=what,
        comment=None,
        directory=story.directory.digest,
        issued_at=NOW,
        nonce="a" * 32,
    )
    item = story.book.keep("waiver", signed(WAIVER_FORM.build(waiver), "pratique-waiver", IN_TOTO, key or granter))
    entry = story.book.append(WaiverGranted(WAIVER, waiver.by, what.digest, waiver.nonce), item, environment=PROD)
    return WaiverUsed(WAIVER, what.digest, (GrantUsed(item.digest, entry.index),))


def waiving_story(granter: str = "dan", key: str | None = None, gate: str = WAIVED_GATE, **changes: Any) -> Story:
    """Return a story that was gathered with the waiver; ``changes`` are to its terms."""
    story = founded(gate=gate, packages=cases.HIGH)
    used = granted(story, granter, terms(**changes), key)
    story.ask()
    story.gather()
    assert story.inputs is not None
    story.inputs = replace(story.inputs, waivers=(used,))
    return story


def waived_story(**changes: Any) -> Story:
    """Return the story in which it was judged honestly and took the fast track."""
    story = waiving_story(**changes)
    story.judge()
    story.approve()
    return story
