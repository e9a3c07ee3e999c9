"""The rules of :mod:`bench.judging` in Rego, over the same evidence, where an ``opa`` binary is on the machine.

Both must give the same answer, which is compared before anything is measured: how each of the twenty checks ended,
and of every vulnerability that counts its term, severity and repair. Two figures come of it. In the first, both are
asked about evidence that is parsed: ours as it lies in memory, theirs by the time that OPA itself says the query took.
The second is what a gate that calls OPA waits for, which hands it the input as JSON; what its process takes to start is
taken off. OPA is spared what the rules ask for besides: joining what several scanners report, licence expressions with
exceptions, statements about exploitability, signatures, the risk with its explanation, and the record of it all.
"""

import json
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.promotion.cases import bundle, case, provenance, source

from bench.figure import AtMost, Figure, in_words, interleaved
from bench.judging import ROUNDS, bill_of_materials, gate, report
from pratique.policy.result import CheckResult
from pratique.promotion.case import Case
from pratique.promotion.judge import judge

_REGO = """package gate
import rego.v1

label := {"1": "low", "2": "medium", "3": "high", "4": "critical"}
findings := [{"term": term, "severity": severity, "fix": fix} |
	some result in input.report.Results
	some raw in result.Vulnerabilities
	term := sprintf("%s@%s", [raw.VulnerabilityID, split(raw.PkgIdentifier.PURL, "@")[0]])
	severity := label[sprintf("%d", [raw.VendorSeverity[raw.SeveritySource]])]
	fix := repair(raw)
]
repair(raw) := sprintf("upgrade %s from %s to %s", [raw.PkgName, raw.InstalledVersion, raw.FixedVersion]) if {
	raw.FixedVersion != ""
} else := ""

of_severity[severity] := [found | some found in findings; found.severity == severity] if some severity in severities
severities := {"critical", "high", "medium", "low"}
verdict(counted, most, failed) := {"outcome": failed, "findings": counted} if count(counted) > most
else := {"outcome": "pass", "findings": counted}

checks[sprintf("all-%s", [severity])] := verdict(of_severity[severity], 5, "review") if some severity in severities
checks[sprintf("fixable-%s", [severity])] := verdict(counted, 5, "review") if {
	some severity in severities
	counted := [found | some found in of_severity[severity]; found.fix != ""]
}
checks[sprintf("stuck-%s", [severity])] := verdict(counted, 5, "review") if {
	some severity in severities
	counted := [found | some found in of_severity[severity]; found.fix == ""]
}
checks["named"] := verdict([found | some found in findings; startswith(found.term, "CVE-2026-1")], 0, "block")
checks["trivy"] := verdict(findings, 100000, "block") if count(input.report.Results[0].Packages) > 0

parts := input.bill.components
share(field) := count([part | some part in parts; object.get(part, field, "") != ""]) / count(parts)
checks["sbom"] := {"outcome": "pass"} if every field in ["version", "purl", "licenses"] { share(field) >= 0.9 }
denied(expression) if every branch in split(expression, " OR ") { branch in {"AGPL-3.0-only", "BUSL-1.1"} }
bad := [part.name | some part in parts; some licence in part.licenses; denied(licence.expression)]
checks["licences"] := {"outcome": "pass"} if count(bad) == 0
checks["sig"] := {"outcome": "pass"} if "service:ci" in input.facts.signers
checks["prov"] := {"outcome": "pass"} if input.facts.builder == "https://ci.example/builder"
checks["came"] := {"outcome": "pass"} if "staging" in input.facts.arrivals
checks["tests"] := {"outcome": "unknown"} if not "unit" in input.facts.suites
"""
_FACTS = {
    "signers": ["service:ci"],
    "builder": "https://ci.example/builder",
    "arrivals": ["staging"],
    "suites": [],
}
"""What OPA need not work out: who signed, and what the ledger knows."""
_EVAL = "timer_rego_query_eval_ns"

Answer = tuple[str, frozenset[tuple[str, str | None, str | None]]]
"""How a check ended, and of every vulnerability its term, severity and repair."""


def against_opa(folder: Path) -> tuple[Figure, ...]:
    """Compare judging with OPA over the same evidence, or return nothing and say why."""
    opa = shutil.which("opa")
    if opa is None:
        print(
            "20 checks against the same rules in OPA: not compared, there is no opa on this machine",
            file=sys.stderr,
        )
        return ()
    folder.mkdir()
    bill, scan = bill_of_materials(), report()
    given = {"bill": json.loads(bill), "report": json.loads(scan), "facts": _FACTS}
    (folder / "gate.rego").write_text(_REGO)
    (folder / "input.json").write_text(json.dumps(given))
    (folder / "nothing.json").write_text("{}")
    prepared = case((bill, scan, provenance(), source()), policy=bundle(gate()))
    _refuse_other_answers(prepared, json.loads(_ask(opa, folder, "input.json")))
    answers: list[bytes] = []
    ours, theirs, start = interleaved(
        ROUNDS,
        lambda: judge(prepared),
        lambda: answers.append(_ask(opa, folder, "input.json")),
        lambda: _ask(opa, folder, "nothing.json"),
    )
    alone = statistics.median(json.loads(answer)["metrics"][_EVAL] / 1e9 for answer in answers)
    return (
        Figure(
            "20 checks, against the query in OPA",
            in_words(ours),
            f"the same answer from OPA's memory, {in_words(alone)}",
            ours / alone,
        ),
        Figure(
            "20 checks, against asking OPA",
            in_words(ours),
            f"the same answer from OPA, {in_words(theirs - start)}",
            ours / (theirs - start),
            AtMost(0.02),
        ),
    )


def _ask(opa: str, folder: Path, given: str) -> bytes:
    words = [opa, "eval", "--metrics", "--data", "gate.rego", "--input", given, "data.gate.checks"]
    return subprocess.run(words, cwd=folder, check=True, capture_output=True).stdout


def _refuse_other_answers(prepared: Case, said: dict[str, Any]) -> None:
    """Return if OPA found what we find, check by check; anything else would compare two different things."""
    (result,) = said["result"]
    theirs = {name: _theirs(check) for name, check in result["expressions"][0]["value"].items()}
    ours = dict(_ours(judge(prepared).decision.checks))
    for name in ours | theirs:
        if ours.get(name) != theirs.get(name):
            raise AssertionError(f"check {name}: ours and OPA's answers differ")


def _theirs(check: dict[str, Any]) -> Answer:
    found = check.get("findings", ())
    return check["outcome"], frozenset((one["term"], one["severity"], one["fix"] or None) for one in found)


def _ours(checks: tuple[CheckResult, ...]) -> Iterator[tuple[str, Answer]]:
    for check in checks:
        found = check.findings if check.check == "vulnerabilities" else ()
        yield str(check.id), (str(check.outcome), frozenset((one.term, one.severity, one.fix) for one in found))
