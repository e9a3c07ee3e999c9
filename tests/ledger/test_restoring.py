"""Restoring a large ledger takes no longer than a few times what appending it took."""

from pathlib import Path

import pytest
from bench.published import restoring


@pytest.mark.soak
def test_restoring_a_hundred_thousand_events_takes_at_most_three_times_appending_them(tmp_path: Path) -> None:
    figure = restoring(tmp_path, 100_000)
    assert figure.holds, figure.line
