"""Step 6: the chain of custody of one digest, from source commit to environment."""

from tests.stories.shop import ENVIRONMENTS, Shop


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


def test_a_refused_image_has_a_trail_too(shop: Shop) -> None:
    shop.bring("stale", "dev", "staging")
    trail = shop.done("trail", shop.repository("build").resolve("stale"), "--json").value["trail"]
    assert "jinja2" in str(trail)


def test_a_digest_that_nobody_has_seen_has_no_trail(shop: Shop) -> None:
    said = shop.pratique("trail", f"sha256:{'0' * 64}")
    assert said.code == 1
    assert said.err.count("\n") == 1
