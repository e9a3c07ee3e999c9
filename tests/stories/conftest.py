"""Every story begins with a shop of its own."""

from collections.abc import Iterator

import pytest
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
