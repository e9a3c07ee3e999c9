"""Layers read once: right bytes come out whole, wrong ones raise, whatever they were meant to do."""

import gzip
import io
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from tests.evidence.surface.pictures import blob, file, layout, packed, tar

from pratique.errors import Malformed, PratiqueError, Refused, Unreachable, Unverified
from pratique.registry.interface import Reader
from pratique.registry.layers import LayerLimits, Members, read_layer
from pratique.registry.layout import Layout
from pratique.registry.manifest import Descriptor
from pratique.values.digest import Digest
from pratique.values.reference import LayoutRepository

ARCHIVE = tar(file("a", b"one" * 400), file("b", b"two"))


@pytest.fixture
def here(tmp_path: Path) -> Layout:
    return layout(tmp_path / "images")


def zstd(archive: bytes, **parameters: Any) -> bytes:
    """The same, as newer builders keep layers."""
    return zstandard.ZstdCompressor(**parameters).compress(archive)


SKIPPED = b"\x50\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"table"
"""A frame that holds nothing of the layer, as zstd:chunked writes its table of contents."""


def contents(members: Members) -> dict[str, bytes]:
    """Every member's bytes."""
    return {each.path: content.take(each.size) for each, content in members}


class Liar(Layout):
    """A repository whose blobs are what somebody made of them."""

    def __init__(self, content: bytes) -> None:
        super().__init__(LayoutRepository("unused"), Path("unused"))
        self._content = content

    @contextmanager
    def open_unverified(self, _blob: Descriptor) -> Iterator[Reader]:
        """Open what they made."""
        yield io.BytesIO(self._content)


@pytest.mark.parametrize(
    "form",
    [
        ARCHIVE,
        packed(ARCHIVE),
        gzip.compress(ARCHIVE[:700]) + gzip.compress(ARCHIVE[700:]),
        zstd(ARCHIVE),
        zstd(ARCHIVE[:700]) + zstd(ARCHIVE[700:]),
        SKIPPED + zstd(ARCHIVE) + SKIPPED,
        zstd(ARCHIVE, write_checksum=True, write_content_size=False),
    ],
    ids=["plain", "gzip", "several gzips", "zstd", "several zstds", "zstd with more", "zstd without size"],
)
def test_a_layer_is_read_however_it_is_packed(here: Layout, form: bytes) -> None:
    layer = blob(here, form, "application/vnd.oci.image.layer.v1.tar")
    assert read_layer(here, layer, contents, diff_id=Digest.of(ARCHIVE)) == {"a": b"one" * 400, "b": b"two"}


def test_what_is_left_unread_is_passed_over_and_hashed_all_the_same(here: Layout) -> None:
    layer = blob(here, packed(ARCHIVE))
    assert read_layer(here, layer, lambda _: "nothing", diff_id=Digest.of(ARCHIVE)) == "nothing"


def test_what_follows_the_archive_belongs_to_its_digest(here: Layout) -> None:
    layer = blob(here, packed(ARCHIVE + b"tail"))
    assert len(read_layer(here, layer, contents, diff_id=Digest.of(ARCHIVE + b"tail"))) == 2


def test_another_digest_unpacked_than_the_config_states_is_unverified(here: Layout) -> None:
    with pytest.raises(Unverified, match="the image's config states"):
        read_layer(here, blob(here, packed(ARCHIVE)), contents, diff_id=Digest.of(b"other"))


@pytest.mark.parametrize("magic", [b"BZh91AY", b"\xfd7zXZ\0"])
def test_a_packing_that_is_not_read_here_is_said_clearly(here: Layout, magic: bytes) -> None:
    with pytest.raises(Refused, match=r"is packed with .*, which is not read here"):
        read_layer(here, blob(here, magic + bytes(100)), contents)


def test_a_bomb_is_stopped(here: Layout) -> None:
    layer = blob(here, packed(tar(file("zeros", bytes(5_000_000)))))
    with pytest.raises(Malformed, match="may be a bomb"):
        read_layer(here, layer, contents, limits=LayerLimits(unpacked_bytes=1_000_000))


def test_a_bomb_behind_the_end_mark_is_stopped(here: Layout) -> None:
    layer = blob(here, packed(ARCHIVE + bytes(5_000_000)))
    with pytest.raises(Malformed, match="may be a bomb"):
        read_layer(here, layer, contents, limits=LayerLimits(unpacked_bytes=1_000_000))


def test_a_gzip_that_ends_early_is_malformed(here: Layout) -> None:
    with pytest.raises(Malformed, match="ends early"):
        read_layer(here, blob(here, packed(ARCHIVE)[:-9]), contents)


@pytest.mark.parametrize("cut", [1, 9, 60])
def test_a_zstd_that_ends_early_is_malformed(here: Layout, cut: int) -> None:
    with pytest.raises(Malformed, match="the zstd ends early"):
        read_layer(here, blob(here, zstd(ARCHIVE, write_checksum=True)[:-cut]), contents)


def test_noise_behind_a_zstd_is_malformed(here: Layout) -> None:
    with pytest.raises(Malformed, match="expected zstd"):
        read_layer(here, blob(here, zstd(ARCHIVE) + b"much noise"), contents)


def test_a_zstd_that_is_damaged_inside_is_malformed(here: Layout) -> None:
    damaged = bytearray(zstd(ARCHIVE, write_checksum=True))
    damaged[-1] ^= 1
    with pytest.raises(Malformed, match="expected zstd"):
        read_layer(here, blob(here, bytes(damaged)), contents)


def test_a_zstd_that_asks_for_more_memory_than_it_may_is_malformed(here: Layout) -> None:
    greedy = zstandard.ZstdCompressionParameters(window_log=28, write_content_size=False)
    packer = zstandard.ZstdCompressor(compression_params=greedy).compressobj()
    with pytest.raises(Malformed, match="too much memory"):
        read_layer(here, blob(here, packer.compress(ARCHIVE) + packer.flush()), contents)


def test_a_bomb_of_zstd_is_stopped_before_much_of_it_is_held(here: Layout) -> None:
    layer = blob(here, zstd(tar(file("zeros", bytes(300_000_000)))))
    tracemalloc.start()
    with pytest.raises(Malformed, match="may be a bomb"):
        read_layer(
            here, layer, lambda members: sum(1 for _ in members), limits=LayerLimits(unpacked_bytes=1_000_000)
        )
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert held < 100_000_000


def test_noise_behind_a_gzip_is_malformed(here: Layout) -> None:
    with pytest.raises(Malformed, match="expected gzip"):
        read_layer(here, blob(here, packed(ARCHIVE) + b"noise"), contents)


def _stated(content: bytes) -> Descriptor:
    return Descriptor("application/vnd.oci.image.layer.v1.tar+gzip", Digest.of(content), len(content))


def test_other_bytes_than_stated_are_unverified_and_not_malformed() -> None:
    right = packed(ARCHIVE)
    wrong = bytearray(right)
    wrong[len(wrong) // 2] ^= 0xFF
    with pytest.raises(Unverified, match="found bytes with"):
        read_layer(Liar(bytes(wrong)), _stated(right), contents)


def test_more_bytes_than_stated_are_unverified() -> None:
    with pytest.raises(Unverified, match="found more"):
        read_layer(Liar(packed(ARCHIVE) + b"x"), _stated(packed(ARCHIVE)), contents)


def test_a_source_that_ends_early_may_be_asked_again() -> None:
    with pytest.raises(Unreachable, match="run it again"):
        read_layer(Liar(packed(ARCHIVE)[:-20]), _stated(packed(ARCHIVE)), contents)


@given(
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=5),
    st.sampled_from([bytes, packed, zstd]),
)
def test_whatever_lies_there_raises_nothing_but_our_errors(
    changes: list[tuple[int, int]], packing: Callable[[bytes], bytes]
) -> None:
    content = bytearray(packing(ARCHIVE))
    for at, value in changes:
        content[at % len(content)] = value
    with suppress(PratiqueError):
        read_layer(Liar(bytes(content)), _stated(bytes(content)), contents)
