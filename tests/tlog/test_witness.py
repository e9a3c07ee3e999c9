"""The witness protocol: requests, refusals in their order, and answers.

Vectors: the add-checkpoint conversation of filippo.io/litewitness tests (ISC); its monitoring path from Sunlight's
test data (ISC).
"""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from pratique.errors import Malformed, Unverified
from pratique.tlog.checkpoint import Checkpoint
from pratique.tlog.key import KeyKind, NoteVerifier, cosign_text, sign_text
from pratique.tlog.lines import parse_hash
from pratique.tlog.note import add_lines, open_note, render_note
from pratique.tlog.proofs import nodes_of, prove_consistency, root_at
from pratique.tlog.tree import leaf_hash
from pratique.tlog.witness import (
    AddCheckpoint,
    Refusal,
    Seen,
    Status,
    consider,
    cosignatures,
    monitoring_path,
    parse_add_checkpoint,
    parse_size,
    render_answer,
)

ORIGIN = "sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562"
SIGSUM = NoteVerifier.parse(f"{ORIGIN}+5202289b+Af/cLU2Y5BJNP+r3iMDC+av9eWCD0fBJVDfzAux5zxAP")
ROOT_1 = "KgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
ROOT_3 = "RcCI1Nk56ZcSmIEfIn0SleqtV7uvrlXNccFx595Iwl0="
ROOT_5 = "QrtXrQZCCvpIgsSmOsah7HdICzMLLyDfxToMql9WTjY="
SIGNED_1 = "UgIom7fPZTqpxWWhyjWduBvTvGVqsokMbqTArsQilegKoFBJQjUFAmQ0+YeSPM3wfUQMFSzVnnNuWRTYrajXpNUbIQY="
SIGNED_3 = "UgIom2VbtIcdFbwFAy1n7s6IkAxIY6J/GQOTuZF2ORV39d75cbAj2aQYwyJre36kezNobZs4SUUdrcawfAB8WVrx6go="
SIGNED_5 = "UgIomw/EOJmWi0i1FQsOj+etB7F8IccFam/jgd6wzRns4QPVmyEZtdvl1U2KEmLOZ/ASRcWJi0tW90dJWAShei7sDww="
TO_3 = ("KgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "KgIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
TO_5 = (
    "KgIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    "KgMAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    "wgiIFdZfYNv6WU1OllBKsWnLYIS/DBMqt8Uh/S4OukE=",
    "KgQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
)

LOG_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
LOG = NoteVerifier("example.com/log", KeyKind.LOG, LOG_KEY.public_key().public_bytes_raw())
WITNESS_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64)))
WITNESS = NoteVerifier("witness.example/w1", KeyKind.WITNESS, WITNESS_KEY.public_key().public_bytes_raw())
LEAVES = [leaf_hash(bytes([number])) for number in range(40)]
NODES = nodes_of(LEAVES)


def body(old: int, proof: tuple[str, ...], size: int, root: str, signature: str) -> bytes:
    hashes = "".join(f"{each}\n" for each in proof)
    return f"old {old}\n{hashes}\n{ORIGIN}\n{size}\n{root}\n\n— {ORIGIN} {signature}\n".encode()


def asked(content: bytes, seen: Seen, *keys: NoteVerifier) -> Checkpoint | Refusal:
    return consider(parse_add_checkpoint(content), keys or (SIGSUM,), seen)


def seen(size: int, root: str) -> Seen:
    return Seen(size, parse_hash(root, "root"))


def note(size: int, root: bytes | None = None) -> bytes:
    text = Checkpoint(LOG.name, size, root_at(size, NODES) if root is None else root).render()
    return render_note(text, [sign_text(text, LOG, LOG_KEY.sign)])


def request(old: int, size: int) -> AddCheckpoint:
    return AddCheckpoint(old, prove_consistency(old, size, NODES), note(size))


def refused(found: Checkpoint | Refusal) -> Status:
    assert isinstance(found, Refusal)
    return found.status


def test_the_published_conversation_is_answered_as_published() -> None:
    first = body(0, (), 1, ROOT_1, SIGNED_1)
    assert asked(first, Seen()) == Checkpoint(ORIGIN, 1, parse_hash(ROOT_1, "root"))
    at_1, at_3 = seen(1, ROOT_1), seen(3, ROOT_3)
    assert isinstance(asked(body(1, TO_3, 3, ROOT_3, SIGNED_3), at_1), Checkpoint)
    forged = SIGNED_3.replace("6go=", "6gw=")
    assert refused(asked(body(1, TO_3, 3, ROOT_3, forged), at_1)) is Status.UNTRUSTED
    assert refused(asked(body(1, (), 3, ROOT_3, SIGNED_3), at_1)) is Status.INCONSISTENT
    assert refused(asked(body(1, (TO_3[0], TO_3[0]), 3, ROOT_3, SIGNED_3), at_1)) is Status.INCONSISTENT
    late = asked(body(1, TO_3, 5, ROOT_5, SIGNED_5), at_3)
    assert isinstance(late, Refusal)
    assert (late.status, late.size) == (Status.OTHER_SIZE, 3)
    assert isinstance(asked(body(3, TO_5, 5, ROOT_5, SIGNED_5), at_3), Checkpoint)
    assert refused(asked(body(0, (), 5, ROOT_5, SIGNED_5), seen(5, ROOT_5))) is Status.OTHER_SIZE


def test_a_log_that_nobody_added_is_unknown_before_anything_else() -> None:
    assert refused(asked(body(0, (), 1, ROOT_1, SIGNED_1), Seen(), LOG)) is Status.UNKNOWN_LOG


def test_another_log_with_the_right_signature_is_not_taken_for_this_one() -> None:
    stolen = note(3).replace(b"example.com/log\n3", b"example.com/other\n3")
    other = NoteVerifier("example.com/other", KeyKind.LOG, LOG.public_key)
    assert refused(consider(AddCheckpoint(0, (), stolen), (LOG, other), Seen())) is Status.UNTRUSTED


def test_a_forged_checkpoint_is_untrusted_before_its_size_is_looked_at() -> None:
    wrong = AddCheckpoint(3, (), note(5).replace(b"\n5\n", b"\n6\n"))
    assert refused(consider(wrong, (LOG,), Seen(9, LEAVES[0]))) is Status.UNTRUSTED


def test_an_empty_log_has_the_root_of_the_empty_tree() -> None:
    assert isinstance(consider(request(0, 0), (LOG,), Seen()), Checkpoint)
    lie = AddCheckpoint(0, (), note(0, bytes(32)))
    assert refused(consider(lie, (LOG,), Seen())) is Status.INCONSISTENT


def test_the_same_tree_may_be_cosigned_again() -> None:
    assert isinstance(consider(request(7, 7), (LOG,), Seen(7, root_at(7, NODES))), Checkpoint)


def test_an_old_size_beyond_the_new_one_is_malformed() -> None:
    with pytest.raises(Malformed, match="old size up to 3"):
        consider(AddCheckpoint(4, (), note(3)), (LOG,), Seen())


@given(st.integers(0, 40), st.integers(0, 40))
def test_a_log_that_only_grew_is_cosigned_from_any_size(one: int, other: int) -> None:
    old, new = sorted((one, other))
    found = consider(request(old, new), (LOG,), Seen(old, root_at(old, NODES)))
    assert found == Checkpoint(LOG.name, new, root_at(new, NODES))


@given(st.integers(1, 40), st.integers(0, 255), st.data())
def test_a_log_that_changed_is_never_cosigned(new: int, bit: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new))
    root = bytearray(root_at(old, NODES))
    root[bit // 8] ^= 1 << bit % 8
    assert refused(consider(request(old, new), (LOG,), Seen(old, bytes(root)))) is Status.INCONSISTENT


@given(st.integers(0, 40), st.integers(0, 40))
def test_a_request_is_read_as_it_was_written(one: int, other: int) -> None:
    old, new = sorted((one, other))
    assert parse_add_checkpoint(request(old, new).render()) == request(old, new)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"old 0\n",
        b"old 0\nexample.com/log\n",
        b"old 00\n\n" + note(3),
        b"old -1\n\n" + note(3),
        b"new 0\n\n" + note(3),
        b"old 0\nAAAA\n\n" + note(3),
        b"old 0\n\xff\n\n" + note(3),
        b"old 0\n" + b"%s\n" % ROOT_1.encode() * 64 + b"\n" + note(3),
        b"old 0\n\n" + b"x" * 1_100_000,
    ],
    ids=range(10),
)
def test_what_is_no_request_is_malformed(content: bytes) -> None:
    with pytest.raises(Malformed):
        parse_add_checkpoint(content)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_request_or_malformed(content: bytes) -> None:
    try:
        found = parse_add_checkpoint(content)
        consider(found, (LOG,), Seen())
    except Malformed:
        return
    assert parse_add_checkpoint(found.render()) == found


def test_an_answer_adds_the_known_witness_to_the_note() -> None:
    text = open_note(note(5), (LOG,)).text
    line = cosign_text(text, WITNESS, WITNESS_KEY.sign, 1_700_000_000)
    stranger = NoteVerifier("witness.example/w2", KeyKind.WITNESS, LOG.public_key)
    other = cosign_text(text, stranger, LOG_KEY.sign, 1)
    ((found, signer),) = cosignatures(render_answer((other, line)), text, (WITNESS,))
    assert (found, signer.at) == (line, 1_700_000_000)
    grown = add_lines(add_lines(note(5), (found,)), (found,))
    assert [each.key for each in open_note(grown, (LOG, WITNESS)).signers] == [LOG, WITNESS]
    assert grown.count(b"witness.example/w1") == 1


def test_a_bad_line_of_a_known_witness_is_refused() -> None:
    text = open_note(note(5), (LOG,)).text
    line = cosign_text(text, WITNESS, WITNESS_KEY.sign, 1_700_000_000)
    with pytest.raises(Unverified):
        cosignatures(render_answer((line,)), open_note(note(6), (LOG,)).text, (WITNESS,))


@pytest.mark.parametrize("answer", [b"", b"no line\n", "— a AAAA".encode(), b"\xff\n", b"x" * 70_000])
def test_an_answer_that_is_no_signature_line_is_malformed(answer: bytes) -> None:
    with pytest.raises(Malformed):
        cosignatures(answer, "text\n", (WITNESS,))


def test_the_size_of_a_conflict_is_read_strictly() -> None:
    assert parse_size(b"3\n") == 3
    for wrong in (b"3", b"03\n", b"\n", b"-1\n", b"3\n4\n", b"\xff\n"):
        with pytest.raises(Malformed):
            parse_size(wrong)


def test_the_monitoring_path_is_the_published_one() -> None:
    assert monitoring_path("rome2026h1.example.org") == (
        "000de184301123b9278c086a7d9f68c9577e83872224c197058fd90784ea9706/checkpoint"
    )
