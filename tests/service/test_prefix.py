"""What people mean by the beginning of an id: the one thing that has it, and otherwise nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.errors import Absent, Conflict
from pratique.service.prefix import only
from pratique.values.ids import Kind

IDS = st.lists(st.text("0123456789abc", min_size=3, max_size=6).map("hd_{}".format), min_size=1, unique=True)


def found(prefix: str, ids: list[str]) -> str:
    return only(Kind.HOLD, prefix, ids, str)


@given(IDS, st.data())
def test_a_beginning_means_the_one_that_has_it_or_nothing(ids: list[str], data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from(ids))
    prefix = whole[: data.draw(st.integers(3, len(whole)))]
    fitting = [one for one in ids if one.startswith(prefix)]
    if len(fitting) == 1:
        assert found(prefix, ids) == found(prefix.removeprefix("hd_"), ids) == whole
    else:
        with pytest.raises(Conflict, match=f"fits {fitting[0]} and {fitting[1]}; write more of it"):
            found(prefix, ids)


def test_what_begins_nothing_says_where_to_look() -> None:
    with pytest.raises(Absent, match=r"hold: expected an id .*, found 'x'; see `pratique hold list`"):
        found("x", ["hd_1"])
