"""A reading in numbers: what ``pratique evidence inspect`` prints, and what a reviewer sees first.

A key that is absent was not said by the document; zero was. Labels are ours, in lower case; statuses of statements
about exploitability are counted in the document's own words and in ours.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Any

from pratique.evidence.facts.build import Claimed, Material, Provenance
from pratique.evidence.facts.claims import Attributes, RuntimeReport, Scorecard, Verdict
from pratique.evidence.facts.identity import Certified
from pratique.evidence.facts.lists import Advisories, KnownExploited, Likelihoods
from pratique.evidence.facts.opaque import Opaque
from pratique.evidence.facts.packages import Sbom
from pratique.evidence.facts.rebuild import Rebuild
from pratique.evidence.facts.results import Results
from pratique.evidence.facts.scan import Scan
from pratique.evidence.facts.suites import Suites
from pratique.evidence.facts.verdict import CheckRun
from pratique.evidence.facts.vex import Vex
from pratique.evidence.model import Facts, Reading

UNKNOWN = "unknown"


def summarise(reading: Reading) -> dict[str, Any]:
    """Return one JSON object about a reading: format, counts, provenance and statement."""
    summary: dict[str, Any] = {
        "format": reading.format,
        "format_version": reading.format_version,
        "parse": reading.parse.value,
        "reasons": list(reading.reasons),
        "about": [str(digest) for digest in reading.about],
        "counts": count(reading.facts),
    }
    built = reading.of(Provenance)
    if built:
        summary["provenance"] = _provenance(built[0])
    if reading.predicate_type is not None:
        summary["statement"] = {
            "predicate_type": reading.predicate_type,
            "subjects": list(reading.subjects),
            "builder_id": _builder(reading),
        }
    if reading.wrapping is not None:
        summary["envelope"] = {**asdict(reading.wrapping), "verified": False}
    return summary


def _builder(reading: Reading) -> str | None:
    named = (*(one.builder_id for one in reading.of(Provenance)), *(one.builder for one in reading.of(Opaque)))
    return next(iter(named), None)


def count(facts: Iterable[Facts]) -> dict[str, Any]:
    """Return what some facts come to; numbers of the same name add up."""
    total: dict[str, Any] = {}
    for fact in facts:
        counter: Callable[[Any], Mapping[str, Any]] = _COUNTERS.get(type(fact), _nothing)
        for name, value in counter(fact).items():
            known = total.get(name)
            if isinstance(value, int):
                total[name] = (known or 0) + value
            else:
                parts = known or {}
                total[name] = {part: parts.get(part, 0) + value.get(part, 0) for part in sorted({*parts, *value})}
    return total


def _packages(sbom: Sbom) -> dict[str, Any]:
    written = [component.written for component in sbom.components if component.written]
    counts: dict[str, Any] = {
        "components": len(sbom.components),
        "with_purl": len(written),
        "distinct_purls": len(set(written)),
        "with_version": sum(component.version is not None for component in sbom.components),
        "with_licence": sum(bool(component.licences) for component in sbom.components),
    }
    if sbom.relationships is not None:
        counts["relationships"] = sbom.relationships
    return counts


def _findings(scan: Scan) -> dict[str, Any]:
    counts: dict[str, Any] = {
        "findings": len(scan.findings),
        "suppressed": sum(finding.suppressed is not None for finding in scan.findings),
        "by_severity": Counter(UNKNOWN if one.severity is None else one.severity.label for one in scan.findings),
        "by_fix_state": Counter(one.fix.value for one in scan.findings),
        "distinct_vulnerabilities": len({one.vulnerability for one in scan.findings}),
    }
    if scan.packages_examined is not None:
        counts["packages_examined"] = scan.packages_examined
    return counts


def _tests(suites: Suites) -> dict[str, int]:
    names = ("total", "passed", "failed", "errored", "skipped")
    return {name: sum(getattr(run, name) for run in suites.runs) for name in names}


def _statements(vex: Vex) -> dict[str, Any]:
    return {
        "vex": Counter(one.word or UNKNOWN for one in vex.statements),
        "vex_status": Counter(one.status.value if one.status else UNKNOWN for one in vex.statements),
        "vex_statements": len(vex.statements),
        "unexplained": sum(not one.is_explained for one in vex.statements),
    }


def _results(found: Results) -> dict[str, Any]:
    if found.results is None:
        return {"runs": 1, "not_run": 1}
    return {
        "runs": 1,
        "results": Counter(one.level.value for one in found.results),
        f"{found.kind.value}_results": len(found.results),
        "suppressed": sum(one.suppressed is not None for one in found.results),
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    word = UNKNOWN if verdict.passed is None else "passed" if verdict.passed else "failed"
    return {"verdicts": {word: 1}}


def _check_run(run: CheckRun) -> dict[str, Any]:
    return {"check_runs": 1, "not_run": 1} if run.objections is None else {"objections": len(run.objections)}


def _exploited(listed: KnownExploited) -> dict[str, Any]:
    ransomware = sum(entry.ransomware is True for entry in listed.entries)
    return {"known_exploited": len(listed.entries), "ransomware": ransomware}


def _nothing(_: Facts) -> dict[str, Any]:
    return {}


def _runtime(report: RuntimeReport) -> dict[str, Any]:
    counts: dict[str, Any] = {}
    if report.alerts is not None:
        counts["alerts"] = dict(report.alerts.by_severity)
    if report.restarts is not None:
        counts["restarts"] = report.restarts
    if report.observed:
        counts["observed"] = dict(report.observed)
    return counts


def _provenance(built: Provenance) -> dict[str, Any]:
    claimed = built.claimed or Claimed(None, None)
    return {
        "source": built.source_uri,
        "commit": built.source_commit,
        "ref": built.source_ref,
        "claimed_source": claimed.source,
        "claimed_commit": claimed.commit,
        "build_type": built.build_type,
        "builder_version": built.builder_version,
        "config_source": _material(built.config) if built.config else None,
        "entry_point": built.entry_point,
        "dockerfile": {"path": built.dockerfile, "digest": built.dockerfile_digest},
        "context_digest": built.context_digest,
        "base_images": [_material(item) for item in built.base_images],
        "materials": [_material(item) for item in built.materials],
        "parameters": None if built.parameters is None else dict(built.parameters),
        "environment": dict(built.environment),
        "invocation": built.invocation,
        "started": built.started.isoformat() if built.started else None,
        "finished": built.finished.isoformat() if built.finished else None,
        "hermetic": built.hermetic,
        "reproducible": built.reproducible,
        "incomplete": list(built.incomplete),
    }


def _material(item: Material) -> dict[str, Any]:
    return {"uri": item.uri, "digest": dict(item.digests)}


_COUNTERS: Mapping[type, Callable[[Any], Mapping[str, Any]]] = {
    Sbom: _packages,
    Scan: _findings,
    Suites: lambda found: {"tests": _tests(found)},
    Vex: _statements,
    Results: _results,
    Advisories: lambda found: {"advisories": len(found.identifiers), "withdrawn": len(found.withdrawn)},
    KnownExploited: _exploited,
    Likelihoods: lambda found: {"likelihoods": len(found.scores)},
    Attributes: lambda found: {"attributes": len(found.attributes)},
    Verdict: _verdict,
    RuntimeReport: _runtime,
    Certified: lambda _: {"identities": 1},
    Rebuild: lambda found: {"rebuilds": {"same" if found.equal else "different": 1}},
    CheckRun: _check_run,
    Scorecard: lambda found: {"scorecard_checks": len(found.checks)},
}
