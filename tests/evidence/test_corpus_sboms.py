"""Every real bill of materials, against counts that an independent program made; differences are written down."""

import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.evidence.files import expected

from pratique.evidence.facts.opaque import Opaque
from pratique.evidence.facts.packages import Sbom
from pratique.evidence.model import Parse, Reading
from pratique.evidence.quality import NO_LICENCE
from pratique.evidence.read import read
from pratique.evidence.summary import count

Expectation = dict[str, Any]
Wanted = Iterator[tuple[str, Any, Any]]
"""What is counted, what is expected, what was found."""

FOLDERS = (
    "cyclonedx-json",
    "cyclonedx-xml",
    "spdx-json",
    "spdx-other",
    "spdx-tagvalue",
    "spdx3-json",
    "swid",
    "syft-json",
)
DIFFERENCES = Path(__file__).parent / "differences.toml"


def cyclonedx_json(expect: Expectation, counts: dict[str, Any], reading: Reading) -> Wanted:
    if expect["bomFormat"] is None:  # other tools' reports, which the corpus keeps in this folder
        yield "components", 0, counts.get("components", 0)
        return
    yield "format_version", expect["specVersion"], reading.format_version
    yield "components", expect["components_total_nested"], counts.get("components", 0)
    yield "with_purl", expect["with_purl"], counts.get("with_purl", 0)
    yield "distinct_purls", expect["distinct_purls"], counts.get("distinct_purls", 0)
    yield "with_licence", expect["with_any_licence"], counts.get("with_licence", 0)
    yield (
        "with_version",
        expect["components_total_nested"] - expect["without_version"],
        counts.get("with_version", 0),
    )
    yield "relationships", expect["dependency_edges"], counts.get("relationships", 0)
    states = {"unknown" if word == "None" else word: n for word, n in expect.get("vex_states", {}).items()}
    yield "vex", states, counts.get("vex", {})


def cyclonedx_xml(expect: Expectation, counts: dict[str, Any], reading: Reading) -> Wanted:
    yield "format_version", expect["specVersion"], reading.format_version
    yield "components", expect["components_total_nested"], counts.get("components", 0)
    yield "with_purl", expect["with_purl"], counts.get("with_purl", 0)
    yield "distinct_purls", expect["distinct_purls"], counts.get("distinct_purls", 0)
    yield "with_licence", expect["with_any_licence"], counts.get("with_licence", 0)
    yield "vex", expect["vulnerabilities"], counts.get("vex_statements", 0)


def spdx(expect: Expectation, counts: dict[str, Any], reading: Reading) -> Wanted:
    yield "format_version", str(expect["spdxVersion"]), reading.format_version
    yield "components", expect["packages"], counts.get("components", 0)
    yield "with_purl", expect["with_purl"], counts.get("with_purl", 0)
    yield "distinct_purls", expect["distinct_purls"], counts.get("distinct_purls", 0)
    yield "relationships", expect["relationships"], counts.get("relationships", 0)
    # A version that only the package URL states counts to us as well.
    yield "with_version", True, expect["packages"] - expect["without_version"] <= counts.get("with_version", 0)
    stated = max(expect["licenseDeclared"].get("value", 0), expect["licenseConcluded"].get("value", 0))
    yield "with_licence", stated, counts.get("with_licence", 0)


def spdx_tagvalue(expect: Expectation, counts: dict[str, Any], reading: Reading) -> Wanted:
    if not expect["is_tag_value"]:
        yield "parse", Parse.REFUSED, reading.parse
        return
    yield "format_version", expect["spdxVersion"], reading.format_version
    yield "components", expect["packages"], counts.get("components")
    yield "with_purl", expect["purls"], counts.get("with_purl")
    yield "distinct_purls", expect["distinct_purls"], counts.get("distinct_purls")
    yield "relationships", expect["relationships"], counts.get("relationships", 0)


def spdx3(expect: Expectation, counts: dict[str, Any], reading: Reading) -> Wanted:
    yield "format_version", expect["specVersion"], reading.format_version
    yield "components", expect["software_packages"], counts.get("components")
    yield "with_purl", expect["with_purl_or_purl_ids"], counts.get("with_purl")


def syft(expect: Expectation, counts: dict[str, Any], reading: Reading) -> Wanted:
    yield "format_version", expect["schema"], reading.format_version
    yield "components", expect["artifacts"], counts.get("components", 0)
    yield "with_purl", expect["with_purl"], counts.get("with_purl", 0)
    yield "distinct_purls", expect["distinct_purls"], counts.get("distinct_purls", 0)
    yield "with_licence", expect["with_licence"], counts.get("with_licence", 0)
    yield "relationships", expect["relationships"], counts.get("relationships", 0)


def uninterpreted(_: Expectation, __: dict[str, Any], reading: Reading) -> Wanted:
    yield "opaque", True, bool(reading.of(Opaque))


Compare = Callable[[Expectation, dict[str, Any], Reading], Wanted]


def comparison(folder: str, expect: Expectation) -> Compare:
    if folder.startswith("cyclonedx-"):
        return cyclonedx_json if folder == "cyclonedx-json" else cyclonedx_xml
    if "is_tag_value" in expect:
        return spdx_tagvalue
    if expect.get("kind") == "spdx2":
        return spdx
    return {"spdx3-json": spdx3, "syft-json": syft}.get(folder, uninterpreted)


def explained() -> dict[str, str]:
    known: dict[str, str] = tomllib.loads(DIFFERENCES.read_text()) if DIFFERENCES.exists() else {}
    return known


def problems(folder: str, name: str, content: bytes, expect: Expectation) -> list[str]:
    reading = read(content, "application/octet-stream")
    if expect.get("json_error") or expect.get("xml_error"):
        kept = reading.format == "text" or (reading.parse is Parse.REFUSED and reading.reasons)
        return [] if kept else [f"{name}: expected a refusal, found {reading.format} {reading.parse}"]
    if expect.get("root") == "Document":  # counts of elements only; what is in it is compared with its JSON twin
        return [] if count(reading.facts).get("components") == 4 else [f"{name}: {reading.reasons}"]
    wanted = comparison(folder, expect)(expect, count(reading.facts), reading)
    return [f"{name}: {what}: expected {want}, found {found}" for what, want, found in wanted if want != found]


@pytest.mark.parametrize("folder", FOLDERS)
def test_counts_agree_with_an_independent_program(corpus: Path, folder: str) -> None:
    found: list[str] = []
    known = explained()
    for name, content, expect in expected(corpus, folder):
        if name not in known:
            found += problems(folder, name, content, expect)
    assert not found, f"{len(found)} differences:\n" + "\n".join(found[:20])


def test_at_most_one_in_a_hundred_files_differs_and_each_that_is_listed_does(corpus: Path) -> None:
    known = explained()
    files = [(folder, *each) for folder in FOLDERS for each in expected(corpus, folder)]
    ours = {
        name: problems(folder, name, content, expect) for folder, name, content, expect in files if name in known
    }
    assert all(ours.values()), f"these agree by now: {[name for name, found in ours.items() if not found]}"
    assert len(ours) * 100 <= len(files)


def test_the_same_document_says_the_same_in_every_form_of_spdx(corpus: Path) -> None:
    names = ("spdx-json/", "spdx-other/", "spdx-tagvalue/")
    told: Counter[tuple[Any, ...]] = Counter()
    for folder in names:
        for name, content, _ in expected(corpus, folder.rstrip("/")):
            if "Example-v2.2" in name or ("Example-UTF-16" in name and not name.endswith(".xml")):
                told[_told(read(content, ""))] += 1
    assert sum(told.values()) == 5
    assert len(told) == 1, told


def _told(reading: Reading) -> tuple[Any, ...]:
    sbom = reading.of(Sbom)[0]
    licences = [text for each in sbom.components for text in each.licences if text not in NO_LICENCE]
    return (
        reading.format_version,
        sbom.created,
        sbom.producer,
        sbom.relationships,
        len(licences),
        len(sbom.components),
    )
