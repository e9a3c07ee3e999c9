"""Blobs that do not come as they should: cases 1 to 8."""

from collections.abc import Callable

import pytest
from tests.registry.builders import Built, build_image, layer_bytes
from tests.registry.faults.harness import two_registries
from tests.servers.faulty.content import Kept
from tests.servers.faulty.faults import (
    Fault,
    changing,
    cut_after,
    every,
    first,
    flipped,
    lengthened,
    on,
    once,
    with_header,
    without_length,
)
from tests.servers.faulty.registry import Rules
from tests.servers.faulty.wire import Reply

from pratique.errors import Malformed, PratiqueError, Unreachable, Unverified

SIZE = 700_000
NO_RANGES = Rules(ranges=False)


def image() -> Built:
    return build_image("web", layers=(layer_bytes("big", SIZE), layer_bytes("small")))


def big_blob(built: Built) -> str:
    return str(built.manifest.layers[0].digest)


def reading(built: Built, digest: str | None = None) -> Callable[..., bool]:
    return on("GET", f"/blobs/{digest or big_blob(built)}")


@pytest.mark.parametrize("ranges", [True, False], ids=["with ranges", "without ranges"])
@pytest.mark.parametrize("reset", [False, True], ids=["FIN", "RST"])
@pytest.mark.parametrize("cut", [0, 1, 300_000, SIZE - 1])
def test_a_blob_that_breaks_off_arrives_whole(ranges: bool, reset: bool, cut: int) -> None:
    """Case 1 truncated with FIN, and Case 2 with RST; with and without Range."""
    built = image()
    fault = once(reading(built), changing(cut_after(cut, reset=reset)))
    rules = Rules(checks_references=False, ranges=ranges)

    with two_registries(source=(fault,), source_rules=rules, holding=(built,)) as world:
        world.carry(built)

        world.arrived(built)
        again = [seen for seen in world.source.server.asked("GET", big_blob(built)) if seen.status in (200, 206)]
        assert len(again) == 2


@pytest.mark.parametrize("reset", [False, True], ids=["FIN", "RST"])
def test_a_blob_that_always_breaks_off_is_unreachable_in_the_end(reset: bool) -> None:
    """Case 1 and Case 2, without end: no progress is not tried for ever."""
    built = image()
    fault = every(reading(built), changing(cut_after(0, reset=reset)))

    with two_registries(source=(fault,), holding=(built,)) as world:
        with world.fails(Unreachable, "blob|connection|reset|closed"):
            world.carry(built)

        assert len(world.source.server.asked("GET", big_blob(built))) < 40
        assert world.prod.tags == {}


def whole(built: Built) -> Reply:
    return Reply(body=Kept(built.blobs[built.manifest.layers[0].digest.hex]))


@pytest.mark.parametrize(
    "lie",
    [
        with_header("Content-Range", f"bytes 5-{SIZE}/{SIZE}"),
        with_header("Content-Range", "bytes 0-99/100"),
        with_header("Content-Range", "bytes */*"),
        with_header("Content-Range", "bytes 99999999999999999999-1/2"),
        with_header("Content-Range", "rubbish"),
    ],
    ids=["other offset", "other size", "no offset", "absurd", "rubbish"],
)
def test_a_part_that_is_not_the_rest_is_not_appended(lie: Callable[[Reply], Reply]) -> None:
    """Case 3: 206 with a wrong Content-Range never makes a wrong blob; asked from the start it may be healed."""
    built = image()
    faults = (
        once(reading(built), changing(cut_after(300_000))),
        Fault(lambda asked: reading(built)(asked) and "range" in asked.headers, changing(lie)),
    )

    with two_registries(source=faults, holding=(built,)) as world:
        world.arrives_whole_or_not_at_all(built, (Unverified, Unreachable, Malformed))
        assert big_blob(built) not in world.prod.blobs or world.prod.tags


def test_everything_instead_of_the_rest_begins_again() -> None:
    """Case 3: 200 on Range means start over, not append."""
    built = image()
    faults = (
        once(reading(built), changing(cut_after(300_000))),
        once(reading(built), changing(lambda _: whole(built)), at=2),
    )

    with two_registries(source=faults, holding=(built,)) as world:
        world.carry(built)

        world.arrived(built)


def test_wrong_bytes_of_the_right_length_never_arrive() -> None:
    """Case 4: quarantined at once, never retried silently."""
    built = image()

    with two_registries(source=(every(reading(built), changing(flipped)),), holding=(built,)) as world:
        with world.fails(Unverified, big_blob(built)):
            world.carry(built)

        assert big_blob(built) not in world.prod.blobs
        assert len(world.source.server.asked("GET", big_blob(built))) == 1
        assert world.prod.tags == {}


def test_wrong_bytes_after_a_resume_never_arrive() -> None:
    """Case 4: the hash runs on over a resume."""
    built = image()
    faults = (
        once(reading(built), changing(cut_after(300_000))),
        once(reading(built), changing(flipped), at=2),
    )

    with two_registries(source=faults, holding=(built,)) as world:
        with world.fails(Unverified, big_blob(built)):
            world.carry(built)

        assert big_blob(built) not in world.prod.blobs


def test_a_body_longer_than_its_descriptor_is_refused() -> None:
    """Case 5: more bytes than the descriptor states."""
    built = image()

    with two_registries(source=(every(reading(built), changing(lengthened)),), holding=(built,)) as world:
        with world.fails(Unverified, "bytes"):
            world.carry(built)

        assert big_blob(built) not in world.prod.blobs


def test_a_longer_body_without_a_length_is_refused() -> None:
    """Case 5: more bytes than the descriptor states, and nobody says how many."""
    built = image()
    fault = every(reading(built), changing(lambda reply: without_length(lengthened(reply))))

    with two_registries(source=(fault,), holding=(built,)) as world:
        with world.fails(Unverified, "more"):
            world.carry(built)

        assert big_blob(built) not in world.prod.blobs


@pytest.mark.parametrize("length", ["1", "100000000000", "-1", "0x10", "7,7"])
def test_a_length_that_is_not_the_descriptors_is_refused(length: str) -> None:
    """Case 6: Content-Length other than the descriptor's size."""
    built = image()
    fault = every(reading(built), changing(with_header("Content-Length", length)))

    with two_registries(source=(fault,), holding=(built,)) as world:
        with pytest.raises(PratiqueError):
            world.carry(built)

        assert big_blob(built) not in world.prod.blobs
        assert world.prod.tags == {}


def test_a_blob_without_a_length_is_read_to_its_end() -> None:
    """Case 6: no Content-Length at all."""
    built = image()

    with two_registries(source=(every(reading(built), changing(without_length)),), holding=(built,)) as world:
        world.carry(built)

        world.arrived(built)


def test_a_blob_delivered_compressed_is_not_decoded() -> None:
    """Case 7: Content-Encoding on a blob."""
    built = image()
    fault = every(reading(built), changing(with_header("Content-Encoding", "gzip")))

    with two_registries(source=(fault,), holding=(built,)) as world:
        with world.fails(Unverified, "encoded"):
            world.carry(built)

        assert big_blob(built) not in world.prod.blobs


def test_a_few_breaks_of_many_blobs_cost_only_their_own_rest() -> None:
    """Case 1: several blobs break off at once, each at another place."""
    built = build_image("web", layers=tuple(layer_bytes(str(at), 200_000) for at in range(6)))
    cuts = (10, 50_000, 99_999, 100_000, 150_000, 199_999)
    faults = tuple(
        first(2, reading(built, str(layer.digest)), changing(cut_after(cut)))
        for layer, cut in zip(built.manifest.layers, cuts, strict=True)
    )

    with two_registries(source=faults, holding=(built,)) as world:
        world.carry(built)

        world.arrived(built)
