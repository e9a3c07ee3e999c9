"""Copy one image between two registries in a process of its own, and print the most memory it ever held, in KiB.

Run as ``python -m tests.registry.faults.carry_alone SOURCE DESTINATION DIGEST``.
"""

import re
import sys
from pathlib import Path

from tests.registry.faults.harness import carry

from pratique.registry.open import Settings, open_repository
from pratique.values.digest import Digest
from pratique.values.reference import parse_repository


def peak_kib() -> int:
    """The high-water mark of this program alone, whoever started it."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1])


def main(source: str, destination: str, digest: str) -> None:
    """Copy, and print."""
    hosts = frozenset(each.partition("/")[0] for each in (source, destination))
    settings = Settings(Path("/nowhere"), insecure=hosts)
    ends = [open_repository(parse_repository(each), settings) for each in (source, destination)]
    carry(Digest.parse(digest), ends[0], ends[1])
    print(peak_kib())


if __name__ == "__main__":
    main(*sys.argv[1:])
