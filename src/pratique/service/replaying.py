"""Replaying: a recorded decision judged again from what it names, out of this workspace or out of a proof."""

from collections.abc import Callable

from pratique.errors import Absent
from pratique.promotion.case import bodies_of
from pratique.promotion.directory import Directory
from pratique.promotion.engines import Materials, reproduce
from pratique.promotion.record import Record
from pratique.proof.rejudge import rejudge
from pratique.service.review_queue import record_of
from pratique.service.workspace import Workspace
from pratique.storage.transaction import View
from pratique.values.digest import Digest


def replay_promotion(workspace: Workspace, prefix: str) -> Record:
    """Judge again the record in force for a promotion; raises as :func:`replay`."""
    promotion = workspace.store.read(lambda view: view.promotions.by_prefix(prefix))
    return replay(workspace, record_of(workspace, promotion).content)


def replay(workspace: Workspace, content: bytes) -> Record:
    """Return a record once its engine has given the same bytes again, from what this workspace holds.

    Raises:
        Unverified: Another record comes out, or another version of the engine made it: "not reproducible here".
        Absent: This workspace does not hold what the record names.
        Malformed: It is no record.
    """
    return reproduce(content, lambda record: _materials(workspace, record))


def replay_proof(content: bytes, fetch: Callable[[Digest], bytes]) -> tuple[Record, ...]:
    """Judge again every record in a proof; ``fetch`` gives the evidence and feeds that a proof only names."""
    return rejudge(content, fetch)


def _materials(workspace: Workspace, record: Record) -> Materials:
    inputs = record.decision.inputs
    return Materials(
        bundle=workspace.bundle_of(inputs.policy.digest),
        directory=workspace.store.read(lambda view: _directory(workspace, view, inputs.directory.digest)),
        bodies={digest: workspace.blobs.get(digest) for digest in bodies_of(inputs)},
    )


def _directory(workspace: Workspace, view: View, digest: Digest) -> Directory:
    for _, directory in workspace.chain(view).versions:
        if directory.digest == digest:
            return directory
    raise Absent(
        f"directory {digest}: this ledger never had it; judge the record where it was made, or from a proof"
    )
