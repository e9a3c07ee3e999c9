"""Measuring what an image's layers hold while its evidence is gathered, where the rules ask for it.

The measurement is signed with the record key, recorded once, and judged like any evidence. Layers that cannot be
read leave none, and what was asked is then unknown.
"""

import logging
from collections.abc import Iterator

from pratique.errors import Absent, Malformed, Refused, Unverified
from pratique.evidence.model import Piece
from pratique.evidence.surface import claim
from pratique.evidence.surface.made import build_made
from pratique.policy import expression_facts
from pratique.policy.check import needs_layers
from pratique.policy.conditions import conditions
from pratique.policy.environment import EnvironmentRules
from pratique.registry.closure import Closure
from pratique.registry.interface import Registry
from pratique.service.bases import with_bases
from pratique.service.ours import record_statement, stated_here
from pratique.service.surface import Measured, measure_image, memory_of
from pratique.service.workspace import Workspace
from pratique.values.uris import MEASURER

_log = logging.getLogger(__name__)


def asks_for_layers(rules: EnvironmentRules) -> bool:
    """Tell whether any check of an environment, or a condition of its tracks, needs to know what the layers hold."""
    return any(map(needs_layers, rules.checks)) or any(
        map(expression_facts.asks_for_layers, conditions(rules.tracks))
    )


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
        measured = with_bases(workspace, repository, closure, measured, known)
    except (Absent, Malformed, Refused, Unverified) as error:
        _log.warning("attack surface of %s was not measured: %s", closure.root, error)
        return ()
    stated = frozenset(stated_here(workspace, known))
    return tuple(
        record_statement(workspace, body, one.image.digest)
        for one in measured
        for body in _statements(one)
        if body not in stated
    )


def _statements(one: Measured) -> Iterator[bytes]:
    yield claim.build_surface(one.surface, one.image.digest, MEASURER)
    if one.built_on:
        yield build_made(one.built_on, one.image.digest, MEASURER)
