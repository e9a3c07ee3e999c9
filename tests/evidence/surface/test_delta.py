"""What an image would add to an environment."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from tests.evidence.surface.test_claim import VALUES

from pratique.evidence.crosscheck import InstalledPackage, Manager
from pratique.evidence.surface.claim import read_surface
from pratique.evidence.surface.delta import delta, tell
from pratique.evidence.surface.measure import Held, Secret, Surface
from pratique.values.digest import Digest

EMPTY = read_surface(VALUES)
LAYER, OTHER = Digest.of(b"layer"), Digest.of(b"other")


def packages(*names: str, version: str = "1") -> tuple[Held, ...]:
    """Packages in one layer."""
    return tuple(Held(InstalledPackage(Manager.DPKG, name, version), LAYER) for name in names)


def test_what_is_new_is_told_with_the_weightiest_first() -> None:
    held = replace(EMPTY, shells=("sh",), packages=packages("a", "b"))
    now = replace(
        EMPTY,
        setuid=("bin/su",),
        net_tools=("curl",),
        root_user=True,
        packages=packages("a") + packages("b", version="2") + packages("c"),
    )
    found = delta(now, held)
    assert tell(found) == (
        "user → root",
        "+1 setuid",
        "-sh",
        "+curl",
        "+1 packages",
        "1 packages in other versions",
    )
    assert found.larger


def test_less_is_not_larger() -> None:
    held = replace(EMPTY, setuid=("bin/su",), root_user=True)
    found = delta(EMPTY, held)
    assert not found.larger
    assert tell(found) == ("-1 setuid", "user root → other")


def test_a_secret_that_moved_to_another_layer_is_not_new() -> None:
    held = replace(EMPTY, secrets=(Secret("k", "private-key", LAYER),))
    now = replace(EMPTY, secrets=(Secret("k", "private-key", OTHER),))
    assert tell(delta(now, held)) == ()


def test_packages_that_were_not_all_read_are_not_comparable() -> None:
    assert not delta(EMPTY, replace(EMPTY, packages_unread=("var/lib/rpm/Packages",))).packages_comparable


NAMES = st.frozensets(st.sampled_from("abcdef"), max_size=4).map(lambda names: tuple(sorted(names)))
SURFACES = st.builds(
    lambda setuid, shells, ports, names, root: replace(
        EMPTY, setuid=setuid, shells=shells, ports=ports, packages=packages(*names), root_user=root
    ),
    NAMES,
    NAMES,
    NAMES,
    NAMES,
    st.booleans(),
)


@given(SURFACES)
def test_nothing_differs_from_itself(surface: Surface) -> None:
    assert tell(delta(surface, surface)) == ()


@given(SURFACES, SURFACES)
def test_what_one_side_adds_the_other_takes_away(one: Surface, other: Surface) -> None:
    there, back = delta(one, other), delta(other, one)
    added = [(each.measure, each.added) for each in there.changes]
    assert added == [(each.measure, each.removed) for each in back.changes]
    assert there.packages_added == back.packages_removed
    assert there.became_root == back.left_root
