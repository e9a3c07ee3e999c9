"""Adopting: what stood at its destination before there was a gate comes under it, as it stands.

Source: decisions.md, "Documents" (levels). To refuse what runs already would stop nothing, so the checks are shown to
people, who let it stay for a time; only a check that the policy names in ``never`` stops it.
"""

from collections.abc import Iterator

from pratique.attest.request import Request, Way
from pratique.errors import Refused
from pratique.policy.environment import EnvironmentRules
from pratique.policy.result import CheckResult
from pratique.policy.tracks import AdoptTrack
from pratique.values.reference import Repository


def check_adoption(request: Request, rules: EnvironmentRules, destination: Repository) -> None:
    """Return if a request asks for nothing but to adopt what stands at its destination, and says why.

    Raises:
        Refused: It is no adoption, the policy has no such track, or the image is somewhere else.
    """
    if request.way is not Way.ADOPT:
        raise Refused("request: expected one to adopt what stands at its destination; ask with --adopt")
    if rules.tracks.adopt is None:
        raise Refused(
            f"request: {rules.name} adopts nothing, for its policy has no adopt track; ask without --adopt"
        )
    if request.comment is None:
        raise Refused("request: an adoption needs words: say with --comment why this runs there")
    if request.source.repository != destination:
        raise Refused(
            f"request: only what stands at {destination} already can be adopted, found {request.source.repository}; "
            "name the image there, or ask without --adopt"
        )
    if request.from_ is not None:
        raise Refused(f"request: what is adopted comes from no environment, found from {request.from_}")
    if request.source.digest not in (None, request.images[0]):
        raise Refused(f"request: the source names {request.source.digest}, the request is for {request.images[0]}")


def kept_out(track: AdoptTrack, blocking: tuple[CheckResult, ...]) -> tuple[CheckResult, ...]:
    """Return the results that stop even an adoption: those of checks that the policy names in ``never``."""
    return tuple(result for result in blocking if result.id in track.never)


def shown(blocking: tuple[CheckResult, ...]) -> Iterator[str]:
    """Yield why it is adopted, and what people let stay, check by check."""
    yield "it stood there before, and it was asked to be adopted"
    for result in blocking:
        yield f"adopted all the same: check {result.id}: {result.outcome}: {result.message}"[:500]
