"""What an image is made of, short enough to be compared with the next one that takes its place.

``None`` is "nobody looked", and never "nothing": it compares as different from everything.
"""

from collections.abc import Iterable

from pratique.evidence.licences import parse_licence
from pratique.policy.facts import CurrentFacts, Facts
from pratique.policy.traits import traits_of
from pratique.promotion.authorship import counted_sources, signed_by_machine
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest

_IMAGE_SCHEMES = ("pkg:docker/", "pkg:oci/", "docker-image://", "oci://", "docker://")


@dataclass(frozen=True, slots=True)
class Profile:
    """The parts that a change is measured by; every tuple is sorted and distinct.

    ``bases`` are the images it was built on, without digests; ``components`` package URLs with versions;
    ``licences`` their categories; ``vulnerabilities`` terms; ``commit`` the source commit; ``surface`` what the layers
    offer to an attacker, item by item; ``suppliers`` whoever supplies a package.
    """

    bases: tuple[str, ...] | None = None
    commit: str | None = None
    components: tuple[str, ...] | None = None
    licences: tuple[str, ...] | None = None
    vulnerabilities: tuple[str, ...] | None = None
    surface: tuple[str, ...] | None = None
    suppliers: tuple[str, ...] | None = None

    def as_current(self, digest: Digest) -> CurrentFacts:
        """Return what the checks see of an image that an environment holds."""
        return CurrentFacts(
            digest,
            _set(self.vulnerabilities),
            _set(self.components),
            None if self.bases is None else ", ".join(self.bases),
            _set(self.surface),
            _set(self.suppliers),
        )


def _set(known: tuple[str, ...] | None) -> frozenset[str] | None:
    return None if known is None else frozenset(known)


def profile_of(platforms: tuple[Facts, ...], repository: str) -> Profile:
    """Return the profile of an image from the facts of its platforms; what one of them lacks, it lacks.

    Of no platform nothing is known.

    Args:
        platforms: What is known of each.
        repository: Where the policy says that the image's source code is.
    """
    return Profile(
        bases=_every(_bases(facts) for facts in platforms),
        commit=_commit(platforms, repository),
        components=_every(_components(facts) for facts in platforms),
        licences=_every(_licences(facts) for facts in platforms),
        vulnerabilities=_every(_vulnerabilities(facts) for facts in platforms),
        surface=_every(_surface(facts) for facts in platforms),
        suppliers=_every(_suppliers(facts) for facts in platforms),
    )


def _every(parts: Iterable[set[str] | None]) -> tuple[str, ...] | None:
    every = tuple(parts)
    known = tuple(part for part in every if part is not None)
    if not every or len(known) < len(every):
        return None
    return tuple(sorted(set().union(*known)))


def _bases(facts: Facts) -> set[str] | None:
    built = [provenance for provenance, evidence in facts.provenances if signed_by_machine(evidence)]
    if not built:
        return None
    uris = (material.uri for provenance in built for material in provenance.materials)
    return {_without_digest(uri) for uri in uris if uri.startswith(_IMAGE_SCHEMES)}


def _without_digest(uri: str) -> str:
    """Return an image's URI with its tag and without what pins it, for example ``pkg:docker/debian@12.5``."""
    bare = uri.partition("?")[0].partition("#")[0]
    return bare.partition("@sha256:")[0].partition("@sha256%3A")[0]


def _commit(platforms: tuple[Facts, ...], repository: str) -> str | None:
    """Return the one commit that every platform was built from, as far as what counts says so."""
    commits: set[str] = set()
    for facts in platforms:
        counted = counted_sources(repository, facts)
        if isinstance(counted, str):
            return None
        commits.update(change.commit for change in counted)
    return commits.pop() if len(commits) == 1 else None


def _components(facts: Facts) -> set[str] | None:
    if not facts.sboms:
        return None
    return {component.purl for sbom, _ in facts.sboms for component in sbom.components if component.purl}


def _licences(facts: Facts) -> set[str] | None:
    if not facts.sboms:
        return None
    texts = {text for sbom, _ in facts.sboms for component in sbom.components for text in component.licences}
    return {category for text in texts for category in parse_licence(text).categories}


def _vulnerabilities(facts: Facts) -> set[str] | None:
    if not any(scan.packages_examined or scan.findings for _, scan, _ in facts.scans):
        return None
    return {vulnerability.term for vulnerability in facts.vulnerabilities}


def _surface(facts: Facts) -> set[str] | None:
    if not facts.surfaces:
        return None
    return {trait for surface, _ in facts.surfaces for trait in traits_of(surface)}


def _suppliers(facts: Facts) -> set[str] | None:
    if not facts.sboms:
        return None
    return {component.supplier for sbom, _ in facts.sboms for component in sbom.components if component.supplier}
