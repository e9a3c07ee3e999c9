"""The watch: many components against many advisories, cold and with what is remembered between two judgements.

Advisories as the public databases write them: seven thousand records, each about one package of PyPI, Go or npm,
with one or two ranges, a severity and two references.
"""

import json

from bench.figure import AtMost, Figure, in_words, interleaved
from pratique.evidence.advisories import read_advisories
from pratique.evidence.facts.packages import Component, Sbom
from pratique.evidence.match import match
from pratique.evidence.versions import earlier, parse_version

ROUNDS = 5
COMPONENTS = 500
ADVISORIES = 7_000

_ECOSYSTEMS = (("PyPI", "pypi"), ("Go", "golang"), ("npm", "npm"))
_VECTOR = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"


def matching() -> Figure:
    """Measure matching one image, the second time against the first."""
    content = "\n".join(json.dumps(_record(number)) for number in range(ADVISORIES)).encode()
    bill = Sbom(None, None, tuple(map(_component, range(COMPONENTS))), None)

    def warm() -> object:
        return match(bill, read_advisories(content))

    def cold() -> object:
        for remembered in (read_advisories, parse_version, earlier):
            remembered.cache_clear()
        return warm()

    slow, quick = interleaved(ROUNDS, cold, warm)
    return Figure(
        f"{COMPONENTS} components against {ADVISORIES:,} advisories, warm",
        in_words(quick),
        f"the same, cold, {in_words(slow)}",
        quick / slow,
        AtMost(0.2),
    )


def _record(number: int) -> dict[str, object]:
    ecosystem, _ = _ECOSYSTEMS[number % 3]
    last = f"{number % 7}.{number % 13}.{number % 5}"
    kind = "SEMVER" if ecosystem != "PyPI" else "ECOSYSTEM"
    ranges = [{"type": kind, "events": [{"introduced": "0"}, {"fixed": last}]}]
    if number % 2:
        ranges.append({"type": kind, "events": [{"introduced": "8.0.0"}, {"fixed": f"8.{number % 9}.1"}]})
    return {
        "id": f"X-2026-{number}",
        "modified": "2026-11-01T00:00:00Z",
        "aliases": [f"CVE-2026-{number}"],
        "summary": "A flaw was found in the way this package handles input",
        "severity": [{"type": "CVSS_V3", "score": _VECTOR}],
        "affected": [{"package": {"ecosystem": ecosystem, "name": f"package-{number % 2000}"}, "ranges": ranges}],
        "references": [{"type": "WEB", "url": f"https://advisories.example/{number}/{part}"} for part in range(2)],
    }


def _component(number: int) -> Component:
    _, kind = _ECOSYSTEMS[number % 3]
    version = f"{number % 6}.{number % 11}.{number % 4}"
    name = f"package-{number % 2000}"
    return Component(name, version, f"pkg:{kind}/{name}@{version}")
