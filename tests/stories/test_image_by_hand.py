"""Moving images by hand, and wrongly: one line that says what to do, the right exit code, nothing half done."""

import base64
import json
import re
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from tests.registry.builders import build_image, build_platforms, layer_bytes, write_layout
from tests.servers.docker_registry import ROBOT, docker_registry, with_password
from tests.servers.faulty.auth import Person, basic_guard
from tests.servers.oci_server import Running, oci_server
from tests.stories.moving import Port
from tests.stories.shop import Said, run_pratique
from tests.stories.test_full_disk import small_disk

DIGEST = f"sha256:{'0' * 64}"


@pytest.fixture
def there() -> Iterator[Running]:
    with oci_server() as running:
        yield running


@pytest.fixture
def layout(tmp_path: Path) -> str:
    write_layout(
        tmp_path / "layout", {"1": build_image("one"), "2": build_image("two"), "m": build_platforms("m")}
    )
    return f"oci:{tmp_path / 'layout'}"


@pytest.fixture
def port(there: Running, tmp_path: Path) -> Port:
    return Port(there.host, there.host, tmp_path)


def refused(said: Said, code: int, *words: str) -> None:
    """Hold that a command failed with one line that says all of these words."""
    assert (said.code, said.out) == (code, ""), said
    errors = [line for line in said.err.splitlines() if line.startswith("pratique: ")]
    assert len(errors) == 1, said
    assert [word for word in words if word not in errors[0]] == [], said


def quiet(port: Port, *words: object) -> Said:
    return port.image("copy", "--no-progress", *words)


def test_a_tag_that_does_not_exist(layout: str, port: Port, there: Running) -> None:
    refused(quiet(port, f"{layout}:9", f"{there.host}/shop:1"), 1, "has no tag '9'", "name one that exists")
    refused(port.image("inspect", f"{there.host}/nothing:1"), 1, "has no tag '1'")


def test_a_tag_that_was_misspelt(layout: str, port: Port) -> None:
    assert quiet(port, f"{layout}:1", f"{layout}:stable").code == 0
    refused(port.image("inspect", f"{layout}:stabel"), 1, "no tag 'stabel'", "did you mean 'stable'?")


def test_an_image_that_is_not_there(layout: str, port: Port, there: Running) -> None:
    for verb in ("inspect", "referrers", "verify"):
        refused(port.image(verb, f"{layout}@{DIGEST}"), 1, DIGEST)
    refused(quiet(port, f"{there.host}/shop@{DIGEST}", f"{layout}:9"), 1, DIGEST)


def test_a_source_that_names_no_image(layout: str, port: Port, there: Running) -> None:
    refused(quiet(port, layout, f"{there.host}/shop:1"), 1, "expected a tag or a digest", f"{layout}:TAG")


@pytest.mark.parametrize("wrong", ["shop", "shop:1", "127.0.0.1/UPPER:1", "oci:", "a/b:", "a/b@sha256:12", ""])
def test_a_reference_that_is_none(wrong: str, layout: str, port: Port) -> None:
    for words in ((f"{layout}:1", wrong), (wrong, f"{layout}:9")):
        refused(quiet(port, *words), 2, "usage: argument")


def test_a_host_that_does_not_answer(layout: str, port: Port) -> None:
    with oci_server() as gone:
        host = gone.host
    port = Port(host, host, port.folder)
    refused(quiet(port, f"{layout}:1", f"{host}/shop:1"), 3, "unreachable", host)
    refused(quiet(port, f"{host}/shop:1", f"{layout}:9"), 3, "unreachable", host)


def test_wrong_credentials_and_none(layout: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    with oci_server(guard=partial(basic_guard, Person("ann", "correct-horse"))) as there:
        port = Port(there.host, there.host, tmp_path)
        words = (f"{layout}:1", f"{there.host}/shop:1")
        none = quiet(port, *words)
        refused(none, 1, there.host)
        docker_login(tmp_path, there.host, "ann", "wrong-battery")
        wrong = quiet(port, *words)
        refused(wrong, 1, there.host)
        assert "wrong-battery" not in f"{wrong} {none}"
        docker_login(tmp_path, there.host, "ann", "correct-horse")
        assert quiet(port, *words).code == 0
        assert there.store["shop"].broken_tags() == {}


def docker_login(folder: Path, host: str, user: str, password: str) -> None:
    auth = base64.b64encode(f"{user}:{password}".encode()).decode()
    (folder / "config.json").write_text(json.dumps({"auths": {host: {"auth": auth}}}))


def test_docker_s_own_registry_with_a_password(
    layout: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    with docker_registry(tmp_path / "r", with_password(tmp_path)) as host:
        docker_login(tmp_path, host, ROBOT.user, ROBOT.password)
        port = Port(host, host, tmp_path)
        assert quiet(port, f"{layout}:m", f"{host}/shop:1").code == 0
        assert port.done("verify", "--deep", f"{host}/shop:1")["whole"]


def test_a_destination_tag_that_exists_is_moved_only_from_where_it_was_expected(
    layout: str, port: Port, there: Running
) -> None:
    place = f"{there.host}/shop:1"
    one = port.done("copy", f"{layout}:1", place)["digest"]
    asked = len(there.server.asked("PUT"))
    refused(quiet(port, f"{layout}:2", place), 1, "conflict", one, f"--expect {one}")
    refused(quiet(port, "--expect", DIGEST, f"{layout}:2", place), 1, "conflict", one)
    assert len(there.server.asked("PUT")) == asked, "nothing moves before it is known that the tag may"
    moved = port.done("copy", "--expect", one, f"{layout}:2", place)
    assert moved["previous"] == one
    again = port.done("copy", "--expect", "any", f"{layout}:1", place)
    assert (again["digest"], again["previous"]) == (one, moved["digest"])


def test_an_expectation_of_a_tag_that_is_not_there(layout: str, port: Port, there: Running) -> None:
    refused(quiet(port, "--expect", DIGEST, f"{layout}:1", f"{there.host}/shop:1"), 1, "points to nothing", DIGEST)
    refused(quiet(port, "--expect", "latest", f"{layout}:1", f"{there.host}/shop:1"), 2, "--expect", "latest")


def test_a_destination_digest_of_another_image(layout: str, port: Port, there: Running) -> None:
    refused(quiet(port, f"{layout}:1", f"{there.host}/shop@{DIGEST}"), 1, "expected the digest of the image")


def test_source_and_destination_are_the_same(layout: str, port: Port, tmp_path: Path) -> None:
    for there in (f"{layout}:1", layout, f"oci:{tmp_path}/./layout:1"):
        refused(quiet(port, f"{layout}:1", there), 2, "the same place")


def test_another_tag_in_the_same_place_is_fine(layout: str, port: Port) -> None:
    assert quiet(port, f"{layout}:1", f"{layout}:stable").code == 0
    assert port.done("inspect", f"{layout}:stable")["digest"] == port.done("inspect", f"{layout}:1")["digest"]


def test_a_layout_that_is_none(layout: str, port: Port, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").write_text("mine")
    refused(quiet(port, f"{layout}:1", f"oci:{tmp_path}/other:1"), 1, "a folder with other things in it")
    assert [path.name for path in (tmp_path / "other").iterdir()] == ["file"]
    refused(quiet(port, f"oci:{tmp_path}/other:1", f"{layout}:9"), 1, f"oci:{tmp_path}/other")
    refused(quiet(port, f"oci:{tmp_path}/nowhere:1", f"{layout}:9"), 1, f"oci:{tmp_path}/nowhere")
    (tmp_path / "file").write_text("")
    refused(quiet(port, f"{layout}:1", f"oci:{tmp_path}/file:1"), 1, f"oci:{tmp_path}/file")


def test_a_directory_that_may_not_be_written_to(layout: str, port: Port, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    with small_disk(closed, "1m"):
        subprocess.run(["mount", "-o", "remount,ro", closed], check=True)
        refused(quiet(port, f"{layout}:1", f"oci:{closed}/new:1"), 3, "Read-only file system", f"oci:{closed}/new")
        assert list(closed.iterdir()) == []


def test_a_disk_that_is_full(port: Port, tmp_path: Path) -> None:
    write_layout(tmp_path / "large", {"1": build_image("large", layers=(layer_bytes("large", 3 * 2**20),))})
    words = (f"oci:{tmp_path}/large:1", f"oci:{tmp_path}/small/shop:1")
    with small_disk(tmp_path / "small", "1m"):
        refused(quiet(port, *words), 3, "disk full", "nothing half-done is visible")
        assert port.image("inspect", words[1]).code == 1
        subprocess.run(["mount", "-o", "remount,size=16m", tmp_path / "small"], check=True)
        assert quiet(port, *words).code == 0
        assert port.done("verify", "--deep", words[1])["whole"]


def test_a_blob_that_is_missing_or_wrong_is_named(layout: str, port: Port, tmp_path: Path) -> None:
    blobs = tmp_path / "layout" / "blobs" / "sha256"
    layers = port.done("inspect", f"{layout}:1")["platforms"][0]["layers"]
    lost, wrong = layers[0]["digest"], layers[1]["digest"]
    (blobs / lost.removeprefix("sha256:")).unlink()
    content = bytearray((blobs / wrong.removeprefix("sha256:")).read_bytes())
    content[0] ^= 1
    (blobs / wrong.removeprefix("sha256:")).write_bytes(content)
    shallow, deep = (port.image("verify", *more, f"{layout}:1", "--json") for more in ((), ("--deep",)))
    assert (shallow.code, shallow.value["missing"], shallow.value["wrong"]) == (1, [lost], [])
    assert (deep.code, deep.value["missing"], deep.value["wrong"]) == (1, [lost], [wrong])
    text = port.image("verify", "--deep", f"{layout}:1")
    assert text.code == 1
    assert "NOT whole" in text.out
    assert all(
        any(word in line and digest in line for line in text.out.splitlines())
        for word, digest in (("missing", lost), ("wrong", wrong))
    )


def test_inside_a_workspace_its_settings_count(layout: str, there: Running, tmp_path: Path) -> None:
    (tmp_path / "pratique.toml").write_text(
        'origin = "ledger.example/x"\nverifier = "https://pratique.example/v"\n'
        f'[registry."{there.host}"]\ninsecure = true\n'
    )
    copied = run_pratique(
        "image", "copy", f"{layout}:1", f"{there.host}/shop:1", "--workspace", tmp_path, "--no-progress"
    )
    assert copied.code == 0, copied
    refused(run_pratique("image", "inspect", f"{layout}:1", "--workspace", tmp_path / "no"), 1, "no workspace")


def test_plain_http_is_spoken_only_where_it_was_asked_for(layout: str, there: Running) -> None:
    refused(run_pratique("image", "copy", "--no-progress", f"{layout}:1", f"{there.host}/shop:1"), 3, there.host)
    assert there.server.seen == []


def test_quiet_means_quiet_and_an_error_is_still_one_line(layout: str, port: Port, there: Running) -> None:
    said = port.image("copy", "--quiet", f"{layout}:1", f"{there.host}/shop:1")
    assert (said.code, said.out, said.err) == (0, "", "")
    refused(port.image("copy", "--quiet", f"{layout}:2", f"{there.host}/shop:1"), 1, "conflict")
    refused(port.image("copy", "--quiet", "--no-progress", f"{layout}:2", f"{there.host}/shop:1"), 2, "usage")


def test_an_error_for_machines_is_one_object_and_nothing_else(layout: str, port: Port, there: Running) -> None:
    port.done("copy", f"{layout}:1", f"{there.host}/shop:1")
    said = port.image("copy", f"{layout}:2", f"{there.host}/shop:1", "--json")
    assert json.loads(said.err)["error"]["type"] == "urn:pratique:error:conflict"


def test_text_from_an_image_cannot_write_to_the_terminal(port: Port, tmp_path: Path) -> None:
    hostile = build_image("x\x1b]0;gotcha\x07\r\nfake")
    write_layout(tmp_path / "hostile", {"1": hostile})
    said = port.image("inspect", f"oci:{tmp_path}/hostile:1")
    assert said.code == 0
    assert not set(said.out) & {"\x1b", "\x07", "\r"}
    assert "fake" in said.out


def test_every_word_of_help_has_an_example(port: Port) -> None:
    for word in ("inspect", "copy", "referrers", "verify"):
        said = run_pratique("image", word, "--help")
        assert said.code == 0
        assert "pratique image" in said.out.split("examples:")[1]


def test_every_key_of_every_object_is_documented_and_every_documented_one_is_there(
    layout: str, port: Port, there: Running, root: Path
) -> None:
    page = (root / "docs" / "cli.md").read_text()
    said = {
        "inspect": port.done("inspect", f"{layout}:m"),
        "copy": port.done("copy", f"{layout}:m", f"{there.host}/shop:1"),
        "referrers": port.done("referrers", f"{layout}:m"),
        "verify": port.done("verify", f"{layout}:m"),
    }
    said["a platform"] = said["inspect"]["platforms"][0]
    said["a piece of evidence"] = said["referrers"]["referrers"][0]
    for name, value in said.items():
        (row,) = (line for line in page.splitlines() if line.startswith(f"| {name} | `"))
        documented = re.sub(r"\[.*?\](?:\}\])?", "", row.split("`")[1].replace("[{", "[")).split()
        assert sorted(documented) == sorted(value), name
