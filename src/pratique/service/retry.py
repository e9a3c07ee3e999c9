"""Beginning a promotion again: because somebody asks for it, or because there is something new about its image."""

from pratique.errors import Conflict
from pratique.promotion.history import NO_WAY_BACK
from pratique.promotion.states import RETRYABLE, Promotion, State
from pratique.service.again import begin_again
from pratique.service.perform import want_next
from pratique.service.scribe import Scribe, about
from pratique.service.workspace import Workspace
from pratique.storage.transaction import Transaction
from pratique.values.digest import Digest


def retry(workspace: Workspace, prefix: str) -> Promotion:
    """Gather and judge a promotion again, and return it; a decision that comes out no worse keeps its votes.

    Raises:
        Absent: There is no such promotion.
        Conflict: It has ended, or is being gathered or moved right now.
    """

    def command(tx: Transaction) -> Promotion:
        promotion = tx.promotions.by_prefix(prefix)
        if promotion.released and promotion.open:
            raise Conflict(f"{promotion.id}: {NO_WAY_BACK}")
        if promotion.state not in RETRYABLE:
            states = ", ".join(sorted(RETRYABLE))
            raise Conflict(f"{promotion.id} is {promotion.state}; it can be retried when it is {states}")
        tx.effects.abandon(promotion.id, "begun again")
        begin_again(Scribe(tx, about=about(promotion)), promotion, "somebody asked for it")
        want_next(tx, promotion.id)
        return tx.promotions.find(promotion.id)

    return workspace.store.transact(command)


def retry_image(tx: Transaction, image: Digest) -> None:
    """Begin again whatever waits in remediation for this image: something about it is new."""
    for promotion in tx.promotions.of_image(image):
        if promotion.state is State.REMEDIATION:
            begin_again(Scribe(tx, about=about(promotion)), promotion, "there is new evidence about the image")
            want_next(tx, promotion.id)
