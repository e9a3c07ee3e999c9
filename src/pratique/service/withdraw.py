"""Taking a request back: signed by whoever may, it ends the promotion."""

import secrets

from pratique.attest.dsse import IN_TOTO
from pratique.attest.withdrawal import WITHDRAWAL_FORM, Withdrawal
from pratique.attest.word import open_word
from pratique.promotion.request import keys_to_ask
from pratique.promotion.states import Promotion
from pratique.promotion.withdraw import withdraw as consider_withdrawal
from pratique.service.perform import want_next
from pratique.service.scribe import Scribe, about, keep
from pratique.service.signatory import Signatory, sign
from pratique.service.workspace import Workspace
from pratique.storage.transaction import Transaction
from pratique.values.uris import ENVELOPE_MEDIA


def withdraw(workspace: Workspace, prefix: str, signatory: Signatory) -> Promotion:
    """Take a request back, signed by whoever may; return the promotion as it ended.

    Raises:
        Absent, Conflict: No such promotion, or it ended already.
        Refused: The signatory may not take it back.
        Unverified: The signature is not theirs.
    """
    workspace.store.read(workspace.directory).expect(signatory.actor)
    promotion = workspace.store.read(lambda view: view.promotions.by_prefix(prefix))
    statement = Withdrawal((promotion.image,), promotion.id, signatory.actor, secrets.token_hex(16))
    envelope = sign(signatory, WITHDRAWAL_FORM.build(statement), IN_TOTO, WITHDRAWAL_FORM.namespace)
    item = keep(workspace.blobs, "withdrawal", ENVELOPE_MEDIA, envelope)

    def command(tx: Transaction) -> Promotion:
        directory = workspace.directory(tx)
        signed = open_word(envelope, WITHDRAWAL_FORM, keys_to_ask(directory, tx.ledger.frontier().size))
        standing = tx.promotions.find(signed.promotion)
        tx.once.nonce(signed.nonce)
        withdrawn = consider_withdrawal(standing, signed.by, directory, now=tx.now)
        Scribe(tx, signed.by, about(standing)).append(withdrawn, item)
        tx.effects.abandon(standing.id, withdrawn.because)
        want_next(tx, standing.id)
        return tx.promotions.find(standing.id)

    return workspace.store.transact(command)
