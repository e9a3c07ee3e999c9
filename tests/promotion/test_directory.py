"""The directory: a closed form that agrees with itself, and answers who holds what."""

from typing import Any

import pytest
from tests.promotion.builders import (
    NOW,
    PEOPLE,
    ROLES,
    SERVICES,
    after,
    directory,
    document,
    person,
    role,
    service,
    signer,
)

from pratique.errors import Absent, Malformed
from pratique.promotion.directory import Directory, build_directory
from pratique.promotion.directory_form import parse_document
from pratique.values.canonical import canonical
from pratique.values.digest import Digest
from pratique.values.names import Actor


def test_its_digest_is_that_of_the_exact_payload() -> None:
    payload = canonical(document()) + b"\n"
    assert Directory.parse(payload).digest == Digest.of(payload)


def test_building_what_was_read_gives_a_directory_that_says_the_same() -> None:
    read = parse_document(canonical(document()))
    assert parse_document(build_directory(read)) == read


def test_a_role_comes_directly_or_through_a_group() -> None:
    assert directory().holders("security", "shop", "prod", NOW) == ("person:dan", "person:eve")
    assert directory().roles_of("person:dan", "shop", "prod", NOW) == {"security", "release"}


def test_a_suspended_person_holds_no_role() -> None:
    assert directory().roles_of("person:fay", "shop", "prod", NOW) == frozenset()


def test_a_role_ends_at_its_end() -> None:
    found = directory(roles=[role("release", "person:ben", until=NOW)])
    assert found.holders("release", "shop", "prod", NOW) == ()
    assert found.holders("release", "shop", "prod", after(milliseconds=-1)) == ("person:ben",)


def test_a_role_covers_the_environments_it_names() -> None:
    found = directory(roles=[role("release", "person:ben", environments="pro*")])
    assert found.holders("release", "shop", "prod", NOW) == ("person:ben",)
    assert found.holders("release", "shop", "staging", NOW) == ()


def test_an_alias_leads_to_its_person_and_a_service_to_its_owner() -> None:
    assert directory().person_of_alias("github:42") == "person:ben"
    assert directory().person_of_alias("github:43") is None
    assert directory().person_behind(Actor("service:ci")) == "person:ben"
    assert directory().person_behind(Actor("service:record")) is None
    assert directory().person_behind(Actor("person:eve")) == "person:eve"
    assert directory().owners_of_builder("https://ci.example/builder") == ("person:ben",)


def test_a_key_counts_until_the_index_of_its_revocation() -> None:
    key = signer("eve").key.key_id
    found = directory(revoked=[{"key": key, "reason": "stolen", "from_index": 7}])
    assert found.revoked(key, 6) is None
    assert found.revoked(key, 7) == "stolen"
    assert ("person:eve", signer("eve").key) in found.people_keys(6)
    assert ("person:eve", signer("eve").key) not in found.people_keys(7)


def test_a_suspended_persons_key_verifies_nothing() -> None:
    assert "person:fay" not in {name for name, _ in directory().people_keys(1)}


def test_services_are_found_by_use_and_never_with_a_revoked_key() -> None:
    assert directory().service_keys("source") == (("service:ci", service("ci").key),)
    gone = directory(revoked=[{"key": service("ci").key.key_id, "reason": "lost", "from_index": 99}])
    assert gone.service_keys("source") == ()


def without(mapping: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if key != name}


ROOT = {"person": "person:ann", "key": signer("ann-root").key.text}
SEAL = {"keys": [], "uses": ["seal:prod", "evidence"]}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schema": "pratique/directory/2"}, "directory.schema"),
        ({"surprise": 1}, "unexpected 'surprise'"),
        ({"version": 2}, "directory.version: expected 1 without a previous digest"),
        ({"root": {"keys": [ROOT], "threshold": 2}}, "root.threshold: expected 1 to 1"),
        ({"root": {"keys": [ROOT], "threshold": 0}}, "root.threshold: expected 1 to 1"),
        (
            {"root": {"keys": [{**ROOT, "person": "person:gus"}], "threshold": 1}},
            "person:gus is not among the people",
        ),
        ({"revoked": [{"key": signer("ann-root").key.key_id, "reason": "lost", "from_index": 1}]}, "is revoked"),
        (
            {"people": {**PEOPLE, "person:gus": PEOPLE["person:eve"]}},
            "key: SHA256:.* belongs to person:eve and to",
        ),
        ({"people": {**PEOPLE, "person:gus": person("gus", "github:42")}}, "alias: github:42 belongs to"),
        ({"people": {**PEOPLE, "person:gus": person("gus", "gus@example.org")}}, "expected git:<sha256"),
        ({"people": {**PEOPLE, "service:gus": person("gus")}}, "expected person:<slug>"),
        (
            {
                "people": {
                    **PEOPLE,
                    "person:gus": {"keys": ["ssh-ed25519 AAAA"], "aliases": [], "status": "active"},
                }
            },
            "keys",
        ),
        ({"people": without(PEOPLE, "person:eve")}, "groups.group:appsec: person:eve is not among the people"),
        ({"roles": [*ROLES, role("release", "group:none")]}, "is neither among the people nor the groups"),
        ({"roles": [{**ROLES[0], "applications": []}]}, "expected applications and environments"),
        ({"roles": [role("release", "person:ann", environments="a b")]}, "pattern"),
        ({"roles": [role("Release Manager", "person:ann")]}, r"roles\[0\].role"),
        ({"services": {**SERVICES, "service:seal": SEAL}}, "a key that seals may be used for nothing else"),
        ({"services": {"service:x": {"keys": [], "uses": ["approve"]}}}, "expected request, evidence"),
        ({"services": {"person:ann": {"keys": [], "uses": []}}}, "expected service:<slug>"),
        ({"services": {"service:x": {"keys": [], "uses": [], "owner": "person:gus"}}}, "owner: person:gus is not"),
    ],
)
def test_a_directory_that_contradicts_itself_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(Malformed, match=message):
        directory(**changes)


def test_somebody_whom_the_directory_does_not_know_is_named() -> None:
    with pytest.raises(Absent, match="person:stranger is not in the directory"):
        directory().expect("person:stranger")
