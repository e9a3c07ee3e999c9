"""Base64 and decimals have one spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.errors import Malformed
from pratique.tlog.lines import parse_base64, parse_hash, parse_number, render_base64


@given(st.binary(max_size=100))
def test_base64_comes_back(content: bytes) -> None:
    assert parse_base64(render_base64(content), "test") == content


@given(st.text(st.sampled_from("Aa+/=-_ \n9é"), max_size=12))
def test_text_is_the_one_base64_of_its_bytes_or_malformed(text: str) -> None:
    try:
        content = parse_base64(text, "test")
    except Malformed:
        return
    assert render_base64(content) == text


@pytest.mark.parametrize(
    "text", ["Zg", "Zg=", "Zh==", "Zg==\n", " Zg==", "Zg==Zg==", "Z===", "-_8=", "Zm9vé", "=", "Z"]
)
def test_another_spelling_is_no_base64(text: str) -> None:
    with pytest.raises(Malformed, match="base64"):
        parse_base64(text, "test")


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_hash_has_32_bytes(length: int) -> None:
    with pytest.raises(Malformed, match="32 bytes"):
        parse_hash(render_base64(bytes(length)), "test")


@given(st.integers(0, 2**63 - 1))
def test_numbers_come_back(number: int) -> None:
    assert parse_number(str(number), "test") == number


@pytest.mark.parametrize(
    "text",
    ["", "00", "01", "+1", "-1", " 1", "1 ", "1\n", "1_0", "1.0", "0x1", "١", "9223372036854775808", "9" * 5000],
)
def test_another_spelling_is_no_number(text: str) -> None:
    with pytest.raises(Malformed, match="decimal"):
        parse_number(text, "test")
