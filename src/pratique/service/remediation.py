"""What waits to be mended or looked back at, and a person's signed word that looking back is done."""

from pratique.attest.closing import CLOSING_FORM, Closing
from pratique.promotion.post_mortem import CHECK, consider_closing
from pratique.service.prefix import only
from pratique.service.scribe import Scribe, about
from pratique.service.signatory import Signatory
from pratique.service.word import hear, speak
from pratique.service.workspace import Workspace
from pratique.storage.remediation import Remediation
from pratique.storage.transaction import Transaction, View
from pratique.values.ids import Kind


def overdue(view: View, application: str | None = None) -> tuple[Remediation, ...]:
    """Return what people should have looked back at by now; with an application, only of that one."""
    late = (one for one in view.remediations.open() if one.check == CHECK and one.due and one.due <= view.now)
    return tuple(one for one in late if application in (None, view.promotions.find(one.promotion).application))


def close(workspace: Workspace, prefix: str, comment: str, signatory: Signatory) -> Remediation:
    """Have a person of the owner sign that people have looked back, and record it; return the item as it ended.

    Raises:
        Absent, Conflict: No such open item.
        Refused: It closes by itself, or this person is not of its owner.
        Unverified: The signature is not theirs.
    """
    item = workspace.store.read(
        lambda view: only(Kind.REMEDIATION, prefix, view.remediations.open(), lambda one: one.id)
    )
    promotion = workspace.store.read(lambda view: view.promotions.find(item.promotion))
    spoken = speak(
        workspace,
        CLOSING_FORM,
        comment,
        signatory,
        lambda word: Closing(promotion.image, promotion.id, item.id, word),
    )

    def command(tx: Transaction) -> Remediation:
        directory = workspace.directory(tx)
        closing = hear(tx, directory, spoken)
        standing = tx.promotions.find(closing.promotion)
        closed = consider_closing(closing, standing, directory)
        Scribe(tx, closing.by, about(standing)).append(closed, spoken.item)
        return next(one for one in tx.remediations.of_promotion(standing.id) if one.id == item.id)

    return workspace.store.transact(command)
