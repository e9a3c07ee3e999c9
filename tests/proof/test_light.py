"""Verifying a proof starts in little time, and with little code to trust."""

import json
import subprocess
import sys

WHAT = (
    "import json, sys; import pratique.proof.verify, pratique.proof.trust; print(json.dumps(sorted(sys.modules)))"
)


def loaded() -> set[str]:
    """Return every module that verifying loads, in an interpreter of its own that no site package starts up."""
    done = subprocess.run([sys.executable, "-c", WHAT], capture_output=True, check=True, text=True)
    return set(json.loads(done.stdout))


def test_verifying_trusts_two_packages_beside_the_standard_library() -> None:
    bare = subprocess.run(
        [sys.executable, "-c", "import json, sys; print(json.dumps(sorted(sys.modules)))"],
        capture_output=True,
        check=True,
        text=True,
    )
    roots = {name.partition(".")[0] for name in loaded() - set(json.loads(bare.stdout))}
    ours = {"pratique", "cryptography", "rfc8785"}
    compiled = {"_openssl", "_cffi_backend"}  # parts of cryptography
    assert roots - set(sys.stdlib_module_names) - compiled == ours


def test_verifying_loads_neither_judge_nor_hands() -> None:
    floors = {name.partition(".")[2] for name in loaded() if name.startswith("pratique.")}
    assert {name.partition(".")[0] for name in floors} == {
        "attest",
        "errors",
        "policy",
        "promotion",
        "proof",
        "tlog",
        "values",
    }
    assert not floors & {
        "policy.document",
        "policy.check",
        "promotion.judge",
        "promotion.record",
        "promotion.case",
    }


def test_verifying_needs_no_network_no_files_and_no_processes() -> None:
    assert not loaded() & {
        "socket",
        "ssl",
        "http",
        "urllib.request",
        "subprocess",
        "asyncio",
        "sqlite3",
        "tempfile",
    }
