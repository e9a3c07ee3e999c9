"""The yardstick of everything durable: one small block, written and brought to the same disk."""

import os
import time
from pathlib import Path

_BLOCK = bytes(4096)


def syncs_per_second(folder: Path, seconds: float = 0.5) -> float:
    """Return how many blocks a second one writer brings to disk, each followed by ``fdatasync``."""
    path = folder / "probe"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        count, start = 0, time.perf_counter()
        while time.perf_counter() - start < seconds:
            os.pwrite(descriptor, _BLOCK, count * len(_BLOCK))
            os.fdatasync(descriptor)
            count += 1
        return count / (time.perf_counter() - start)
    finally:
        os.close(descriptor)
        path.unlink()
