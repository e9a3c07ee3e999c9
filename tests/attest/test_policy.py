"""``policy/v1``: who wrote it, and who may change it next, are signed with it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.attest.policy import POLICY_FORM, Changes, Policy
from pratique.errors import Malformed
from pratique.values.canonical import canonical
from pratique.values.digest import Digest
from pratique.values.names import Actor, Group

A, B = Digest("a" * 64), Digest("b" * 64)
CHANGES = st.builds(
    Changes,
    st.just(Group("group:security")),
    st.lists(st.tuples(st.sampled_from(["release", "board"]), st.integers(1, 9)), min_size=1, max_size=3).map(
        tuple
    ),
)


def policy(author: Actor | None, changes: Changes | None) -> Policy:
    return Policy("shop", A, 2, B, None, A, B, author, changes)


@given(st.sampled_from([None, Actor("person:dan")]), st.none() | CHANGES)
def test_what_was_built_is_read_back(author: Actor | None, changes: Changes | None) -> None:
    assert POLICY_FORM.parse(POLICY_FORM.build(policy(author, changes))) == policy(author, changes)


def test_what_is_not_said_is_not_written() -> None:
    assert set(json.loads(POLICY_FORM.build(policy(None, None)))["predicate"]) == {
        *("version", "previous", "effectiveOn", "directory", "sources")
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"owner": "group:security", "approvals": []},
        {"owner": "group:security", "approvals": [{"role": "release", "count": 0}]},
        {"owner": "group:security", "approvals": [{"role": "release", "count": 101}]},
        {"owner": "security", "approvals": [{"role": "release", "count": 1}]},
        {"owner": "group:security", "approvals": [{"role": "release", "count": 1}], "nobody": True},
    ],
)
def test_a_quorum_that_nobody_would_fill_is_refused(changes: dict[str, Any]) -> None:
    document = json.loads(POLICY_FORM.build(policy(Actor("person:dan"), None)))
    document["predicate"]["changes"] = changes
    with pytest.raises(Malformed):
        POLICY_FORM.parse(canonical(document))
