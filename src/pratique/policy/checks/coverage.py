"""Whether the scanners that must have looked at this image really did.

A report counts only where it shows that its tool examined at least one package: "found nothing" and "looked at
nothing" are different facts, and only the first is good news.
"""

from pratique.evidence.facts.scan import Scan
from pratique.evidence.match import PRODUCER
from pratique.evidence.model import Parse
from pratique.policy.checks.rule import signers_wanted, trusted
from pratique.policy.facts import Facts
from pratique.policy.result import CheckFinding
from pratique.policy.words import Service, Text
from pratique.values.digest import Digest


def find_gaps(facts: Facts, scanners: tuple[Text, ...], keys: tuple[Service, ...]) -> tuple[CheckFinding, ...]:
    """Return a finding for every producer that did not look; an empty answer means that all did.

    Args:
        facts: What is known.
        scanners: Producers that must each have looked; where empty, any one is enough.
        keys: Who must have signed the report; where empty, anybody. The built-in matcher needs no signature.
    """
    if not scanners:
        problems = [(producer, _problem(facts, scan, digest, keys)) for producer, scan, digest in facts.scans]
        if any(problem is None for _, problem in problems):
            return ()
        told = "; ".join(f"{producer} {problem}" for producer, problem in problems)
        return (_gap("coverage", told or "nobody has looked for vulnerabilities", "a scanner", keys),)
    return tuple(gap for scanner in scanners if (gap := _gap_of(facts, scanner, keys)))


def _gap_of(facts: Facts, scanner: Text, keys: tuple[Service, ...]) -> CheckFinding | None:
    reports = [(scan, digest) for producer, scan, digest in facts.scans if producer == scanner]
    problems = [_problem(facts, scan, digest, keys) for scan, digest in reports]
    if any(problem is None for problem in problems):
        return None
    told = "; ".join(problem for problem in problems if problem) or "made no report about this image"
    return _gap(f"coverage:{scanner}", f"{scanner} {told}", scanner, keys)


def _gap(term: str, message: str, scanner: str, keys: tuple[Service, ...]) -> CheckFinding:
    if scanner == PRODUCER:
        order = "import advisories for its packages, and add an SBOM that lists them with their versions"
    else:
        order = f"let {scanner} examine this digest, and add its report{signers_wanted(keys)}"
    return CheckFinding(term, message, fix=order)


def _problem(facts: Facts, scan: Scan, digest: Digest | None, keys: tuple[Service, ...]) -> str | None:
    """Return why this report does not show that anybody looked, or nothing where it does."""
    if digest is not None:
        evidence = facts.index.evidence.get(digest)
        if evidence is None:
            return "made a report whose evidence is missing"
        if not trusted(evidence, keys):
            return f"made a report that is not{signers_wanted(keys)}"
        if evidence.reading.parse is not Parse.OK:
            return f"made a report that was only partly understood: {'; '.join(evidence.reading.reasons[:3])}"
    if scan.packages_examined or scan.findings:
        return None
    if scan.packages_examined is None:
        return "found nothing, and its report does not say that it examined anything"
    return "examined no package"
