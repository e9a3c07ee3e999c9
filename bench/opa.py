"""The rules of :mod:`bench.judging` in Rego, over the same evidence, where an ``opa`` binary is on the machine.

OPA reads the evidence and evaluates the rules in one process, as a gate that calls it would; its own start is taken
off by asking it for nothing first.
"""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tests.promotion.cases import bundle, case, provenance, source

from bench.figure import AtMost, Figure, in_words, interleaved
from bench.judging import ROUNDS, bill_of_materials, gate, report
from pratique.promotion.judge import judge

_REGO = """package gate
import rego.v1

findings := [found | some result in input.report.Results; some found in result.Vulnerabilities]
fixed(found) if found.FixedVersion != ""
all_of[severity] := count([found | some found in findings; found.Severity == severity]) if some severity in severities
fixable[severity] := count([found | some found in findings; found.Severity == severity; fixed(found)]) if {
	some severity in severities
}
stuck[severity] := all_of[severity] - fixable[severity] if some severity in severities
severities := {"CRITICAL", "HIGH", "MEDIUM", "LOW"}
named := [found.VulnerabilityID | some found in findings; startswith(found.VulnerabilityID, "CVE-2026-1")]
unlicensed := [part.name | some part in input.bill.components; count(object.get(part, "licenses", [])) == 0]
denied := [part.name |
	some part in input.bill.components
	some licence in part.licenses
	licence.expression in {"AGPL-3.0-only", "BUSL-1.1"}
]
versions := count([part | some part in input.bill.components; part.version != ""])
deny contains sprintf("%d %s", [counted, severity]) if {
	some severity, counted in all_of
	counted > 5
}
deny contains sprintf("%d fixable %s", [counted, severity]) if {
	some severity, counted in fixable
	counted > 5
}
deny contains sprintf("%d stuck %s", [counted, severity]) if {
	some severity, counted in stuck
	counted > 5
}
deny contains "named" if count(named) > 0
deny contains "licences" if count(unlicensed) + count(denied) > 0
deny contains "versions" if versions < count(input.bill.components)
"""


def against_opa(folder: Path) -> Figure | None:
    """Compare judging with OPA over the same evidence, or return nothing and say why."""
    opa = shutil.which("opa")
    if opa is None:
        print(
            "20 checks against the same rules in OPA: not compared, there is no opa on this machine",
            file=sys.stderr,
        )
        return None
    folder.mkdir()
    bill, scan = bill_of_materials(), report()
    (folder / "gate.rego").write_text(_REGO)
    (folder / "input.json").write_text(json.dumps({"bill": json.loads(bill), "report": json.loads(scan)}))
    (folder / "nothing.json").write_text("{}")
    prepared = case((bill, scan, provenance(), source()), policy=bundle(gate()))

    def ask(given: str) -> None:
        words = [opa, "eval", "--data", "gate.rego", "--input", given, "data.gate.deny"]
        subprocess.run(words, cwd=folder, check=True, capture_output=True)

    started = time.perf_counter()
    ask("nothing.json")
    start = time.perf_counter() - started
    ours, theirs = interleaved(ROUNDS, lambda: judge(prepared), lambda: ask("input.json"))
    yardstick = f"the same rules in OPA, {in_words(theirs - start)}"
    return Figure("20 checks, against OPA", in_words(ours), yardstick, ours / (theirs - start), AtMost(0.02))
