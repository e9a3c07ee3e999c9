"""What CycloneDX asserts about vulnerabilities, and of what."""

import json
from typing import Any

import pytest

from pratique.evidence.facts.packages import Sbom
from pratique.evidence.facts.vex import Vex, VexStatement, VexStatus
from pratique.evidence.model import Parse, Reading
from pratique.evidence.read import read

DIGEST = "sha256:" + "a" * 64
IMAGE = {"type": "container", "bom-ref": "root", "name": "shop", "version": DIGEST}
PART = {"type": "library", "bom-ref": "a", "name": "a", "purl": "pkg:npm/a@1"}


def bom(*entries: Any, **fields: Any) -> Reading:
    content = {"bomFormat": "CycloneDX", "specVersion": "1.6", "vulnerabilities": list(entries), **fields}
    return read(json.dumps(content).encode(), "")


def statement(entry: dict[str, Any], **fields: Any) -> VexStatement:
    return bom({"id": "CVE-2024-1", **entry}, **fields).of(Vex)[0].statements[0]


def about(*references: str, **fields: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    said = statement({"affects": [{"ref": reference} for reference in references]}, **fields)
    return said.products, said.subcomponents


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("exploitable", VexStatus.AFFECTED),
        ("in_triage", VexStatus.UNDER_INVESTIGATION),
        ("resolved", VexStatus.FIXED),
        ("resolved_with_pedigree", VexStatus.FIXED),
        ("false_positive", VexStatus.NOT_AFFECTED),
        ("not_affected", VexStatus.NOT_AFFECTED),
    ],
)
def test_every_state_has_its_status_and_keeps_its_word(word: str, status: VexStatus) -> None:
    said = statement({"analysis": {"state": word}})
    assert (said.status, said.word) == (status, word)


def test_an_entry_without_analysis_is_a_statement_without_a_status() -> None:
    said = statement({"ratings": [{"severity": "critical"}]})
    assert (said.status, said.word) == (None, None)


def test_a_state_that_nobody_knows_makes_it_partial_and_has_no_status() -> None:
    reading = bom({"id": "CVE-1", "analysis": {"state": "fine"}})
    assert reading.parse is Parse.PARTIAL
    assert reading.of(Vex)[0].statements[0].status is None


def test_statements_and_packages_of_one_document_are_both_read() -> None:
    reading = bom({"id": "CVE-1"}, components=[PART])
    assert (len(reading.of(Sbom)), len(reading.of(Vex))) == (1, 1)
    assert not bom({"id": "CVE-1"}).of(Sbom)
    assert not bom(components=[PART]).of(Vex)


def test_a_part_of_the_image_is_a_package_of_the_product() -> None:
    fields = {"metadata": {"component": IMAGE}, "components": [PART]}
    assert about("a", **fields) == (("shop", DIGEST), ("pkg:npm/a@1",))
    assert about("root", **fields) == (("shop", DIGEST), ())
    assert about("root", "a", **fields) == (("shop", DIGEST), ())
    assert about("a", components=[PART]) == (("pkg:npm/a@1",), ("pkg:npm/a@1",))


def test_a_link_names_another_document_and_perhaps_its_package() -> None:
    link = "urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#pkg%3Anpm/a%401"
    assert about(link) == ((link,), ("pkg:npm/a@1",))
    assert about("urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#x")[1] == ()


def test_a_statement_about_some_versions_of_a_product_is_not_one_about_all() -> None:
    versions = [
        {"version": "2.4", "status": "affected"},
        {"range": "vers:generic/>=1|<=2", "status": "unaffected"},
    ]
    said = statement({"affects": [{"ref": "urn:cdx:x/1#abc", "versions": versions}]})
    assert said.products == ("urn:cdx:x/1#abc 2.4", "urn:cdx:x/1#abc vers:generic/>=1|<=2")


def test_equivalent_names_are_aliases() -> None:
    said = statement({"references": [{"id": "GHSA-1"}, {"id": "GHSA-1"}, {"source": {}}]})
    assert said.aliases == ("GHSA-1",)


def test_the_last_moment_that_is_said_counts() -> None:
    metadata = {"timestamp": "2024-01-01T00:00:00Z", "authors": [{"name": "Ann"}]}
    entry = {"updated": "2024-02-01T00:00:00Z", "analysis": {"lastUpdated": "2024-03-01T00:00:00Z"}}
    moments = [statement(one, metadata=metadata).at for one in ({}, {"updated": entry["updated"]}, entry)]
    assert [moment.month for moment in moments if moment] == [1, 2, 3]
    assert bom({"id": "x"}, metadata=metadata).of(Vex)[0].author == "Ann"
