"""What was handed in here about an image, read back from the ledger and the blob store."""

from collections.abc import Iterator

from pratique.evidence.model import Origin, Piece
from pratique.promotion.intake import EvidenceAdded
from pratique.service.workspace import Workspace
from pratique.storage.transaction import View
from pratique.values.digest import Digest


def uploads(workspace: Workspace, view: View, subjects: tuple[Digest, ...]) -> Iterator[Piece]:
    """Yield what was handed in here about any of these."""
    for subject in dict.fromkeys(subjects):
        for entry in view.ledger.of_image(subject):
            if isinstance(data := entry.event.data, EvidenceAdded):
                content = workspace.blobs.get(data.digest)
                yield Piece(data.digest, data.media_type, len(content), subject, Origin.UPLOAD, content)
