"""A copy that is stopped in its middle: it ends at once, nothing half done is visible, and again goes on."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.cli.terminal import Screen, Terminal
from tests.registry.builders import build_image, build_index, layer_bytes, on, write_layout
from tests.servers.docker_registry import docker_registry
from tests.servers.faulty.faults import changing, every, paced
from tests.servers.faulty.faults import on as asked_for
from tests.servers.oci_server import oci_server
from tests.stories.moving import Port

PROGRAM = str(Path(sys.executable).with_name("pratique"))
SIZES = (400_000, 900_000, 1_500_000)


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A layout with an image for two platforms: three small layers and three that take their time."""
    path = tmp_path_factory.mktemp("slow") / "layout"
    layers = tuple(layer_bytes(f"layer {size}", size) for size in SIZES)
    parts = [(build_image(name, architecture=name, layers=layers), on(name)) for name in ("amd64", "arm64")]
    write_layout(path, {"1": build_index(*parts)})
    return f"oci:{path}:1"


@dataclass(frozen=True, slots=True)
class Slow:
    """A registry that gives its blobs slowly, and a place to copy them to."""

    port: Port
    source: str
    destination: str
    hurry: threading.Event

    @property
    def command(self) -> list[str]:
        plain = ("--plain-http", self.port.first, "--plain-http", self.port.second)
        return [PROGRAM, "image", "copy", self.source, self.destination, *plain]


@contextmanager
def slow(layout: str, folder: Path, destination: str, second: str = "") -> Iterator[Slow]:
    """Serve the image at some 400 KiB a second for each blob, until nobody has to wait any more."""
    hurry, crawl = threading.Event(), paced(20_000, 0.05)
    crawling = every(
        asked_for("GET", "/blobs/"), changing(lambda reply: reply if hurry.is_set() else crawl(reply))
    )
    with oci_server(crawling) as here:
        port = Port(here.host, second or here.host, folder)
        source = f"{here.host}/shop:1"
        port.done("copy", layout, source)
        yield Slow(port, source, destination, hurry)


@contextmanager
def started(slow: Slow) -> Iterator[subprocess.Popen[str]]:
    """Start the copy off any terminal; killed afterwards if it still runs."""
    environment = {**os.environ, "PRATIQUE_WORKSPACE": ""}
    process = subprocess.Popen(
        slow.command,
        cwd=slow.port.folder,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_a_stopped_copy_into_a_layout_leaves_no_tag_and_goes_on(
    number: signal.Signals, code: int, layout: str, tmp_path: Path
) -> None:
    there = tmp_path / "there"
    with slow(layout, tmp_path, f"oci:{there}:1") as moving:
        with started(moving) as process:
            wait_for(lambda: len(blobs(there)) >= 2)
            process.send_signal(number)
            _, said = process.communicate(timeout=60)  # left alone it would never end: the registry crawls
            assert process.returncode == code
        moving.hurry.set()
        kept = blobs(there)
        assert moving.port.at(moving.destination).resolve("1") is None
        if number != signal.SIGKILL:
            assert said.splitlines()[-1].startswith("pratique: interrupted;")
            assert "Traceback" not in said
        moved = moving.port.done("copy", moving.source, moving.destination)
        ways = {blob["digest"]: blob["way"] for blob in moved["blobs"]}
        assert [ways[f"sha256:{name}"] for name in kept] == ["present"] * len(kept), "what had arrived stays"
        assert moving.port.done("verify", "--deep", moving.destination)["whole"]
        assert list(there.rglob(".incoming-*")) == []


def test_a_stopped_copy_into_a_registry_leaves_no_tag_and_goes_on(layout: str, tmp_path: Path) -> None:
    with docker_registry(tmp_path / "r") as host, slow(layout, tmp_path, f"{host}/shop:1", host) as moving:
        with started(moving) as process:
            folder = tmp_path / "r" / "docker" / "registry" / "v2" / "blobs" / "sha256"
            wait_for(lambda: len(list(folder.glob("*/*/data"))) >= 2)
            process.terminate()
            assert process.wait(120) == 143
        moving.hurry.set()
        there = moving.port.at(moving.destination)
        assert there.tags() == ()
        moved = moving.port.done("copy", moving.source, moving.destination)
        assert [blob["way"] for blob in moved["blobs"]].count("present") >= 2
        assert moving.port.done("verify", "--deep", moving.destination)["whole"]


def test_on_a_terminal_the_bar_moves_and_ctrl_c_leaves_one_line(layout: str, tmp_path: Path) -> None:
    with slow(layout, tmp_path, f"oci:{tmp_path / 'there'}:1") as moving:
        terminal = Terminal(moving.command, tmp_path, columns=90, environment={"PRATIQUE_WORKSPACE": ""})
        terminal.read_until(r"[1-9]%  \[.*/\d+\.\d MiB  .*KiB/s")
        terminal.press(b"\x03")
        assert terminal.ends() == 130
        screen = Screen(90)
        screen.show(terminal.written.replace("^C", ""))
        assert screen.text == "pratique: interrupted; nothing half-done is visible; run it again to go on"


def test_on_a_terminal_only_the_answer_remains_at_the_end(layout: str, tmp_path: Path) -> None:
    with slow(layout, tmp_path, f"oci:{tmp_path / 'there'}:1") as moving:
        terminal = Terminal(moving.command, tmp_path, columns=60, environment={"PRATIQUE_WORKSPACE": ""})
        assert terminal.ends(seconds=120) == 0
        screen = Screen(60)
        screen.show(terminal.written)
        assert screen.text.startswith(f"copied {moving.source} to oci:"[:50])
        shown = [int(found) for found in re.findall(r"K +(\d+)%", terminal.written)]
        assert shown == sorted(shown)
        assert len(set(shown)) > 3


def blobs(layout: Path) -> list[str]:
    """The blobs that are visible in a layout; nothing of one that is still arriving."""
    return sorted(path.name for path in layout.glob("blobs/sha256/[0-9a-f]*"))


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)
