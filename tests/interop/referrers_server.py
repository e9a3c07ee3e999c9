"""Registries that have the referrers API: two by others where ``make interop`` built them, else the tests' own."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.interop.tools import built
from tests.servers.oci_server import oci_server

OWN = "the tests' own"
THEIRS = ("ociregistry", "go-containerregistry")
SERVERS = THEIRS if built("registry") else (OWN,)
"""What can run here."""


@contextmanager
def referrers_server(kind: str) -> Iterator[str]:
    """Run one of ``SERVERS`` while the block runs; yield its ``127.0.0.1:port``."""
    if kind == OWN:
        with oci_server() as running:
            yield running.host
        return
    program = built("registry")
    assert program, kind
    # It ends when its standard input does: also when the test run is killed.
    with subprocess.Popen(
        [program, kind], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()
