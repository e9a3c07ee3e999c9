"""The reports that trivy-operator keeps in a cluster: vulnerabilities, exposed secrets and settings of one workload.

Source: aquasecurity/trivy-operator, pkg/apis/aquasecurity/v1alpha1 (Apache-2.0). Reports about whole clusters, and
``trivy k8s``, speak of many images at once and are kept without being interpreted.
"""

from typing import Any

from pratique.evidence.document import Document, json_object
from pratique.evidence.facts.opaque import Opaque
from pratique.evidence.facts.results import Result, ResultKind, ResultLevel, Results
from pratique.evidence.facts.scan import Finding, Fix, Scan
from pratique.evidence.formats.trivy_results import level_of
from pratique.evidence.lookup import Notes, digests_of, moment_of, number_at, shown, table_at, tables_at, text_at
from pratique.evidence.model import Facts, Parse, Reading
from pratique.evidence.purl import parse_purl
from pratique.evidence.severity import parse_severity, rate

FORMAT = "trivy-operator"
_GROUP = "aquasecurity.github.io/"
_CLUSTER_KEYS = frozenset({"ClusterName", "Resources", "Findings"})
_SUMMARY_KEYS = frozenset({"vulnerabilities", "misconfigurations"})

Table = dict[str, Any]


def read_trivy_operator(document: Document) -> Reading | None:
    """Return what a report of trivy-operator says, or nothing where it is something else."""
    value = json_object(document)
    version = text_at(value, "apiVersion") or ""
    if not version.startswith(_GROUP):
        return _cluster(value)
    notes = Notes()
    report = table_at(value, "report")
    kind = text_at(value, "kind") or ""
    facts = _facts(kind.removeprefix("Cluster"), report, notes)
    about = digests_of(text_at(table_at(report, "artifact"), "digest"))
    return Reading(FORMAT, version.removeprefix(_GROUP), notes.parse, notes.reasons, (facts,), about=about)


def _cluster(value: Table) -> Reading | None:
    if len(_CLUSTER_KEYS & value.keys()) > 1 or (value and value.keys() <= _SUMMARY_KEYS):
        what = "a report of Trivy about a cluster, not about one image"
        return Reading("trivy-k8s", None, Parse.OK, (), (Opaque(what),))
    return None


def _facts(kind: str, report: Table, notes: Notes) -> Facts:
    version = text_at(table_at(report, "scanner"), "version")
    match kind:
        case "VulnerabilityReport":
            return _scan(report, version, notes)
        case "ExposedSecretReport":
            secrets = tuple(map(_secret, tables_at(report, "secrets", notes)))
            return Results(ResultKind.DISCLOSURE, "trivy", version, secrets)
        case "ConfigAuditReport" | "InfraAssessmentReport" | "RbacAssessmentReport":
            checks = tuple(map(_check, tables_at(report, "checks", notes)))
            return Results(ResultKind.MISCONFIGURATION, "trivy", version, checks)
        case _:
            return Opaque(f"a {shown(kind, 60) or 'report'} of trivy-operator, not interpreted")


def _scan(report: Table, version: str | None, notes: Notes) -> Scan:
    found = (_finding(entry, notes) for entry in tables_at(report, "vulnerabilities", notes))
    return Scan(
        producer="trivy",
        producer_version=version,
        database_date=None,
        created=moment_of(text_at(report, "updateTimestamp")),
        packages_examined=None,
        findings=tuple(finding for finding in found if finding),
    )


def _finding(entry: Table, notes: Notes) -> Finding | None:
    identifier, package = text_at(entry, "vulnerabilityID"), text_at(entry, "resource")
    if not identifier or not package:
        notes.add("vulnerabilities: an entry without vulnerabilityID or resource was not read")
        return None
    purl = text_at(entry, "packagePURL")
    parsed = parse_purl(purl) if purl else None
    fixed = tuple(part for piece in (text_at(entry, "fixedVersion") or "").split(",") if (part := piece.strip()))
    word = text_at(entry, "severity")
    return Finding(
        vulnerability=identifier,
        aliases=(),
        package=package,
        version=text_at(entry, "installedVersion"),
        purl=parsed.canonical if parsed else None,
        ratings=(rate("trivy", word, number_at(entry, "score"), None),),
        fix=Fix.FIXED if fixed else Fix.UNKNOWN,
        fixed_versions=fixed,
        severity=parse_severity(word),
        written=purl,
    )


def _secret(entry: Table) -> Result:
    return Result(
        rule=text_at(entry, "ruleID") or "",
        level=level_of(entry.get("severity")),
        severity=text_at(entry, "severity"),
        message=text_at(entry, "title"),
        place=text_at(entry, "target"),
    )


def _check(entry: Table) -> Result:
    return Result(
        rule=text_at(entry, "checkID") or "",
        level=ResultLevel.NONE if entry.get("success") is True else level_of(entry.get("severity")),
        severity=text_at(entry, "severity"),
        message=text_at(entry, "title"),
        place=None,
    )
