"""Bad input: one clear line, the right exit code, and afterwards nothing is lost and nothing half done."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.registry.builders import no_lock
from tests.stories.ci import CLEAN, SBOM, statements
from tests.stories.shop import Said, Shop

from pratique.registry.attach import attach_referrer
from pratique.values.digest import Digest


def size(shop: Shop) -> int:
    return len(shop.events())


def refused(said: Said, code: int, *words: str) -> None:
    """Hold that a command failed with one line that says all of these words."""
    assert (said.code, said.out, said.err.count("\n")) == (code, "", 1), said
    assert said.err.startswith("pratique: ")
    assert [word for word in words if word not in said.err] == []


def image_of(shop: Shop, name: str) -> Digest:
    image = shop.repository("build").resolve(name)
    assert image
    return image


def blob(shop: Shop, digest: Digest) -> Path:
    return shop.workspace / "registry" / "build" / "blobs" / "sha256" / digest.hex


def test_a_tag_that_does_not_exist(shop: Shop) -> None:
    before = size(shop)
    refused(shop.request("nothing", "dev"), 1, "oci:registry/build", "no tag 'nothing'")
    assert size(shop) == before


def test_a_repository_that_does_not_exist(shop: Shop) -> None:
    asking = ("--application", "shop", "--to", "dev", "--as", "service:ci", "--key", shop.key("service:ci"))
    refused(shop.pratique("request", "oci:registry/elsewhere:clean", *asking), 1, "oci:registry/elsewhere")


def test_a_repository_from_which_the_policy_accepts_nothing(shop: Shop) -> None:
    shop.bring("clean", "dev")
    asking = ("--application", "shop", "--to", "dev", "--as", "service:ci", "--key", shop.key("service:ci"))
    refused(shop.pratique("request", "oci:registry/dev:clean", *asking), 1, "accepts web from oci:registry/build")


def test_a_manifest_whose_bytes_have_another_digest(shop: Shop) -> None:
    image, before = image_of(shop, "clean"), size(shop)
    path = blob(shop, image)
    path.write_bytes(path.read_bytes().replace(b'"amd64"', b'"arm64"').replace(b"gzip", b"gzap"))
    refused(shop.request("clean", "dev"), 1, "unverified", image.hex)
    assert size(shop) == before


def test_a_layer_whose_bytes_have_another_digest_never_arrives(shop: Shop) -> None:
    image = image_of(shop, "clean")
    layer = json.loads(blob(shop, image).read_bytes())["layers"][1]
    path = blob(shop, Digest.parse(layer["digest"]))
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    promotion = shop.bring("clean", "dev")
    shown = shop.show(promotion)
    assert shown["state"] == "failed"
    assert shown["because"] == "copy: unverified"
    (turn,) = shown["turns"]
    assert layer["digest"] in turn["words"]
    assert layer["digest"] not in json.dumps(shop.events(promotion=promotion)[-1]["data"])
    dev = shop.repository("dev")
    assert dev.resolve("clean") is None
    assert dev.blob_size(Digest.parse(layer["digest"])) is None

    content[-1] ^= 1
    path.write_bytes(content)
    shop.done("retry", promotion)
    shop.work()
    assert shop.state(promotion) == "promoted"


def test_a_policy_with_a_misspelt_key_is_told_its_place_and_what_was_meant(shop: Shop) -> None:
    gate = shop.folder / "policy" / "gate.yaml"
    lines = gate.read_text().splitlines()
    place = next(number for number, line in enumerate(lines, 1) if "where: {" in line)
    column = lines[place - 1].index("where: {") + 1
    lines[place - 1] = lines[place - 1].replace("where: {", "wehre: {")
    gate.write_text("\n".join(lines))
    before = size(shop)
    for words in (
        ("check", gate.parent),
        ("publish", gate.parent, "--root", f"person:ann={shop.key('person:ann')}"),
    ):
        refused(shop.pratique("policy", *words), 2, f"gate.yaml:{place}:{column}", "wehre", "did you mean 'where'")
    assert size(shop) == before


def test_a_truncated_evidence_file_is_not_taken(shop: Shop, tmp_path: Path) -> None:
    whole = json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": []})
    file, before = tmp_path / "bill.json", size(shop)
    file.write_text(whole[:-10])
    refused(
        shop.pratique("evidence", "add", "oci:registry/build:clean", file), 2, "bill.json", "nothing was added"
    )
    assert size(shop) == before


def test_a_truncated_piece_on_the_image_is_no_evidence(shop: Shop) -> None:
    image = shop.deliver("bare", CLEAN, without=SBOM)
    (bill,) = (statement for kind, statement in statements(image, CLEAN) if kind == SBOM)
    whole = shop.signed(SBOM, bill)
    attach_referrer(shop.repository("build"), image, replace(whole, content=whole.content[:-40]), no_lock)
    promotion = shop.bring("bare", "dev")
    assert shop.state(promotion) == "remediation"
    checks = {check["id"]: check["outcome"] for check in shop.show(promotion)["decision"]["checks"]}
    assert checks == {"sig": "pass", "prov": "pass", "sbom": "unknown"}


def test_an_unknown_person_can_neither_ask_nor_approve(shop: Shop) -> None:
    before = size(shop)
    key = ("--key", shop.key("person:bea"))
    asking = ("request", "oci:registry/build:clean", "--application", "shop", "--to", "dev")
    refused(shop.pratique(*asking, "--as", "person:zoe", *key), 1, "person:zoe")
    assert size(shop) == before

    shop.bring("middling", "dev", "staging")
    promotion = shop.bring("middling", "prod", actor="person:cai")
    reason = ("--reason", "acceptable-risk")
    refused(shop.pratique("review", "approve", promotion, "--as", "person:zoe", *key, *reason), 1, "person:zoe")
    assert shop.state(promotion) == "review"


def test_somebody_else_s_key_does_not_make_a_request(shop: Shop) -> None:
    asking = ("request", "oci:registry/build:clean", "--application", "shop", "--to", "dev")
    wrong = ("--as", "person:cai", "--key", shop.key("person:dan"))
    refused(shop.pratique(*asking, *wrong), 1, "person:cai", "person:dan")


def test_a_directory_signed_by_the_wrong_key_is_not_published(shop: Shop) -> None:
    people = shop.folder / "people" / "people.yaml"
    people.write_text(people.read_text().replace("holder: person:cai", "holder: person:dan"))
    before = size(shop)
    said = shop.pratique("directory", "publish", people, "--root", f"person:ann={shop.key('person:dan')}")
    refused(said, 1, "unverified")
    assert size(shop) == before
    assert shop.done("directory", "show", "--json").value["directory"]["version"] == 1
    shop.done("directory", "publish", people, "--root", f"person:ann={shop.key('person:ann')}")
    assert shop.done("directory", "show", "--json").value["directory"]["version"] == 2


def test_an_unsigned_request_is_refused_where_the_requester_must_be_known(shop: Shop) -> None:
    shop.bring("clean", "dev", "staging")
    asking = ("request", "oci:registry/build:clean", "--application", "shop", "--to", "prod", "--as", "person:cai")
    refused(shop.pratique(*asking), 1, "expected a signed request")
    assert shop.done("status", "--json").value["open"] == []


def test_a_promotion_that_does_not_exist(shop: Shop) -> None:
    refused(shop.pratique("show", "pr_0"), 1, "pr_0")


@pytest.mark.parametrize("words", [("show",), ("review",), ("nonsense",), ("request", "not a reference")])
def test_wrong_usage_is_exit_code_2(shop: Shop, words: tuple[str, ...]) -> None:
    assert shop.pratique(*words).code == 2


def test_an_error_is_one_object_for_machines(shop: Shop) -> None:
    said = shop.pratique("show", "pr_0", "--json")
    error = json.loads(said.err)["error"]
    assert (said.code, error["type"], error["code"]) == (1, "urn:pratique:error:absent", 1)
