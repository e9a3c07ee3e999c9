"""Every story begins with a shop of its own."""

import shutil
from collections.abc import Iterator

import pytest
from tests.stories.pair import Pair, found_pair
from tests.stories.shop import Shop, copied, folder_in_memory, found_with_images


@pytest.fixture(scope="session")
def template() -> Iterator[Shop]:
    """A founded shop with the images clean, stale and middling; copied, never used."""
    with folder_in_memory() as folder:
        yield found_with_images(folder)


@pytest.fixture
def shop(template: Shop) -> Iterator[Shop]:
    """A shop of this story's own, with three images and no promotion yet."""
    with copied(template) as shop:
        yield shop


@pytest.fixture(scope="session")
def founded_pair() -> Iterator[Pair]:
    """A founded shop whose application has two images; copied, never used."""
    with folder_in_memory() as folder:
        yield found_pair(folder)


@pytest.fixture
def pair(founded_pair: Pair) -> Iterator[Pair]:
    """A shop of this story's own, with two images and no release yet."""
    with folder_in_memory() as folder:
        shutil.copytree(founded_pair.folder, folder, dirs_exist_ok=True)
        yield Pair(folder, founded_pair.place)
