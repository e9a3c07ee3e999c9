"""Checkpoints: their text, and whose word on it counts.

Vectors: our own from fixed seeds, accepted by golang.org/x/mod/sumdb/note; filippo.io/litewitness tests and
Sunlight's test data (ISC).
"""

from base64 import b64decode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from pratique.errors import Malformed, Unverified
from pratique.tlog.checkpoint import Checkpoint, SignedCheckpoint, open_checkpoint, parse_checkpoint
from pratique.tlog.key import KeyKind, NoteVerifier, Signer, cosign_text, sign_text
from pratique.tlog.note import parse_note, render_note
from pratique.tlog.tree import EMPTY_ROOT

ORIGIN = "example.com/pratique-test"
LOG = NoteVerifier.parse(f"{ORIGIN}+6c2d1fb8+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4")
WITNESS = NoteVerifier.parse("witness.example/w1+20324abe+BCmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X")
LOG_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
WITNESS_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64)))

EIGHT = Checkpoint(ORIGIN, 8, bytes.fromhex("5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"))
EIGHT_NOTE = (
    "example.com/pratique-test\n"
    "8\n"
    "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n"
    "\n"
    "— example.com/pratique-test "
    "bC0fuJgXC9pmrBVF8GmZErir24he2ervJBFDUisH1swzM9lYW4HfrVRx+hEEqJHZ91hVx6BRQSqZSBLHPnBAg/MtbgM=\n"
    "— witness.example/w1 "
    "IDJKvgAAAABlU/EAsTIOiRYOzGzF5s2jF/PycbQ/Kz9ayIJBAAhohIbz1HlV7/S45Bmdrx1QeRzUFX4L356CDf7jNK9dsRQ1ubiCAg==\n"
)
EMPTY_NOTE = (
    "example.com/pratique-test\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n"
    "— example.com/pratique-test "
    "bC0fuKIeCxm2keioX31dr4IkSkuORXSipoIRYay8RmXSQk/lPwY7g0EtebfdIHtb0c8iD7rp7v8S2LFbaNOBlX/IVg4=\n"
)
LARGE_NOTE = (
    "example.com/pratique-test\n70000\nB1kWeg+Y416ALUb/fH0p0sPwOmOiVt62q7/zV6kbY7E=\n\n"
    "— example.com/pratique-test "
    "bC0fuAhhxsBwm/9Ne4Y+xNPA7ZIC3OmSHG5sXsnGlQGV4rf1zAIP2ft8sBsJf491kdg8lzcd26Yy3Y79CfUNnwAuigQ=\n"
)
SIGSUM = "sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562"
SIGSUM_LOG = NoteVerifier.parse(f"{SIGSUM}+5202289b+Af/cLU2Y5BJNP+r3iMDC+av9eWCD0fBJVDfzAux5zxAP")

lines = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1)
checkpoints = st.builds(
    Checkpoint,
    lines,
    st.integers(0, 2**63 - 1),
    st.binary(min_size=32, max_size=32),
    st.lists(lines, max_size=2).map(tuple),
)


def log_signed(text: str, log: NoteVerifier = LOG) -> bytes:
    return render_note(text, [sign_text(text, log, LOG_KEY.sign)])


@given(checkpoints)
def test_every_checkpoint_is_read_back(checkpoint: Checkpoint) -> None:
    assert parse_checkpoint(checkpoint.render()) == checkpoint


@given(st.lists(st.sampled_from(["a", "0", "8", "\n", EIGHT.render().split("\n")[2], "-", "é"]), max_size=9))
def test_text_is_a_checkpoint_or_malformed(pieces: list[str]) -> None:
    text = "".join(pieces)
    try:
        checkpoint = parse_checkpoint(text)
    except Malformed:
        return
    assert checkpoint.render() == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n\n",
        EIGHT.render()[:-1],
        EIGHT.render() + "\n",
        EIGHT.render() + "extension",
        EIGHT.render() + "extension\n\n",
        "\n" + EIGHT.render(),
        EIGHT.render().replace("\n8\n", "\n"),
        EIGHT.render().replace("\n8\n", "\n\n"),
        EIGHT.render().replace("\n8\n", "\n08\n"),
        EIGHT.render().replace("\n8\n", "\n+8\n"),
        EIGHT.render().replace("\n8\n", "\n-8\n"),
        EIGHT.render().replace("\n8\n", "\n8 \n"),
        EIGHT.render().replace("\n8\n", "\n0x8\n"),
        EIGHT.render().replace("\n8\n", "\n9223372036854775808\n"),
        EIGHT.render().replace("RgQyg=", "RgQyh="),
        EIGHT.render().replace("RgQyg=", "RgQyg"),
        EIGHT.render().replace("RgQyg=", "Rg"),
        EIGHT.render().replace("RgQyg=", "RgQygA=="),
    ],
)
def test_anything_else_is_no_checkpoint(text: str) -> None:
    with pytest.raises(Malformed, match="checkpoint"):
        parse_checkpoint(text)


@pytest.mark.parametrize(
    ("size", "root", "origin"),
    [(-1, EMPTY_ROOT, "a"), (2**63, EMPTY_ROOT, "a"), (1, b"", "a"), (1, EMPTY_ROOT, "")],
)
def test_a_checkpoint_that_could_not_be_written_cannot_be_made(size: int, root: bytes, origin: str) -> None:
    with pytest.raises(Malformed):
        Checkpoint(origin, size, root)


def test_our_log_and_witness_sign_the_known_note() -> None:
    text = EIGHT.render()
    signatures = [
        sign_text(text, LOG, LOG_KEY.sign),
        cosign_text(text, WITNESS, WITNESS_KEY.sign, 1_700_000_000),
    ]
    assert render_note(text, signatures).decode() == EIGHT_NOTE
    assert log_signed(Checkpoint(ORIGIN, 0, EMPTY_ROOT).render()).decode() == EMPTY_NOTE
    large = bytes.fromhex("0759167a0f98e35e802d46ff7c7d29d2c3f03a63a256deb6abbff357a91b63b1")
    assert log_signed(Checkpoint(ORIGIN, 70_000, large).render()).decode() == LARGE_NOTE


def test_a_known_checkpoint_opens_with_its_witness_and_time() -> None:
    expected = SignedCheckpoint(EIGHT, LOG, (Signer(WITNESS, 1_700_000_000),))
    assert open_checkpoint(EIGHT_NOTE.encode(), [LOG], [WITNESS]) == expected
    assert open_checkpoint(EIGHT_NOTE.encode(), [LOG]) == SignedCheckpoint(EIGHT, LOG, ())


@pytest.mark.parametrize(
    ("size", "root", "signature"),
    [
        (
            1,
            "KgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
            "UgIom7fPZTqpxWWhyjWduBvTvGVqsokMbqTArsQilegKoFBJQjUFAmQ0+YeSPM3wfUQMFSzVnnNuWRTYrajXpNUbIQY=",
        ),
        (
            3,
            "RcCI1Nk56ZcSmIEfIn0SleqtV7uvrlXNccFx595Iwl0=",
            "UgIom2VbtIcdFbwFAy1n7s6IkAxIY6J/GQOTuZF2ORV39d75cbAj2aQYwyJre36kezNobZs4SUUdrcawfAB8WVrx6go=",
        ),
        (
            5,
            "QrtXrQZCCvpIgsSmOsah7HdICzMLLyDfxToMql9WTjY=",
            "UgIomw/EOJmWi0i1FQsOj+etB7F8IccFam/jgd6wzRns4QPVmyEZtdvl1U2KEmLOZ/ASRcWJi0tW90dJWAShei7sDww=",
        ),
    ],
)
def test_the_checkpoints_of_another_log_open(size: int, root: str, signature: str) -> None:
    note = f"{SIGSUM}\n{size}\n{root}\n\n— {SIGSUM} {signature}\n"
    assert open_checkpoint(note.encode(), [SIGSUM_LOG]).checkpoint == Checkpoint(SIGSUM, size, b64decode(root))


def test_a_changed_last_byte_is_a_bad_signature_and_a_changed_unused_bit_no_base64() -> None:
    with pytest.raises(Unverified, match="bad one"):
        open_checkpoint(EMPTY_NOTE.replace("IVg4=", "IVg8=").encode(), [LOG])
    with pytest.raises(Malformed, match="base64"):
        open_checkpoint(EMPTY_NOTE.replace("IVg4=", "IVg5=").encode(), [LOG])


@given(st.integers(0, len(EIGHT_NOTE.encode()) * 8 - 1))
def test_one_flipped_bit_anywhere_loses_the_log_or_the_witness(bit: int) -> None:
    changed = bytearray(EIGHT_NOTE.encode())
    changed[bit // 8] ^= 1 << bit % 8
    try:
        opened = open_checkpoint(bytes(changed), [LOG], [WITNESS])
    except (Malformed, Unverified):
        return
    # What is left is a flip in the witness's name or key id, which makes it a stranger.
    assert opened == SignedCheckpoint(EIGHT, LOG, ())


def test_only_the_log_named_as_origin_can_sign_its_checkpoint() -> None:
    text = Checkpoint("other.example/log", 8, EIGHT.root).render()
    with pytest.raises(Unverified, match="log of that name"):
        open_checkpoint(log_signed(text), [LOG])


def test_a_witness_cannot_stand_in_for_the_log() -> None:
    same_name = NoteVerifier(ORIGIN, KeyKind.WITNESS, WITNESS.public_key)
    text = EIGHT.render()
    note = render_note(text, [cosign_text(text, same_name, WITNESS_KEY.sign, 1)])
    with pytest.raises(Unverified, match="log of that name"):
        open_checkpoint(note, [LOG], [same_name])


def test_a_key_of_the_wrong_type_is_refused_before_anything_is_read() -> None:
    for logs, witnesses in [([WITNESS], []), ([LOG], [LOG])]:
        with pytest.raises(Malformed, match="as a key of type"):
            open_checkpoint(EIGHT_NOTE.encode(), logs, witnesses)


def test_after_a_change_of_keys_either_key_or_both_may_sign() -> None:
    old = NoteVerifier(ORIGIN, KeyKind.LOG, WITNESS.public_key)
    text = EIGHT.render()
    both = [sign_text(text, old, WITNESS_KEY.sign), sign_text(text, LOG, LOG_KEY.sign)]
    for logs, signatures, signer in [
        ([LOG, old], both, old),
        ([LOG, old], both[1:], LOG),
        ([LOG], both, LOG),
        ([old], both, old),
    ]:
        assert open_checkpoint(render_note(text, signatures), logs).log == signer


def test_an_empty_log_has_the_empty_root() -> None:
    assert open_checkpoint(EMPTY_NOTE.encode(), [LOG]).checkpoint.size == 0
    with pytest.raises(Unverified, match="empty tree"):
        open_checkpoint(log_signed(Checkpoint(ORIGIN, 0, EIGHT.root).render()), [LOG])


def test_a_signed_text_that_is_no_checkpoint_is_malformed() -> None:
    for text in ("words\n", EIGHT.render() + "\n"):
        with pytest.raises(Malformed, match="checkpoint"):
            open_checkpoint(log_signed(text), [LOG])


def test_extension_lines_of_other_logs_are_kept_and_signed() -> None:
    text = EIGHT.render() + "timestamp 1\n"
    assert open_checkpoint(log_signed(text), [LOG]).checkpoint.extensions == ("timestamp 1",)
    unsigned = render_note(text, parse_note(EIGHT_NOTE.encode()).signatures)
    with pytest.raises(Unverified):
        open_checkpoint(unsigned, [LOG], [WITNESS])
