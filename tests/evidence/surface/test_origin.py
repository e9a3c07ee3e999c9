"""Whose a layer is: told by its place, or not at all."""

from hypothesis import given
from hypothesis import strategies as st

from pratique.evidence.surface.origin import Origin, base_layers, origin_of, origins
from pratique.values.digest import Digest

A, B, C, D = (Digest.of(name) for name in (b"a", b"b", b"c", b"d"))
DEBIAN, PYTHON, OTHER = (Digest.of(name) for name in (b"debian", b"python", b"other"))
KNOWN = {DEBIAN: (A,), PYTHON: (A, B), OTHER: (D,)}


def test_the_longest_known_base_counts() -> None:
    assert base_layers((A, B, C), KNOWN) == 2


def test_the_stated_base_counts_if_its_layers_are_there() -> None:
    assert base_layers((A, B, C), KNOWN, DEBIAN) == 1


def test_a_base_that_is_stated_and_not_there_is_not_believed() -> None:
    assert base_layers((A, B, C), KNOWN, OTHER) is None


def test_a_stated_base_that_nobody_knows_leaves_what_is_known() -> None:
    assert base_layers((A, C), KNOWN, Digest.of(b"strange")) == 1


def test_half_a_base_is_none() -> None:
    assert base_layers((A, C), {PYTHON: (A, B)}) is None


def test_an_empty_base_is_none() -> None:
    assert base_layers((A,), {DEBIAN: ()}) is None


def test_each_layer_is_the_bases_or_the_applications() -> None:
    assert origins((A, B, C), 2) == {A: Origin.BASE, B: Origin.BASE, C: Origin.APPLICATION}


def test_where_nobody_knows_the_base_nothing_is_guessed() -> None:
    places = origins((A, B), None)
    assert origin_of(A, places) is None
    assert origin_of(None, origins((A, B), 1)) is None
    assert origin_of(C, origins((A, B), 1)) is None


@given(st.lists(st.sampled_from([A, B, C, D]), max_size=5).map(tuple), st.integers(0, 5))
def test_a_base_of_an_image_is_found_among_strangers(layers: tuple[Digest, ...], count: int) -> None:
    base = layers[:count]
    found = base_layers(layers, {PYTHON: base, OTHER: (*layers, D)})
    assert found == (len(base) or None)
