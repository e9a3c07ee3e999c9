"""A policy names only whom the directory knows."""

from typing import Any

import pytest
from tests.policy.test_new_words import GATE
from tests.promotion.builders import directory, person, role

from pratique.errors import Refused
from pratique.policy.document import Bundle
from pratique.policy.role import RoleRules
from pratique.policy.source import load
from pratique.policy.words import Member, Positive, Role
from pratique.promotion.directory import Directory
from pratique.promotion.named import check_known, counts_in, fillers

APPLICATION = """\
apiVersion: pratique/v1
kind: Application
metadata: {name: shop, owner: group:team, policy: p}
images:
  - name: api
    source: {repository: "git+https://git.example/shop"}
    accept: ["r.example/build/*"]
    destinations: {prod: {repository: r.example/prod/api}}
"""


def bundle(old: str = "", new: str = "") -> Bundle:
    assert old in GATE + APPLICATION
    return load(
        {"gate.yaml": GATE.replace(old, new, 1), "applications/shop.yaml": APPLICATION.replace(old, new, 1)}
    )


def known(**changes: Any) -> Directory:
    names = ("ann", "bob", "cem", "dot", "ben")
    people = {f"person:{name}": person(name) for name in names}
    groups = {
        "group:g": [],
        "group:team": ["person:dot"],
        "group:leads": ["person:bob"],
        "group:board": [f"person:{name}" for name in names[:3]],
    }
    usual: dict[str, Any] = {
        "people": people,
        "groups": {name: {"members": members} for name, members in groups.items()},
        "roles": [
            *(role("lead", f"person:{name}") for name in ("ann", "bob", "dot")),
            role("board", "group:board"),
        ],
    }
    return directory(**(usual | changes))


def test_a_policy_that_names_only_whom_the_directory_knows_is_taken() -> None:
    check_known(bundle(), known())


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("owner: group:g,", "owner: group:h,", "metadata.owner: the directory has no group 'group:h'"),
        ('"service:ci"', '"service:seal-prod"', "checks.sig.keys.0: service:seal-prod signs no evidence"),
        ('"service:ci"', '"service:cy"', "checks.sig.keys.0: the directory has no service 'service:cy'"),
        (
            '"person:ann"',
            '"person:amn"',
            "roles.lead.members.1: the directory has no person or group 'person:amn'",
        ),
        ("{role: lead, count: 1}]}", "{role: unused, count: 1}]}", "the directory has no role 'unused'"),
        ("to: board}", "to: unused}", "tracks.slow.escalate.to: the directory has no role 'unused'"),
        (
            "owner: group:team",
            "owner: group:tema",
            "applications.shop.owner: the directory has no group 'group:tema'",
        ),
        ("min_size: 3", "min_size: 4", "expected at least 4 people in the role board for shop in prod, found 3"),
    ],
)
def test_whoever_the_directory_does_not_know_is_told_with_the_place(old: str, new: str, words: str) -> None:
    with pytest.raises(Refused) as caught:
        check_known(bundle(old, new), known())
    assert words in str(caught.value)


def test_a_suspended_member_does_not_make_a_board_large_enough() -> None:
    people = {f"person:{name}": person(name) for name in ("ann", "bob", "dot", "ben")}
    with pytest.raises(Refused, match="found 2"):
        check_known(bundle(), known(people=people | {"person:cem": person("cem", status="suspended")}))


def test_a_policy_narrows_whom_the_directory_appoints() -> None:
    lead = RoleRules(
        name=Role("lead"), members=(Member("group:leads"), Member("person:ann")), min_size=Positive(1)
    )
    assert fillers(lead, "shop", "prod", known()) == ("person:ann", "person:bob")
    assert not counts_in(lead, "person:dot", known())
    assert counts_in(RoleRules(name=Role("lead")), "person:dot", known())
