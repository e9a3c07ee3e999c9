"""What only a layout directory can show: its files, other tools' files, and two processes."""

from pathlib import Path

from tests.registry.builders import build_platforms, write_layout

from pratique.registry.closure import plan
from pratique.registry.layout import Layout
from pratique.values.reference import LayoutRepository


def layout(path: Path) -> Layout:
    return Layout(LayoutRepository(str(path)), path)


def test_a_layout_that_another_tool_wrote_is_read(tmp_path: Path) -> None:
    image = build_platforms("web")
    write_layout(tmp_path, {"v1": image})

    found = plan(layout(tmp_path), image.digest)

    assert layout(tmp_path).resolve("v1") == image.digest
    assert [str(each.platform) for each in found.platforms] == ["linux/amd64", "linux/arm64"]
