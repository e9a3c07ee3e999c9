"""What waits to be mended or looked back at, and a person's signed word that looking back is done."""

from pratique.attest.closing import Closing, build_closing
from pratique.errors import Absent, Conflict
from pratique.promotion.post_mortem import CHECK, consider_closing, open_closing
from pratique.service.scribe import Scribe, about, keep
from pratique.service.signatory import Signatory
from pratique.service.word import expect_directory, speak
from pratique.service.workspace import Workspace
from pratique.storage.promotion import Remediation
from pratique.storage.transaction import Transaction, View
from pratique.values.ids import Kind
from pratique.values.uris import ENVELOPE_MEDIA


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
    item = workspace.store.read(lambda view: _by_prefix(view, prefix))
    promotion = workspace.store.read(lambda view: view.promotions.find(item.promotion))
    spoken = speak(
        workspace,
        comment,
        signatory,
        lambda word: build_closing(Closing(promotion.image, promotion.id, item.id, word)),
    )
    kept = keep(workspace.blobs, "closing", ENVELOPE_MEDIA, spoken.envelope)

    def command(tx: Transaction) -> Remediation:
        directory = workspace.directory(tx)
        closing = open_closing(spoken.envelope, directory, index=tx.ledger.frontier().size)
        expect_directory(closing.word, directory)
        standing = tx.promotions.find(closing.promotion)
        closed = consider_closing(closing, standing, directory)
        tx.once.nonce(closing.word.nonce)
        tx.openings.put(spoken.opening)
        Scribe(tx, closing.word.by, about(standing)).append(closed, kept)
        return next(one for one in tx.remediations.of_promotion(standing.id) if one.id == item.id)

    return workspace.store.transact(command)


def _by_prefix(view: View, prefix: str) -> Remediation:
    start = prefix if prefix.startswith(f"{Kind.REMEDIATION}_") else f"{Kind.REMEDIATION}_{prefix}"
    found = [one for one in view.remediations.open() if one.id.startswith(start)]
    if not found:
        raise Absent(
            f"remediation: expected the id of an open item, found {prefix[:80]!r}; see `remediation list`"
        )
    if len(found) > 1:
        raise Conflict(f"remediation {prefix[:80]!r}: fits {found[0].id} and {found[1].id}; write more of it")
    return found[0]
