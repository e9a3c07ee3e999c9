"""Taking an image back from an environment: what the ledger says of it ends; what clusters run is theirs to stop."""

from dataclasses import dataclass

from pratique.attest.recall import RECALL_FORM, Recall
from pratique.errors import Absent, Conflict
from pratique.promotion.past import Arrival
from pratique.promotion.recall import consider_recall
from pratique.promotion.states import Promotion, State
from pratique.service.scribe import Scribe, about
from pratique.service.signatory import Signatory
from pratique.service.word import hear, speak
from pratique.service.workspace import Workspace
from pratique.storage.transaction import Transaction, View
from pratique.values.digest import Digest
from pratique.values.names import Environment


@dataclass(frozen=True, slots=True)
class Recalled:
    """What was taken back, and what the environment holds now."""

    promotions: tuple[Promotion, ...]
    holds: Arrival | None


def promoted(workspace: Workspace, what: str, environment: Environment | None) -> Promotion:
    """Return the promotion by which an environment has an image.

    Args:
        workspace: Where to look.
        what: A promotion's id or a unique beginning of it, or the digest of an image.
        environment: Where; needed with a digest.

    Raises:
        Absent: There is none.
        Conflict: It is no longer, or not yet, promoted; or several applications have the image there.
    """
    if not what.startswith("sha256:"):
        one = workspace.store.read(lambda view: view.promotions.by_prefix(what))
        if one.state is not State.PROMOTED or environment not in (None, one.to):
            raise Conflict(f"recall: {one.id} is {one.state} in {one.to}; only what is promoted can be taken back")
        return one
    image = Digest.parse(what)
    every = workspace.store.read(lambda view: view.promotions.of_image(image))
    found = [one for one in every if one.to == environment and one.state is State.PROMOTED]
    if not found:
        raise Absent(f"recall: {environment or 'no environment'} does not have {image} by any promotion")
    if len({one.place for one in found}) > 1:
        raise Conflict(f"recall: several have {image} in {environment}; name one of the promotions instead")
    return found[-1]


def recall(workspace: Workspace, promotion: Promotion, comment: str, signatory: Signatory) -> Recalled:
    """Have a person sign that an image is taken back from where a promotion brought it, and record it.

    Every promotion that brought it there ends. One signature is enough.

    Raises:
        Conflict: It was taken back already.
        Refused: This person holds no role there by which one may stop something.
        Unverified: The signature is not theirs.
    """
    spoken = speak(
        workspace,
        RECALL_FORM,
        comment,
        signatory,
        lambda word: Recall(promotion.image, promotion.application, promotion.image_name, promotion.to, word),
    )

    def command(tx: Transaction) -> tuple[str, ...]:
        directory = workspace.directory(tx)
        signed = hear(tx, directory, spoken)
        ends = consider_recall(signed, tx.promotions.of_image(signed.image), directory, tx.now)
        for one, ended in ends:
            Scribe(tx, ended.by, about(one)).append(ended, spoken.item)
        return tuple(one.id for one, _ in ends)

    ended = workspace.store.transact(command)

    def query(view: View) -> Recalled:
        return Recalled(tuple(map(view.promotions.find, ended)), view.arrivals.current(*promotion.place))

    return workspace.store.read(query)
