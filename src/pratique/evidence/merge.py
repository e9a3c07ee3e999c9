"""Many reports about one image become one list of vulnerabilities.

Every opinion on a severity is kept. In each finding, the one that counts is the distribution's own for its packages,
GHSA's for language packages, else NVD's, else the highest that anybody stated; over several findings, the worst of
these, so that another report never makes a known severity lower. It is named. The order of reports changes nothing.

Anybody can hand in a report that nobody signed. What it finds counts like every finding; that two names mean one
vulnerability it says for its own findings alone, so that it neither joins what others report nor lends it a name. An
unknown severity it makes no lower one.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from operator import attrgetter

from pratique.evidence.aliases import Aliases, proper
from pratique.evidence.facts.scan import Finding, Fix, Rating, Scan, Severity
from pratique.evidence.model import Vulnerability
from pratique.evidence.purl import package_of, parse_purl
from pratique.values.digest import Digest

Scans = tuple[tuple[str, Scan, Digest | None], ...]
"""Each report: who made it, what it says, and the evidence it came from (none for the built-in matcher)."""

# Who speaks for a distribution's packages, by the purl's namespace, as Trivy and Grype name them.
_VENDORS = {
    "alma": ("alma", "almalinux"),
    "almalinux": ("alma", "almalinux"),
    "amazon": ("amazon",),
    "amzn": ("amazon",),
    "azurelinux": ("azure", "cbl-mariner", "mariner"),
    "cbl-mariner": ("cbl-mariner", "mariner"),
    "mariner": ("cbl-mariner", "mariner"),
    "centos": ("redhat",),
    "debian": ("debian",),
    "ol": ("oracle-oval", "oracle"),
    "oracle": ("oracle-oval", "oracle"),
    "photon": ("photon",),
    "redhat": ("redhat",),
    "rhel": ("redhat",),
    "rocky": ("rocky", "rockylinux"),
    "rockylinux": ("rocky", "rockylinux"),
    "ubuntu": ("ubuntu",),
}
_SUSE = ("suse-cvrf", "suse", "sles")
_DISTRIBUTION_TYPES = frozenset({"alpm", "apk", "deb", "ebuild", "rpm"})
# Any report that knows of a fix is believed: a fixable vulnerability is judged more strictly, never less.
_FIXES = {
    fix: place
    for place, fix in enumerate(
        (Fix.FIXED, Fix.WONT_FIX, Fix.END_OF_LIFE, Fix.DEFERRED, Fix.NOT_FIXED, Fix.UNKNOWN)
    )
}

Reported = tuple[int, Finding]
"""One finding, and which report it stands in."""

Opinions = tuple[tuple[Rating, ...], Rating | None]
"""Distinct ratings, sorted, and the one that counts."""


def merge(scans: Scans, hearsay: Collection[Digest] = ()) -> tuple[Vulnerability, ...]:
    """Return every vulnerability that any report names, each once per package, sorted by term.

    Args:
        scans: The reports.
        hearsay: Evidence that nobody known signed.
    """
    reported = [(place, _proper(finding)) for place, (_, scan, _) in enumerate(scans) for finding in scan.findings]
    vouched = frozenset(place for place, (_, _, digest) in enumerate(scans) if digest not in hearsay)
    aliases = Aliases((finding.vulnerability, *finding.aliases) for place, finding in reported if place in vouched)
    groups: dict[tuple[str, str], list[Reported]] = {}
    for place, finding in reported:
        identifier = aliases.canonical(finding.vulnerability, finding.aliases)
        package = package_of(finding.purl) if finding.purl else finding.package
        groups.setdefault((identifier, package), []).append((place, finding))
    producers = [producer for producer, _, _ in scans]
    merged = (
        _merged(identifier, package, group, producers, vouched) for (identifier, package), group in groups.items()
    )
    return tuple(sorted(merged, key=attrgetter("term")))


def explain_severity(one: Vulnerability) -> str | None:
    """Return whose opinion counts, why, and what the others say; nothing where all agree or nobody knows."""
    known = {(rating.severity, rating.source) for rating in one.ratings if rating.severity is not None}
    others = sorted((source, severity.label) for severity, source in known if severity is not one.severity)
    if one.severity is None or not others:
        return None
    speakers = {source for purl in one.written or (None,) for source in _speakers(purl)}
    if one.severity_source in speakers:
        why = "speaks for this package"
    else:
        why = "counts where nobody speaks for a package" if one.severity_source == "nvd" else "says the worst"
    told = ", ".join(f"{source} says {label}" for source, label in others)
    return f"{one.severity.label} because {one.severity_source} {why}; {told}"


def _merged(
    identifier: str, package: str, group: list[Reported], producers: list[str], vouched: frozenset[int]
) -> Vulnerability:
    findings = [finding for _, finding in group]
    names = [name for finding in findings for name in (finding.vulnerability, *finding.aliases)]
    versions = _sorted([finding.version for finding in findings])
    purls = _sorted([finding.purl for finding in findings])
    ratings, chosen = _opinions(group, vouched)
    heard = _heard(group, vouched)
    return Vulnerability(
        term=f"{identifier}@{package}",
        identifier=identifier,
        aliases=_sorted([name for name in names if name != identifier]),
        package=min([finding.package for finding in findings]),
        version=versions[0] if versions else None,
        purl=purls[0] if purls else None,
        severity=chosen.severity if chosen else None,
        severity_source=chosen.source if chosen else None,
        ratings=ratings,
        fix=min([finding.fix for finding in findings], key=_FIXES.__getitem__),
        fixed_versions=_sorted([version for finding in findings for version in finding.fixed_versions]),
        reported_by=_sorted([producers[place] for place, finding in group if finding.suppressed is None]),
        suppressed_by=_sorted([_silence(producers[place], finding) for place, finding in group]),
        versions=versions,
        written=_sorted([finding.written or finding.purl for finding in findings]),
        certain=_certain(identifier, group, vouched),
        published=_earliest([finding.published for finding in heard]),
        fixed_since=_earliest([finding.fixed_since for finding in heard]),
        layers=_layers(heard),
    )


def _proper(finding: Finding) -> Finding:
    """Return a finding under names as their databases write them."""
    names = (finding.vulnerability, *finding.aliases)
    identifier, *aliases = map(proper, names)
    return (
        finding
        if names == (identifier, *aliases)
        else replace(finding, vulnerability=identifier, aliases=tuple(aliases))
    )


def _heard(group: list[Reported], vouched: frozenset[int]) -> list[Finding]:
    """Return the findings whose dates count: a date begins a time of grace, so that hearsay must not bring one."""
    return [finding for place, finding in group if place in vouched] or [finding for _, finding in group]


def _layers(findings: list[Finding]) -> tuple[Digest, ...]:
    return tuple(sorted({layer for finding in findings for layer in finding.layers}))


def _earliest(dates: list[datetime | None]) -> datetime | None:
    return min([date for date in dates if date is not None], default=None)


def _certain(identifier: str, group: list[Reported], vouched: frozenset[int]) -> tuple[str, ...]:
    """Return the names that reports vouched for, or else those on which all the others agree."""
    signed = [finding for place, finding in group if place in vouched]
    if signed:
        named = {name for finding in signed for name in (finding.vulnerability, *finding.aliases)}
    else:
        named = set.intersection(*({finding.vulnerability, *finding.aliases} for _, finding in group))
    return tuple(sorted({identifier, *named}))


def _silence(producer: str, finding: Finding) -> str | None:
    return None if finding.suppressed is None else f"{producer}: {finding.suppressed}"


def _opinions(group: list[Reported], vouched: frozenset[int]) -> Opinions:
    """Return every opinion, and the worst of what each finding alone comes to.

    Findings that a later report joins by an alias stay weighed apart: no report can lower what another one says.
    Where reports that somebody vouches for do not know, hearsay does not know better: an unknown severity may count
    as any, so that only the highest is certain not to be lower.
    """
    each = [_weigh(finding.ratings, _speakers(finding.purl)) for _, finding in group]
    if len(each) == 1:
        return each[0]
    sworn = [opinion for (_, opinion), (place, _) in zip(each, group, strict=True) if place in vouched]
    if sworn and not any(sworn):
        each = [(ratings, one if one and one.severity is Severity.CRITICAL else None) for ratings, one in each]
    everything = tuple(sorted({one for ratings, _ in each for one in ratings}, key=_rating_order))
    return everything, max((one for _, one in each if one), key=_worst, default=None)


@lru_cache(maxsize=16384)
def _weigh(said: tuple[Rating, ...], speakers: tuple[str, ...]) -> Opinions:
    """Return what one finding's opinions come to; many findings share the same few."""
    ratings = tuple(sorted(set(said), key=_rating_order))
    return ratings, _choose(ratings, speakers)


def _choose(ratings: tuple[Rating, ...], speakers: tuple[str, ...]) -> Rating | None:
    known = [rating for rating in ratings if rating.severity is not None]
    for source in (*speakers, "nvd"):
        said = [rating for rating in known if rating.source == source]
        if said:
            return max(said, key=_worst)
    return max(known, key=_worst, default=None)


@lru_cache(maxsize=16384)
def _speakers(purl: str | None) -> tuple[str, ...]:
    parsed = parse_purl(purl) if purl else None
    if parsed is None:
        return ()
    if parsed.type not in _DISTRIBUTION_TYPES:
        return ("ghsa",)
    namespace = parsed.namespace or ""
    if namespace.startswith(("opensuse", "suse", "sles")):
        return _SUSE
    return _VENDORS.get(namespace, (namespace,))


def _worst(rating: Rating) -> tuple[Severity, float, str, str]:
    return rating.severity or Severity.NONE, float(rating.score or -1), rating.source, rating.vector or ""


def _rating_order(rating: Rating) -> tuple[str, int, str, str]:
    severity = -1 if rating.severity is None else int(rating.severity)
    return rating.source, severity, rating.score or "", rating.vector or ""


def _sorted(texts: list[str | None] | list[str]) -> tuple[str, ...]:
    """Return the distinct texts that are not empty, sorted."""
    if len(texts) == 1:  # nearly always
        return (texts[0],) if texts[0] else ()
    return tuple(sorted({text for text in texts if text}))
