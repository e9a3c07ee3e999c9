"""What nobody knows goes to people where the policy says so: judged, told, signed, sealed and proved as unknown."""

from pathlib import Path
from typing import Any

from tests.stories.ci import CLEAN, SBOM
from tests.stories.documents import GATE
from tests.stories.shop import Shop, run_pratique

from pratique.attest.dsse import IN_TOTO
from pratique.attest.statement import Subject, build_statement
from pratique.signing.keyfile import read_key
from pratique.values.uris import REPORT


def judged(shop: Shop, promotion: str, check: str) -> dict[str, Any]:
    decision = shop.show(promotion)["decision"]
    return next(one for one in decision["checks"] if one["id"] == check)


def proved(shop: Shop, promotion: str, form: str) -> str:
    """Export the proof of a promotion, and return what a verifier says of it."""
    proof = shop.folder / f"proof-{form}.json"
    shop.done("proof", "export", promotion, "--out", proof)
    said = run_pratique("proof", "verify", proof, "--trust-root", shop.trust_root)
    assert said.code == 0, said
    return said.out


def approved(shop: Shop, promotion: str) -> None:
    assert shop.state(promotion) == "review"
    assert shop.approve(promotion, "person:cai").code == 0
    shop.work()
    assert shop.state(promotion) == "promoted"


def test_a_licence_that_nobody_states_is_decided_by_people(shop: Shop, tmp_path: Path) -> None:
    image = shop.deliver("untold", CLEAN)
    bill: dict[str, Any] = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "components": [{"type": "library", "name": "six", "version": "1.17.0", "purl": "pkg:pypi/six@1.17.0"}],
    }
    paper = tmp_path / "bill.dsse.json"
    statement = build_statement((Subject(image),), SBOM, bill)
    paper.write_bytes(read_key(shop.key("service:ci")).envelope(IN_TOTO, statement))
    shop.done("evidence", "add", f"oci:registry/build@{image}", paper)
    promotion = shop.bring("untold", "dev", "staging")
    found = judged(shop, promotion, "licences")
    assert found["outcome"] == "review"
    assert "1 licence unknown" in found["message"]
    assert any("check licences: review" in why for why in shop.show(promotion)["decision"]["track"]["why"])
    approved(shop, promotion)
    assert "PRATIQUE_PROMOTED_STAGING" in proved(shop, promotion, "licence")


def test_evidence_that_is_missing_is_decided_by_people_and_stays_unknown(shop: Shop) -> None:
    holding = GATE.replace("on_missing_evidence: fail", "on_missing_evidence: hold")
    (shop.folder / "policy" / "gate.yaml").write_text(holding)
    told = shop.done("policy", "explain", shop.folder / "policy", "--environment", "staging").out
    assert "- where evidence is missing, people look at it" in told
    shop.done("policy", "publish", shop.folder / "policy", "--root", f"person:ann={shop.key('person:ann')}")
    shop.deliver("untested", CLEAN, without=REPORT)
    promotion = shop.bring("untested", "dev", "staging")
    assert judged(shop, promotion, "tests")["outcome"] == "unknown"
    approved(shop, promotion)
    assert shop.show(promotion)["decision"]["outcome"] == "unknown"
    assert "PRATIQUE_PROMOTED_STAGING" in proved(shop, promotion, "tests")
    (again,) = shop.done("judge", promotion, "--json").value["reproduced"]
    assert again["record"] == shop.show(promotion)["record"]
