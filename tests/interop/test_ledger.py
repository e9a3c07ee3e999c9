"""A program of others reads our ledger: golang.org/x/mod recomputes every tile, the root and proofs from the files."""

import random
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.interop.tools import BUILT, ask, built
from tests.ledger.test_export import KEY, PRIVATE, entries, publish

from pratique.ledger.checkpoint import sign_checkpoint
from pratique.ledger.directory import DirectoryTarget
from pratique.ledger.export import Log, export
from pratique.tlog.key import KeyKind, NoteVerifier, cosign_text
from pratique.tlog.note import add_lines, parse_note
from pratique.tlog.proofs import nodes_of
from pratique.tlog.tree import Frontier, leaf_hash

SIZES = (1, 2, 3, 255, 256, 257, 511, 512, 65_536, 65_537)


@pytest.mark.parametrize("size", SIZES)
def test_every_tile_root_and_proof_is_what_others_compute(tmp_path: Path, size: int) -> None:
    publish(tmp_path / "log", entries(size))
    said = ask("gocheck", tmp_path / "log", KEY, home=tmp_path)
    assert said.startswith(f"ok {size} entries")
    assert "600 proofs" in said


def test_a_cosigned_checkpoint_is_opened_by_others(tmp_path: Path) -> None:
    private = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    witness = NoteVerifier("witness.example/w1", KeyKind.WITNESS, private.public_key().public_bytes_raw())
    leaves = [leaf_hash(entry) for entry in entries(300)]
    nodes, tree = nodes_of(leaves), Frontier().extend(leaves)
    note = sign_checkpoint(tree, (), nodes, KEY, PRIVATE.sign)
    line = cosign_text(parse_note(note).text, witness, private.sign, 1_700_000_000)
    log = Log(tree, add_lines(note, (line,)), (KEY,), nodes, lambda first, end: entries(300)[first:end])
    export(DirectoryTarget(tmp_path / "log"), log, ())
    assert ask("gocheck", tmp_path / "log", KEY, witness, home=tmp_path).startswith("ok 300 entries")


def test_a_flipped_bit_anywhere_is_refused_by_others_too(tmp_path: Path) -> None:
    if built("gocheck") is None:
        pytest.skip("gocheck is not built; where Go is installed: make interop")
    publish(tmp_path, entries(700))
    chance = random.Random(20261124)
    for file in sorted(path for path in tmp_path.rglob("*") if path.is_file() and path.name != "log.vkey"):
        whole = file.read_bytes()
        for _ in range(4):
            changed = bytearray(whole)
            changed[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
            file.write_bytes(changed)
            done = subprocess.run(
                [BUILT / "gocheck", tmp_path, str(KEY)], capture_output=True, text=True, check=False
            )
            assert done.returncode == 1, f"{file}: {done.stdout}"
            assert done.stderr.startswith("gocheck: ")
        file.write_bytes(whole)
    assert (
        subprocess.run([BUILT / "gocheck", tmp_path, str(KEY)], capture_output=True, check=False).returncode == 0
    )
