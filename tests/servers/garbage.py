"""The clean-up of Debian's docker-registry, as its administrator runs it."""

import subprocess
from pathlib import Path


def collect_garbage(folder: Path) -> None:
    """Delete every manifest without a tag, and every blob that then nothing needs.

    The registry whose files these are must not run, as its own manual says.
    """
    config = folder.with_name(f"{folder.name}.yml")  # as the registry was started with
    subprocess.run(["docker-registry", "garbage-collect", "-m", str(config)], check=True, capture_output=True)
