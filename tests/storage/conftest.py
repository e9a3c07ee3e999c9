"""Fixtures of the storage tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.storage.builders import new_store

from pratique.storage.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """The store of a new database in ``tmp_path``."""
    made = new_store(tmp_path)
    yield made
    made.close()
