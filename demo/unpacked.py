"""An image's root directory, unpacked from the bytes of its layers, to run its tests in."""

import io
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from pratique.values.digest import Digest

_TESTS = Path(__file__).with_name("unit_tests.py")


def unit_test(layout: Path, image: Digest) -> bytes:
    """Run the service's unit tests on the files of one image of a layout and return their JUnit XML."""
    with tempfile.TemporaryDirectory() as folder:
        unpack(layout, image, Path(folder))
        return run_tests(Path(folder))


def run_tests(root: Path) -> bytes:
    """Run the unit tests on an unpacked image and return their JUnit XML."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "unit.xml"
        # -I and -S: neither this environment's packages nor its variables may help a test to pass.
        subprocess.run([sys.executable, "-I", "-S", "-B", str(_TESTS), str(root), str(report)], check=True)
        return report.read_bytes()


def unpack(layout: Path, image: Digest, root: Path) -> None:
    """Write every regular file of every layer; the images of this demo hold nothing else."""
    manifest: dict[str, Any] = json.loads(_blob(layout, str(image)))
    for layer in manifest["layers"]:
        with tarfile.open(fileobj=io.BytesIO(_blob(layout, layer["digest"]))) as archive:
            for member in archive:
                content = archive.extractfile(member) if member.isfile() else None
                if content is not None:
                    path = root / member.name
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(content.read())


def _blob(layout: Path, digest: str) -> bytes:
    return (layout / "blobs" / "sha256" / Digest.parse(digest).hex).read_bytes()
