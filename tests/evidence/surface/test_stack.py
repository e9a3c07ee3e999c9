"""Laws of putting layers one on the other."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from pratique.evidence.surface.layer import LayerFacts, Trait
from pratique.evidence.surface.measure import Surface, measure_surface
from pratique.evidence.surface.settings import ImageSettings
from pratique.evidence.surface.stack import NOTHING, Stack, alone, put, stacked
from pratique.values.digest import Digest

PATHS = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map("/".join)
TRAITS = st.sampled_from([Trait.FILE, Trait.FOLDER, Trait.SYMLINK, Trait.FILE | Trait.SETUID, Trait.OTHER])


def layer(traits: Mapping[str, int], whiteouts: frozenset[str], opaque: frozenset[str]) -> LayerFacts:
    """Facts of a layer whose digest follows from them."""
    name = Digest.of(repr((sorted(traits.items()), sorted(whiteouts), sorted(opaque))).encode())
    return LayerFacts(name, name, traits=traits, whiteouts=whiteouts, opaque=opaque)


LAYERS = st.builds(
    layer,
    st.dictionaries(PATHS, TRAITS.map(int), max_size=6),
    st.frozensets(PATHS, max_size=3),
    st.frozensets(PATHS),
)


def told(stack: Stack) -> tuple[object, ...]:
    """Everything that a stack says."""
    return stack.layers, dict(stack.seen), dict(stack.holder), stack.cut, stack.opaque, stack.hidden


@given(LAYERS, LAYERS, LAYERS)
def test_layers_may_be_put_together_in_any_grouping(a: LayerFacts, b: LayerFacts, c: LayerFacts) -> None:
    left = put(put(alone(a), alone(b)), alone(c))
    right = put(alone(a), put(alone(b), alone(c)))
    assert told(left) == told(right)


@given(LAYERS)
def test_nothing_below_or_above_changes_nothing(a: LayerFacts) -> None:
    assert told(put(NOTHING, alone(a))) == told(alone(a)) == told(put(alone(a), NOTHING))


def naive(layers: list[LayerFacts]) -> dict[str, int]:
    """What is seen in the end, as a person would work it out path by path."""
    seen: dict[str, int] = {}
    for each in layers:
        for path in list(seen):
            above = [path[:at] for at, sign in enumerate(path) if sign == "/"]
            deleted = path in each.whiteouts or any(
                folder in each.whiteouts
                or folder in each.opaque
                or not each.traits.get(folder, Trait.FOLDER) & Trait.FOLDER
                for folder in above
            )
            if deleted:
                del seen[path]
        seen |= each.traits
    return seen


@given(st.lists(LAYERS, max_size=4))
def test_what_is_seen_is_what_a_runtime_would_unpack(layers: list[LayerFacts]) -> None:
    assert dict(stacked(layers).seen) == naive(layers)


@given(st.lists(LAYERS, max_size=4))
def test_every_path_of_every_layer_is_seen_or_hidden(layers: list[LayerFacts]) -> None:
    stack = stacked(layers)
    every = {(path, index) for index, each in enumerate(layers) for path in each.traits}
    assert set(stack.holder.items()) | stack.hidden == every
    assert not set(stack.holder.items()) & stack.hidden


@given(st.lists(LAYERS, min_size=1, max_size=3))
def test_the_order_of_members_in_a_layer_changes_nothing(layers: list[LayerFacts]) -> None:
    shuffled = [layer(dict(reversed(tuple(each.traits.items()))), each.whiteouts, each.opaque) for each in layers]
    assert surface(layers) == surface(shuffled)


def surface(layers: list[LayerFacts]) -> Surface:
    """The surface of an image of these layers."""
    settings = ImageSettings("", None, "", (), (), False, (), tuple(each.diff_id for each in layers))
    return measure_surface(tuple(layers), settings, 0)
