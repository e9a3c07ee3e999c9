"""Evidence comes in many ways, and each piece says who signed it and what binds it to the image."""

import json
from pathlib import Path

from tests.registry.builders import no_lock
from tests.stories.ci import CLEAN, JUNIT, PROVENANCE, SBOM, statements
from tests.stories.shop import Shop

from pratique.attest.bundle import legacy_annotations
from pratique.attest.dsse import IN_TOTO
from pratique.registry.attach import Body, attach_legacy
from pratique.registry.edges import EdgeKind
from pratique.signing.keyfile import read_key
from pratique.values.uris import ENVELOPE_MEDIA, REPORT, SOURCE


def test_what_hangs_on_an_image_is_listed_with_its_signer_and_what_binds_it(shop: Shop) -> None:
    promotion = shop.bring("clean", "dev")
    listed = shop.done("evidence", "list", promotion, "--json").value["evidence"]
    assert {one["predicate_type"] for one in listed} == {SBOM, PROVENANCE, SOURCE, REPORT}
    assert {tuple(one["signers"]) for one in listed} == {("service:ci",)}
    assert {(one["bound"], one["origin"]) for one in listed} == {("statement", "referrer")}


def test_a_statement_under_a_legacy_tag_counts_like_a_referrer(shop: Shop) -> None:
    image = shop.deliver("older", CLEAN, without=SBOM)
    (bill,) = (statement for kind, statement in statements(image, CLEAN) if kind == SBOM)
    envelope = read_key(shop.key("service:ci")).envelope(IN_TOTO, bill)
    body = Body(ENVELOPE_MEDIA, envelope, legacy_annotations(SBOM))
    attach_legacy(shop.repository("build"), image, EdgeKind.ATT, body, no_lock)
    promotion = shop.bring("older", "dev", "staging")
    assert shop.state(promotion) == "promoted"
    listed = shop.done("evidence", "list", promotion, "--json").value["evidence"]
    assert [one["origin"] for one in listed if one["predicate_type"] == SBOM] == ["legacy"]
    assert f"sha256-{image.hex}.att" in shop.repository("staging").tags()


def test_test_results_handed_in_by_ci_let_an_image_into_staging(shop: Shop, tmp_path: Path) -> None:
    image = shop.deliver("untested", CLEAN, without=REPORT)
    promotion = shop.bring("untested", "dev", "staging")
    assert shop.state(promotion) == "remediation"
    report = tmp_path / "unit.xml"
    report.write_bytes(JUNIT)
    add = ("evidence", "add", f"oci:registry/build@{image}", report)
    shop.done(*add)
    shop.work()
    assert shop.state(promotion) == "remediation"  # anybody can write a report; the policy wants CI's
    shop.done(*add, "--as", "service:ci", "--key", shop.key("service:ci"))
    shop.work()
    assert shop.state(promotion) == "promoted"


def test_a_report_about_another_image_covers_nothing_here(shop: Shop, tmp_path: Path) -> None:
    other = shop.repository("build").resolve("clean")
    assert other
    image = shop.deliver("bare", CLEAN, without=SBOM)
    (bill,) = (statement for kind, statement in statements(other, CLEAN) if kind == SBOM)
    paper = tmp_path / "bill.dsse.json"
    paper.write_bytes(read_key(shop.key("service:ci")).envelope(IN_TOTO, bill))
    shop.done("evidence", "add", f"oci:registry/build@{image}", paper)
    promotion = shop.bring("bare", "dev")
    assert shop.state(promotion) == "remediation"
    listed = shop.done("evidence", "list", promotion, "--json").value["evidence"]
    (strange,) = (one for one in listed if one["predicate_type"] == SBOM)
    assert (strange["bound"], strange["covers"]) == ("other", [])


def test_a_file_is_inspected_without_being_handed_in(shop: Shop, tmp_path: Path) -> None:
    bill = tmp_path / "bill.json"
    bill.write_text(json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": []}))
    before = len(shop.events())
    (line,) = shop.pratique("evidence", "inspect", bill, "--json").out.splitlines()
    seen = json.loads(line)
    assert (seen["format"], seen["parse"], seen["counts"]["components"]) == ("cyclonedx-json", "ok", 0)
    bill.write_text(bill.read_text()[:-3])
    said = shop.pratique("evidence", "inspect", bill)
    assert (said.code, "refused" in said.out) == (2, True)
    assert len(shop.events()) == before


def take_away(shop: Shop, name: str, environment: str = "build") -> None:
    """Remove everything that hangs on an image, as somebody with access to the registry can."""
    repository = shop.repository(environment)
    image = repository.resolve(name)
    assert image
    for referrer in repository.referrers(image):
        repository.delete_manifest(referrer.digest)
    repository.delete_tag(f"sha256-{image.hex}")  # their list
    assert repository.referrers(image) == ()


def test_evidence_that_is_taken_away_between_two_gatherings_still_counts(shop: Shop) -> None:
    promotion = shop.bring("stale", "dev", "staging")
    before = shop.show(promotion)["decision"]
    assert before["outcome"] == "block"
    take_away(shop, "stale")
    shop.done("retry", promotion)
    shop.work()
    after = shop.show(promotion)
    assert (after["state"], after["generation"]) == ("remediation", 2)
    assert after["decision"]["inputs"]["evidence"] == before["inputs"]["evidence"]
    assert after["decision"]["checks"] == before["checks"]


def test_what_another_promotion_of_the_image_was_judged_by_is_not_forgotten(shop: Shop) -> None:
    shop.bring("stale", "dev")
    take_away(shop, "stale")
    promotion = shop.bring("stale", "staging")
    assert shop.state(promotion) == "remediation"
    (item,) = shop.done("remediation", "list", "--json").value["items"]
    assert item["term"] == "GHSA-aaaa-aaaa-aaaa@pkg:pypi/jinja2"


def test_evidence_is_listed_by_image_before_anybody_asks_for_a_promotion(shop: Shop) -> None:
    image = shop.repository("build").resolve("clean")
    (listed, pinned) = (
        shop.done("evidence", "list", reference, "--json").value["evidence"]
        for reference in ("oci:registry/build:clean", f"oci:registry/build@{image}")
    )
    assert {one["predicate_type"] for one in listed} == {SBOM, PROVENANCE, SOURCE, REPORT}
    assert {tuple(one["signers"]) for one in listed} == {("service:ci",)}
    assert pinned == listed


def test_evidence_is_listed_by_digest_as_promotions_of_it_were_judged(shop: Shop) -> None:
    image = shop.repository("build").resolve("clean")
    said = shop.pratique("evidence", "list", image)
    assert (said.code, "no promotion of it was judged" in said.err) == (1, True)
    promotion = shop.bring("clean", "dev")
    by_digest = shop.done("evidence", "list", image, "--json").value
    assert by_digest == shop.done("evidence", "list", promotion, "--json").value


def test_an_image_that_is_not_there_has_no_evidence_to_list(shop: Shop) -> None:
    said = shop.pratique("evidence", "list", "oci:registry/build:nothing")
    assert (said.code, "does not exist" in said.err) == (1, True)
