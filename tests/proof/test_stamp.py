"""Timestamps in a proof: they say by when it existed, to whoever believes the authority, and to nobody else."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.promotion.builders import INSTALLATION
from tests.proof.builders import Story, promoted_story, trust_root
from tests.servers.timestamp_server import TimestampServer, timestamp_server

from pratique.attest.timestamp_form import parse_timestamp
from pratique.errors import Malformed, Unverified
from pratique.proof.clearance import assemble_promotion
from pratique.proof.document import Proof, Stamp, build_proof, parse_proof
from pratique.proof.established import Established
from pratique.proof.stamp import MAX_STAMPS, Kept, choose_stamps
from pratique.proof.trust import Authority
from pratique.proof.verify import verify_promotion
from pratique.tlog.checkpoint import Checkpoint, parse_checkpoint
from pratique.tlog.proofs import root_at

NAMES = ("one", "two")


@pytest.fixture(scope="module")
def clocks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, TimestampServer]]:
    folder = tmp_path_factory.mktemp("stamps")
    with timestamp_server(folder / "one") as one, timestamp_server(folder / "two") as two:
        yield dict(zip(NAMES, (one, two), strict=True))


@pytest.fixture(scope="module")
def story() -> Story:
    """A promotion, and four entries after its last one."""
    told = promoted_story()
    for _ in range(4):
        told.noise()
    return told


def head(story: Story, size: int) -> Checkpoint:
    return Checkpoint(INSTALLATION, size, root_at(size, story.book.node))


def stamp(clock: TimestampServer, name: str, checkpoint: Checkpoint) -> Kept:
    return Kept(name, checkpoint, clock.answer(clock.question(checkpoint.render().encode())))


def end(story: Story) -> int:
    """The size of the checkpoint under which the proof stands: it covers the promotion and nothing more."""
    return len(story.book.events) - 4


def approval(story: Story) -> int:
    return verified(story, ()).approved_index


def proof(story: Story, kept: tuple[Kept, ...]) -> bytes:
    sources = replace(story.book.sources, stamps=kept)
    return assemble_promotion(story.id, story.book.checkpoint(end(story)), sources)


def verified(story: Story, kept: tuple[Kept, ...], *authorities: Authority) -> Established:
    return verify_promotion(proof(story, kept), trust_root(), authorities=authorities)


def believed(clocks: dict[str, TimestampServer], *names: str) -> tuple[Authority, ...]:
    return tuple(Authority(name, clocks[name].ca_file.read_bytes()) for name in names)


@pytest.fixture(scope="module")
def kept(story: Story, clocks: dict[str, TimestampServer]) -> tuple[Kept, ...]:
    """Stamps of one authority over the approval and over everything, and one of another."""
    sizes = (("one", approval(story) + 1), ("one", len(story.book.events)), ("two", end(story)))
    return tuple(stamp(clocks[name], name, head(story, size)) for name, size in sizes)


def test_whoever_believes_an_authority_learns_by_when_it_existed(
    story: Story, clocks: dict[str, TimestampServer], kept: tuple[Kept, ...]
) -> None:
    found = verified(story, kept, *believed(clocks, *NAMES))
    assert [(one.authority, one.size) for one in found.stamped] == [
        (one.authority, one.checkpoint.size) for one in kept
    ]
    facts = [text for label, text in found.facts if label == "existed before"]
    assert f"the approval and all before entry {approval(story) + 1}, according to the" in facts[0]
    assert all("everything here, according to the timestamp authority" in text for text in facts[1:])
    assert not any("timestamp" in text for text in found.not_checked)


def test_an_approval_is_bracketed_by_the_first_clock_outside(
    story: Story, clocks: dict[str, TimestampServer], kept: tuple[Kept, ...]
) -> None:
    approved = [text for label, text in verified(story, kept).facts if label == "approved by"]
    assert all("no witness says when" in text for text in approved)
    approved = [
        text for label, text in verified(story, kept, *believed(clocks, "two")).facts if label == "approved by"
    ]
    assert all("by the clock of two" in text for text in approved)


def test_what_nobody_believes_or_carries_is_said(
    story: Story, clocks: dict[str, TimestampServer], kept: tuple[Kept, ...]
) -> None:
    found = verified(story, kept)
    assert found.stamped == ()
    assert (
        "timestamps by one: give its certificates with --authority one=FILE to have them checked"
        in found.not_checked
    )
    found = verified(story, kept[:2], *believed(clocks, "two"))
    assert found.stamped == ()
    assert "no timestamp by two is in this proof" in found.not_checked


def test_without_its_stamps_a_proof_says_less_and_nothing_else(
    story: Story, clocks: dict[str, TimestampServer], kept: tuple[Kept, ...]
) -> None:
    bare, full = verified(story, ()), verified(story, kept, *believed(clocks, *NAMES))
    assert replace(full, stamped=()) == bare
    assert b'"stamps"' not in proof(story, ())


Harm = Callable[[Story, Proof, tuple[Kept, ...]], tuple[Stamp, ...]]
HARMS: dict[str, tuple[Harm, str]] = {
    "of another ledger": (
        lambda _s, p, _k: (other_text(p.stamps[0], INSTALLATION, "ledger.example/other"), *p.stamps[1:]),
        "timestamp by one: expected one of",
    ),
    "of another tree": (
        lambda _s, p, _k: (*p.stamps[:2], other_root(p.stamps[2])),
        "consistency of a tree of",
    ),
    "of another tree that is larger": (
        lambda _s, p, _k: (p.stamps[0], other_root(p.stamps[1]), p.stamps[2]),
        "consistency of a tree of",
    ),
    "from before the approval": (
        lambda s, p, k: (early(s, k[0]), *p.stamps),
        "expected one that covers the approval at",
    ),
    "under another authority's name": (
        lambda _s, p, _k: (*p.stamps[:2], replace(p.stamps[1], authority="two")),
        "two: timestamp: no authority that is believed",
    ),
    "about another checkpoint": (
        lambda _s, p, _k: (replace(p.stamps[0], answer=p.stamps[1].answer), *p.stamps[1:]),
        "one: timestamp: expected one of sha256:",
    ),
    "cut off": (
        lambda _s, p, _k: (replace(p.stamps[0], answer=p.stamps[0].answer[:-9]), *p.stamps[1:]),
        "one: DER",
    ),
    "twice": (lambda _s, p, _k: (p.stamps[0], *p.stamps), "each once, by authority and size"),
    "in another order": (lambda _s, p, _k: p.stamps[::-1], "each once, by authority and size"),
    "too many": (lambda s, p, k: many(s, k[0]), f"expected at most {MAX_STAMPS}"),
}


def other_text(found: Stamp, before: str, after: str) -> Stamp:
    return replace(found, checkpoint=found.checkpoint.replace(before, after))


def other_root(found: Stamp) -> Stamp:
    checkpoint = parse_checkpoint(found.checkpoint)
    return replace(found, checkpoint=replace(checkpoint, root=bytes(32)).render())


def early(story: Story, kept: Kept) -> Stamp:
    small, large = head(story, 2), head(story, end(story))
    (carried,) = choose_stamps((replace(kept, checkpoint=small),), 0, large, story.book.node)
    return carried


def many(story: Story, kept: Kept) -> tuple[Stamp, ...]:
    names = [f"clock-{number:02}" for number in range(MAX_STAMPS + 1)]
    stamps = [
        choose_stamps((replace(kept, authority=name),), 0, head(story, end(story)), story.book.node)
        for name in names
    ]
    return tuple(one[0] for one in stamps)


@pytest.mark.parametrize("name", HARMS)
def test_a_stamp_that_does_not_belong_there_is_refused(
    story: Story, clocks: dict[str, TimestampServer], kept: tuple[Kept, ...], name: str
) -> None:
    harm, message = HARMS[name]
    read = parse_proof(proof(story, kept))
    changed = build_proof(replace(read, stamps=harm(story, read, kept)))
    with pytest.raises((Malformed, Unverified), match=message):
        verify_promotion(changed, trust_root(), authorities=believed(clocks, *NAMES))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_flipped_bit_in_a_stamp_says_another_time(
    story: Story, clocks: dict[str, TimestampServer], kept: tuple[Kept, ...], data: st.DataObject
) -> None:
    answer = bytearray(kept[0].answer)
    answer[data.draw(st.integers(0, len(answer) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        found = verified(story, (replace(kept[0], answer=bytes(answer)),), *believed(clocks, "one"))
    except (Malformed, Unverified):
        return
    assert found.stamped[0].at == parse_timestamp(kept[0].answer).at


@given(
    st.lists(st.tuples(st.sampled_from(NAMES), st.integers(1, 18)), unique=True, max_size=20),
    st.integers(0, 8),
    st.integers(9, 18),
)
def test_of_each_authority_the_first_stamps_over_the_approval_and_over_everything_are_carried(
    story: Story, sizes: list[tuple[str, int]], approved: int, size: int
) -> None:
    kept = [Kept(name, head(story, at), b"") for name, at in sizes]
    expected = {
        (name, min(over))
        for name in NAMES
        for least in (approved + 1, size)
        if (over := [at for who, at in sizes if who == name and at >= least])
    }
    chosen = choose_stamps(kept, approved, head(story, size), story.book.node)
    assert [(one.authority, parse_checkpoint(one.checkpoint).size) for one in chosen] == sorted(expected)


def test_a_file_that_holds_no_certificate_is_malformed(story: Story, kept: tuple[Kept, ...]) -> None:
    with pytest.raises(Malformed, match="one: timestamp authority: expected certificates in PEM"):
        verified(story, kept, Authority("one", b"nothing"))
