"""``pratique-risk/1``: how much harm an image threatens, from 0 to 100, term by term.

It orders queues and limits the fast track; it never lets an image through. The model is fixed: another formula,
table or assumption is another model, so that a score of today can be computed again in ten years.

Source: FIRST, EPSS, "Probability, Percentiles, and Binning": the threat of several vulnerabilities is the
probability of at least one, ``1 - ∏(1 - p)``. That presumes independence, so only the worst vulnerability of a
source package counts. The impact ``(CVSS / 10)²``, the contexts and the table of doubts are choices of this model.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from enum import StrEnum

MODEL = "pratique-risk/1"

ASSUMED_CVSS = Decimal("7.0")
ASSUMED_EPSS = Decimal("0.05")

_DIGITS = Context(prec=28, rounding=ROUND_HALF_EVEN)
_ONE = Decimal(1)
_SHOWN = Decimal("0.5")  # tenths: what would be rounded to nothing is told together
_LEAST = Decimal("1E-28")  # stands for 0 under a logarithm: a certain harm takes nearly the whole explanation


class Exploitation(StrEnum):
    """What is known about attacks that use a vulnerability."""

    NONE = "none"
    PROOF = "proof"
    """An exploit is public."""
    KNOWN = "known"
    """It is in the catalogue of known exploited vulnerabilities."""
    RANSOMWARE = "ransomware"
    """It is there, and ransomware used it."""


class Exposure(StrEnum):
    """How many can reach what runs there (SSVC's terms)."""

    OPEN = "open"
    CONTROLLED = "controlled"
    SMALL = "small"


class Doubt(StrEnum):
    """What is missing to be sure what an image is."""

    UNSIGNED = "unsigned"
    NO_PROVENANCE = "no-provenance"
    UNTRUSTED_BUILDER = "untrusted-builder"
    NO_SBOM = "no-sbom"
    NOT_REPRODUCED = "not-reproduced"
    OLD_SCAN = "old-scan"
    """The newest report is more than 24 hours old."""
    OLD_BASE = "old-base"
    """The base image is more than 90 days old."""


LIKELIHOOD = {
    Exploitation.NONE: Decimal(0),
    Exploitation.PROOF: Decimal("0.30"),
    Exploitation.KNOWN: Decimal("0.90"),
    Exploitation.RANSOMWARE: Decimal("0.95"),
}
REACH = {Exposure.OPEN: _ONE, Exposure.CONTROLLED: Decimal("0.6"), Exposure.SMALL: Decimal("0.3")}
UNREACHABLE = Decimal("0.2")
WEIGHT = {
    Doubt.UNSIGNED: Decimal("0.30"),
    Doubt.NO_PROVENANCE: Decimal("0.30"),
    Doubt.UNTRUSTED_BUILDER: Decimal("0.20"),
    Doubt.NO_SBOM: Decimal("0.20"),
    Doubt.NOT_REPRODUCED: Decimal("0.05"),
    Doubt.OLD_SCAN: Decimal("0.10"),
    Doubt.OLD_BASE: Decimal("0.05"),
}


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the model knows of a vulnerability; what nobody knows is ``None`` and is assumed."""

    cvss: Decimal | None
    epss: Decimal | None = None
    """The probability of an attack within 30 days; never the percentile."""
    exploitation: Exploitation | None = None
    reachable: bool | None = None
    refuted: bool = False
    """A trusted statement says that the image is not affected, or already repaired."""


@dataclass(frozen=True, slots=True)
class Threat:
    """One vulnerability in one package."""

    term: str
    package: str
    """The source package: of all its vulnerabilities the worst counts."""
    inputs: Inputs


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A doubt that counts, and whether it was only assumed because nobody looked."""

    doubt: Doubt
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class RiskTerm:
    """One part of the score."""

    term: str
    """A vulnerability's term, ``doubt:<word>``, or ``others:<count>`` for all that are too small to show."""
    points: str
    assumed: bool
    """It rests on an input that nobody stated."""


@dataclass(frozen=True, slots=True)
class Risk:
    """A score and its explanation, whose points add up to it exactly; decimals with one digit."""

    model: str
    score: str
    terms: tuple[RiskTerm, ...]
    """Largest first."""
    assumed: str
    """How many of the points rest on assumptions."""


@dataclass(frozen=True, slots=True)
class _Part:
    term: str
    harm: Decimal
    assumed: bool


def assess(threats: Iterable[Threat], suspicions: Iterable[Suspicion], exposure: Exposure = Exposure.OPEN) -> Risk:
    """Return the score of an image.

    Args:
        threats: Its vulnerabilities, in any order.
        suspicions: What is not sure about it; each doubt counts once.
        exposure: How many can reach it.
    """
    with localcontext(_DIGITS):
        parts = [*_worst(threats, exposure), *_doubts(suspicions)]
        left = _ONE
        for part in parts:
            left *= _ONE - part.harm
        tenths = int(((_ONE - left) * 1000).to_integral_value())
        return _explained(parts, tenths)


def _harm(inputs: Inputs, exposure: Exposure) -> tuple[Decimal, bool]:
    """Return how much one vulnerability threatens, from 0 to 1, and whether an assumption went into it."""
    if inputs.refuted:
        return Decimal(0), False
    cvss = ASSUMED_CVSS if inputs.cvss is None else inputs.cvss
    epss = ASSUMED_EPSS if inputs.epss is None else inputs.epss
    attacked = LIKELIHOOD[inputs.exploitation or Exploitation.NONE]
    context = REACH[exposure] * (UNREACHABLE if inputs.reachable is False else _ONE)
    assumed = inputs.cvss is None or (inputs.epss is None and attacked < epss)
    return (cvss / 10) ** 2 * max(epss, attacked) * context, assumed


def _worst(threats: Iterable[Threat], exposure: Exposure) -> list[_Part]:
    worst: dict[str, _Part] = {}
    harms: dict[Inputs, tuple[Decimal, bool]] = {}  # thousands of vulnerabilities share a few dozen inputs
    for threat in sorted(threats, key=lambda threat: threat.term):
        known = harms.get(threat.inputs)
        if known is None:
            known = harms[threat.inputs] = _harm(threat.inputs, exposure)
        value, assumed = known
        if value and (threat.package not in worst or value > worst[threat.package].harm):
            worst[threat.package] = _Part(threat.term, value, assumed)
    return list(worst.values())


def _doubts(suspicions: Iterable[Suspicion]) -> list[_Part]:
    found: dict[Doubt, bool] = {}
    for suspicion in suspicions:
        found[suspicion.doubt] = suspicion.assumed and found.get(suspicion.doubt, True)
    return [_Part(f"doubt:{doubt}", WEIGHT[doubt], found[doubt]) for doubt in Doubt if doubt in found]


def _explained(parts: list[_Part], tenths: int) -> Risk:
    """Split the score by ``ln(1 - r)``, which adds up where probabilities do not."""
    logarithms = {harm: -max(_ONE - harm, _LEAST).ln() for harm in {part.harm for part in parts}}
    total = sum((logarithms[part.harm] for part in parts), Decimal(0)) or _ONE
    shares = [(part, logarithms[part.harm] / total * tenths) for part in parts]
    shown = [(part, share) for part, share in shares if share >= _SHOWN]
    hidden = [(part, share) for part, share in shares if share < _SHOWN]
    if hidden:
        rest = _Part(f"others:{len(hidden)}", Decimal(0), any(part.assumed for part, _ in hidden))
        shown.append((rest, sum((share for _, share in hidden), Decimal(0))))
    terms = _rounded(sorted(shown, key=lambda item: (-item[1], item[0].term)), tenths)
    assumed = sum(points for part, points in terms if part.assumed)
    told = tuple(RiskTerm(part.term, _decimal(points), part.assumed) for part, points in terms)
    return Risk(MODEL, _decimal(tenths), told, _decimal(assumed))


def _rounded(shares: list[tuple[_Part, Decimal]], tenths: int) -> list[tuple[_Part, int]]:
    """Round so that the sum stays: the largest remainders are rounded up."""
    whole = [(part, int(share)) for part, share in shares]
    missing = tenths - sum(points for _, points in whole)
    by_remainder = sorted(range(len(shares)), key=lambda place: (int(shares[place][1]) - shares[place][1], place))
    up = set(by_remainder[:missing])
    return [(part, points + (place in up)) for place, (part, points) in enumerate(whole)]


def _decimal(tenths: int) -> str:
    return f"{tenths // 10}.{tenths % 10}"
