"""The chain of custody of one digest, from the source commit to the environments that hold it."""

from pratique.errors import Absent
from pratique.promotion.trail import Line
from pratique.promotion.trail import trail as tell
from pratique.service.bound import of_image
from pratique.service.workspace import Workspace
from pratique.values.digest import Digest


def trail(workspace: Workspace, image: Digest) -> tuple[Line, ...]:
    """Return the chain, oldest link first.

    Raises:
        Absent: The ledger has never heard of the digest.
    """
    entries = workspace.store.read(lambda view: view.ledger.of_image(image))
    if not entries:
        raise Absent(
            f"{image}: the ledger has no event about it; give the digest of an image or index as requested"
        )
    return tell(entries, of_image(workspace, image))
