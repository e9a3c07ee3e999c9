"""What is known about an image's evidence: each piece read, verified against the directory and bound again."""

from collections.abc import Iterable, Iterator

from pratique.errors import Absent
from pratique.evidence.bind import ImageSubject, Platform, understand
from pratique.evidence.model import Evidence, Piece
from pratique.promotion.image import needed, platforms_of
from pratique.promotion.states import Promotion
from pratique.registry.closure import plan_from
from pratique.service.copying import frozen_evidence
from pratique.service.gather import pieces_about
from pratique.service.uploads import uploads
from pratique.service.workspace import Workspace
from pratique.values.digest import Digest
from pratique.values.reference import Reference


def of_promotion(workspace: Workspace, prefix: str) -> tuple[Evidence, ...]:
    """Return the evidence that a promotion was judged by; raises ``Absent`` or ``Conflict`` for its prefix."""
    promotion = workspace.store.read(lambda view: view.promotions.by_prefix(prefix))
    return _understood(workspace, _judged(workspace, promotion), _subject(promotion))


def of_held(workspace: Workspace, promotion_id: str) -> tuple[Evidence, ...]:
    """Return the evidence about an image that a promotion brought: what it was judged by, and what was handed in since.

    What came later was judged by nobody; it may tell of something new, and is here for that.
    """
    promotion = workspace.store.read(lambda view: view.promotions.find(promotion_id))
    subjects = (promotion.image, *(one.digest for one in promotion.platforms))
    later = workspace.store.read(lambda view: tuple(uploads(workspace, view, subjects)))
    return _understood(workspace, (*_judged(workspace, promotion), *later), _subject(promotion))


def of_image(workspace: Workspace, image: Digest) -> tuple[Evidence, ...]:
    """Return the evidence that any promotion of an image was judged by, each piece once; none before there is one."""
    promotions = workspace.store.read(lambda view: view.promotions.of_image(image))
    found: dict[tuple[Digest, Digest], Evidence] = {}
    for promotion in promotions:
        for one in of_promotion(workspace, promotion.id):
            found.setdefault((one.piece.digest, one.piece.subject), one)
    return tuple(found.values())


def of_reference(workspace: Workspace, reference: Reference) -> tuple[Evidence, ...]:
    """Return the evidence that a promotion of this image would be judged by now.

    That is what it carries where it lies, what was handed in here, and what it was judged by before.

    Raises:
        Absent: There is no such image.
        Unreachable: Its registry does not answer.
    """
    repository = workspace.open(reference.repository)
    digest = reference.digest or (repository.resolve(reference.tag) if reference.tag else None)
    if digest is None:
        raise Absent(f"{reference} does not exist; name a tag that does, or a digest")
    closure = plan_from(repository, repository.manifest(digest))
    bodies = {node.digest: node.raw for node in closure.nodes}
    manifests = {found: bodies[found] for found in needed(digest, bodies)}
    platforms = (Platform(one.platform, one.digest, one.config) for one in platforms_of(digest, manifests))
    pieces = pieces_about(workspace, repository, closure)
    return _understood(workspace, pieces, ImageSubject(digest, tuple(platforms)))


def _judged(workspace: Workspace, promotion: Promotion) -> Iterator[Piece]:
    listed = workspace.store.read(lambda view: frozen_evidence(workspace, view, promotion))
    for one in listed:
        content = workspace.blobs.get(one.digest)
        yield Piece(one.digest, one.media_type, one.size, one.subject, one.origin, content)


def _subject(promotion: Promotion) -> ImageSubject:
    platforms = (Platform(one.platform, one.digest, one.config) for one in promotion.platforms)
    return ImageSubject(promotion.image, tuple(platforms))


def _understood(workspace: Workspace, pieces: Iterable[Piece], subject: ImageSubject) -> tuple[Evidence, ...]:
    directory = workspace.store.read(workspace.directory)
    distinct = {(piece.digest, piece.subject): piece for piece in pieces}
    return understand(tuple(distinct.values()), directory.machine_keys(), subject)
