"""A verifier starts fast: it loads the standard library and cryptography, and nothing else."""

import subprocess
import sys

PROBE = """
import sys
before = set(sys.modules)
import pratique.tlog.policy, pratique.tlog.proof_file, pratique.tlog.proofs, pratique.tlog.tile, pratique.tlog.tree
loaded = {name.partition(".")[0] for name in set(sys.modules) - before}
print(*sorted(loaded - sys.stdlib_module_names))
"""


def test_verifying_loads_nothing_but_the_standard_library_and_cryptography() -> None:
    found = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)
    assert set(found.stdout.split()) <= {"pratique", "cryptography", "_cffi_backend", "_openssl"}
