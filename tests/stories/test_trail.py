"""Step 6: the chain of custody of one digest, from source commit to environment."""

import json
from pathlib import Path
from typing import Any

from tests.evidence.statements import statement
from tests.stories.shop import ENVIRONMENTS, Shop

from pratique.values.uris import RUNTIME_REPORT


def test_the_trail_leads_from_the_source_to_every_environment(shop: Shop) -> None:
    shop.bring("clean", *ENVIRONMENTS)
    image = shop.repository("build").resolve("clean")
    trail = shop.done("trail", image, "--json").value["trail"]
    links = [one["link"] for one in trail]
    assert links[:2] == ["source", "build"]
    assert [one["environment"] for one in trail if one["link"] == "request"] == list(ENVIRONMENTS)
    assert "git+https://git.example/shop/web" in trail[0]["text"]
    assert "signed by service:ci" in trail[1]["text"]
    assert trail[-1]["environment"] == "prod"
    assert "holds it as promoted" in trail[-1]["text"]


def test_the_trail_names_the_people_who_decided(shop: Shop) -> None:
    shop.bring("middling", "dev", "staging")
    promotion = shop.bring("middling", "prod", actor="person:cai")
    for person in ("person:cai", "person:bea", "person:eve"):
        shop.approve(promotion, person)
    shop.work()
    said = shop.done("trail", shop.repository("build").resolve("middling")).out
    assert "person:bea signed: approve" in said
    assert "person:cai asked for this promotion" in said
    assert "with 2 signed approvals" in said


def test_the_trail_and_show_tell_every_kind_of_evidence(shop: Shop, tmp_path: Path) -> None:
    image = shop.repository("build").resolve("clean")
    assert image
    window = {"from": "2026-11-20T00:00:00Z", "to": "2026-11-21T00:00:00Z"}
    predicates: dict[str, dict[str, Any]] = {
        RUNTIME_REPORT: {"producer": {"id": "falco"}, "environment": "dev", "window": window,
                         "alerts": {"high": 2}, "restarts": 1},
        "https://slsa.dev/verification_summary/v1": {"verifier": {"id": "https://verifier.example"},
                                                     "verificationResult": "PASSED", "verifiedLevels": []},
        "https://shop.example/weather/v1": {},
    }  # fmt: skip
    files = [tmp_path / f"{place}.json" for place in range(len(predicates) + 1)]
    for file, (kind, predicate) in zip(files, predicates.items(), strict=False):
        file.write_bytes(statement(kind, predicate, {"sha256": image.hex}))
    card = {"date": "2026-11-20T00:00:00Z", "repo": {"name": "git.example/shop"}, "scorecard": {"version": "v5"},
            "score": 7.5, "checks": [{"name": "SAST", "score": 7}]}  # fmt: skip
    files[-1].write_text(json.dumps(card))
    shop.done("evidence", "add", "oci:registry/build:clean", *files)
    promotion = shop.bring("clean", "dev")
    for said in (shop.done("trail", image).out, shop.done("show", promotion).out):
        assert "falco watched it run in dev from 2026-11-20T00:00:00.000Z: 2 alerts, 1 restart; unsigned" in said
        assert "https://verifier.example says: passed; unsigned" in said
        assert "a statement of type https://shop.example/weather/v1, not interpreted; unsigned" in said
        assert "a scorecard of git.example/shop: 7.5 of 10; unsigned" in said
    told = [one["text"] for one in shop.show(promotion)["evidence"]]
    assert any(
        text.startswith("a bill of materials of") and text.endswith("signed by service:ci") for text in told
    )


def test_a_refused_image_has_a_trail_too(shop: Shop) -> None:
    shop.bring("stale", "dev", "staging")
    trail = shop.done("trail", shop.repository("build").resolve("stale"), "--json").value["trail"]
    assert "jinja2" in str(trail)


def test_a_digest_that_nobody_has_seen_has_no_trail(shop: Shop) -> None:
    said = shop.pratique("trail", f"sha256:{'0' * 64}")
    assert said.code == 1
    assert said.err.count("\n") == 1
