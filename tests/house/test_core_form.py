"""The core form of a proof's verification: what it imports is pinned, because it starts cold for every image.

It is also what an auditor has to trust, and what is shipped alone.
"""

import ast
import json
import re
import subprocess
import sys
from functools import cache

import pytest
from tests.house.sources import PACKAGE, ROOT, modules

KEPT = ROOT / "tests" / "vectors" / "proof"
COMMAND = ["proof", "verify", str(KEPT / "proof.json"), "--trust-root", str(KEPT / "trust-root.json")]
SCRIPT = f"""
import json, sys
from pratique.cli.main import run
code = run({COMMAND!r})
print(json.dumps([code, sorted(sys.modules)]))
"""

ED25519 = "cryptography.hazmat.primitives.asymmetric.ed25519"

MOST_OWN_MODULES = 83
FLOORS = {"values", "attest", "tlog", "promotion", "proof"}
OTHERS = {
    "pratique.errors",
    "pratique.cli.main",
    "pratique.cli.proof",
    "pratique.cli.answer",
    "pratique.cli.options",
    "pratique.cli.uncollected",
    "pratique.policy.pattern",
    "pratique.policy.result",
}
LIBRARIES = {"cryptography", "rfc8785"}
"""The other people's code that verifying runs."""
HEAVY = {
    "asyncio",
    "cryptography.hazmat.backends.openssl.backend",
    "http",
    "importlib.metadata",
    "ipaddress",
    "logging",
    "pathlib",
    "socket",
    "sqlite3",
    "ssl",
    "subprocess",
    "tempfile",
    "threading",
    "urllib",
}
"""What somebody imports without thinking of it."""


@cache
def loaded() -> frozenset[str]:
    """Return the modules that verifying a proof from the command line loads."""
    ran = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    code, names = json.loads(ran.stdout.splitlines()[-1])
    assert code == 0, ran.stdout
    return frozenset(names)


@cache
def bare() -> frozenset[str]:
    """Return the modules that an interpreter loads which imports Ed25519."""
    script = f"import json, sys, {ED25519}; print(json.dumps([*sys.modules]))"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return frozenset(json.loads(ran.stdout))


def own() -> list[str]:
    return [name for name in loaded() if re.fullmatch(r"pratique\.(errors|[a-z]+\..+)", name)]


def test_the_core_form_imports_its_own_floors_only() -> None:
    assert {name for name in own() if name.split(".")[1] not in FLOORS} <= OTHERS


def test_the_core_form_does_not_judge() -> None:
    judging = {f"pratique.promotion.{name}" for name in ("judge", "case", "record", "track", "separation")}
    assert loaded() & judging == set()


def test_the_core_form_stays_small() -> None:
    assert len(own()) <= MOST_OWN_MODULES, "verifying starts cold for every image; does it need one module more?"


def test_the_core_form_runs_no_other_peoples_code_than_agreed() -> None:
    roots = {name.split(".")[0] for name in loaded() - bare()}
    assert {root for root in roots if root not in sys.stdlib_module_names} - {"pratique"} <= LIBRARIES


def test_the_core_form_loads_nothing_heavy() -> None:
    assert loaded() & HEAVY - bare() == frozenset()


@pytest.mark.parametrize("floor", sorted(FLOORS))
def test_the_core_form_defines_its_values_cheaply(floor: str) -> None:
    standard = [
        module.name
        for module in modules(PACKAGE / floor)
        if module.path.name != "dataclass.py"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom) and node.module == "dataclasses"
        if any(alias.name == "dataclass" for alias in node.names)
    ]
    assert standard == [], "see docs/adr/0011: from pratique.values.dataclass import dataclass"
