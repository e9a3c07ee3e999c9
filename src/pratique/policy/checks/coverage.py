"""Whether the scanners that must have looked at this image really did.

A report counts only where it shows that its tool examined at least one package: "found nothing" and "looked at
nothing" are different facts, and only the first is good news. Where a later run of the same tool failed, or the
report is older than the policy lets it be, nobody has looked either; what it found still counts.
"""

from collections.abc import Iterator
from datetime import datetime

from pratique.evidence.facts.scan import Scan
from pratique.evidence.match import PRODUCER
from pratique.evidence.model import Bound, Parse
from pratique.policy.checks.rule import signers_wanted, trusted
from pratique.policy.facts import Facts
from pratique.policy.result import CheckFinding
from pratique.policy.words import Service, Text, render_duration
from pratique.values.digest import Digest
from pratique.values.moment import render_moment

Report = tuple[str, Scan, Digest | None]
"""Producer, report, and its evidence."""


def find_gaps(facts: Facts, scanners: tuple[Text, ...], keys: tuple[Service, ...]) -> tuple[CheckFinding, ...]:
    """Return a finding for every producer that did not look; an empty answer means that all did.

    Args:
        facts: What is known.
        scanners: Producers that must each have looked; where empty, any one is enough.
        keys: Who must have signed the report; where empty, anybody. The built-in matcher needs no signature.
    """
    if not scanners:
        problems = [(each[0], _problem(facts, each, keys)) for each in facts.scans]
        if any(problem is None for _, problem in problems):
            return ()
        told = "; ".join(f"{producer} {problem}" for producer, problem in problems)
        return (_gap("coverage", told or "nobody has looked for vulnerabilities", "a scanner", keys),)
    return tuple(gap for scanner in scanners if (gap := _gap_of(facts, scanner, keys)))


def _gap_of(facts: Facts, scanner: Text, keys: tuple[Service, ...]) -> CheckFinding | None:
    problems = [_problem(facts, each, keys) for each in facts.scans if each[0] == scanner]
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


def _problem(facts: Facts, report: Report, keys: tuple[Service, ...]) -> str | None:
    """Return why this report does not show that anybody looked, or nothing where it does."""
    _, scan, digest = report
    if digest is not None and (doubt := _doubt(facts, report, keys)):
        return doubt
    if scan.packages_examined or scan.findings:
        return None
    if scan.packages_examined is None:
        return "found nothing, and its report does not say that it examined anything"
    return "examined no package"


def _doubt(facts: Facts, report: Report, keys: tuple[Service, ...]) -> str | None:
    """Return why a report that is evidence does not count, whatever it says."""
    producer, scan, digest = report
    evidence = None if digest is None else facts.index.evidence.get(digest)
    if evidence is None:
        return "made a report whose evidence is missing"
    if not trusted(evidence, keys):
        return f"made a report that is not{signers_wanted(keys)}"
    if evidence.reading.parse is not Parse.OK:
        return f"made a report that was only partly understood: {'; '.join(evidence.reading.reasons[:3])}"
    return _outdated(facts, producer, scan)


def _outdated(facts: Facts, producer: str, scan: Scan) -> str | None:
    """Return why a report holds no longer; a date in the future is none."""
    if scan.failed is not None:
        return None
    made = scan.created if scan.created is not None and scan.created <= facts.now else None
    failed = max(_failures(facts, producer), default=None)
    if failed is not None and (made is None or made <= failed):
        return f"made a report, and failed at {render_moment(failed)}, after it"
    oldest = facts.max_evidence_age
    if oldest is None:
        return None
    if made is None:
        return "made a report that does not say when"
    if facts.now - made > oldest:
        return f"made a report at {render_moment(made)}, more than {render_duration(oldest)} ago"
    return None


def _failures(facts: Facts, producer: str) -> Iterator[datetime]:
    """Yield when this tool failed, where somebody known signed that it did: anybody else could stop everything."""
    for each, scan, digest in facts.scans:
        evidence = facts.index.evidence.get(digest) if digest is not None else None
        if each == producer and scan.failed is not None and evidence and evidence.bound is Bound.STATEMENT:
            yield scan.failed


def report_ages(facts: Facts) -> datetime | None:
    """Return when the next report that is young enough becomes too old."""
    oldest = facts.max_evidence_age
    if oldest is None:
        return None
    made = (scan.created for _, scan, digest in facts.scans if digest is not None and scan.created is not None)
    return min((at + oldest for at in made if at <= facts.now <= at + oldest), default=None)
