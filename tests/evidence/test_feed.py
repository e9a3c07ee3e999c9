"""Feeds: snapshots compared, and one vulnerability found under any of its names."""

import json
from typing import Any

import pytest

from pratique.evidence.feed import Changes, advisories_naming, compare, entries_of


def record(identifier: str, *aliases: str, **more: Any) -> dict[str, Any]:
    return {"id": identifier, "modified": "2026-01-01T00:00:00Z", "affected": [], "aliases": list(aliases), **more}


def feed(*records: dict[str, Any]) -> bytes:
    return "\n".join(map(json.dumps, records)).encode()


def test_two_snapshots_are_compared_by_name() -> None:
    before = feed(record("A"), record("B"), record("C"), record("D"))
    after = feed(
        record("A"), record("B", "CVE-2026-1"), record("C", withdrawn="2026-01-02T00:00:00Z"), record("E")
    )
    changes = compare(entries_of("advisories", before), entries_of("advisories", after))
    assert changes == Changes(added=1, changed=1, withdrawn=1, gone=1)


@pytest.mark.parametrize("name", ["CVE-2026-1", "GHSA-1", "PYSEC-1"])
def test_a_vulnerability_is_found_through_chains_of_names(name: str) -> None:
    content = feed(record("PYSEC-1", "GHSA-1"), record("GHSA-1", "CVE-2026-1"), record("PYSEC-2", "CVE-2026-11"))
    assert [one.identifier for one in advisories_naming(content, name)] == ["GHSA-1", "PYSEC-1"]


def test_a_distributions_own_record_is_found_by_the_cve() -> None:
    content = feed(record("DEBIAN-CVE-2026-1"), record("DEBIAN-CVE-2026-11"))
    assert [one.identifier for one in advisories_naming(content, "CVE-2026-1")] == ["DEBIAN-CVE-2026-1"]


def test_one_cve_does_not_lead_to_another() -> None:
    content = feed(record("GHSA-1", "CVE-2026-1", "CVE-2026-2"), record("PYSEC-2", "CVE-2026-2"))
    assert [one.identifier for one in advisories_naming(content, "CVE-2026-1")] == ["GHSA-1"]
