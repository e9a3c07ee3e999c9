"""Where a base image is looked for: never on a host that only the image itself names."""

import pytest

from pratique.service.bases import neighbour
from pratique.values.reference import LayoutRepository, RegistryRepository

OWN = RegistryRepository("registry.example", "shop/web")


@pytest.mark.parametrize("name", ["registry.example/base/debian:12", "registry.example/base/debian"])
def test_a_base_in_the_registry_of_the_image_is_looked_for_there(name: str) -> None:
    assert neighbour(OWN, name) == RegistryRepository("registry.example", "base/debian")


@pytest.mark.parametrize(
    "name",
    [
        "docker.io/library/debian:12",
        "169.254.169.254/latest/meta-data",
        "registry.example:8080/base/debian",
        "registry.example.attacker.example/base",
        "oci:/etc",
        "",
        "no reference at all",
    ],
)
def test_no_other_host_and_no_folder_is_asked_because_an_image_names_it(name: str) -> None:
    assert neighbour(OWN, name) is None
    assert neighbour(LayoutRepository("images"), name) is None
