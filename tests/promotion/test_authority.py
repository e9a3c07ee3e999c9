"""Each directory is vouched for by the one before it, and the first by what somebody was told."""

from typing import Any

import pytest
from tests.promotion.builders import INSTALLATION, digest, document, signed_directory, signer

from pratique.errors import Absent, Unverified
from pratique.promotion.authority import Chain, RootOfTrust, verify_chain
from pratique.values.canonical import canonical
from pratique.values.digest import Digest


def roots(*names: str, threshold: int = 1) -> dict[str, Any]:
    keys = [{"person": f"person:{name.partition('-')[0]}", "key": signer(name).key.text} for name in names]
    return {"keys": keys, "threshold": threshold}


def trust(*names: str, threshold: int = 1, min_version: int = 1, installation: str = INSTALLATION) -> RootOfTrust:
    return RootOfTrust(tuple(signer(name).key for name in names), threshold, min_version, installation)


FIRST = document(root=roots("ann-root"))
ANN = trust("ann-root")


def following(before: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**before, "version": before["version"] + 1, "previous": str(Digest.of(canonical(before))), **changes}


def chain(*envelopes: bytes, by: RootOfTrust = ANN) -> Chain:
    return verify_chain([(index * 10, content) for index, content in enumerate(envelopes, 1)], by)


ONE = signed_directory(FIRST, "ann-root")
SECOND = following(FIRST, root=roots("eve-root"))
TWO = signed_directory(SECOND, "ann-root", "eve-root")


def test_the_head_is_the_newest_version() -> None:
    assert chain(ONE, TWO).head.version == 2


def test_root_keys_change_when_the_old_and_the_new_ones_sign() -> None:
    three = signed_directory(following(SECOND), "eve-root")
    assert chain(ONE, TWO, three).head.version == 3


@pytest.mark.parametrize("names", [("ann-root",), ("eve-root",), ("dan",)])
def test_either_old_or_new_root_keys_alone_are_not_enough(names: tuple[str, ...]) -> None:
    with pytest.raises(Unverified):
        chain(ONE, signed_directory(SECOND, *names))


def test_people_are_counted_not_root_keys() -> None:
    first = document(root=roots("ann-root", "ann-spare", "eve-root", threshold=2))
    by = trust("ann-root", "ann-spare", "eve-root", threshold=2)
    assert chain(signed_directory(first, "ann-root", "eve-root"), by=by).head.version == 1
    with pytest.raises(Unverified, match="expected signatures by 2 holders, found 1"):
        chain(signed_directory(first, "ann-root", "ann-spare"), by=by)


def test_two_trusted_keys_of_one_person_are_one_person() -> None:
    first = document(root=roots("ann-root", "ann-spare", threshold=1))
    with pytest.raises(Unverified, match="expected signatures by 2 holders"):
        chain(signed_directory(first, "ann-root", "ann-spare"), by=trust("ann-root", "ann-spare", threshold=2))


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (following(FIRST, version=3), "expected version 2, found 3"),
        (following(FIRST, previous=str(digest("other"))), "expected the previous digest"),
        (following(FIRST, installation="ledger.example/other"), "expected the installation"),
    ],
)
def test_a_link_that_does_not_fit_is_refused(second: dict[str, Any], message: str) -> None:
    with pytest.raises(Unverified, match=message):
        chain(ONE, signed_directory(second, "ann-root"))


@pytest.mark.parametrize(
    ("by", "message"),
    [
        (trust("eve-root"), "no trusted key signed it"),
        (trust("ann-root", installation="ledger.example/other"), "expected the installation"),
        (trust("ann-root", min_version=2), "the newest versions were left out"),
    ],
)
def test_a_first_version_that_nobody_vouches_for_is_refused(by: RootOfTrust, message: str) -> None:
    with pytest.raises(Unverified, match=message):
        chain(ONE, by=by)


def test_the_chain_begins_with_version_1() -> None:
    with pytest.raises(Unverified, match="expected version 1 first"):
        chain(signed_directory(following(FIRST), "ann-root"))
    with pytest.raises(Unverified, match="found none"):
        chain()


def test_a_signature_for_another_purpose_does_not_count() -> None:
    with pytest.raises(Unverified):
        chain(ONE.replace(b"pratique.directory", b"pratique.policy"))


def test_versions_stand_in_the_ledgers_order() -> None:
    with pytest.raises(Unverified, match="expected an index after 10"):
        verify_chain([(10, ONE), (10, TWO)], ANN)


def test_the_version_in_force_goes_by_place_in_the_ledger() -> None:
    found = chain(ONE, TWO)
    assert found.at(20).version == 1
    assert found.at(21).version == 2
    with pytest.raises(Absent, match="none was in force at index 10"):
        found.at(10)


def test_a_key_is_revoked_from_the_earliest_index_that_any_version_names() -> None:
    key = signer("eve").key.key_id
    second = following(FIRST, revoked=[{"key": key, "reason": "lost", "from_index": None}])
    third = following(second, revoked=[{"key": key, "reason": "stolen before", "from_index": 15}])
    two, three = (signed_directory(payload, "ann-root") for payload in (second, third))
    assert chain(ONE).revoked_from(key) is None
    assert chain(ONE, two).revoked_from(key) == 20
    assert chain(ONE, two, three).revoked_from(key) == 15
