"""Severity words and CVSS scores of many tools, brought onto one scale.

Source: FIRST, CVSS 3.1 section 5 and CVSS 4.0 section 6 (qualitative ratings); NVD's bands for CVSS 2, which has
no "critical"; the vocabularies of Trivy, Grype, Harbor, GHSA, Red Hat, Debian and Ubuntu.
"""

from decimal import Decimal
from functools import lru_cache

from pratique.evidence.facts.scan import Rating, Severity

_WORDS = {
    "none": Severity.NONE,
    "info": Severity.NONE,
    "informational": Severity.NONE,
    "negligible": Severity.NEGLIGIBLE,
    "unimportant": Severity.NEGLIGIBLE,
    "low": Severity.LOW,
    "minor": Severity.LOW,
    "medium": Severity.MEDIUM,
    "moderate": Severity.MEDIUM,
    "high": Severity.HIGH,
    "important": Severity.HIGH,
    "critical": Severity.CRITICAL,
}
_BANDS = ((9, Severity.CRITICAL), (7, Severity.HIGH), (4, Severity.MEDIUM))


def parse_severity(word: object) -> Severity | None:
    """Return the severity that a word means in any of the vocabularies; an unknown word is an unknown severity."""
    return _WORDS.get(word.strip().lower()) if isinstance(word, str) else None


def render_score(score: float | Decimal | None) -> str | None:
    """Return a CVSS score as a decimal with one digit, or nothing where it is not between 0 and 10."""
    return f"{score:.1f}" if score is not None and 0 <= score <= 10 else None


@lru_cache(maxsize=8192)
def severity_of_score(score: str, vector: str | None) -> Severity:
    """Return the band of a score; the vector tells CVSS 2, whose bands differ.

    Args:
        score: A decimal from 0 to 10, as :func:`render_score` writes it.
        vector: The CVSS vector, or nothing where only a score is known.
    """
    number = Decimal(score)
    band = next((severity for floor, severity in _BANDS if number >= floor), Severity.LOW)
    if vector and not vector.startswith("CVSS:"):
        return min(band, Severity.HIGH)
    return Severity.NONE if number == 0 else band


@lru_cache(maxsize=8192)
def score_of(vector: str) -> str | None:
    """Return the base score of a CVSS 2, 3 or 4 vector, or nothing where it is not one."""
    from cvss import CVSS2, CVSS3, CVSS4, CVSSError

    try:
        if vector.startswith("CVSS:4"):
            return render_score(CVSS4(vector).base_score)
        if vector.startswith("CVSS:3"):
            return render_score(CVSS3(vector).base_score)
        return render_score(CVSS2(vector.strip("()")).base_score)
    except CVSSError:
        return None


@lru_cache(maxsize=16384)
def rate(source: str, word: str | None, score: float | None, vector: str | None) -> Rating:
    """Return one source's opinion; what it does not state is computed from what it does.

    Reports repeat few opinions many times, so equal ones are one object.

    Args:
        source: Whose opinion it is, for example ``nvd``, ``ghsa`` or ``debian``.
        word: Its severity word, if any.
        score: Its CVSS score, if any.
        vector: Its CVSS vector, if any.
    """
    stated = render_score(score)
    known = stated or (score_of(vector) if vector else None)
    severity = parse_severity(word)
    if severity is None and known is not None:
        severity = severity_of_score(known, vector)
    return Rating(source, severity, known, vector)
