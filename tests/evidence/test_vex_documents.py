"""OpenVEX and CSAF: what a document asserts, about which product, and what it leaves open."""

import json
from typing import Any

import pytest

from pratique.evidence.facts.vex import Scope, Vex, VexStatement, VexStatus
from pratique.evidence.model import Parse, Reading
from pratique.evidence.read import read
from pratique.evidence.summary import summarise
from pratique.values.digest import Digest

NOT_AFFECTED = {
    "vulnerability": {"name": "CVE-2024-1", "aliases": ["GHSA-1"]},
    "products": [{"@id": "pkg:oci/api"}],
    "status": "not_affected",
    "justification": "component_not_present",
}


def openvex(*statements: dict[str, Any], **head: Any) -> Reading:
    document = {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "author": "shop",
        "timestamp": "2026-01-01T00:00:00Z",
        "statements": list(statements),
    }
    return read(json.dumps(document | head).encode(), "application/json")


def only(reading: Reading) -> VexStatement:
    (statement,) = reading.of(Vex)[0].statements
    return statement


def test_a_statement_has_its_own_moment_or_the_documents() -> None:
    assert str(only(openvex(NOT_AFFECTED)).at) == "2026-01-01 00:00:00+00:00"
    later = only(openvex(NOT_AFFECTED | {"timestamp": "2026-02-01T00:00:00+01:00"}))
    assert str(later.at) == "2026-01-31 23:00:00+00:00"


def test_a_moment_without_a_time_zone_is_none_and_is_not_replaced_by_the_documents() -> None:
    reading = openvex(NOT_AFFECTED | {"timestamp": "2026-02-01T00:00:00"})
    assert only(reading).at is None
    assert reading.parse is Parse.PARTIAL


def test_every_product_keeps_its_own_subcomponents() -> None:
    products = [
        {"@id": "pkg:oci/a", "subcomponents": [{"@id": "pkg:deb/debian/x"}]},
        {"@id": "pkg:oci/b", "subcomponents": [{"identifiers": {"purl": "pkg:deb/debian/y"}}]},
    ]
    statement = only(openvex(NOT_AFFECTED | {"products": products}))
    assert statement.scoped == (
        Scope(("pkg:oci/a",), ("pkg:deb/debian/x",)),
        Scope(("pkg:oci/b",), ("pkg:deb/debian/y",)),
    )


def test_a_part_that_cannot_be_named_never_widens_a_statement_to_the_whole_product() -> None:
    for part in ({}, {"@id": ""}, 7, None):
        statement = only(openvex(NOT_AFFECTED | {"products": [{"@id": "pkg:oci/a", "subcomponents": [part]}]}))
        assert statement.scoped[0].parts


def test_hashes_of_a_product_are_digests() -> None:
    product = {"@id": "pkg:oci/a", "hashes": {"sha-256": "a" * 64, "md5": "x"}}
    assert only(openvex(NOT_AFFECTED | {"products": [product]})).scoped[0].digests == (Digest("a" * 64),)


def test_the_first_version_wrote_texts() -> None:
    old = {"vulnerability": "CVE-2024-1", "products": ["pkg:oci/a"], "subcomponents": ["pkg:deb/debian/x"]}
    reading = openvex(old | {"status": "fixed"}, **{"@context": "https://openvex.dev/ns"})
    assert reading.format_version == "0.0.1"
    assert only(reading).scoped == (Scope(("pkg:oci/a",), ("pkg:deb/debian/x",)),)
    assert only(reading).status is VexStatus.FIXED


def test_a_word_of_no_vocabulary_is_kept_and_is_no_status() -> None:
    reading = openvex(NOT_AFFECTED | {"status": "harmless"})
    assert (only(reading).word, only(reading).status) == ("harmless", None)
    assert reading.parse is Parse.PARTIAL
    assert summarise(reading)["counts"]["vex"] == {"harmless": 1}


def test_not_affected_without_a_reason_is_counted_as_unexplained() -> None:
    bare = {key: value for key, value in NOT_AFFECTED.items() if key != "justification"}
    assert summarise(openvex(bare))["counts"]["unexplained"] == 1
    assert summarise(openvex(NOT_AFFECTED))["counts"]["unexplained"] == 0


def branch(reference: str, **helper: str) -> dict[str, Any]:
    product = {"product_id": reference, "name": f"name of {reference}", "product_identification_helper": helper}
    return {"category": "product_version", "name": "x", "product": product}


def csaf(status: dict[str, list[Any]], tree: dict[str, Any] | None = None, **vulnerability: Any) -> Reading:
    tree = tree or {
        "branches": [
            {
                "category": "vendor",
                "branches": [branch("image", purl="pkg:oci/api"), branch("deb", purl="pkg:deb/x/y")],
            }
        ],
        "relationships": [
            {
                "category": "default_component_of",
                "full_product_name": {"product_id": "deb-in-image", "name": "both"},
                "product_reference": "deb",
                "relates_to_product_reference": "image",
            }
        ],
        "product_groups": [{"group_id": "all", "product_ids": ["image", "deb"]}],
    }
    document = {
        "document": {
            "category": "csaf_vex",
            "csaf_version": "2.0",
            "publisher": {"name": "shop"},
            "tracking": {"current_release_date": "2026-01-01T00:00:00Z"},
        },
        "product_tree": tree,
        "vulnerabilities": [{"cve": "CVE-2024-1", "product_status": status} | vulnerability],
    }
    return read(json.dumps(document).encode(), "application/json")


def test_a_relationship_puts_one_product_into_another() -> None:
    statement = only(csaf({"known_not_affected": ["deb-in-image"]}))
    assert statement.scoped == (Scope(("pkg:oci/api",), ("pkg:deb/x/y",)),)
    assert statement.status is VexStatus.NOT_AFFECTED


def test_every_product_of_every_status_is_one_statement_in_the_documents_words() -> None:
    reading = csaf({"fixed": ["image", "deb"], "recommended": ["image"], "known_affected": ["deb"]})
    assert summarise(reading)["counts"]["vex"] == {"fixed": 2, "known_affected": 1, "recommended": 1}
    assert [one.asserts for one in reading.of(Vex)[0].statements] == [True, True, False, True]


def test_a_flag_explains_the_products_that_it_names_itself_or_by_group() -> None:
    label = "component_not_present"
    status = {"known_not_affected": ["image"]}
    assert only(csaf(status, flags=[{"label": label, "product_ids": ["image"]}])).justification == label
    assert only(csaf(status, flags=[{"label": label, "group_ids": ["all"]}])).justification == label
    assert only(csaf(status, flags=[{"label": label}])).justification == label
    assert only(csaf(status, flags=[{"label": label, "product_ids": ["deb"]}])).justification is None
    assert only(csaf(status, threats=[{"category": "impact", "details": "gone"}])).impact == "gone"
    assert only(csaf(status, threats=[{"category": "exploit_status", "details": "gone"}])).impact is None


def test_a_product_that_is_not_in_the_tree_names_nothing() -> None:
    reading = csaf({"known_not_affected": ["nowhere"]})
    assert only(reading).scoped in ((), (Scope(()),))
    assert reading.parse is Parse.PARTIAL


def test_relationships_in_a_circle_end() -> None:
    def within(one: str, other: str) -> dict[str, Any]:
        return {
            "full_product_name": {"product_id": one, "name": one},
            "product_reference": other,
            "relates_to_product_reference": other,
        }

    reading = csaf({"fixed": ["a"]}, {"relationships": [within("a", "b"), within("b", "a")]})
    assert reading.parse is Parse.PARTIAL
    assert only(reading).products == ()


def test_numbers_of_bug_trackers_are_no_aliases() -> None:
    ids = [{"system_name": "Bugzilla", "text": "2164440"}, {"system_name": "GitHub", "text": "GHSA-1-2-3"}]
    assert only(csaf({"fixed": ["image"]}, ids=ids)).aliases == ("GHSA-1-2-3",)


@pytest.mark.parametrize("reference", [["P1"], {"x": 1}, 7, None])
def test_a_product_that_is_no_text_names_nothing(reference: object) -> None:
    flags = [{"label": "component_not_present", "group_ids": ["G"]}]
    reading = csaf({"known_not_affected": [reference]}, flags=flags)
    assert reading.parse is Parse.PARTIAL


def test_the_first_flag_about_a_product_holds() -> None:
    flags = [
        {"label": "late", "product_ids": ["P2"]},
        {"label": "component_not_present", "group_ids": ["G"]},
        {"label": "vulnerable_code_not_present"},
        {"label": "late", "product_ids": ["P1"]},
    ]
    tree = {
        "full_product_names": [{"name": name, "product_id": name} for name in ("P1", "P3")],
        "product_groups": [{"group_id": "G", "product_ids": ["P1"]}],
    }
    (vex,) = csaf({"known_not_affected": ["P1", "P3"]}, tree, flags=flags).of(Vex)
    assert [one.justification for one in vex.statements] == [
        "component_not_present",
        "vulnerable_code_not_present",
    ]
