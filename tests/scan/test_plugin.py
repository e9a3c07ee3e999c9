"""Scanners in Python are declared by packages, and run in processes of their own."""

import os
from pathlib import Path

import pytest
from tests.scan.targets import target

from pratique.scan.executable import Program
from pratique.scan.interface import Failed, Limits, Reported, Yields
from pratique.scan.plugin import program_of
from pratique.scan.settings import PluginSettings

CLASS = """
import os, time
class Scanner:
    version = "1.2"
    database = "2026-11-20T06:00:00Z"
    def scan(self, layout, digest):
        print("noise")
        {body}
"""


def scanned(folder: Path, body: str, name: str = "mine", seconds: float = 20) -> Reported | Failed:
    """Have a package of this one class scan, as if it were installed."""
    (folder / "acme.py").write_text(CLASS.format(body=body))
    about = folder / "acme-1.0.dist-info"
    about.mkdir(exist_ok=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[pratique.scanners]\nmine = acme:Scanner\n")
    path = os.pathsep.join((str(folder), *filter(None, [os.environ.get("PYTHONPATH")])))
    settings = PluginSettings(
        name="mine",
        producer="mine",
        yields=Yields.VULNERABILITIES,
        limits=Limits(seconds=seconds),
        entry_point=name,
        environment=(f"PYTHONPATH={path}",),
    )
    return Program(program_of(settings), os.environ).scan(target())


def test_a_class_that_a_package_declares_reports(tmp_path: Path) -> None:
    outcome = scanned(tmp_path, "return digest.encode() + b' ' + ','.join(os.listdir(layout)).encode()")
    assert isinstance(outcome, Reported)
    assert outcome.content == f"sha256:{'a' * 64} oci-layout".encode()
    assert outcome.tool.version == "1.2"
    assert outcome.tool.database_date is not None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("raise ValueError('no idea')", "ValueError: no idea"),
        ("return 'text'", "expected bytes, found str"),
        ("return b''", "wrote no report"),
        ("os._exit(3)", "it ended with code 3"),
    ],
)
def test_one_that_does_anything_else_has_failed(tmp_path: Path, body: str, said: str) -> None:
    outcome = scanned(tmp_path, body)
    assert isinstance(outcome, Failed)
    assert said in outcome.reason


def test_one_that_nobody_declares_has_failed(tmp_path: Path) -> None:
    outcome = scanned(tmp_path, "return b'x'", name="other")
    assert isinstance(outcome, Failed)
    assert "expected one package that declares 'other' in pratique.scanners, found 0" in outcome.reason
