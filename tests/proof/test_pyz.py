"""The verifier as one file: in an environment that holds ``cryptography`` and nothing else."""

import json
import shutil
import subprocess
import venv
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest
from tests.stories.shop import run_pratique
from tools.make_pyz import build

KEPT = Path(__file__).parents[1] / "vectors" / "proof"
PROOF, TRUST_ROOT = KEPT / "proof.json", KEPT / "trust-root.json"


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the locked ``cryptography`` and what that needs, as installed beside us."""
    folder = tmp_path_factory.mktemp("bare")
    venv.create(folder, with_pip=False, symlinks=True)
    packages = next(folder.glob("lib/python*/site-packages"))
    for name in ("cryptography", "cffi", "pycparser"):
        for file in distribution(name).files or ():
            if ".." not in file.parts and file.suffix != ".pyc":
                target = packages / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(str(file.locate()), target)
    return folder / "bin" / "python"


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("pyz") / "pratique-verify.pyz"
    build(target)
    return target


def verify(python: Path, alone: Path, *words: object) -> subprocess.CompletedProcess[str]:
    command = [str(word) for word in (python, "-I", alone, *words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_environment_holds_cryptography_and_nothing_of_ours(bare: Path) -> None:
    for name, code in (("cryptography", 0), ("pratique", 1), ("rfc8785", 1), ("yaml", 1)):
        ran = subprocess.run([bare, "-I", "-c", f"import {name}"], capture_output=True, check=False)
        assert ran.returncode == code, name


def test_it_says_the_same_as_the_whole_program(bare: Path, alone: Path) -> None:
    words = (PROOF, "--trust-root", TRUST_ROOT)
    for more in ((), ("--json",), ("--environment", "staging")):
        said, whole = verify(bare, alone, *words, *more), run_pratique("proof", "verify", *words, *more)
        assert (said.returncode, said.stdout, said.stderr) == (whole.code, whole.out, whole.err)


def test_it_says_by_when_a_proof_existed(bare: Path, alone: Path) -> None:
    words = (KEPT / "kept" / "stamped.proof.json", "--trust-root", KEPT / "kept" / "trust-root.json")
    clock = ("--authority", f"clock={KEPT / 'kept' / 'clock.crt'}")
    said, whole = verify(bare, alone, *words, *clock), run_pratique("proof", "verify", *words, *clock)
    assert (said.returncode, said.stdout, said.stderr) == (0, whole.out, whole.err)
    assert "according to the timestamp authority clock" in said.stdout


def test_it_refuses_a_forged_one(bare: Path, alone: Path, tmp_path: Path) -> None:
    forged = tmp_path / "forged.json"
    document = json.loads(PROOF.read_bytes())
    document["environment"] = "dev"
    forged.write_bytes(json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode())
    said = verify(bare, alone, forged, "--trust-root", TRUST_ROOT)
    assert said.returncode == 1
    assert "proof.environment: expected prod, found dev" in said.stderr


def test_it_refuses_a_flipped_bit_in_a_signature(bare: Path, alone: Path, tmp_path: Path) -> None:
    content = bytearray(PROOF.read_bytes())
    content[content.index("\u2014".encode()) + 70] ^= 1  # the first line of the checkpoint that begins with a dash
    forged = tmp_path / "forged.json"
    forged.write_bytes(content)
    said = verify(bare, alone, forged, "--trust-root", TRUST_ROOT)
    assert said.returncode in (1, 2)
    assert said.stderr.count("\n") == 1


def test_it_explains_itself(bare: Path, alone: Path) -> None:
    said = verify(bare, alone, "--help")
    assert said.returncode == 0
    assert said.stdout.startswith("usage: pratique-verify")
    assert "--rejudge" not in said.stdout.split("options:")[1]


def test_it_is_built_with_the_same_bytes_each_time(alone: Path, tmp_path: Path) -> None:
    build(tmp_path / "again.pyz")
    assert (tmp_path / "again.pyz").read_bytes() == alone.read_bytes()


def test_it_holds_no_code_that_judges_or_moves_anything(alone: Path) -> None:
    with zipfile.ZipFile(alone) as archive:
        modules = {
            name.removesuffix(".py").replace("/", ".") for name in archive.namelist() if name.endswith(".py")
        }
    floors = {name.split(".")[1] for name in modules if name.startswith("pratique.") and name.count(".") > 1}
    assert floors == {"attest", "cli", "policy", "promotion", "proof", "service", "tlog", "values"}
    assert modules & {"pratique.promotion.judge", "pratique.proof.rejudge", "pratique.wire"} == set()
    assert {name for name in modules if name.startswith("pratique.service.")} == {
        "pratique.service.__init__",
        "pratique.service.proof_shelf",
        "pratique.service.proof_verify",
        "pratique.service.zone",
    }
