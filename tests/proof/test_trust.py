"""A trust root is read strictly; a mistake in it is a mistake for ever."""

import json
from typing import Any

import pytest
from tests.promotion.builders import INSTALLATION
from tests.proof.builders import ROOTS, VERIFIER, key_of, note_key, trust_root

from pratique.errors import Malformed
from pratique.proof.trust import DirectoryRoot, build_trust_root, parse_trust_root

LEDGER = f"log {note_key(INSTALLATION)}\nquorum none\n"
KEYS = tuple(key_of(f"{name}-root").public for name in ROOTS)


def content(**changes: Any) -> bytes:
    found = json.loads(build_trust_root(LEDGER, DirectoryRoot(KEYS, 2, 1), VERIFIER))
    return json.dumps({**found, **changes}).encode()


def test_it_is_about_a_kilobyte_and_is_read_back() -> None:
    assert len(content()) < 1024
    assert parse_trust_root(content()) == trust_root()


def test_white_space_is_no_matter_because_nobody_signs_it() -> None:
    assert parse_trust_root(json.dumps(json.loads(content()), indent=1).encode() + b"\n") == trust_root()


def test_the_oldest_policy_is_any_where_none_is_named() -> None:
    assert "policy" not in json.loads(content())
    assert parse_trust_root(content()).min_policy_version == 1
    assert parse_trust_root(content(policy={"min_version": 3})) == trust_root(policy=3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"more": 1}, "trust root: unexpected 'more'"),
        ({"ledger": "quorum none"}, "tlog-policy: expected a newline"),
        ({"directory": {"keys": [], "threshold": 1, "min_version": 1}}, "expected 1 to 0"),
        ({"directory": {"keys": list(KEYS), "threshold": 3, "min_version": 1}}, "expected 1 to 2"),
        ({"directory": {"keys": list(KEYS), "threshold": 0, "min_version": 1}}, "expected 1 to 2"),
        ({"directory": {"keys": [KEYS[0], KEYS[0]], "threshold": 1, "min_version": 1}}, "found one twice"),
        ({"directory": {"keys": ["ssh-dss AAAA"], "threshold": 1, "min_version": 1}}, "SSH key"),
        ({"verifier": None}, r"trust root\.verifier: expected a string"),
    ],
)
def test_what_breaks_the_form_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(Malformed, match=message):
        parse_trust_root(content(**changes))
