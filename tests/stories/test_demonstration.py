"""The demonstration tells the truth: it stops where the story is not true, and its tests really run."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from demo.images import Name, build_image
from demo.images.build import ROOT
from demo.images.wheels import SITE
from demo.pipeline import Pipeline
from demo.stage import alias_of
from demo.teller import Teller, Untrue
from demo.unpacked import run_tests, unpack
from tests.stories.shop import folder_in_memory

from pratique.evidence.facts.build import Provenance, SourceChange
from pratique.evidence.facts.packages import Sbom
from pratique.evidence.facts.suites import Suites
from pratique.evidence.read import read
from pratique.registry.closure import plan
from pratique.registry.evidence import collect_evidence
from pratique.registry.open import Settings, open_repository
from pratique.signing.keyfile import Algorithm, create_key
from pratique.values.reference import LayoutRepository


@pytest.fixture
def folder() -> Iterator[Path]:
    with folder_in_memory() as folder:
        yield folder


def test_a_command_that_ends_otherwise_stops_the_story(capsys: pytest.CaptureFixture[str]) -> None:
    teller = Teller(ROOT / "build" / "demo" / "workspace")
    teller.run("false", ends=1)
    with pytest.raises(Untrue, match="expected exit code 0, found 1"):
        teller.run("false")
    with pytest.raises(Untrue, match="expected to read 'spring'"):
        teller.run("echo", "autumn", says="spring")
    assert "$ echo autumn" in capsys.readouterr().out


def test_a_file_that_is_not_the_wheels_own_fails_the_tests_of_the_image(folder: Path) -> None:
    root = folder / "root"
    unpack(folder, build_image(Name.FIXED, folder), root)
    assert b'failures="0" errors="0" skipped="0"' in run_tests(root)
    (root / SITE / "flask" / "py.typed").write_text("another file\n")
    assert b'failures="1" errors="0" skipped="0"' in run_tests(root)


def test_ci_hangs_on_an_image_what_the_readers_understand(folder: Path) -> None:
    key = create_key(folder / "ci.pem", Algorithm.ECDSA_P256)
    layout = folder / "layout"
    image = Pipeline(layout, key, alias_of("dan")).deliver(Name.MIDDLING)
    repository = open_repository(LayoutRepository(str(layout)), Settings(base=folder))
    pieces = collect_evidence(repository, plan(repository, image)).pieces
    facts = [fact for piece in pieces for fact in read(piece.body, piece.media_type).facts]
    assert {type(fact) for fact in facts} == {Sbom, Provenance, SourceChange, Suites}
    (tests,) = (fact for fact in facts if isinstance(fact, Suites))
    assert [(run.suite, run.passed, run.failed) for run in tests.runs] == [("unit", 7, 0)]
