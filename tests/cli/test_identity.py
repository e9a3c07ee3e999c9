"""``pratique evidence identity``: who signed a bundle, as text and as one object."""

import json
from pathlib import Path

import pytest
from tests.signing.test_keyless import BEACON, SUITE

from pratique.cli.main import run
from pratique.signing.keyless import NOT_REPEATED


def asked(case: Path, name: str = BEACON.name) -> list[str]:
    bundle, root = str(case / "bundle.sigstore.json"), str(case / "trusted_root.json")
    return ["evidence", "identity", bundle, "--trusted-root", root, "--identity", name, "--issuer", BEACON.issuer]


@pytest.fixture
def case(corpus: Path) -> Path:
    """A statement in a bundle with its own trusted root."""
    pytest.importorskip("sigstore", reason="expected the extra keyless")
    return corpus / SUITE / "rekor2-dsse-happy-path"


def test_an_identity_is_told_with_what_it_is_worth(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*asked(case), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["identity"], told["issuer"]) == (BEACON.name, BEACON.issuer)
    assert told["repeatable"] == NOT_REPEATED
    assert run(asked(case)) == 0
    assert capsys.readouterr().out.rstrip().endswith(NOT_REPEATED)


def test_somebody_else_is_refused_in_one_line(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(asked(case, "https://else.example")) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_a_file_that_is_not_there_is_named(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*asked(case), "--artifact", "nothing-here"]) == 1
    assert "nothing-here" in capsys.readouterr().err
