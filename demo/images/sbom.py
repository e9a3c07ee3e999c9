"""The bill of materials of an image: CycloneDX JSON by syft, made once per digest and kept.

syft 1.18 takes a licence from a package's ``License`` or ``License-Expression`` field. Three of the current
packages name theirs only in a licence file, so their component is completed here, with a property that says so;
nothing else of syft's document changes.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from demo.images.build import ROOT
from demo.images.layout import read_index, write_index
from pratique.errors import Absent, Unreachable
from pratique.values.digest import Digest

SBOMS = ROOT / "build" / "demo" / "sboms"

# Read by a person in the licence file inside each wheel. The version is in the key because a licence can change.
READ_IN_LICENCE_FILE = {
    "pkg:pypi/blinker@1.9.0": "MIT",
    "pkg:pypi/itsdangerous@2.2.0": "BSD-3-Clause",
    "pkg:pypi/jinja2@3.1.6": "BSD-3-Clause",
}


def bill_of_materials(layout: Path, image: Digest, kept: Path = SBOMS) -> bytes:
    """Return the CycloneDX JSON of one image in a layout directory; the same bytes each time for one digest.

    Raises:
        Absent: The layout's index does not name the image, or syft is not installed.
        Unreachable: syft failed; its last line is in the message.
    """
    path = kept / f"{image.hex}.cdx.json"
    if not path.exists():
        document = complete_licences(json.loads(_syft(layout, image)))
        kept.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n")
        part.replace(path)  # an interrupted run leaves no half document behind
    return path.read_bytes()


def complete_licences(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document with a licence for each component whose wheel names it only in its licence file."""
    return {**document, "components": [_completed(component) for component in document["components"]]}


def _completed(component: dict[str, Any]) -> dict[str, Any]:
    licence = READ_IN_LICENCE_FILE.get(component.get("purl", ""))
    if licence is None or component.get("licenses"):
        return component
    said = {"name": "pratique-demo:licence-read-in", "value": "the licence file of the wheel"}
    return {
        **component,
        "licenses": [{"license": {"id": licence}}],
        "properties": [*component.get("properties", []), said],
    }


def _syft(layout: Path, image: Digest) -> bytes:
    """Run syft on a view of the layout that holds this image alone: it takes one manifest, no nested index."""
    chosen = [item for item in read_index(layout) if item["digest"] == str(image)]
    if not chosen:
        raise Absent(f"{layout}: its index does not name {image}; build the image first")
    with tempfile.TemporaryDirectory() as folder:
        view = Path(folder)
        (view / "blobs").symlink_to((layout / "blobs").resolve())
        (view / "oci-layout").write_bytes((layout / "oci-layout").read_bytes())
        write_index(view, chosen[:1])
        return _run_syft(view, image)


def _run_syft(view: Path, image: Digest) -> bytes:
    program = Path(sys.executable).with_name("syft")
    if not program.exists():
        raise Absent(f"syft: expected {program}, found none; install the extra: pip install 'pratique[syft]'")
    command = [str(program), "scan", f"oci-dir:{view}", "--quiet", "--output", "cyclonedx-json"]
    # The document names the image by its digest, not by the folder of this run.
    command += ["--source-name", "shop", "--source-version", str(image)]
    environment = {**os.environ, "SYFT_CHECK_FOR_APP_UPDATE": "false"}
    result = subprocess.run(command, capture_output=True, env=environment, check=False)
    if result.returncode != 0:
        last = result.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["no message"]
        raise Unreachable(f"syft: expected a bill of materials, found exit {result.returncode}: {last[0]}")
    return result.stdout
