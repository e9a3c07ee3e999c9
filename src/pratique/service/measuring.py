"""Measuring what an image's layers hold while its evidence is gathered, where the rules ask for it.

The measurement is signed with the record key, recorded once, and judged like any evidence. Layers that cannot be
read leave none, and what was asked is then unknown.
"""

import logging
from collections.abc import Iterator
from contextlib import suppress

from pratique.attest.bundle import BUNDLE_MEDIA, build_bundle
from pratique.attest.dsse import IN_TOTO, parse_envelope
from pratique.attest.verify import TrustedKeys, verify_envelope
from pratique.errors import Absent, Malformed, Refused, Unverified
from pratique.evidence.model import Origin, Piece
from pratique.evidence.read import examine
from pratique.evidence.surface import claim
from pratique.policy.check import needs_layers
from pratique.policy.environment import EnvironmentRules
from pratique.promotion.events import Class
from pratique.promotion.intake import EvidenceAdded
from pratique.registry.closure import Closure
from pratique.registry.interface import Registry
from pratique.service.scribe import RECORDER, About, Scribe, keep
from pratique.service.surface import Measured, measure_image, memory_of
from pratique.service.workspace import Workspace
from pratique.values.digest import Digest
from pratique.values.uris import MEASURER

_log = logging.getLogger(__name__)


def asks_for_layers(rules: EnvironmentRules) -> bool:
    """Tell whether any check of an environment needs to know what the layers hold."""
    return any(needs_layers(rule) for rule in rules.checks)


def measured_pieces(
    workspace: Workspace, repository: Registry, closure: Closure, known: tuple[Piece, ...]
) -> tuple[Piece, ...]:
    """Return what the layers of each platform hold, as evidence that is new; what is known already is left out.

    Args:
        workspace: Where it is recorded.
        repository: Where the image lies.
        closure: The image.
        known: The evidence about it so far.

    Raises:
        Unreachable: The repository fails; this is never taken as nothing.
    """
    try:
        measured = measure_image(repository, closure, memory_of(workspace.root))
    except (Absent, Malformed, Refused, Unverified) as error:
        _log.warning("attack surface of %s was not measured: %s", closure.root, error)
        return ()
    ours = (piece for piece in known if piece.origin is Origin.UPLOAD and piece.media_type == BUNDLE_MEDIA)
    trusted = ((claim.MEASURER, workspace.keys.record().public),)
    stated = frozenset(payload for piece in ours for payload in _payloads(piece, trusted))
    statements = ((one, claim.build_surface(one.surface, one.image.digest, MEASURER)) for one in measured)
    return tuple(_recorded(workspace, one, body) for one, body in statements if body not in stated)


def _payloads(piece: Piece, trusted: TrustedKeys) -> Iterator[bytes]:
    """Yield what the record key signed in a piece; in another's name the same words are not ours."""
    attestation = examine(piece.content, piece.media_type).attestation
    for envelope in () if attestation is None else attestation.envelopes:
        with suppress(Unverified):
            verify_envelope(envelope, trusted, None)
            yield envelope.payload


def _recorded(workspace: Workspace, measured: Measured, statement: bytes) -> Piece:
    content = build_bundle(parse_envelope(workspace.keys.record().envelope(IN_TOTO, statement)))
    image = measured.image.digest
    item = keep(workspace.blobs, "evidence", BUNDLE_MEDIA, content, Class.EVIDENCE)
    added = EvidenceAdded(Digest.of(content), BUNDLE_MEDIA)
    workspace.store.transact(lambda tx: Scribe(tx, RECORDER, About(None, None, None, image)).append(added, item))
    return Piece(added.digest, BUNDLE_MEDIA, len(content), image, Origin.UPLOAD, content)
