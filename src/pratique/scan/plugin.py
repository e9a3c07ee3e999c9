"""Scanners in Python: what a package that declares one promises, and how it is run.

A package names a class in its entry point group ``pratique.scanners``. The class is loaded only in a process of its
own, under the limits of any other program, and never in ours.
"""

import sys
from pathlib import Path
from typing import Final, Protocol

from pratique.scan.interface import Yields
from pratique.scan.settings import PluginSettings, ProgramSettings

GROUP: Final = "pratique.scanners"


class PythonScanner(Protocol):
    """What the class, called without arguments, must be."""

    @property
    def version(self) -> str | None:
        """The scanner's own version."""
        ...

    @property
    def database(self) -> str | None:
        """The date of its database in RFC 3339, if it has one."""
        ...

    def scan(self, layout: Path, digest: str) -> bytes:
        """Return a report in a format that Pratique reads.

        Args:
            layout: A folder with an OCI layout that holds one image and nothing else; it vanishes afterwards.
            digest: That image's, with ``sha256:`` before it.
        """
        ...


def program_of(settings: PluginSettings, group: str = GROUP) -> ProgramSettings:
    """Return the program that runs such a class, which a package declares in a group of entry points."""
    host = (sys.executable, "-P", "-m", "pratique.scan.plugin_host", group, settings.entry_point)
    return ProgramSettings(
        name=settings.name,
        producer=settings.producer,
        yields=Yields(settings.yields),
        limits=settings.limits,
        argv=(*host, "{layout}", "{digest}", "{output}"),
        version=host,
        environment=settings.environment,
    )
