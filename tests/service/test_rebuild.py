"""Two builds of one image: the same, or where they first differ."""

import gzip
from pathlib import Path

import pytest
from tests.evidence.surface.pictures import Entry, file, folder, image, layout, symlink, tar
from tests.registry.builders import Built, build_image, build_index, on, push
from tests.servers.docker_registry import docker_registry
from tests.stories.shop import run_pratique

from pratique.evidence.surface.rebuild import Comparison
from pratique.places import open_places
from pratique.registry.layout import Layout
from pratique.service.rebuild import compare, side
from pratique.values.digest import Digest
from pratique.values.reference import LayoutRepository, Reference, RegistryRepository

BASE = (folder("etc"), file("etc/a", b"one", mtime=5), symlink("l", "etc/a"))


@pytest.fixture
def here(tmp_path: Path) -> Layout:
    return layout(tmp_path / "images")


def compared(here: Layout, first: Digest, second: Digest, shown: int = 20) -> Comparison:
    """What comes of comparing two images there."""
    sides = [side(here, Reference(LayoutRepository("here"), None, digest)) for digest in (first, second)]
    return compare(sides[0], sides[1], shown)


def told(found: Comparison) -> list[tuple[str, str, str, str, str]]:
    """Each difference as words."""
    return [(each.where, each.path, each.aspect.value, each.first, each.second) for each in found.differences]


def test_an_image_is_equal_to_itself(here: Layout) -> None:
    one = image(here, "one", BASE)
    found = compared(here, one, one)
    assert found.equal
    assert (found.platforms, found.total) == ((("linux/amd64", True),), 0)


@pytest.mark.parametrize(
    ("entry", "differences"),
    [
        (file("etc/a", b"one", mtime=6), [("mtime", "5", "6")]),
        (file("etc/a", b"one", 0o600, mtime=5), [("mode", "0644", "0600")]),
        (file("etc/a", b"one", mtime=5, uid=1, gid=2), [("owner", "0:0", "1:2")]),
        (file("etc/a", b"two", mtime=5), [("content", str(Digest.of(b"one")), str(Digest.of(b"two")))]),
        (
            file("etc/a", b"1", mtime=5),
            [("size", "3", "1"), ("content", str(Digest.of(b"one")), str(Digest.of(b"1")))],
        ),
        (
            file("etc/a", b"one", mtime=5, pax_headers={"SCHILY.xattr.user.x": "y"}),
            [("xattrs", "nothing", "user.x=79")],
        ),
    ],
)
def test_whatever_differs_in_a_file_is_told(
    here: Layout, entry: Entry, differences: list[tuple[str, str, str]]
) -> None:
    found = compared(here, image(here, "one", BASE), image(here, "two", (BASE[0], entry, BASE[2])))
    inside = [each[2:] for each in told(found) if each[:2] == ("linux/amd64 layer 1", "etc/a")]
    assert inside == differences
    assert not found.equal


def test_files_that_one_side_has_are_told(here: Layout) -> None:
    found = compared(here, image(here, "one", BASE), image(here, "two", (*BASE[:2], file("new", b"12"))))
    assert ("linux/amd64 layer 1", "new", "added", "nothing", "file of 2 bytes") in told(found)
    assert ("linux/amd64 layer 1", "l", "removed", "symlink of 0 bytes", "nothing") in told(found)


def test_a_layer_that_is_only_ordered_otherwise_says_so(here: Layout) -> None:
    found = compared(here, image(here, "one", BASE), image(here, "two", BASE[::-1]))
    assert [each[0:3] for each in told(found)] == [("linux/amd64 layer 1", "", "order")]


def test_a_layer_that_is_only_packed_otherwise_says_so(here: Layout) -> None:
    archive = tar(*BASE)
    one = image(here, "one", archive)
    two = image(
        here, "two", archive, packing=lambda content: gzip.compress(content, 9, mtime=0) + gzip.compress(b"")
    )
    assert [each[0:3] for each in told(compared(here, one, two))] == [("linux/amd64 layer 1", "", "packing")]


def test_a_config_is_compared_field_by_field(here: Layout) -> None:
    one, two = image(here, "one", BASE, User="app", Env=["A=1"]), image(here, "two", BASE, Env=["A=2"])
    assert told(compared(here, one, two)) == [
        ("linux/amd64 config", "config.Env[0]", "config", '"A=1"', '"A=2"'),
        ("linux/amd64 config", "config.User", "config", '"app"', "nothing"),
    ]


@pytest.mark.parametrize(
    "variable", ["DB_PASSWORD=hunter{}", "X=AKIAIOSFODNN7EXAMPL{}", "RUN |1 API_TOKEN=hunter{} /bin/sh -c make"]
)
def test_what_may_be_a_credential_is_compared_and_not_told(here: Layout, variable: str) -> None:
    one, other = (image(here, str(place), BASE, Env=[variable.format(place)]) for place in (1, 2))
    found = compared(here, one, other)
    hidden = "a text that may hold a credential"
    assert told(found) == [("linux/amd64 config", "config.Env[0]", "config", hidden, hidden)]


def test_long_texts_that_differ_at_their_end_are_told_as_different(here: Layout) -> None:
    one, other = (image(here, str(place), BASE, User="u" * 500 + str(place)) for place in (1, 2))
    assert [each.path for each in compared(here, one, other).differences] == ["config.User"]


def test_another_number_of_layers_is_told_and_the_others_are_compared(here: Layout) -> None:
    found = compared(here, image(here, "one", BASE), image(here, "two", BASE, (file("x"),)))
    assert ("linux/amd64", "", "layers", "1", "2") in told(found)


def test_the_first_ones_are_kept_and_all_are_counted(here: Layout) -> None:
    many = tuple(file(f"f{number}") for number in range(50))
    found = compared(here, image(here, "one", BASE), image(here, "two", (*BASE, *many)), shown=3)
    assert (len(found.differences), found.total) == (3, 50)


def test_each_way_tells_as_many(here: Layout) -> None:
    one, two = image(here, "one", BASE), image(here, "two", (file("x", b"y"),))
    assert compared(here, one, two).total == compared(here, two, one).total


def _platforms(*changed: str) -> Built:
    """An index of two platforms, some of which somebody built otherwise."""
    parts = []
    for architecture in ("amd64", "arm64"):
        content = b"two" if architecture in changed else b"one"
        layer = gzip.compress(tar(file("etc/a", content)), mtime=0)
        parts.append((build_image("x", architecture=architecture, layers=(layer,)), on(architecture)))
    return build_index(*parts)


def test_platforms_are_compared_in_pairs(here: Layout) -> None:
    one, two = push(here, _platforms()), push(here, _platforms("arm64"))
    assert compared(here, one, one).platforms == (("linux/amd64", True), ("linux/arm64", True))
    found = compared(here, one, two)
    assert found.platforms == (("linux/amd64", True), ("linux/arm64", False))
    assert [(where, path, aspect) for where, path, aspect, _, _ in told(found)] == [
        ("linux/arm64 layer 1", "etc/a", "content")
    ]


def test_a_platform_that_one_side_lacks_is_a_difference(here: Layout) -> None:
    alone = build_index((_platforms().parts[0], on("amd64")))
    found = compared(here, push(here, _platforms()), push(here, alone))
    assert told(found) == [("linux/arm64", "", "platform", "an image", "nothing")]
    assert found.platforms == (("linux/amd64", True),)


def test_a_second_build_in_a_registry_is_compared_with_one_in_a_folder(tmp_path: Path, here: Layout) -> None:
    with docker_registry(tmp_path / "registry") as host, open_places(None, plain_http=frozenset({host})) as places:
        there = places.open(RegistryRepository(host, "shop/web"))
        digest = push(there, _platforms("amd64"), "again")
        push(here, _platforms(), "first")
        words = ("rebuild", "compare", f"oci:{tmp_path}/images:first", f"{host}/shop/web@{digest}")
        said = run_pratique(*words, "--plain-http", host, "--json")
    assert said.code == 1
    assert said.value["platforms"] == [
        {"platform": "linux/amd64", "equal": False},
        {"platform": "linux/arm64", "equal": True},
    ]
    assert [each["path"] for each in said.value["differences"]] == ["etc/a"]
