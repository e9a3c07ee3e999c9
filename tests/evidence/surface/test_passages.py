"""A member that lies in a symlink is where the link leads, and hides nothing that a runtime might still show."""

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evidence.surface.pictures import (
    ACCESS_KEY,
    Entry,
    file,
    folder,
    hard_link,
    image,
    layout,
    program,
    symlink,
)
from tests.service.test_surface import measured

from pratique.evidence.surface.layer import LayerFacts, Trait
from pratique.evidence.surface.measure import Surface
from pratique.evidence.surface.passages import resolve, unpacked
from pratique.values.digest import Digest

SUID = 0o4755
MERGED = (folder("usr/bin"), symlink("bin", "usr/bin"))


def surface(tmp_path: Path, *layers: tuple[Entry, ...]) -> Surface:
    here = layout(tmp_path)
    (found,) = measured(here, image(here, "x", *layers))
    return found.surface


@pytest.mark.parametrize("link", ["usr/bin", "/usr/bin", "./usr//bin", "opt/../usr/bin"])
def test_a_program_in_a_linked_folder_is_counted_where_the_link_leads(tmp_path: Path, link: str) -> None:
    lower = (folder("usr/bin"), symlink("bin", link))
    found = surface(tmp_path, lower, (program("bin/su", SUID),))
    assert (found.setuid, found.executables) == (("usr/bin/su",), 1)


def test_a_link_and_what_lies_in_it_may_be_in_one_layer(tmp_path: Path) -> None:
    assert surface(tmp_path, (*MERGED, program("bin/su", SUID))).setuid == ("usr/bin/su",)


def test_deleting_the_link_does_not_delete_what_was_unpacked_through_it(tmp_path: Path) -> None:
    found = surface(tmp_path, MERGED, (program("bin/su", SUID),), (file(".wh.bin"),))
    assert found.setuid == ("usr/bin/su",)
    assert found.deleted_in_later_layer == 0


def test_deleting_where_the_link_leads_deletes_what_was_unpacked_through_it(tmp_path: Path) -> None:
    found = surface(tmp_path, MERGED, (program("bin/su", SUID),), (file("usr/bin/.wh.su"),))
    assert (found.setuid, found.deleted_in_later_layer) == ((), 1)


def test_one_file_by_two_paths_is_one_and_has_what_either_has(tmp_path: Path) -> None:
    found = surface(tmp_path, (*MERGED, program("usr/bin/su", SUID)), (program("bin/su"),))
    assert (found.setuid, found.executables) == (("usr/bin/su",), 1)


def test_a_folder_in_place_of_the_link_holds_its_own_members(tmp_path: Path) -> None:
    found = surface(tmp_path, (*MERGED, program("usr/bin/su")), (folder("bin"), program("bin/su", SUID)))
    assert (found.setuid, found.executables) == (("bin/su",), 2)


def test_a_hard_link_names_its_file_through_a_link(tmp_path: Path) -> None:
    found = surface(tmp_path, (*MERGED, program("usr/bin/su", SUID)), (hard_link("opt/x", "bin/su"),))
    assert found.setuid == ("opt/x", "usr/bin/su")


def test_a_secret_that_is_unpacked_through_a_link_is_found_where_it_lies(tmp_path: Path) -> None:
    key = f"aws_access_key_id = {ACCESS_KEY}\n".encode()
    layers = ((symlink("srv", "data"), folder("data")), (file("srv/key", key),))
    assert [one.path for one in surface(tmp_path / "a", *layers).secrets] == ["data/key"]
    hidden = surface(tmp_path / "b", *layers, (file("data/.wh.key"),))
    assert ([one.path for one in hidden.secret_in_hidden_file], hidden.secrets) == (["data/key"], ())


@pytest.mark.parametrize("links", [(symlink("a", "a"),), (symlink("a", "b"), symlink("b", "a"))])
def test_links_that_never_end_leave_their_members_as_written(tmp_path: Path, links: tuple[Entry, ...]) -> None:
    assert surface(tmp_path, links, (program("a/su", SUID),)).setuid == ("a/su",)


def test_a_path_as_deep_as_archives_have_them_is_resolved() -> None:
    deep = "/".join(["d"] * 3000)
    assert resolve({"l": deep}, "l/x") == f"{deep}/x"
    name = Digest.of(b"x")
    facts = LayerFacts(name, name, traits={f"l/{deep}/x": Trait.FILE})
    assert set(unpacked(facts, {"l": "e"}, {}).traits) == {f"e/{deep}/x"}


PATHS = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map("/".join)


def made(root: Path, links: dict[str, str]) -> dict[str, str]:
    """Make links whose folders are none themselves; return those that there are, each with where it points."""
    done: dict[str, str] = {}
    for place, target in sorted(links.items()):
        if not any(place.startswith(f"{link}/") for link in done):
            (root / place).parent.mkdir(parents=True, exist_ok=True)
            (root / place).symlink_to(root / target)
            done[place] = f"/{target}"
    return done


def followed(root: Path, path: str) -> str | None:
    """Where the system says that a path leads, or nothing where its links never end."""
    try:
        (root / path).stat()
    except OSError as error:
        if error.errno == errno.ELOOP:
            return None
    return os.path.realpath(root / path).removeprefix(f"{root}/")


@given(links=st.dictionaries(PATHS, PATHS, max_size=4), path=PATHS)
def test_links_lead_where_the_system_follows_them(
    tmp_path_factory: pytest.TempPathFactory, links: dict[str, str], path: str
) -> None:
    root = tmp_path_factory.mktemp("root").resolve()
    assert resolve(made(root, links), path) == followed(root, path)
