"""An auditor judges a recorded decision again: from the workspace, from a file, and from a proof alone."""

import json
from pathlib import Path

from tests.stories.shop import Shop, run_pratique

from pratique.values.canonical import canonical


def record_file(shop: Shop, promotion: str) -> Path:
    name = str(shop.show(promotion)["record"]).removeprefix("sha256:")
    return shop.workspace / "blobs" / "sha256" / name[:2] / name


def test_every_decision_of_a_shop_comes_out_the_same_again(shop: Shop) -> None:
    for name in ("clean", "stale", "middling"):
        promotion = shop.bring(name, "dev")
        said = shop.done("judge", promotion, "--json").value
        assert [one["record"] for one in said["reproduced"]] == [shop.show(promotion)["record"]]


def test_a_record_in_a_file_is_judged_by_what_it_names_though_the_rules_have_changed(shop: Shop) -> None:
    promotion = shop.bring("clean", "dev")
    file = record_file(shop, promotion)
    gate = shop.folder / "policy" / "gate.yaml"
    gate.write_text(gate.read_text().replace("formats: [cyclonedx]", "formats: [spdx]"))
    shop.done("policy", "publish", gate.parent, "--root", f"person:ann={shop.key('person:ann')}")
    assert (
        "the same bytes again: pass, fast track, by pratique-engine/1" in shop.done("judge", "--record", file).out
    )


def test_a_record_that_somebody_changed_is_found_and_the_place_named(shop: Shop, tmp_path: Path) -> None:
    record = json.loads(record_file(shop, shop.bring("clean", "dev")).read_bytes())
    record["risk"]["score"] = "0.1"
    changed = tmp_path / "record.json"
    changed.write_bytes(canonical(record))
    said = shop.pratique("judge", "--record", changed)
    assert (said.code, said.err.count("\n")) == (1, 1)
    assert "record.risk.score: recorded '0.1', found" in said.err


def test_a_record_of_another_engine_is_not_reproducible_here_and_not_called_tampered(
    shop: Shop, tmp_path: Path
) -> None:
    record = json.loads(record_file(shop, shop.bring("clean", "dev")).read_bytes())
    other = tmp_path / "record.json"
    other.write_bytes(canonical({**record, "engine": "pratique-engine/7"}))
    said = shop.pratique("judge", "--record", other)
    assert said.code == 1
    assert "not reproducible here" in said.err
    assert "tampered" not in said.err


def test_a_proof_and_the_evidence_are_enough_without_any_workspace(shop: Shop, tmp_path: Path) -> None:
    promotion, proof = shop.bring("clean", "dev"), tmp_path / "proof.json"
    shop.done("proof", "export", promotion, "--out", proof)
    said = run_pratique("judge", "--proof", proof, "--objects", shop.workspace / "blobs", "--json")
    assert said.code == 0, said
    assert said.value["reproduced"][0]["track"] == "fast"
    missing = run_pratique("judge", "--proof", proof, "--objects", tmp_path)
    assert missing.code == 1


def test_what_to_judge_is_named_once(shop: Shop) -> None:
    assert shop.pratique("judge").code == 2
    assert shop.pratique("judge", "pr_1", "--record", "file").code == 2
    assert shop.pratique("judge", "--proof", "file").code == 2
