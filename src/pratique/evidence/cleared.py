"""What signed statements (VEX) clear of what the watch found in an image, platform by platform.

The same statements count as in a judgement (:mod:`pratique.evidence.overlay`); one that speaks of a single platform
clears nothing on the others.
"""

from dataclasses import dataclass
from datetime import datetime

from pratique.evidence.facts.packages import Sbom
from pratique.evidence.facts.vex import Vex
from pratique.evidence.model import Assertion, Bound, Evidence, Vulnerability
from pratique.evidence.overlay import overlay, standing
from pratique.evidence.product import ImageNames
from pratique.values.digest import Digest
from pratique.values.names import Actor


@dataclass(frozen=True, slots=True)
class Whole:
    """An image with all its platforms.

    Attributes:
        digest: Of the index, or of the image itself where it has none.
        platforms: Of each platform's manifest; none where there is no index.
        repository: Where it lies.
    """

    digest: Digest
    platforms: tuple[Digest, ...]
    repository: str


def cleared(
    vulnerabilities: tuple[Vulnerability, ...],
    evidence: tuple[Evidence, ...],
    image: Whole,
    signers: tuple[Actor, ...],
    now: datetime,
) -> dict[str, Assertion]:
    """Return, by term, the statement that clears a vulnerability on every platform; of several, the first platform's.

    Args:
        vulnerabilities: What was found in the image.
        evidence: Everything that is known about it.
        image: Which image that is.
        signers: Whose statements count.
        now: The moment at which they are heard.
    """
    if not signers:
        return {}
    heard: list[dict[str, Assertion]] = []
    for platform in image.platforms or (image.digest,):
        laid = _on_platform(vulnerabilities, evidence, image, platform)
        heard.append({one.term: said for one in laid if one.vex and (said := standing(one, signers, now))})
    first, *others = heard
    return {term: said for term, said in first.items() if all(term in other for other in others)}


def _on_platform(
    vulnerabilities: tuple[Vulnerability, ...],
    evidence: tuple[Evidence, ...],
    image: Whole,
    platform: Digest,
) -> tuple[Vulnerability, ...]:
    """Return what was found, with the statements about this platform laid over it."""
    own = [each for each in evidence if platform in each.covers]
    documents = tuple((vex, each) for each in own for vex in each.reading.of(Vex))
    signed = [each for each in own if each.bound is Bound.STATEMENT]
    serials = frozenset(sbom.serial for each in signed for sbom in each.reading.of(Sbom) if sbom.serial)
    names = ImageNames(frozenset({platform, image.digest}), image.repository, serials)
    return overlay(vulnerabilities, documents, names)
