"""No numbered case is left out: each has a test that says so in its first line."""

import ast
import re
from collections import defaultdict
from pathlib import Path

CASES = {
    1: "truncated blob, with and without Range",
    2: "RST in the middle of a body",
    3: "206 with another offset, 200 on Range",
    4: "right length, wrong bytes",
    5: "longer body than the descriptor",
    6: "Content-Length other than the descriptor",
    7: "gzip Content-Encoding on a blob",
    8: "slow-loris both ways",
    9: "5xx at POST, mid-PUT, after commit",
    10: "lost 201",
    11: "429 in every form",
    12: "token expiry, 401 on the closing PUT, endless 401",
    13: "subset of scopes, only the first or last honoured",
    14: "access_token only, no expires_in, clock skew, 5 MiB token body",
    15: "realm elsewhere",
    16: "upload Location elsewhere or missing",
    17: "redirect of a blob to another origin, redirect loop",
    18: "mount refused, or granted though the blob is absent",
    19: "tag moved at either end",
    20: "immutable tag",
    21: "PUT returns another Docker-Content-Digest",
    22: "MANIFEST_BLOB_UNKNOWN though HEAD said present",
    23: "parent present, child gone",
    24: "referrers lists in every wrong way",
    25: "OCI-Subject sent but not indexed",
    26: "two writers of a fallback tag, and a third party",
    27: "fallback tag holds something else",
    28: "legacy tags of index and children",
    29: "duplicate layers, one blob twice, zero bytes, {} config",
    30: "nested index, cycle, empty index, child that is a blob",
    31: "zstd, uncompressed, unknown, encrypted layers",
    32: "artifactType only, index with subject",
    33: "unknown/unknown attestations",
    34: "docker schema 2 and 1",
    35: "manifest of exactly 4 MiB, and one byte more",
    36: "CVE-2021-41190, duplicate keys, BOM, trailing bytes",
    37: "sha512, uppercase hex, traversal",
    38: "foreign-layer urls",
    39: "kill -9 at every step, then resume",
    40: "two promotions that share layers, at once",
    41: "destination's disk full, 413",
    42: "missing Docker-Content-Digest, missing Content-Length",
}
_NUMBER = re.compile(r"\bCase (\d+)\b")


def cases_tested() -> dict[int, list[str]]:
    """Return each case's tests, by what the first line of their docstring says."""
    found: defaultdict[int, list[str]] = defaultdict(list)
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                first_line = (ast.get_docstring(node) or "").partition("\n")[0]
                for number in _NUMBER.findall(first_line):
                    found[int(number)].append(f"{path.name}::{node.name}")
    return found


def test_every_numbered_case_has_a_test() -> None:
    assert sorted(cases_tested()) == sorted(CASES)


def test_no_case_rests_on_long_runs_alone() -> None:
    """A test that only soaks is none that everybody runs."""
    soaking = {"test_a_drip_over_a_connection_ends_after_the_window"}
    for number, names in cases_tested().items():
        assert {name.partition("::")[2] for name in names} - soaking, f"case {number}"
