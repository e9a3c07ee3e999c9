"""A ledger's name, its epoch, and whose it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.promotion.authority import epoch_of, installation_of


@given(st.from_regex(r"[a-z./]{1,20}", fullmatch=True), st.integers(2, 10**6))
def test_an_epoch_is_its_installations(name: str, epoch: int) -> None:
    assert (installation_of(f"{name}/epoch{epoch}"), epoch_of(f"{name}/epoch{epoch}")) == (name, epoch)


@pytest.mark.parametrize(
    "origin",
    [
        "ledger.example/shop",
        "shop/epoch",
        "shop/epoch0",
        "shop/epoch1",
        "shop/epoch02",
        "shop/epoch2/x",
        "/epoch2",
    ],
)
def test_any_other_name_is_an_installation_in_its_first_epoch(origin: str) -> None:
    assert (installation_of(origin), epoch_of(origin)) == (origin, 1)
