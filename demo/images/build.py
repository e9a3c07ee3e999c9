"""What the three images are made of: a base, published packages, a small service on top."""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from demo.images.layer import File, Layer, pack
from demo.images.layout import Image, write_image
from demo.images.wheels import Target, fetch, unpack
from pratique.values.digest import Digest

ROOT = Path(__file__).parents[2]
WHEELS = ROOT / "build" / "demo" / "wheels"
ROOTFS = Path(__file__).parent / "rootfs"
SOURCE = "https://git.example/shop/shop"
BASE_NAME = "images.example/base/python:1"


class Name(Enum):
    """The images, by how they are meant to fare."""

    STALE = "stale"
    FIXED = "fixed"
    MIDDLING = "middling"


@dataclass(frozen=True, slots=True)
class Recipe:
    """What differs between the images: whose wheels, from which commit, built when."""

    target: Target
    revision: str
    created: str


PYTHON_3_7 = Target("3.7", "cp37m", "manylinux1_x86_64")
PYTHON_3_11 = Target("3.11", "cp311", "manylinux2014_x86_64")

RECIPES = {
    Name.STALE: Recipe(PYTHON_3_7, "5d41402abc4b2a76b9719d911017c592ae1f9f0b", "2026-11-02T09:15:00Z"),
    Name.FIXED: Recipe(PYTHON_3_11, "7c211433f02071597741e6ff5a8ea34789abbf43", "2026-11-16T14:40:00Z"),
    Name.MIDDLING: Recipe(PYTHON_3_11, "9b74c9897bac770ffc029102a200c5de3a1e6d27", "2026-11-20T10:05:00Z"),
}


def build_image(name: Name, out: Path, wheels: Path = WHEELS) -> Digest:
    """Build one image into an OCI layout directory under the tag of its name, and return its digest.

    The bytes depend on the lock file and this package alone. Wheels are kept in ``wheels`` for the next run.

    Raises:
        Unreachable: A wheel is not kept yet and cannot be fetched.
    """
    recipe = RECIPES[name]
    lock = Path(__file__).parent / f"{name.value}.lock"
    image = Image(
        layers=(_tree("etc"), _packages(fetch(lock, recipe.target, wheels)), _tree("app")),
        run={
            "User": "65532:65532",
            "WorkingDir": "/app",
            "Entrypoint": ["/usr/bin/python3", "/app/shop.py"],
            "Env": ["PATH=/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE=1"],
            "ExposedPorts": {"8080/tcp": {}},
        },
        labels={
            "org.opencontainers.image.title": "shop",
            "org.opencontainers.image.source": SOURCE,
            "org.opencontainers.image.revision": recipe.revision,
            "org.opencontainers.image.created": recipe.created,
            "org.opencontainers.image.base.name": BASE_NAME,
        },
        created=recipe.created,
    )
    return write_image(image, out, name.value)


def _packages(wheels: tuple[Path, ...]) -> Layer:
    return pack(tuple(file for wheel in wheels for file in unpack(wheel)))


def _tree(folder: str) -> Layer:
    """Pack one folder of ``rootfs``, which lies in this package as it lies in the image."""
    files = sorted((ROOTFS / folder).iterdir())
    return pack(tuple(File(f"{folder}/{file.name}", file.read_bytes()) for file in files))
