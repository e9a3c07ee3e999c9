"""Which facts expressions may refer to, and what they are of one image.

A fact that nobody knows of this image is left out, and an expression that refers to it cannot be judged; it is never
a zero, an empty text or false. Durations are whole days, sizes whole megabytes, both rounded up.
"""

from datetime import datetime
from typing import Final

from pratique.evidence.facts.packages import Component
from pratique.evidence.facts.results import Result, Results
from pratique.evidence.facts.scan import Fix, Severity
from pratique.evidence.licences import parse_licence
from pratique.evidence.model import Vulnerability
from pratique.evidence.quality import is_package
from pratique.policy.base import image_name
from pratique.policy.change import compare_packages
from pratique.policy.expression import Kind, Value, Vocabulary
from pratique.policy.facts import Facts
from pratique.policy.risk import Risk
from pratique.policy.traits import traits_of

Named = tuple[tuple[str, Kind], ...]
Values = dict[str, Value]

IMAGE: Final[Named] = (
    ("image.repository", Kind.TEXT),
    ("image.digest", Kind.TEXT),
    ("image.user", Kind.TEXT),
    ("image.size_mb", Kind.COUNT),
    ("image.layers", Kind.COUNT),
    ("image.files", Kind.COUNT),
    ("image.executables", Kind.COUNT),
    ("image.setuid", Kind.COUNT),
    ("image.ports", Kind.TEXTS),
    ("image.volumes", Kind.TEXTS),
    ("image.shells", Kind.TEXTS),
    ("image.package_managers", Kind.TEXTS),
    ("image.healthcheck", Kind.FLAG),
    ("image.secrets", Kind.COUNT),
    ("image.packages", Kind.COUNT),
    ("image.bases", Kind.TEXTS),
    ("image.builder", Kind.TEXT),
    ("image.critical", Kind.COUNT),
    ("image.high", Kind.COUNT),
    ("image.medium", Kind.COUNT),
    ("image.low", Kind.COUNT),
    ("image.unrated", Kind.COUNT),
)
DIFF: Final[Named] = (
    ("diff.added", Kind.COUNT),
    ("diff.removed", Kind.COUNT),
    ("diff.changed", Kind.COUNT),
    ("diff.major_bumps", Kind.COUNT),
    ("diff.new_vulnerabilities", Kind.COUNT),
    ("diff.surface_added", Kind.COUNT),
)
VULNERABILITY: Final[Named] = (
    ("v.id", Kind.TEXT),
    ("v.aliases", Kind.TEXTS),
    ("v.package", Kind.TEXT),
    ("v.purl", Kind.TEXT),
    ("v.version", Kind.TEXT),
    ("v.severity", Kind.TEXT),
    ("v.fixable", Kind.FLAG),
    ("v.kev", Kind.FLAG),
    ("v.ransomware", Kind.FLAG),
    ("v.epss", Kind.MAYBE_NUMBER),
    ("v.cvss", Kind.NUMBER),
    ("v.reachable", Kind.MAYBE_FLAG),
    ("v.new_since_current", Kind.FLAG),
    ("v.age_days", Kind.COUNT),
    ("v.seen_days", Kind.COUNT),
    ("v.reported_by", Kind.TEXTS),
)
COMPONENT: Final[Named] = (
    ("c.name", Kind.TEXT),
    ("c.version", Kind.TEXT),
    ("c.purl", Kind.TEXT),
    ("c.supplier", Kind.TEXT),
    ("c.kind", Kind.TEXT),
    ("c.licences", Kind.TEXTS),
    ("c.new_since_current", Kind.FLAG),
)
LICENCE: Final[Named] = (
    ("l.text", Kind.TEXT),
    ("l.categories", Kind.TEXTS),
    ("l.packages", Kind.COUNT),
)
RESULT: Final[Named] = (
    ("r.rule", Kind.TEXT),
    ("r.kind", Kind.TEXT),
    ("r.level", Kind.TEXT),
    ("r.severity", Kind.TEXT),
    ("r.place", Kind.TEXT),
    ("r.producer", Kind.TEXT),
    ("r.suppressed", Kind.FLAG),
)
TRACK: Final = Vocabulary(
    (("risk.score", Kind.NUMBER), ("diff.base_changed", Kind.FLAG), *IMAGE, *DIFF), tags=True
)
"""What the conditions of tracks and approvals may refer to."""


_MEASURED: Final = (
    *("image.user", "image.size_mb", "image.layers", "image.files", "image.executables", "image.setuid"),
    *("image.ports", "image.volumes", "image.shells", "image.package_managers", "image.healthcheck"),
    *("image.secrets", "diff.surface_added"),
)


def asks_for_layers(source: str) -> bool:
    """Tell whether an expression refers to a fact that is known only where the image's layers were measured."""
    told = "".join(source.split())
    return any(name in told for name in _MEASURED)


def image_facts(facts: Facts) -> Values:
    """Return what is known of the image itself; of its layers nothing, where nobody measured them."""
    known: Values = {"image.repository": facts.repository, "image.digest": str(facts.subject)}
    for surface, _ in facts.surfaces[:1]:
        known |= {
            "image.user": "root" if surface.root_user else surface.user.partition(":")[0].strip(),
            "image.size_mb": -(-surface.uncompressed // 1_000_000),
            "image.layers": len(surface.layers),
            "image.files": surface.files,
            "image.executables": surface.executables,
            "image.setuid": len(surface.setuid),
            "image.ports": surface.ports,
            "image.volumes": surface.volumes,
            "image.shells": surface.shells,
            "image.package_managers": surface.package_managers,
            "image.healthcheck": surface.healthcheck,
            "image.secrets": len(surface.secrets) + len(surface.secret_in_hidden_file),
        }
    if facts.sboms:
        known["image.packages"] = sum(len(parts) for parts in facts.index.components.values())
    return known | _built(facts) | _counted(facts)


def _built(facts: Facts) -> Values:
    signed = [built for built, evidence in facts.provenances if evidence.signers]
    if len({built.builder_id for built in signed}) != 1:
        return {}
    bases = {image_name(base.uri) for built in signed for base in built.base_images}
    return {"image.builder": signed[0].builder_id, **({"image.bases": tuple(sorted(bases))} if bases else {})}


def _counted(facts: Facts) -> Values:
    if not _looked(facts):
        return {}
    names = {severity: severity.label for severity in Severity if severity >= Severity.LOW}
    counts: dict[str, int] = dict.fromkeys((*names.values(), "unrated"), 0)
    for group in facts.index.groups:
        name = "unrated" if group.severity is None else names.get(group.severity)
        if name:
            counts[name] += len(group.members)
    return {f"image.{name}": count for name, count in counts.items() if name != "negligible"}


def _looked(facts: Facts) -> bool:
    return any(scan.packages_examined or scan.findings for _, scan, _ in facts.scans)


def diff_facts(facts: Facts) -> Values:
    """Return how the image differs from the one that the environment holds; nothing where it holds none."""
    current = facts.current
    if current is None:
        return {}
    known: Values = {}
    if current.components is not None and facts.sboms:
        purls = (part.purl for sbom, _ in facts.sboms for part in sbom.components if part.purl)
        change = compare_packages(purls, current.components)
        known |= {
            "diff.added": len(change.added),
            "diff.removed": len(change.removed),
            "diff.changed": len(change.changed),
            "diff.major_bumps": len(change.bumps),
        }
    if current.vulnerabilities is not None and _looked(facts):
        terms = {vulnerability.term for vulnerability in facts.vulnerabilities}
        known["diff.new_vulnerabilities"] = len(terms - current.vulnerabilities)
    if current.surface is not None and facts.surfaces:
        known["diff.surface_added"] = len(traits_of(facts.surfaces[0][0]) - current.surface)
    return known


def track_facts(platforms: tuple[Facts, ...], risk: Risk, *, base_changed: bool | None) -> Values:
    """Return what the conditions of tracks may refer to: of several platforms the largest count and the worse flag.

    Args:
        platforms: What is known of each.
        risk: The image's score.
        base_changed: Whether it is built on something else than what runs there; ``None`` where nobody knows.
    """
    each = [image_facts(facts) | diff_facts(facts) for facts in platforms]
    shared = set.intersection(*(set(known) for known in each)) if each else set()
    found = {name: _worst([known[name] for known in each]) for name in sorted(shared)}
    found["risk.score"] = risk.score
    if base_changed is not None:
        found["diff.base_changed"] = base_changed
    return found


def _worst(values: list[Value]) -> Value:
    """Return the largest of some counts, every item of some lists, and of texts the first in their order."""
    first = values[0]
    if isinstance(first, tuple):
        return tuple(sorted({item for value in values if isinstance(value, tuple) for item in value}))
    if isinstance(first, bool):
        return all(values)
    if isinstance(first, int):
        return max(value for value in values if isinstance(value, int))
    return "root" if "root" in values else min(str(value) for value in values)


def vulnerability_facts(one: Vulnerability, facts: Facts, unknown: Severity | None) -> Values:
    """Return what is known of a vulnerability.

    Args:
        one: The vulnerability.
        facts: The image that has it.
        unknown: What an unknown severity counts as; where it is not given, such a severity is not known.
    """
    severity = unknown if one.severity is None else one.severity
    scores = [rating.score for rating in one.ratings if rating.score is not None]
    known: dict[str, Value | None] = {
        "v.id": one.identifier,
        "v.aliases": one.aliases,
        "v.package": one.package,
        "v.purl": one.purl,
        "v.version": one.version,
        "v.severity": severity.label if severity is not None else None,
        "v.fixable": _fixable(one),
        "v.kev": one.known_exploited,
        "v.ransomware": one.ransomware if one.known_exploited is not None else None,
        "v.cvss": max(scores, key=float) if scores else None,
        "v.new_since_current": _is_new(one, facts),
        "v.age_days": _days(one.published, facts.now),
        "v.seen_days": _days((facts.first_seen or {}).get(one.term, facts.now), facts.now)
        if facts.first_seen is not None
        else None,
        "v.reported_by": one.reported_by,
    }
    found: Values = {name: value for name, value in known.items() if value is not None}
    found["v.reachable"] = None  # nobody examines it
    if facts.lists.likelihoods is not None:
        found["v.epss"] = one.likelihood
    return found


def _fixable(one: Vulnerability) -> bool | None:
    if one.fixed_versions or one.fix is Fix.FIXED:
        return True
    return None if one.fix is Fix.UNKNOWN else False


def _is_new(one: Vulnerability, facts: Facts) -> bool | None:
    """Return whether what runs there does not have it; where nothing runs, everything is new."""
    if facts.current is None:
        return True
    held = facts.current.vulnerabilities
    return None if held is None else one.term not in held


def _days(since: datetime | None, now: datetime) -> int | None:
    if since is None or since > now:
        return None
    whole = now - since
    return whole.days + bool(whole.seconds or whole.microseconds)


def components_of(facts: Facts) -> tuple[Component, ...]:
    """Return every package of every bill of materials, each once, sorted by what it is called."""
    found = {part for parts in facts.index.components.values() for part in parts if is_package(part)}
    return tuple(sorted(found, key=lambda part: (part.purl or "", part.name, part.version or "", repr(part))))


def component_facts(one: Component, facts: Facts) -> Values:
    """Return what is known of a package."""
    held = None if facts.current is None else facts.current.components
    new: bool | None = True if facts.current is None else None
    if held is not None and one.purl:
        new = one.purl not in held
    known: dict[str, Value | None] = {
        "c.name": one.name,
        "c.version": one.version,
        "c.purl": one.purl,
        "c.supplier": one.supplier,
        "c.kind": one.kind,
        "c.licences": one.licences or None,
        "c.new_since_current": new,
    }
    return {name: value for name, value in known.items() if value is not None}


def licence_facts(text: str, packages: int) -> Values:
    """Return what is known of a licence text; of a licence that nobody knows no category."""
    categories = tuple(sorted(parse_licence(text).categories))
    known: Values = {"l.text": text, "l.packages": packages}
    return known | ({"l.categories": categories} if categories else {})


def result_facts(run: Results, one: Result) -> Values:
    """Return what is known of something that an analyser found."""
    known: dict[str, Value | None] = {
        "r.rule": one.rule,
        "r.kind": run.kind.value,
        "r.level": one.level.value,
        "r.severity": one.severity,
        "r.place": one.place,
        "r.producer": run.producer,
        "r.suppressed": one.suppressed is not None,
    }
    return {name: value for name, value in known.items() if value is not None}
