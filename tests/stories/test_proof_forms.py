"""Step 5, in every form: with its evidence, many at once, from the registry, and as a page to read."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.stories.shop import Said, Shop, copied, run_pratique

from pratique.proof.archive import END
from pratique.values.digest import Digest


@pytest.fixture(scope="module")
def audited(template: Shop) -> Iterator[Shop]:
    """A shop with *middling* in prod by two people; ``promotion.txt`` says by which promotion."""
    with copied(template) as shop:
        shop.bring("middling", "dev", "staging")
        promotion = shop.bring("middling", "prod", actor="person:cai")
        for person in ("person:bea", "person:eve"):
            shop.approve(promotion, person)
        shop.work()
        (shop.folder / "promotion.txt").write_text(promotion)
        shop.done("proof", "export", promotion, "--full", "--report", "--out", shop.folder / "full.proof")
        shop.done("proof", "export", promotion, "--tar", "--report", "--out", shop.folder / "full.proof.tar")
        yield shop


def promotion_of(shop: Shop) -> str:
    return (shop.folder / "promotion.txt").read_text()


def verify(shop: Shop, path: Path, *more: object) -> Said:
    """Verify as an auditor does: without a workspace."""
    return run_pratique("proof", "verify", path, "--trust-root", shop.trust_root, *more)


def changed(shop: Shop, tmp_path: Path) -> Path:
    """Return a copy of the full form that may be spoiled."""
    return shutil.copytree(shop.folder / "full.proof", tmp_path / "full.proof", symlinks=True)


def layers(folder: Path) -> list[dict[str, object]]:
    index = json.loads((folder / "index.json").read_bytes())
    manifest = blob(folder, index["manifests"][0]["digest"]).read_bytes()
    found: list[dict[str, object]] = json.loads(manifest)["layers"]
    return found


def blob(folder: Path, digest: object) -> Path:
    return folder / "blobs" / "sha256" / str(digest).removeprefix("sha256:")


@pytest.mark.parametrize("name", ["full.proof", "full.proof.tar"])
def test_the_full_form_is_judged_again_offline(audited: Shop, name: str) -> None:
    said = verify(audited, audited.folder / name, "--rejudge")
    assert said.code == 0, said
    assert "judged again" in said.out
    assert "the same bytes again, by pratique-engine/1, from the evidence itself" in said.out
    assert "judgement not recomputed" not in said.out


def test_without_judging_again_the_full_form_says_that_nobody_did(audited: Shop) -> None:
    said = verify(audited, audited.folder / "full.proof")
    assert said.code == 0
    assert "judgement not recomputed" in said.out


def test_folder_and_tar_hold_the_same_files_and_come_out_the_same_again(audited: Shop, tmp_path: Path) -> None:
    again = tmp_path / "again.proof.tar"
    audited.done("proof", "export", promotion_of(audited), "--tar", "--report", "--out", again)
    assert again.read_bytes() == (audited.folder / "full.proof.tar").read_bytes()


def test_evidence_that_was_taken_away_is_named(audited: Shop, tmp_path: Path) -> None:
    folder = changed(audited, tmp_path)
    gone = layers(folder)[1]["digest"]
    blob(folder, gone).unlink()
    said = verify(audited, folder, "--rejudge")
    assert said.code == 1
    assert f"expected the evidence {gone}, found none" in said.err


def test_a_link_in_the_folder_is_refused(audited: Shop, tmp_path: Path) -> None:
    folder = changed(audited, tmp_path)
    path = blob(folder, layers(folder)[1]["digest"])
    kept = path.rename(tmp_path / "kept")
    path.symlink_to(kept)
    said = verify(audited, folder)
    assert said.code == 2
    assert "is a symbolic link" in said.err


def test_a_tar_cut_off_is_refused(audited: Shop, tmp_path: Path) -> None:
    whole = (audited.folder / "full.proof.tar").read_bytes()
    cut = tmp_path / "cut.tar"
    cut.write_bytes(whole[: -len(END) - 700])
    assert verify(audited, cut).code == 2


def test_the_core_form_holds_no_evidence_to_judge_again(audited: Shop, tmp_path: Path) -> None:
    core = tmp_path / "proof.json"
    audited.done("proof", "export", promotion_of(audited), "--out", core)
    said = verify(audited, core, "--rejudge")
    assert said.code == 2
    assert "--rejudge takes the full form" in said.err


def test_the_page_proves_nothing_and_says_so(audited: Shop) -> None:
    page = (audited.folder / "full.proof.html").read_text()
    assert "This page proves nothing; verify the proof" in page
    assert "default-src &#x27;none&#x27;" in page or "default-src 'none'" in page
    assert "<script" not in page
    for word in ("person:bea", "person:eve", "medium", promotion_of(audited)):
        assert word in page


def test_the_proof_hangs_on_the_image_and_is_got_back_from_there(audited: Shop, tmp_path: Path) -> None:
    image = audited.repository("prod").resolve("middling")
    assert isinstance(image, Digest)
    reference = f"oci:{audited.workspace}/registry/prod:middling"
    tree = audited.done("image", "referrers", reference).out
    assert "application/vnd.pratique.proof.v1+json" in tree
    target = tmp_path / "fetched.json"
    audited.done("proof", "fetch", reference, "--out", target)
    said = verify(audited, target, "--image", image, "--environment", "prod")
    assert said.code == 0, said


def test_an_image_that_was_never_promoted_there_has_no_proof_to_get(audited: Shop, tmp_path: Path) -> None:
    said = audited.pratique(
        "proof", "fetch", f"oci:{audited.workspace}/registry/build:clean", "--out", tmp_path / "x"
    )
    assert said.code == 1
    assert "expected a proof on" in said.err


@pytest.fixture(scope="module")
def collected(audited: Shop) -> Path:
    """Everything of *middling*, in the core form."""
    folder = audited.folder / "all"
    image = audited.repository("prod").resolve("middling")
    audited.done("proof", "export", "--image", image, "--report", "--out", folder)
    return folder


def test_everything_of_one_image_is_verified_one_line_each(audited: Shop, collected: Path) -> None:
    said = verify(audited, collected)
    assert said.code == 0, said
    lines = said.out.splitlines()
    assert len(lines) == 4
    assert all(line.startswith("holds  pr_") for line in lines[:3])
    assert lines[-1] == "3 hold, 0 do not"


def test_a_period_holds_what_was_sealed_in_it(audited: Shop, tmp_path: Path) -> None:
    period = ("--since", "2020-01-01T00:00:00.000Z", "--environment", "prod")
    said = audited.done("proof", "export", *period, "--tar", "--out", tmp_path / "period", "--json")
    assert [one["promotion"] for one in said.value["proofs"]] == [promotion_of(audited)]
    assert verify(audited, tmp_path / "period", "--rejudge").code == 0
    none = audited.pratique("proof", "export", "--until", "2020-01-01T00:00:00.000Z", "--out", tmp_path / "none")
    assert none.code == 1
    assert "nothing was sealed that fits" in none.err


def test_one_that_fails_fails_all_and_is_named(audited: Shop, collected: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(collected, tmp_path / "all")
    one, other, third = sorted(folder.glob("*.json"))[1:]
    one.write_bytes(other.read_bytes())  # another proof, which holds, takes its place
    third.unlink()
    (folder / "more.proof.json").write_bytes(b"{}")
    said = verify(audited, folder)
    assert said.code == 1
    assert "took another's place" in said.out
    assert "cannot be read" in said.out
    assert "does not list it" in said.out
    assert said.out.splitlines()[-1] == "1 hold, 3 do not"


def test_what_was_taken_back_since_has_no_proof_any_more_and_the_list_says_why(shop: Shop, tmp_path: Path) -> None:
    stays, promotion = shop.bring("clean", "dev"), shop.bring("stale", "dev")
    before = tmp_path / "before.json"
    shop.done("proof", "export", promotion, "--out", before)
    by = ("--as", "person:bea", "--key", shop.key("person:bea"))
    shop.done("recall", promotion, "--comment", "it leaks", *by)
    period = ("--since", "2020-01-01T00:00:00.000Z", "--out", tmp_path / "many")
    said = shop.done("proof", "export", *period, "--json").value
    assert [one["promotion"] for one in said["proofs"]] == [stays]
    (gone,) = said["without"]
    assert gone["promotion"] == promotion
    assert "promotion.recalled/1" in gone["because"]
    assert verify(shop, before).code == 0  # what was handed out before cannot know
