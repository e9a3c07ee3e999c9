"""A witness and its door: one tree a log, whoever asks at once, and no request that costs it much."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pratique.errors import Absent, Conflict, Malformed
from pratique.ledger.witness import Witness
from pratique.ledger.witness_server import WitnessServer
from pratique.ledger.witness_state import State
from pratique.tlog.checkpoint import Checkpoint, open_checkpoint
from pratique.tlog.key import KeyKind, NoteVerifier, sign_text
from pratique.tlog.note import render_note
from pratique.tlog.proofs import nodes_of, prove_consistency, root_at
from pratique.tlog.tree import leaf_hash
from pratique.tlog.witness import AddCheckpoint, cosignatures, monitoring_path

LOG_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
LOG = NoteVerifier("example.com/log", KeyKind.LOG, LOG_KEY.public_key().public_bytes_raw())
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64)))
NAME = NoteVerifier("witness.example/w1", KeyKind.WITNESS, KEY.public_key().public_bytes_raw())


def request(old: int, size: int, history: str = "one") -> bytes:
    nodes = nodes_of([leaf_hash(f"{history if number else 'same'} {number}".encode()) for number in range(size)])
    text = Checkpoint(LOG.name, size, root_at(size, nodes)).render()
    note = render_note(text, [sign_text(text, LOG, LOG_KEY.sign)])
    return AddCheckpoint(old, prove_consistency(old, size, nodes), note).render()


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    state = State.create(tmp_path)
    state.add(LOG)
    return Witness(NAME, KEY.sign, state, lambda: 1_700_000_000.9)


def test_what_is_cosigned_is_remembered_and_shown(witness: Witness) -> None:
    reply = witness.add_checkpoint(request(0, 3))
    text = request(0, 3).split(b"\n\n", 1)[1].split(b"\n\n")[0].decode() + "\n"
    ((_, signer),) = cosignatures(reply.body, text, (NAME,))
    assert (reply.status, signer.at) == (200, 1_700_000_000)
    shown = open_checkpoint(witness.checkpoint(LOG.name).body, (LOG,), (NAME,))
    assert (shown.checkpoint.size, len(shown.witnesses)) == (3, 1)
    assert witness.checkpoint("example.com/other").status == 404


def test_of_two_histories_at_once_one_is_cosigned_and_the_other_kept_as_evidence(witness: Witness) -> None:
    assert witness.add_checkpoint(request(0, 1)).status == 200
    asked = [request(1, size, history) for size in range(2, 8) for history in ("one", "two")]
    with ThreadPoolExecutor(8) as pool:
        found = [reply.status for reply in pool.map(witness.add_checkpoint, asked)]
    assert found.count(200) == 1
    assert set(found) == {200, 409}
    size = witness.state.seen(LOG.name).size
    assert witness.add_checkpoint(request(size, size + 1, "three")).status == 422
    ((at, origin, _),) = witness.state.accusations()
    assert (at, origin) == (1_700_000_000, LOG.name)


def test_a_witness_never_goes_back_after_it_is_opened_again(witness: Witness, tmp_path: Path) -> None:
    assert witness.add_checkpoint(request(0, 5)).status == 200
    again = Witness(NAME, KEY.sign, State(tmp_path))
    reply = again.add_checkpoint(request(0, 3))
    assert (reply.status, reply.body, reply.media_type) == (409, b"5\n", "text/x.tlog.size")


def test_a_rotated_key_of_the_same_log_is_accepted_and_a_removed_one_not(witness: Witness) -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes(range(64, 96)))
    new = NoteVerifier(LOG.name, KeyKind.LOG, other.public_key().public_bytes_raw())
    witness.state.add(new)
    assert len(witness.state.keys(LOG.name)) == 2
    witness.state.remove(LOG)
    assert witness.add_checkpoint(request(0, 3)).status == 403
    with pytest.raises(Absent):
        witness.state.remove(LOG)


def test_a_memory_is_made_once_and_of_logs_only(witness: Witness, tmp_path: Path) -> None:
    with pytest.raises(Conflict):
        State.create(tmp_path)
    with pytest.raises(Malformed):
        witness.state.add(NAME)
    with pytest.raises(Absent):
        State(tmp_path / "elsewhere")


@contextmanager
def listening(witness: Witness) -> Iterator[int]:
    with WitnessServer(("127.0.0.1", 0), witness) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def ask(port: int, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(method, path, body)
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


def test_the_door_speaks_the_protocol(witness: Witness) -> None:
    with listening(witness) as port:
        status, body = ask(port, "POST", "/add-checkpoint", request(0, 3))
        assert status == 200
        assert body.startswith("— witness.example/w1 ".encode())
        assert ask(port, "POST", "/add-checkpoint", request(0, 2)) == (409, b"3\n")
        status, body = ask(port, "GET", f"/{monitoring_path(LOG.name)}")
        assert (status, body.startswith(b"example.com/log\n3\n")) == (200, True)


def test_the_door_refuses_what_is_no_request(witness: Witness) -> None:
    with listening(witness) as port:
        assert ask(port, "GET", "/checkpoint")[0] == 404
        assert ask(port, "POST", "/elsewhere", b"")[0] == 404
        assert ask(port, "POST", "/add-checkpoint", b"nonsense")[0] == 400
        for head, status in ((b"Content-Length: 99999999", 413), (b"Content-Length: -1", 411), (b"X: y", 411)):
            with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
                connection.sendall(b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\n" + head + b"\r\n\r\n")
                assert int(connection.recv(100).split()[1]) == status
