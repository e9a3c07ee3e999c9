"""What is in the repository: nothing of one machine, no package host, no large or forgotten file."""

import re
from pathlib import Path

import pytest
from tests.house.sources import ROOT, tracked_files

MAX_BYTES = 500_000

# Put together from parts, so that this file does not hold what it looks for.
HOSTS = ("python" + "hosted", "registry." + "npmjs", "deb." + "debian.org", "proxy." + "golang", "pypi" + ".org")
PLACES = rf"(?:^|[^A-Za-z0-9_.])/(?:{'|'.join(('work', 'home', 'root', 'Users', 'farm'))})/[A-Za-z0-9.]"
FORBIDDEN = re.compile("|".join((PLACES, *map(re.escape, HOSTS))), re.M)


def texts() -> list[tuple[Path, str]]:
    found = []
    for path in tracked_files():
        try:
            found.append((path.relative_to(ROOT), path.read_text()))
        except UnicodeDecodeError:
            continue
    return found


def is_published(path: Path) -> bool:
    """Tell whether this is other people's published data, which we keep as it is."""
    return path.is_relative_to("tests/vectors")


def test_no_file_names_a_place_of_one_machine_or_a_package_host() -> None:
    hits = {str(path): FORBIDDEN.findall(text) for path, text in texts() if not is_published(path)}
    assert {path: found for path, found in hits.items() if found} == {}


def test_no_file_is_large() -> None:
    sizes = {str(path.relative_to(ROOT)): path.stat().st_size for path in tracked_files()}
    assert {path: size for path, size in sizes.items() if size > MAX_BYTES} == {}


def test_nothing_that_a_run_makes_is_tracked() -> None:
    made = re.compile(r"(^|/)(build|\.venv|__pycache__|\.mypy_cache|\.ruff_cache)/|\.egg-info|\.pyc$|\.pem$")
    assert [str(path) for path in tracked_files() if made.search(str(path.relative_to(ROOT)))] == []


@pytest.mark.parametrize(
    "line", ["see /ho" + "me/ann/x", "/ro" + "ot/.ssh", "from py" + "pi.org", "\n/wo" + "rk/main"]
)
def test_this_test_sees_each_kind_of_place(line: str) -> None:
    assert FORBIDDEN.search(line)


@pytest.mark.parametrize("line", ["a/root/b", "/etc/passwd", "framework/", "oci:build/demo/registry"])
def test_this_test_leaves_ordinary_paths_alone(line: str) -> None:
    assert not FORBIDDEN.search(line)
