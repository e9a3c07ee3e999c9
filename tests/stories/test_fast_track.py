"""Step 2: an image that passes every check goes all the way, and nobody is asked."""

import base64
import json
from pathlib import Path

import pytest
from tests.stories.ci import CLEAN, PROVENANCE, SBOM
from tests.stories.shop import ENVIRONMENTS, Shop

from pratique.attest.vsa import VSA
from pratique.registry.closure import plan
from pratique.registry.evidence import Carried, Found, collect_evidence
from pratique.values.digest import Digest

WHOLE_LIFE = [
    "promotion.requested/1",
    "promotion.gathered/1",
    "promotion.judged/1",
    "promotion.approved/1",
    "promotion.copied/1",
    "promotion.sealed/1",
    "promotion.attached/1",
    "promotion.released/1",
    "promotion.pointed/1",
    "promotion.promoted/1",
]


def image_of(shop: Shop, name: str) -> Digest:
    image = shop.repository("build").resolve(name)
    assert image
    return image


def test_a_clean_image_goes_to_prod_without_anybody(shop: Shop) -> None:
    promotion = shop.bring("clean", *ENVIRONMENTS)
    shown = shop.show(promotion)
    assert (shown["state"], shown["track"], shown["level"]) == ("promoted", "fast", "promoted")
    assert shop.types(promotion) == WHOLE_LIFE
    holding = {one["environment"]: one["image"] for one in shop.done("status", "--json").value["holding"]}
    assert holding == dict.fromkeys(ENVIRONMENTS, str(image_of(shop, "clean")))


def test_the_tag_of_every_environment_points_at_the_same_digest(shop: Shop) -> None:
    shop.bring("clean", *ENVIRONMENTS)
    found = {environment: shop.repository(environment).resolve("clean") for environment in ENVIRONMENTS}
    assert found == dict.fromkeys(ENVIRONMENTS, image_of(shop, "clean"))


def test_the_image_arrives_with_its_evidence_and_its_seal(shop: Shop) -> None:
    shop.bring("clean", "dev")
    image, dev = image_of(shop, "clean"), shop.repository("dev")
    before = {edge.child for edge in plan(shop.repository("build"), image).edges}
    assert before <= {edge.child for edge in plan(dev, image).edges}
    carried = collect_evidence(dev, plan(dev, image)).pieces
    assert {piece.found for piece in carried if summary_level(piece)} == {Found.REFERRER, Found.LEGACY}
    assert {level for piece in carried if (level := summary_level(piece))} == {"PRATIQUE_PROMOTED_DEV"}


def summary_level(piece: Carried) -> str | None:
    """The level of a verification summary in a bundle or an envelope, if it is one."""
    document = json.loads(piece.body)
    payload = document.get("dsseEnvelope", document).get("payload")
    statement = json.loads(base64.b64decode(payload)) if payload else {}
    levels: list[str] = statement.get("predicate", {}).get("verifiedLevels", [])
    return levels[0] if statement.get("predicateType") == VSA else None


def test_requested_and_promoted_are_both_in_the_same_trail_of_time(shop: Shop) -> None:
    promotion = shop.bring("clean", "dev")
    moments = [event["at"] for event in shop.events(promotion=promotion)]
    assert moments == sorted(moments)


def test_nothing_enters_prod_that_staging_never_held(shop: Shop) -> None:
    said = shop.request("clean", "prod")
    assert said.code == 1
    assert "never in staging" in said.err
    assert shop.done("status", "--json").value["open"] == []


@pytest.mark.parametrize("kind", [SBOM, PROVENANCE])
def test_without_a_piece_of_evidence_the_image_stays_out(shop: Shop, kind: str) -> None:
    shop.deliver("bare", CLEAN, without=kind)
    promotion = shop.bring("bare", "dev")
    assert shop.state(promotion) == "remediation"
    assert shop.repository("dev").resolve("bare") is None


def test_evidence_handed_in_later_lets_it_in_by_itself(shop: Shop, tmp_path: Path) -> None:
    image = shop.deliver("bare", CLEAN, without=SBOM)
    promotion = shop.bring("bare", "dev")
    bill = tmp_path / "bill.cdx.json"
    component = {"type": "library", "name": "flask", "version": "3.0.0", "purl": "pkg:pypi/flask@3.0.0"}
    document = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": [component]}
    bill.write_text(json.dumps(document))
    signer = ("--as", "service:ci", "--key", shop.key("service:ci"))
    shop.done("evidence", "add", f"oci:registry/build@{image}", bill, *signer)
    shop.work()
    shown = shop.show(promotion)
    assert (shown["state"], shown["generation"]) == ("promoted", 2)


def test_asking_twice_for_the_same_is_refused_while_the_first_is_open(shop: Shop) -> None:
    assert shop.request("clean", "dev").code == 0
    said = shop.request("clean", "dev")
    assert said.code == 1
    assert "already asks for this" in said.err


def test_a_request_can_be_taken_back_by_whoever_made_it(shop: Shop) -> None:
    promotion = shop.request("clean", "dev", "person:cai").promotion
    shop.done("withdraw", promotion, "--as", "person:cai", "--key", shop.key("person:cai"))
    shop.work()
    assert shop.state(promotion) == "withdrawn"
    assert shop.repository("dev").resolve("clean") is None
