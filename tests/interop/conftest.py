"""A registry with the referrers API for every test, and a line that says whose it was."""

from collections.abc import Iterator

import pytest
from tests.interop.referrers_server import SERVERS, referrers_server

_FOLDER = "tests/interop"


@pytest.fixture(scope="module", params=SERVERS)
def referrers_host(request: pytest.FixtureRequest) -> Iterator[str]:
    """``127.0.0.1:port`` of a registry with the referrers API."""
    with referrers_server(request.param) as host:
        yield host


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which registry with a referrers API answered."""
    ran = (
        report.nodeid
        for reports in terminalreporter.stats.values()
        for report in reports
        if hasattr(report, "nodeid")
    )
    if any(node.startswith(_FOLDER) for node in ran):
        terminalreporter.write_line(f"registry with a referrers API that ran: {' and '.join(SERVERS)}")
