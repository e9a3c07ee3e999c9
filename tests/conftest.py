"""What every test may ask for: the corpus of real evidence files, and steady hypothesis settings."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from tests.evidence.files import CORPUS

ROOT = Path(__file__).parents[1]

# No deadline: the machine that runs the tests is shared, and a slow example says nothing about the law.
settings.register_profile("pratique", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("pratique")


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's top folder."""
    return ROOT


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Real evidence files, kept beside the repository because they are other people's work."""
    if not CORPUS.is_dir():
        pytest.skip(f"no corpus of evidence files at {CORPUS}; set PRATIQUE_CORPUS to its folder")
    return CORPUS


_ACCOUNTS = pytest.StashKey[list[str]]()


@pytest.fixture
def account(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Say in one line what a long test counted; a person reads it below the results."""
    return lambda line: request.config.stash.setdefault(_ACCOUNTS, []).append(f"{request.node.name}: {line}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the long tests counted."""
    for line in terminalreporter.config.stash.get(_ACCOUNTS, []):
        terminalreporter.write_line(line)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a long value by its argument: it may be a fresh key, and all workers must give a case one name."""
    return argname if isinstance(val, str | bytes) and len(val) > 32 else None
