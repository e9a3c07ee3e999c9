"""Applications: where images come from and where they go."""

import pytest
from tests.policy.builders import files

from pratique.errors import Absent
from pratique.policy.application import Destination
from pratique.policy.source import load
from pratique.policy.words import TagPlan
from pratique.values.digest import Digest
from pratique.values.names import Environment
from pratique.values.reference import parse_repository

SHOP = load(files()).application("shop")


def test_an_image_is_accepted_from_the_repositories_it_names() -> None:
    api, worker = SHOP.image("api"), SHOP.image("worker")
    assert api.accepts(parse_repository("registry.shop.example/build/api"))
    assert not api.accepts(parse_repository("registry.shop.example/build/api/fork"))
    assert not api.accepts(parse_repository("registry.evil.example/build/api"))
    assert worker.accepts(parse_repository("oci:build/any/where"))
    assert not worker.accepts(parse_repository("oci:other"))


def test_an_image_has_a_destination_in_each_environment_it_goes_to() -> None:
    assert str(SHOP.image("api").destination("prod").repository) == "registry.shop.example/prod/api"
    with pytest.raises(Absent, match="image worker: has no destination in 'prod'; expected one of: dev"):
        SHOP.image("worker").destination("prod")
    with pytest.raises(Absent, match="application shop: has no image 'wroker'; did you mean 'worker'"):
        SHOP.image("wroker")


@pytest.mark.parametrize(
    ("plan", "source", "tag"),
    [
        ("keep", "1.4", "1.4"),
        ("keep", None, None),
        ("none", "1.4", None),
        ("{tag}-{digest}", "1.4", "1.4-abababababab"),
        ("{tag}-{digest}", None, None),
        ("v-{digest}", None, "v-abababababab"),
        ("latest", "1.4", "latest"),
    ],
)
def test_a_tag_is_kept_left_out_or_made(plan: str, source: str | None, tag: str | None) -> None:
    there = Destination(
        environment=Environment("dev"), repository=parse_repository("r.example/a"), tag=TagPlan(plan)
    )
    assert there.tag_for(source, Digest("ab" * 32)) == tag
