"""Trust policies: what a file may say, and which checkpoints it accepts.

The layout of the two-level example is that of c2sp.org/tlog-policy (CC BY 4.0); its keys are our own.
"""

from itertools import combinations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from pratique.errors import Malformed, Unverified
from pratique.tlog.checkpoint import Checkpoint
from pratique.tlog.key import KeyKind, NoteVerifier, SignatureLine, cosign_text, sign_text
from pratique.tlog.note import render_note
from pratique.tlog.policy import Cosignature, Group, Log, Policy, Witness, parse_policy, verify_checkpoint
from pratique.tlog.tree import EMPTY_ROOT

LOG = "log.example/one"
CHECKPOINT = Checkpoint(LOG, 0, EMPTY_ROOT)


def private(name: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(name.encode().ljust(32))


def key(name: str, kind: KeyKind = KeyKind.WITNESS) -> NoteVerifier:
    return NoteVerifier(name, kind, private(name).public_key().public_bytes_raw())


def log_line(name: str = LOG) -> str:
    return f"log {key(name, KeyKind.LOG)}\n"


def witness_line(name: str) -> str:
    return f"witness {name} {key(name)}\n"


def witness_lines(*names: str) -> str:
    return "".join(map(witness_line, names))


def note(*witnesses: str, log: str = LOG, checkpoint: Checkpoint = CHECKPOINT) -> bytes:
    """Return the checkpoint signed by the log, and cosigned by the witnesses at second 1, 2, 3…"""
    text = checkpoint.render()
    lines = [sign_text(text, key(log, KeyKind.LOG), private(log).sign)]
    for at, name in enumerate(witnesses, 1):
        lines.append(cosign_text(text, key(name), private(name).sign, at))
    return render_note(text, lines)


TWO_LEVELS = (
    log_line()
    + witness_lines("X1", "X2", "X3")
    + "group X-witnesses 2 X1 X2 X3\n"
    + witness_lines("Y1", "Y2", "Y3")
    + "group Y-witnesses any Y1 Y2 Y3\n"
    + "group X-and-Y all X-witnesses Y-witnesses\n"
    + "quorum X-and-Y\n"
)


def test_the_example_of_the_specification_is_read() -> None:
    policy = parse_policy(TWO_LEVELS)
    assert policy.logs == (Log(key(LOG, KeyKind.LOG), None),)
    assert [witness.name for witness in policy.witnesses] == ["X1", "X2", "X3", "Y1", "Y2", "Y3"]
    assert policy.groups == (
        Group("X-witnesses", 2, ("X1", "X2", "X3")),
        Group("Y-witnesses", 1, ("Y1", "Y2", "Y3")),
        Group("X-and-Y", 2, ("X-witnesses", "Y-witnesses")),
    )
    assert policy.quorum == "X-and-Y"


@given(st.sets(st.sampled_from(["X1", "X2", "X3", "Y1", "Y2", "Y3", "Z1"])))
def test_two_of_x_and_any_of_y_are_the_quorum(cosigned: set[str]) -> None:
    enough = len(cosigned & {"X1", "X2", "X3"}) >= 2 and bool(cosigned & {"Y1", "Y2", "Y3"})
    assert parse_policy(TWO_LEVELS).quorum_met(cosigned) is enough


@given(st.data())
def test_one_witness_more_never_breaks_a_quorum(data: st.DataObject) -> None:
    names = [f"w{number}" for number in range(6)]
    threshold = data.draw(st.integers(1, 3))
    policy = parse_policy(
        witness_lines(*names)
        + f"group a {threshold} w0 w1 w2\n"
        + f"group b {data.draw(st.sampled_from(['any', 'all', '2']))} a w3 w4\n"
        + "quorum b\n"
    )
    cosigned = data.draw(st.sets(st.sampled_from(names)))
    more = cosigned | {data.draw(st.sampled_from(names))}
    assert policy.quorum_met(more) or not policy.quorum_met(cosigned)


def test_spaces_tabs_comments_and_urls_are_allowed() -> None:
    text = (
        "# who we trust\n\n \t\n\t# indented\n"
        f"\tlog \t{key(LOG, KeyKind.LOG)}  https://log.example/one \n"
        f"witness né {key('w1')} https://w.example/\n"
        "quorum né\n"
    )
    assert parse_policy(text) == Policy(
        (Log(key(LOG, KeyKind.LOG), "https://log.example/one"),),
        (Witness("né", key("w1"), "https://w.example/"),),
        (),
        "né",
    )


W = witness_line("w1")
V = witness_line("w2")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "newline"),
        ("quorum none", "newline"),
        ("\n", "quorum"),
        (log_line(), "quorum"),
        ("quorum none\nquorum none\n", "line 2.*second"),
        (W + "quorum none\nquorum w1\n", "line 3.*second"),
        ("quorum w1\n" + W, "line 1.*defined above"),
        ("quorum\n", "line 1.*whole"),
        ("quorum none none\n", "line 1.*whole"),
        ("quorum all\n", "line 1.*defined above"),
        ("Quorum none\n", "line 1.*whole"),
        ("quorum none # comment\n", "line 1.*whole"),
        ("quorum none\r\n", "line 1.*control"),
        ("quorum\x0bnone\n", "line 1.*control"),
        ("quorum none\x7f\n", "line 1.*control"),
        ("# bell \x07\nquorum none\n", "line 1.*control"),
        ("quorum\u00a0none\n", "line 1.*whole"),
        ("log\nquorum none\n", "line 1.*whole"),
        ("log x\nquorum none\n", "line 1.*vkey"),
        (log_line().strip() + " https://a https://b\nquorum none\n", "line 1.*whole"),
        (log_line() + log_line() + "quorum none\n", "line 2.*once"),
        (W + f"witness w2 {key('w1')}\nquorum none\n", "line 2.*once"),
        (
            f"witness w {NoteVerifier(LOG, KeyKind.WITNESS, key(LOG).public_key)}\n{log_line()}quorum none\n",
            "once",
        ),
        (W + W.replace("witness w1", "witness w2") + "quorum none\n", "line 2.*once"),
        (W + V.replace("witness w2", "witness w1") + "quorum none\n", "line 2.*new name"),
        (W.replace("witness w1", "witness none") + "quorum none\n", "line 1.*new name"),
        (f"log {key('w1')}\nquorum none\n", "line 1.*type 01"),
        (f"witness w1 {key('w1', KeyKind.LOG)}\nquorum none\n", "line 1.*type 04"),
        ("witness w1\nquorum none\n", "line 1.*whole"),
        ("group g any\nquorum g\n", "line 1.*whole"),
        ("group g any w1\nquorum g\n", "line 1.*defined above"),
        ("group g any g\nquorum g\n", "line 1.*defined above"),
        ("group g any none\nquorum g\n", "line 1.*defined above"),
        (W + "group none any w1\nquorum none\n", "line 2.*new name"),
        (W + "group w1 any w1\nquorum w1\n", "line 2.*new name"),
        (W + "group g any w1 w1\nquorum g\n", "line 2.*member already"),
        (W + V + "group g any w1\ngroup h all g w1\nquorum h\n", "line 4.*member already"),
        (W + "group g 0 w1\nquorum g\n", "line 2.*threshold"),
        (W + "group g 2 w1\nquorum g\n", "line 2.*threshold"),
        (W + "group g 01 w1\nquorum g\n", "line 2.*threshold"),
        (W + "group g -1 w1\nquorum g\n", "line 2.*threshold"),
        (W + "group g one w1\nquorum g\n", "line 2.*threshold"),
        (W + "group g ANY w1\nquorum g\n", "line 2.*threshold"),
        ("#" * 300_000 + "\n", "at most"),
    ],
)
def test_a_policy_that_breaks_a_rule_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(Malformed, match=message) as caught:
        parse_policy(text)
    assert "\n" not in str(caught.value)


def test_many_logs_witnesses_and_nested_groups_are_supported() -> None:
    names = [f"w{number}" for number in range(40)]
    groups = ["group g0 any w0\n", *(f"group g{n} all g{n - 1} w{n}\n" for n in range(1, 40))]
    logs = "".join(log_line(f"log{number}") for number in range(40))
    policy = parse_policy(logs + witness_lines(*names) + "".join(groups) + "quorum g39\n")
    assert policy.quorum_met(names)
    assert not policy.quorum_met(names[1:])


@given(st.text(st.characters() | st.sampled_from("\n \t#"), max_size=60))
def test_text_is_a_policy_or_malformed(text: str) -> None:
    try:
        parse_policy(text)
    except Malformed:
        return


def test_a_checkpoint_satisfies_the_policy_when_enough_witnesses_cosigned() -> None:
    policy = parse_policy(TWO_LEVELS)
    witnesses = {witness.name: witness for witness in policy.witnesses}
    verified = verify_checkpoint(note("Y2", "X1", "X3"), policy)
    assert verified.checkpoint == CHECKPOINT
    assert verified.log == policy.logs[0]
    assert verified.cosignatures == (
        Cosignature(witnesses["Y2"], 1),
        Cosignature(witnesses["X1"], 2),
        Cosignature(witnesses["X3"], 3),
    )


def test_every_set_of_witnesses_short_of_the_quorum_is_refused() -> None:
    policy = parse_policy(TWO_LEVELS)
    short = [("X1", "X2", "X3"), ("X1", "Y1", "Y2"), ("Y1", "Y2", "Y3"), ("X1",), ("Z1", "Z2", "X1", "Y1"), ()]
    for witnesses in short:
        with pytest.raises(Unverified, match="X-and-Y"):
            verify_checkpoint(note(*witnesses), policy)


def test_a_witness_that_cosigned_many_times_counts_once() -> None:
    policy = parse_policy(log_line() + witness_lines("w1", "w2") + "group g 2 w1 w2\nquorum g\n")
    with pytest.raises(Unverified, match=r"found \['w1'\]"):
        verify_checkpoint(note("w1", "w1", "w1"), policy)


def test_without_a_quorum_no_witness_is_needed_and_none_is_claimed() -> None:
    policy = parse_policy(log_line() + "quorum none\n")
    assert verify_checkpoint(note(), policy).cosignatures == ()
    assert verify_checkpoint(note("w1"), policy).cosignatures == ()


def test_without_a_quorum_known_witnesses_are_still_verified_and_named() -> None:
    policy = parse_policy(log_line() + witness_line("w1") + "quorum none\n")
    assert [found.witness.name for found in verify_checkpoint(note("w1"), policy).cosignatures] == ["w1"]
    text = CHECKPOINT.render()
    signed = sign_text(text, key(LOG, KeyKind.LOG), private(LOG).sign)
    forged = SignatureLine("w1", key("w1").key_id, bytes(72))
    with pytest.raises(Unverified, match="w1"):
        verify_checkpoint(render_note(text, [signed, forged]), policy)


def test_any_listed_log_is_accepted_for_its_own_origin_only() -> None:
    other = "log.example/two"
    policy = parse_policy(log_line() + log_line(other) + "quorum none\n")
    own = Checkpoint(other, 0, EMPTY_ROOT)
    assert verify_checkpoint(note(log=other, checkpoint=own), policy).log.key.name == other
    with pytest.raises(Unverified, match="log of that name"):
        verify_checkpoint(note(log=other), policy)
    with pytest.raises(Unverified, match="expected a signature by one of"):
        verify_checkpoint(note(log="log.example/three"), policy)


def test_cosignatures_without_the_log_are_not_enough() -> None:
    policy = parse_policy(log_line() + witness_line("w1") + "quorum w1\n")
    text = CHECKPOINT.render()
    with pytest.raises(Unverified, match="log of that name"):
        verify_checkpoint(render_note(text, [cosign_text(text, key("w1"), private("w1").sign, 1)]), policy)


def test_a_policy_without_logs_accepts_nothing() -> None:
    policy = parse_policy(witness_line("w1") + "quorum w1\n")
    with pytest.raises(Unverified):
        verify_checkpoint(note("w1"), policy)


def test_the_order_of_the_lines_changes_nothing() -> None:
    policy = parse_policy(TWO_LEVELS)
    for first, second in combinations(["X1", "X2", "Y1"], 2):
        rest = next(iter({"X1", "X2", "Y1"} - {first, second}))
        found = verify_checkpoint(note(first, rest, second), policy)
        assert {one.witness.name for one in found.cosignatures} == {"X1", "X2", "Y1"}
