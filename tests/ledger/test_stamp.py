"""What a timestamp authority says counts only if its own authorities vouch for it, and it is about this checkpoint."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.ledger.test_export import entries, publish
from tests.ledger.test_fsck import POLICY
from tests.servers.timestamp_server import Ill, TimestampServer, timestamp_server

from pratique.errors import Absent, PratiqueError, Unreachable, Unverified
from pratique.ledger.directory import DirectoryTarget
from pratique.ledger.fsck import fsck_tree
from pratique.ledger.stamp import Authority, Stamp, ask_for_stamp, verify_stamp
from pratique.wire import ask_authority

TEXT = "ledger.example/test\n3\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TimestampServer]:
    with timestamp_server(tmp_path_factory.mktemp("stamps") / "clock") as found:
        yield found


@pytest.fixture
def server(running: TimestampServer) -> TimestampServer:
    running.ill = None
    return running


@pytest.fixture(scope="module")
def good(running: TimestampServer) -> Stamp:
    return ask_for_stamp(of(running), TEXT, ask_authority)


def of(server: TimestampServer) -> Authority:
    return Authority("clock", server.ca_file, server.url)


def test_a_good_answer_tells_the_time_and_is_verified_again_later(server: TimestampServer, good: Stamp) -> None:
    assert verify_stamp(of(server), TEXT, good.answer) == good.at


@pytest.mark.parametrize(
    ("ill", "error", "message"),
    [
        (Ill.BUSY, Unreachable, "found status 503"),
        (Ill.NONSENSE, Unverified, "as RFC 3161 has it"),
        (Ill.OTHER_TEXT, Unverified, "timestamp by clock"),
        (Ill.OTHER_NONCE, Unverified, "Nonce mismatch"),
        (Ill.FLIPPED, Unverified, "timestamp by clock"),
        (Ill.REFUSAL, Unverified, "refused"),
    ],
)
def test_a_wrong_answer_is_refused(
    server: TimestampServer, good: Stamp, ill: Ill, error: type[PratiqueError], message: str
) -> None:
    server.ill = ill
    with pytest.raises(error, match=message):
        ask_for_stamp(of(server), TEXT, ask_authority)


def test_a_stamp_of_another_text_is_refused(server: TimestampServer, good: Stamp) -> None:
    with pytest.raises(Unverified, match="Mismatch between messages"):
        verify_stamp(of(server), TEXT.replace("3", "4"), good.answer)


def test_a_stamp_by_somebody_else_is_refused(good: Stamp, tmp_path: Path) -> None:
    with timestamp_server(tmp_path / "other") as other, pytest.raises(Unverified, match="certificate"):
        verify_stamp(of(other), TEXT, good.answer)


def test_a_stamp_made_after_its_certificate_expired_is_refused(tmp_path: Path) -> None:
    with timestamp_server(tmp_path / "old", days=-1) as old, pytest.raises(Unverified, match="timestamp by clock"):
        ask_for_stamp(of(old), TEXT, ask_authority)


def test_an_authority_without_its_certificates_is_said(server: TimestampServer, tmp_path: Path) -> None:
    with pytest.raises(Absent, match="No such file"):
        ask_for_stamp(Authority("clock", tmp_path / "none.pem", server.url), TEXT, ask_authority)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_answer_with_a_flipped_bit_says_another_time(
    server: TimestampServer, good: Stamp, data: st.DataObject
) -> None:
    changed = bytearray(good.answer)
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        at = verify_stamp(of(server), TEXT, bytes(changed))
    except Unverified:
        return
    assert at == good.at  # a bit that nobody signed, such as one of a certificate that is sent along


def test_whoever_checks_files_alone_sees_a_stamp_of_what_does_not_stand_there(tmp_path: Path) -> None:
    publish(tmp_path, entries(3))
    (tmp_path / "timestamp").mkdir()
    (tmp_path / "timestamp" / "3.txt").write_text(TEXT)
    (tmp_path / "timestamp" / "3.clock.tsr").write_bytes(b"")
    (tmp_path / "timestamp" / "note").write_bytes(b"")
    found = fsck_tree(DirectoryTarget(tmp_path), POLICY)
    assert found.unknown_stamps == 1
    assert [fault.place for fault in found.faults] == ["timestamp/3.txt", "timestamp/note"]
