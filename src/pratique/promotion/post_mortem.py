"""Looking back: what an emergency or a way back leaves to do, for whom and until when, and when it is done.

Source: decisions.md, "Documents" (tracks). One that is overdue stops nothing: the next emergency must not find the
door locked by paper. It stands in the next emergency's record, before the eyes of who decides.

Pure: no clock, no storage.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Final

from pratique.attest.closing import Closing
from pratique.errors import Conflict, Refused, Unverified
from pratique.policy.document import Bundle
from pratique.policy.tracks import Afterwards
from pratique.promotion.directory import Directory
from pratique.promotion.happenings import RemediationClosed, RemediationOpened, Track
from pratique.promotion.states import Promotion, RemediationStanding
from pratique.values.ids import Kind, build_id

CHECK: Final = "post-mortem"
"""What stands where other items name the check that found them."""

USUAL_TIME: Final = timedelta(days=5)
"""How long looking back may take where the policy sets no time for what is ``high``: a working week."""


def look_back(promotion: Promotion, bundle: Bundle, now: datetime) -> RemediationOpened | None:
    """Return what is left to do now that an image was promoted, or None where its track asks for nothing.

    Args:
        promotion: As it was judged.
        bundle: The policy in force.
        now: The moment of the ledger.
    """
    track = promotion.judgement.track if promotion.judgement else None
    tracks = bundle.rules(promotion.to).tracks
    found = {Track.EMERGENCY: tracks.emergency, Track.ROLLBACK: tracks.rollback}.get(track) if track else None
    if found is None or found.post_mortem is not Afterwards.REQUIRED:
        return None
    seed = "\0".join((promotion.id, str(promotion.generation), CHECK))
    return RemediationOpened(
        remediation=build_id(Kind.REMEDIATION, now, hashlib.sha256(seed.encode()).digest()[:10]),
        generation=promotion.generation,
        check=CHECK,
        term=f"{CHECK}:{track}",
        owner=bundle.application(promotion.application).owner,
        due=now + (bundle.remediation.time_for(None) or USUAL_TIME),
        severity=None,
        message=f"{promotion.image_name} came to {promotion.to} on the {track} track, and people look back at that",
        remedy="look at what happened and why, say what changes, and sign `pratique remediation close`",
    )


def consider_closing(closing: Closing, promotion: Promotion, directory: Directory) -> RemediationClosed:
    """Return the end of what was left to do.

    Raises:
        Conflict: It is closed already.
        Refused: It closes by itself, or whoever signed neither owns it nor is of the group that does.
        Unverified: The statement is about another promotion or image.
    """
    item = _item(promotion, closing.remediation)
    if (closing.promotion, closing.image) != (promotion.id, promotion.image):
        raise Unverified(f"closing: expected one about {promotion.id}, found one about {closing.promotion}")
    if item.closed is not None:
        raise Conflict(f"{item.remediation} is closed already: {item.closed}")
    if item.check != CHECK:
        raise Refused(f"{item.remediation}: it closes by itself once a judgement of {item.check} no longer has it")
    by = closing.by
    if by != item.owner and not directory.in_group(by, item.owner):
        raise Refused(f"{item.remediation}: expected {item.owner} or somebody of it, found {by}")
    because = f"{by} signed that people have looked back at it"
    return RemediationClosed(item.remediation, because, by, closing.word.comment, closing.nonce)


def _item(promotion: Promotion, remediation: str) -> RemediationStanding:
    for item in promotion.remediations:
        if item.remediation == remediation:
            return item
    raise Conflict(f"{promotion.id}: it has no item {remediation}")
