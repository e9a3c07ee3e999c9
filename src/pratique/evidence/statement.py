"""What a statement says, by the type of its predicate.

A new predicate is one function in ``predicates`` and one line here. A type that nobody here knows is opaque: it is
kept, bound to its subjects and shown, because an unknown kind of evidence is no error.
"""

from collections.abc import Mapping

from pratique.attest.source import SOURCE_FORM
from pratique.attest.statement import Statement
from pratique.evidence.facts.build import SourceChange
from pratique.evidence.model import Reading
from pratique.evidence.predicates.claims import read_scai, read_simple_result, read_summary
from pratique.evidence.predicates.documents import (
    COSIGN_CUSTOM,
    COSIGN_VULNERABILITIES,
    CYCLONEDX_BOM,
    OPENVEX,
    SPDX_DOCUMENT,
    read_cosign_custom,
    read_cosign_vulnerabilities,
    read_cyclonedx_predicate,
    read_openvex_predicate,
    read_report,
    read_spdx_predicate,
)
from pratique.evidence.predicates.identity import read_identity
from pratique.evidence.predicates.kept import read_kept
from pratique.evidence.predicates.provenance import PROVENANCE_TYPES, read_provenance
from pratique.evidence.predicates.reader import Interpret, PredicateReader, understood
from pratique.evidence.predicates.rebuild import read_rebuild
from pratique.evidence.predicates.runtime import read_runtime_report, read_trace
from pratique.evidence.predicates.scanning import read_scan
from pratique.evidence.predicates.tests import read_test_result
from pratique.evidence.predicates.verdict import read_verdict
from pratique.evidence.predicates.vulnerabilities import read_vulnerabilities
from pratique.values.uris import IDENTITY, REBUILD, REPORT, RUNTIME_REPORT, SCAN, SOURCE, VERDICT


def read_statement(statement: Statement, interpret: Interpret) -> Reading:
    """Return what a statement says; ``about`` and ``predicate_type`` are left to the caller.

    Raises:
        Malformed: A predicate of a known type breaks its specification.
    """
    return _reader_of(statement.predicate_type)(statement, interpret)


def _reader_of(predicate_type: str) -> PredicateReader:
    exact = _EXACT.get(predicate_type)
    if exact is not None:
        return exact
    family, _, version = predicate_type.rpartition("/")
    # Tools add the version to types that have none, and minor versions change nothing that we read.
    if version[:1] == "v" and version[1:2].isdigit():
        return _FAMILIES.get(family, read_kept)
    return read_kept


def _read_source(statement: Statement, _: Interpret) -> Reading:
    said = SOURCE_FORM.parse(statement.content)
    facts = SourceChange(said.repository, said.base, said.commit, said.authors, said.committers)
    return understood("source", facts)


_EXACT: Mapping[str, PredicateReader] = {
    **dict.fromkeys(PROVENANCE_TYPES, read_provenance),
    SOURCE: _read_source,
    REPORT: read_report,
    SCAN: read_scan,
    RUNTIME_REPORT: read_runtime_report,
    REBUILD: read_rebuild,
    VERDICT: read_verdict,
    IDENTITY: read_identity,
    COSIGN_VULNERABILITIES: read_cosign_vulnerabilities,
    COSIGN_CUSTOM: read_cosign_custom,
    CYCLONEDX_BOM: read_cyclonedx_predicate,
    SPDX_DOCUMENT: read_spdx_predicate,
    OPENVEX: read_openvex_predicate,
}
_FAMILIES: Mapping[str, PredicateReader] = {
    CYCLONEDX_BOM: read_cyclonedx_predicate,
    SPDX_DOCUMENT: read_spdx_predicate,
    OPENVEX: read_openvex_predicate,
    "https://slsa.dev/verification_summary": read_summary,
    "https://in-toto.io/attestation/vulns": read_vulnerabilities,
    "https://in-toto.io/attestation/test-result": read_test_result,
    "https://in-toto.io/attestation/scai": read_scai,
    "https://in-toto.io/attestation/scai/attribute-report": read_scai,
    "https://in-toto.io/attestation/svr": read_simple_result,
    "https://in-toto.io/attestation/runtime-trace": read_trace,
}
