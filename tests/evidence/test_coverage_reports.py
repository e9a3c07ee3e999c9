"""Cobertura and LCOV: how many lines ran, counted one by one."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.evidence.facts.claims import Attributes
from pratique.evidence.model import Parse, Reading
from pratique.evidence.read import read

Lines = dict[int, int]


def cobertura(files: dict[str, Lines]) -> bytes:
    """A report as coverage.py writes it; its totals lie."""
    classes = "".join(
        f'<class name="x" filename="{name}"><methods><method name="m"><lines><line number="1" hits="0"/></lines>'
        "</method></methods><lines>"
        + "".join(f'<line number="{number}" hits="{hits}"/>' for number, hits in lines.items())
        + "</lines></class>"
        for name, lines in files.items()
    )
    packages = f"<packages><package><classes>{classes}</classes></package></packages>"
    return f'<?xml version="1.0"?><coverage line-rate="1" lines-valid="9">{packages}</coverage>'.encode()


def lcov(files: dict[str, Lines]) -> bytes:
    records = (
        f"TN:\nSF:{name}\n"
        + "".join(f"DA:{number},{hits}\n" for number, hits in lines.items())
        + "LF:1\nLH:1\nend_of_record\n"
        for name, lines in files.items()
    )
    return "".join(records).encode()


FORMS = pytest.mark.parametrize("form", [cobertura, lcov])


def share(reading: Reading) -> str | None:
    (report,) = reading.of(Attributes)
    values = [str(json.loads(one.value or "{}")["percent"]) for one in report.attributes]
    return values[0] if values else None


@FORMS
def test_lines_are_counted_and_totals_are_not_believed(form: Callable[[dict[str, Lines]], bytes]) -> None:
    reading = read(form({"a.py": {1: 1, 2: 0, 3: 7}}), "text/plain")
    assert (reading.format, reading.parse) == (form.__name__, Parse.OK)
    assert share(reading) == "66.66"


@given(
    st.sampled_from([cobertura, lcov]),
    st.dictionaries(
        st.sampled_from(["a.py", "b.py", "c/d.py"]),
        st.dictionaries(st.integers(0, 99), st.integers(0, 9), min_size=1),
        min_size=1,
    ),
)
def test_the_share_is_never_more_than_what_ran(
    form: Callable[[dict[str, Lines]], bytes], files: dict[str, Lines]
) -> None:
    hits = [count > 0 for lines in files.values() for count in lines.values()]
    told = share(read(form(files), "text/plain"))
    assert told is not None
    assert 0 <= 100 * sum(hits) / len(hits) - float(told) < 0.01 + 1e-9


def test_a_line_that_two_records_name_counts_once_and_as_run_where_either_saw_it() -> None:
    twice = lcov({"a.py": {1: 0, 2: 0}}) + lcov({"a.py": {1: 3}})
    assert share(read(twice, "text/plain")) == "50.00"


@FORMS
def test_a_report_without_a_line_states_no_share(form: Callable[[dict[str, Lines]], bytes]) -> None:
    assert share(read(form({"a.py": {}}), "text/plain")) is None


@pytest.mark.parametrize(
    "broken",
    [
        b"TN:\nSF:a.py\nDA:1,1\n",
        b"TN:\nSF:a.py\nDA:1,-1\nend_of_record\n",
        b"TN:\nSF:a.py\nDA:x\nend_of_record\n",
        b"SF:a.py\nend_of_record\nDA:1,1\n",
        b'<coverage><class filename="a.py"><lines><line number="1"/></lines></class></coverage>',
        b'<coverage><class><lines><line number="1" hits="1"/></lines></class></coverage>',
    ],
)
def test_what_is_broken_or_cut_off_is_only_partly_understood(broken: bytes) -> None:
    assert read(broken, "text/plain").parse is Parse.PARTIAL


@given(
    st.binary(max_size=300),
    st.sampled_from([b"SF:", b"TN:\nSF:a\nDA:", b"<coverage>", b'<coverage><class filename="']),
)
def test_whatever_follows_is_read_or_refused_and_nothing_escapes(rest: bytes, start: bytes) -> None:
    assert read(start + rest, "text/plain").format
