"""One file of several attestations: each counts by itself, for the image that it names, by whoever signed it."""

import json
from pathlib import Path
from typing import Any

from tests.evidence.statements import OTHER, statement
from tests.stories.shop import Shop

WEATHER, TESTS = "https://shop.example/weather/v1", "https://in-toto.io/attestation/test-result/v0.1"


def handed_in(shop: Shop, *files: Path) -> dict[str, dict[str, Any]]:
    """Hand files in and return every piece that was not there before, by its digest."""
    place = "oci:registry/build:clean"
    before = {one["sha256"] for one in shop.done("evidence", "list", place, "--json").value["evidence"]}
    added = shop.done("evidence", "add", place, *files, "--json").value["added"]
    listed = shop.done("evidence", "list", place, "--json").value["evidence"]
    found = {one["sha256"]: one for one in listed if one["sha256"] not in before}
    assert found.keys() == {one["sha256"] for one in added}
    return found


def test_each_attestation_of_a_file_is_bound_and_verified_by_itself(shop: Shop, tmp_path: Path) -> None:
    image = shop.repository("build").resolve("clean")
    assert image
    subject = {"sha256": image.hex}
    tested = {"result": "PASSED", "configuration": [{"name": "unit"}], "passedTests": ["a"]}
    signed = [
        shop.signed(kind, statement(kind, predicate, about)).content.decode()
        for kind, predicate, about in (
            (TESTS, tested, subject),
            (WEATHER, {}, subject),
            (TESTS, tested, {"sha256": OTHER.hex}),
        )
    ]
    lines = tmp_path / "sha256.jsonl"
    lines.write_text("\n".join(signed))
    answer = tmp_path / "answer.json"
    answer.write_text(json.dumps({"attestations": [{"bundle": json.loads(one)} for one in signed[:2]]}, indent=2))
    told = shop.pratique("evidence", "inspect", lines, answer, "--json").out.splitlines()
    assert [len(json.loads(line)["pieces"]) for line in told] == [3, 2]
    for file, bounds in ((lines, ["other", "statement", "statement"]), (answer, ["statement", "statement"])):
        found = handed_in(shop, file).values()
        assert sorted(one["bound"] for one in found) == bounds
        assert all(one["signers"] == ["service:ci"] for one in found)


def test_a_list_without_its_bundles_is_refused_and_nothing_is_added(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "answer.json"
    file.write_text(json.dumps({"attestations": [{"bundle": None, "bundle_url": "https://a.example"}]}))
    said = shop.pratique("evidence", "add", "oci:registry/build:clean", file)
    assert said.code == 2
    assert "entry 1 has no bundle" in said.err
    assert "nothing was added" in said.err
    assert said.err.count("\n") == 1


def test_a_predicate_alone_is_its_uploaders_word_and_signed_it_is_the_services(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "vsa.json"
    file.write_text(json.dumps({"verifier": {"id": "https://v.example"}, "verificationResult": "PASSED"}))
    (claimed,) = handed_in(shop, file).values()
    assert (claimed["format"], claimed["bound"], claimed["signers"]) == ("slsa-vsa", "claim", [])
    place = ("evidence", "add", "oci:registry/build:clean", file)
    added = shop.done(*place, "--as", "service:ci", "--key", shop.key("service:ci"), "--json").value["added"]
    assert [one["format"] for one in added] == ["slsa-vsa"]
