"""Published wheels: fetched by pip against a lock with hashes, kept, and unpacked as pip would place them.

Source of the layout inside a wheel: packaging.python.org, "Binary distribution format", section "File contents".
"""

import hashlib
import re
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from demo.images.layer import File
from pratique.errors import Malformed, Unreachable

SITE = "usr/lib/python3/dist-packages"
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Target:
    """The interpreter and platform that wheels are chosen for, in pip's words; not those of this machine."""

    python: str
    abi: str
    platform: str


def fetch(lock: Path, target: Target, into: Path) -> tuple[Path, ...]:
    """Return the wheels that a lock names, sorted; those already in ``into`` are not fetched again.

    Raises:
        Unreachable: pip could not get them; its last line is in the message.
        Malformed: What it got is not what the lock names.
    """
    wanted = set(_HASH.findall(lock.read_text()))
    if wanted - set(_present(into)):
        _download(lock, target, into)
    present = _present(into)
    if wanted - set(present):
        found = len(wanted & set(present))
        raise Malformed(f"{lock.name}: expected {len(wanted)} wheels, found {found} in {into}; remove that folder")
    return tuple(sorted(present[digest] for digest in wanted))


def _present(folder: Path) -> dict[str, Path]:
    return {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in sorted(folder.glob("*.whl"))}


def _download(lock: Path, target: Target, into: Path) -> None:
    into.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "download", "--quiet"]
    command += ["--no-deps", "--only-binary", ":all:", "--require-hashes", "--requirement", str(lock)]
    command += ["--implementation", "cp", "--python-version", target.python, "--abi", target.abi]
    command += ["--platform", target.platform, "--dest", str(into)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        last = result.stderr.strip().splitlines()[-1:] or ["no message"]
        raise Unreachable(f"{lock.name}: pip download failed: {last[0]}; is the package index reachable?")


def unpack(wheel: Path) -> tuple[File, ...]:
    """Return a wheel's files at their places under the image's root."""
    with zipfile.ZipFile(wheel) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        return tuple(File(_place(member.filename), archive.read(member), _mode(member)) for member in members)


def _place(name: str) -> str:
    root, _, rest = name.partition("/")
    if not root.endswith(".data"):
        return f"{SITE}/{name}"
    scheme, _, rest = rest.partition("/")
    match scheme:
        case "purelib" | "platlib":
            return f"{SITE}/{rest}"
        case "scripts":
            return f"usr/bin/{rest}"
        case _:
            return f"usr/{rest}"


def _mode(member: zipfile.ZipInfo) -> int:
    return 0o755 if (member.external_attr >> 16) & 0o111 else 0o644
