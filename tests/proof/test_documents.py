"""Directories, policies and requests count only as they were signed, by those who may."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.promotion import cases
from tests.promotion.builders import NOW, PROD, STAGING, digest, role
from tests.proof.attacks import decided, refused, reviewed
from tests.proof.builders import (
    REVIEWERS,
    Story,
    founded,
    judged_story,
)

from pratique.policy.source import load


def test_a_directory_signed_by_too_few_roots_is_refused() -> None:
    story = Story()
    story.publish_directory()
    story.publish_directory("ann-root", roles=[role("release", "person:ann")])
    story.publish_policy()
    decided(story)
    refused(story, "expected signatures by 2 holders, found 1")


def test_a_directory_that_the_trust_root_does_not_vouch_for_is_refused() -> None:
    story = Story()
    story.publish_directory("ann", "dan")
    story.publish_policy()
    decided(story)
    refused(story, "envelope: no trusted key signed it")


def test_a_directory_announced_as_another_is_refused() -> None:
    story = Story()
    story.publish_directory(announced={"digest": digest("other")})
    story.publish_policy()
    decided(story, *REVIEWERS)
    refused(story, "entry 0, the directory that it announces: expected")


@pytest.mark.parametrize("names", [("ann-root",), ("cleo", "eve")])
def test_a_policy_signed_by_too_few_roots_is_refused(names: tuple[str, ...]) -> None:
    story = Story()
    story.publish_directory()
    story.publish_policy(None, *names)
    decided(story, *REVIEWERS)
    refused(story, "policy at 1: root keys of directory 1: envelope: (expected signatures by 2|no trusted key)")


def test_a_policy_older_than_the_one_in_force_is_refused() -> None:
    story = founded()
    looser = story.gate
    story.publish_policy(looser.replace("role: release, count: 2", "role: release, count: 9"))
    decided(story, *REVIEWERS)
    refused(story, "policy: version 2 was in force at the approval, with the rules")


def test_a_policy_that_nobody_published_is_refused() -> None:
    story = founded()
    story.gate = story.gate.replace("role: release, count: 2", "role: release, count: 1")
    decided(story, *REVIEWERS)
    refused(story, "policy: expected sha256:.* to be published before it was judged by, found no entry")


def test_a_policy_published_as_another_version_is_refused() -> None:
    story = founded()
    story.publish_policy(story.gate.replace("window: 3d", "window: 2d"), version=7)
    story.gate = story.gate.replace("window: 3d", "window: 2d")
    decided(story, *REVIEWERS)
    refused(story, "policy at 3, what its owners signed: expected")


def test_rules_announced_otherwise_than_signed_are_refused() -> None:
    story = Story()
    story.publish_directory()
    story.publish_policy(environments=((STAGING, digest("other")), (PROD, digest("other"))))
    decided(story, *REVIEWERS)
    refused(story, "policy at 1, rules of prod: expected")


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ({"images": (digest("other"),)}, "request, image: expected"),
        ({"application": "other"}, "request, application: expected shop, found other"),
        ({"image": "web"}, "request, image name: expected api, found web"),
        ({"from_": None}, "request, from: expected staging, found none"),
        ({"to": STAGING}, "request, to: expected prod, found staging"),
        ({"requester": "person:eve"}, "request, requester: expected service:ci, found person:eve"),
        ({"nonce": "1" * 32}, "request, nonce: expected 0"),
        ({"comment": digest("words")}, "request, comment: expected none, found sha256"),
    ],
)
def test_a_request_for_something_else_is_refused(statement: dict[str, Any], message: str) -> None:
    story = founded()
    story.ask(statement=statement)
    story.gather()
    story.judge()
    refused(reviewed(story, *REVIEWERS), message)


@pytest.mark.parametrize(
    "issued", [NOW - timedelta(days=1), NOW + timedelta(minutes=6), NOW - timedelta(days=900)]
)
def test_a_request_that_was_signed_at_another_time_is_refused(issued: datetime) -> None:
    story = founded()
    story.ask(statement={"issued_at": issued})
    story.gather()
    story.judge()
    refused(reviewed(story, *REVIEWERS), "request at 6: expected one that was signed within the 24 hours before")


def test_a_request_in_another_persons_name_is_refused() -> None:
    story = founded()
    story.ask("person:ben", statement={"requester": "person:ben"}, requester="person:eve")
    story.gather()
    story.judge()
    refused(reviewed(story, *REVIEWERS), r"request by person:eve at 6: envelope: no trusted key signed it")


def test_an_unsigned_request_is_refused_where_the_requester_is_excluded() -> None:
    story = founded()
    story.ask(None)
    story.gather()
    story.judge()
    refused(reviewed(story, *REVIEWERS), "request: prod excludes the requester from deciding")


def test_a_destination_that_the_policy_does_not_name_is_refused() -> None:
    story = founded()
    story.ask(destination="oci:evil/api")
    story.gather()
    story.judge()
    refused(
        reviewed(story, *REVIEWERS), "destination in the signed policy: expected oci:prod/api, found oci:evil/api"
    )


def test_a_policy_that_meanwhile_sends_the_application_elsewhere_voids_the_approval() -> None:
    story = judged_story()
    elsewhere = cases.APPLICATION.replace("oci:prod/api", "oci:elsewhere/api")
    assert elsewhere != cases.APPLICATION
    story.publish_policy(read=load({"gate.yaml": story.gate, "applications/shop.yaml": elsewhere}))
    for name in REVIEWERS:
        story.review(name)
    story.approve()
    refused(story, "says otherwise of shop")
