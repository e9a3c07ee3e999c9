"""Which images run is read from the manifests, so no server can have another image sealed along."""

from dataclasses import replace

from tests.promotion.builders import digest
from tests.proof.attacks import refused
from tests.proof.builders import Story, founded

from pratique.promotion.happenings import Platform
from pratique.promotion.record_form import build_record


def story_about(*platforms: Platform) -> Story:
    """Return a story whose server says that these are the platforms of the image, all the way."""
    story = founded()
    story.ask()
    story.gather(platforms=platforms)
    honest = story.decide().decision
    image = replace(honest.inputs.image, platforms=platforms)
    story.judge(build_record(replace(honest, inputs=replace(honest.inputs, image=image))))
    story.approve()
    return story


def test_an_image_that_the_manifests_do_not_name_is_never_sealed() -> None:
    refused(story_about(Platform("linux/amd64", digest("evil"), digest("image"))), "promotion.gathered, platforms")


def test_a_platform_cannot_be_left_out() -> None:
    refused(story_about(), "promotion.gathered, platforms")
