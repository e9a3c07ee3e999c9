"""A bug's report: an id for the message, the traceback in a private file beside it."""

import os
import tempfile
import traceback
from pathlib import Path
from secrets import token_hex


def report() -> str:
    """Write the current exception's traceback to a file that only its owner reads; return the line to show."""
    number = token_hex(6)
    path = Path(tempfile.gettempdir()) / f"pratique-bug-{number}.txt"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(traceback.format_exc())
    return f"pratique: bug: report {number}; nothing was recorded as done; the details are in {path}"
