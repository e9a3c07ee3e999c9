"""What the lists of CISA (KEV) and FIRST (EPSS) say about each vulnerability of an image.

Both name vulnerabilities by CVE, so what has no such name is not on them. Where a list was not imported, nobody can
say: that is ``None``, which is not "no".

Source: CISA's KEV catalogue; FIRST, EPSS data and "Probability, Percentiles, and Binning".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import lru_cache

from pratique.evidence.aliases import is_cve, proper
from pratique.evidence.document import open_document
from pratique.evidence.facts.lists import Exploited, KnownExploited, Likelihoods
from pratique.evidence.formats.epss import read_epss
from pratique.evidence.formats.kev import read_kev
from pratique.evidence.model import Vulnerability


@dataclass(frozen=True, slots=True)
class Lists:
    """The lists by CVE; ``None`` where one was not imported."""

    exploited: dict[str, Exploited] | None = None
    likelihoods: dict[str, str] | None = None
    cves: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """CVEs of what imported advisories name otherwise, by that name."""


NO_LISTS = Lists()


def read_lists(exploited: bytes | None, likelihoods: bytes | None) -> Lists:
    """Return the lists that these bytes are; something else counts as no list.

    Raises:
        Malformed: They cannot be read at all.
    """
    return Lists(
        None if exploited is None else _exploited(exploited),
        None if likelihoods is None else _likelihoods(likelihoods),
    )


def mark(vulnerabilities: tuple[Vulnerability, ...], lists: Lists) -> tuple[Vulnerability, ...]:
    """Return the same vulnerabilities, each with what the lists say about it; of several CVEs, the worst."""
    if lists.exploited is None and lists.likelihoods is None:
        return vulnerabilities
    return tuple(_marked(one, lists) for one in vulnerabilities)


def _marked(one: Vulnerability, lists: Lists) -> Vulnerability:
    stated = (one.identifier, *one.aliases)
    known = (cve for name in stated for cve in lists.cves.get(name, ()))
    # A finding that has a CVE is known by it alone: what only shares an advisory with it is another vulnerability.
    names = {name for name in stated if is_cve(name)} or set(known)
    entries = [lists.exploited[name] for name in names if name in lists.exploited] if lists.exploited else []
    scores = [lists.likelihoods[name] for name in names if name in lists.likelihoods] if lists.likelihoods else []
    return replace(
        one,
        known_exploited=None if lists.exploited is None else bool(entries),
        ransomware=any(entry.ransomware for entry in entries),
        likelihood=max(scores, key=Decimal, default=None),
    )


@lru_cache(maxsize=2)  # of one list, thousands of judgements are made
def _exploited(content: bytes) -> dict[str, Exploited] | None:
    reading = read_kev(open_document(content))
    found = reading.of(KnownExploited) if reading else ()
    return {proper(entry.vulnerability): entry for fact in found for entry in fact.entries} if found else None


@lru_cache(maxsize=2)
def _likelihoods(content: bytes) -> dict[str, str] | None:
    reading = read_epss(open_document(content))
    found = reading.of(Likelihoods) if reading else ()
    return {proper(name): probability for fact in found for name, probability, _ in fact.scores} if found else None
