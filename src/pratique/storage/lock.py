"""Who holds the database's write lock, asked of the kernel.

In WAL mode, SQLite's writer holds a POSIX lock on byte 120 of the ``-shm`` file (sqlite.org/walformat.html,
"WAL Locks"). The kernel lists every lock with its process in ``/proc/locks``. Opening the file to ask by ``fcntl``
would not do: closing it again would drop the locks that this very process holds on it.
"""

import os
from pathlib import Path

_WRITE_LOCK_BYTE = "120"


def holders(database: Path) -> str:
    """Name the processes that hold the write lock, for a message: ``process 123 (pratique worker)``."""
    try:
        shared = Path(f"{database}-shm").stat()
        locks = Path("/proc/locks").read_text().splitlines()
    except OSError:
        return "another process"
    place = f"{os.major(shared.st_dev):02x}:{os.minor(shared.st_dev):02x}:{shared.st_ino}"
    found = {fields[-4] for line in locks if _is_write_lock(fields := line.split(), place)}
    return " and ".join(_named(process) for process in sorted(found)) or "another process"


def _is_write_lock(fields: list[str], place: str) -> bool:
    """Tell whether this line of ``/proc/locks`` (proc(5)) is the lock itself, not one waiting for it."""
    return len(fields) == 8 and fields[3] == "WRITE" and fields[5:7] == [place, _WRITE_LOCK_BYTE]


def _named(process: str) -> str:
    try:
        words = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\x00")
    except OSError:
        return f"process {process}"
    command = " ".join(word.decode(errors="replace") for word in words if word)
    return f"process {process} ({command[:80]})"
