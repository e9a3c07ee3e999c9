"""An image to be scanned, as the tests need it."""

from pathlib import Path

from pratique.scan.interface import Target
from pratique.values.digest import Digest
from pratique.values.reference import RegistryRepository

MANIFEST = Digest("a" * 64)
CONFIG = Digest("c" * 64)
OCI = "application/vnd.oci.image.manifest.v1+json"


def target(registry: str | None = "registry.example") -> Target:
    """Return an image in a registry, or without one in a layout."""
    return Target(
        manifest=MANIFEST,
        media_type=OCI,
        config=CONFIG,
        registry=RegistryRepository(registry, "shop/web") if registry else None,
        write_layout=_write_layout,
        write_archive=_write_archive,
    )


def _write_layout(folder: Path) -> None:
    folder.mkdir()
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')


def _write_archive(file: Path) -> None:
    file.write_bytes(b"archive")
