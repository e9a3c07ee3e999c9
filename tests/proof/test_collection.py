"""The list of many proofs is read strictly: it names files in a folder that somebody else made."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.promotion.builders import PROD, identifier
from tests.promotion.builders import digest as digest_of

from pratique.errors import Malformed
from pratique.proof.collection import Asked, Form, Listed, Without, build_collection, parse_collection
from pratique.values.canonical import canonical, parse_object
from pratique.values.ids import Kind

IDS = st.integers(0, 40).map(lambda place: identifier(Kind.PROMOTION, place))
ASKED = st.builds(
    Asked,
    since=st.sampled_from([None, datetime(2026, 1, 1, tzinfo=UTC)]),
    environment=st.sampled_from([None, PROD]),
    image=st.sampled_from([None, digest_of("image")]),
)


def listed(promotion: str, form: Form = Form.CORE, **changes: Any) -> Listed:
    return Listed(**{
        "file": f"{promotion}{form}",
        "promotion": promotion,
        "image": digest_of("image"),
        "environment": PROD,
        "core": digest_of("core"),
        **changes,
    })  # fmt: skip


@given(ASKED, st.lists(IDS, unique=True, max_size=5), st.sampled_from(Form), IDS)
def test_a_list_is_written_and_read_back(asked: Asked, ids: list[str], form: Form, other: str) -> None:
    proofs, without = tuple(listed(one, form) for one in ids), (Without(other, "it was retried"),)
    found = parse_collection(build_collection(asked, proofs, without))
    assert (found.asked, found.proofs, found.without) == (asked, proofs, without)


@pytest.mark.parametrize(
    "file",
    ["../proof.json", "/etc/passwd", "index.json", "pr_x.proof.json", "a/b.proof", ".", "", "con.proof.tar"],
)
def test_a_file_elsewhere_is_refused(file: str) -> None:
    one = listed(identifier(Kind.PROMOTION, 1), file=file)
    with pytest.raises(Malformed, match=r"expected PROMOTION\.proof"):
        parse_collection(build_collection(Asked(), (one,), ()))


def test_a_promotion_stands_once() -> None:
    one = listed(identifier(Kind.PROMOTION, 1))
    with pytest.raises(Malformed, match="expected each promotion once, found one twice"):
        parse_collection(build_collection(Asked(), (one, one), ()))


def test_another_schema_is_refused() -> None:
    document = parse_object(build_collection(Asked(), (), ()), "list")
    with pytest.raises(Malformed, match="expected pratique/proofs/1, found 'pratique/proofs/9'"):
        parse_collection(canonical({**document, "schema": "pratique/proofs/9"}))


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(content: bytes) -> None:
    with pytest.raises(Malformed):
        parse_collection(content)
