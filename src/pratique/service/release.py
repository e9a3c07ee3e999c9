"""What somebody means by an id, one promotion or every part of a release; and what is done to a release as a whole."""

from pratique.errors import Absent
from pratique.promotion.release import first_of, is_release
from pratique.promotion.states import Promotion
from pratique.promotion.together import to_retry, to_withdraw
from pratique.service.again import begin_again
from pratique.service.perform import parts_of, want_next
from pratique.service.scribe import Scribe, about
from pratique.service.signatory import Signatory
from pratique.service.withdraw import withdraw
from pratique.service.workspace import Workspace
from pratique.storage.transaction import Transaction, View


def named(view: View, prefix: str) -> tuple[Promotion, ...]:
    """Return the promotion whose id begins so, or every part of the release whose id does, the first one first.

    Raises:
        Absent: There is neither.
        Conflict: Several begin so.
    """
    return release_by_prefix(view, prefix) if is_release(prefix) else (view.promotions.by_prefix(prefix),)


def release_by_prefix(view: View, prefix: str) -> tuple[Promotion, ...]:
    """Return every part of the release whose id begins so, the first one first; raises as :func:`named`."""
    first = view.promotions.by_prefix(first_of(prefix))
    if first.release is None or first.release.first != first.id:
        raise Absent(f"release: expected the id of one, found {prefix[:80]!r}; see `pratique status`")
    return parts_of(view, first)


def told(parts: tuple[Promotion, ...]) -> str:
    """Return how each part stands, in a few words: ``web approved, worker review``."""
    return ", ".join(f"{part.image_name} {part.state}" for part in parts)


def retry_release(workspace: Workspace, prefix: str) -> tuple[Promotion, ...]:
    """Gather and judge again what stopped of a release, or all of it where nothing did; return every part.

    Raises:
        Absent: There is no such release.
        Conflict: It has ended, or is on its way right now.
    """

    def command(tx: Transaction) -> tuple[Promotion, ...]:
        parts = release_by_prefix(tx, prefix)
        for part in to_retry(parts):
            tx.effects.abandon(part.id, "begun again")
            begin_again(Scribe(tx, about=about(part)), part, "somebody asked for it")
        want_next(tx, parts[0].id)
        return release_by_prefix(tx, prefix)

    return workspace.store.transact(command)


def withdraw_release(workspace: Workspace, prefix: str, signatory: Signatory) -> tuple[Promotion, ...]:
    """Take the request for a release back, and return every part as it ended.

    The signed withdrawal names one part; with it all others end.

    Raises:
        Absent, Conflict: There is no such release, it has ended, or every part of it is sealed.
        Refused: The signatory may not take it back.
        Unverified: The signature is not theirs.
    """
    part = workspace.store.read(lambda view: to_withdraw(release_by_prefix(view, prefix)))
    withdraw(workspace, part.id, signatory)
    return workspace.store.read(lambda view: release_by_prefix(view, prefix))
