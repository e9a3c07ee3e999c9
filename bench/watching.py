"""The watch: many components against many advisories, cold and with what is remembered between two judgements.

Advisories as the public databases write them: seven thousand records, each about one package of PyPI, Go or npm,
with one or two ranges, a severity and two references. And as nobody should write a bill of materials: one package in
thousands of versions, against hundreds of advisories that all speak of it.
"""

import json

from bench.figure import AtMost, Figure, in_words, interleaved
from pratique.evidence.advisories import read_advisories
from pratique.evidence.facts.packages import Component, Sbom
from pratique.evidence.match import match
from pratique.evidence.version_order import key
from pratique.evidence.versions import earlier, parse_version

ROUNDS = 5
COMPONENTS = 500
ADVISORIES = 7_000
VERSIONS = 4_000
OF_ONE = 300

_ECOSYSTEMS = (("PyPI", "pypi"), ("Go", "golang"), ("npm", "npm"))
_VECTOR = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"


def matching() -> Figure:
    """Measure matching one image, the second time against the first."""
    content = "\n".join(json.dumps(_record(number)) for number in range(ADVISORIES)).encode()
    bill = Sbom(None, None, tuple(map(_component, range(COMPONENTS))), None)

    def warm() -> object:
        return match(bill, read_advisories(content))

    def cold() -> object:
        for remembered in (read_advisories, parse_version, earlier, key):
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


def crowded() -> Figure:
    """Measure one package in many versions against many packages in one, by the same number of advisories."""
    known = read_advisories("\n".join(json.dumps(_of_one(number)) for number in range(OF_ONE)).encode())
    versions = [f"{number // 10}.{number % 10}.{number % 7}" for number in range(VERSIONS)]
    one = tuple(Component("one", version, f"pkg:npm/one@{version}") for version in versions)
    many = tuple(
        Component(f"p{number}", version, f"pkg:npm/p{number}@{version}") for number, version in enumerate(versions)
    )
    crowd, spread = interleaved(
        ROUNDS,
        lambda: match(Sbom(None, None, one, None), known),
        lambda: match(Sbom(None, None, many, None), known),
    )
    return Figure(
        f"{VERSIONS:,} versions of one package against {OF_ONE} advisories of it",
        in_words(crowd),
        f"of as many packages that no advisory names, {in_words(spread)}",
        crowd / spread,
        AtMost(3),
    )


def _of_one(number: int) -> dict[str, object]:
    events = [{"introduced": f"{number}.0.0"}, {"fixed": f"{number}.5.{number}"}]
    ranges = [{"type": "SEMVER", "events": events}]
    affected = [{"package": {"ecosystem": "npm", "name": "one"}, "ranges": ranges}]
    return {"id": f"X-2026-{number}", "modified": "2026-11-01T00:00:00Z", "affected": affected}


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
