"""Outside checks: programs, services and plugins that answer whether anything is wrong with an image.

They are described in ``pratique.toml``, one table ``[check.<name>]`` each, and run like scanners, within the same
limits. What they write is a verdict and no report: one JSON object, of which nothing is believed before it was read
(:mod:`pratique.evidence.predicates.verdict`).
"""

from collections.abc import Mapping
from typing import Any, Final, assert_never

from pratique.errors import Malformed
from pratique.scan.settings import AdapterSettings, PluginSettings, ProgramSettings, ScannerSettings, parse_scanner

GROUP: Final = "pratique.checks"
"""The entry point group in which packages declare checks; their classes look like those of scanners."""
KEYS: Final[Mapping[str, type]] = {
    "argv": list,
    "environment": list,
    "exit_codes": list,
    "url": str,
    "authorization_env": str,
    "insecure": bool,
    "private": bool,
    "entry_point": str,
    "seconds": int,
    "memory_mib": int,
    "output_mib": int,
}
"""Every key that such a table may have, and its type."""


def parse_check(name: str, table: Mapping[str, Any], where: str) -> ScannerSettings:
    """Return one table's settings.

    Args:
        name: The table's name, which policies use.
        table: Its values, whose keys and types were checked against :data:`KEYS`.
        where: How messages call the place.

    Raises:
        Malformed: It says not exactly one of argv, url and entry_point, or a value is out of bounds.
    """
    kinds = [key for key in ("argv", "url", "entry_point") if key in table]
    if len(kinds) != 1:
        found = " and ".join(kinds) or "none"
        raise Malformed(f"{where}: expected one of argv, url and entry_point, found {found}")
    return parse_scanner(name, table, where)


def word_of(settings: ScannerSettings) -> str:
    """Return the word by which a policy asks for such a check: ``exec``, ``http`` or ``plugin``."""
    match settings:
        case ProgramSettings():
            return "exec"
        case AdapterSettings():
            return "http"
        case PluginSettings():
            return "plugin"
        case _:
            assert_never(settings)
