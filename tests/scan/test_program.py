"""Scanners that are programs: what they are given, and what counts as a report."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from tests.scan.stub import replaying, write_stub
from tests.scan.targets import MANIFEST, target

from pratique.errors import Absent, Refused
from pratique.scan.executable import Program
from pratique.scan.interface import Failed, Limits, Reported, Yields
from pratique.scan.settings import ProgramSettings

REPORT = '{"some": "report"}'


def settings(program: Path, *words: str, seconds: float = 60) -> ProgramSettings:
    return ProgramSettings(
        name="trivy",
        producer="trivy",
        yields=Yields.VULNERABILITIES,
        limits=Limits(seconds=seconds),
        argv=(str(program), *(words or ("{layout}", "{output}"))),
        version=(str(program), "--version"),
    )


def stub(folder: Path, lines: str) -> Path:
    return write_stub(folder / "bin" / "tool", lines)


def scanned(program: ProgramSettings, **environment: str) -> Reported | Failed:
    return Program(program, environment).scan(target())


def reason(folder: Path, lines: str, *, seconds: float = 60) -> str:
    outcome = scanned(settings(stub(folder, lines), seconds=seconds))
    assert isinstance(outcome, Failed)
    return outcome.reason


def test_a_report_comes_back_as_it_was_written_with_version_and_database(tmp_path: Path) -> None:
    (tmp_path / "golden").write_text(REPORT)
    program = settings(stub(tmp_path, replaying(tmp_path / "golden")))
    outcome = scanned(program)
    assert isinstance(outcome, Reported)
    assert outcome.content == REPORT.encode()
    assert outcome.tool.version == "0.50.1"
    assert outcome.tool.database_date is not None
    assert outcome.tool.database_date.isoformat() == "2026-11-20T06:00:00+00:00"
    assert outcome.invocation == program.argv


def test_without_a_file_to_write_it_prints_its_report(tmp_path: Path) -> None:
    outcome = scanned(settings(stub(tmp_path, f"print({REPORT!r})"), "{layout}"))
    assert isinstance(outcome, Reported)
    assert json.loads(outcome.content) == {"some": "report"}


def test_every_place_is_filled_in_as_one_word_and_the_image_is_named_by_digest(tmp_path: Path) -> None:
    words = ("--of={image}", "{digest}", "{layout}", "{archive}", "a b;{digest}")
    program = settings(stub(tmp_path, "import json; print(json.dumps(sys.argv[1:]))"), *words)
    outcome = scanned(program)
    assert isinstance(outcome, Reported)
    image, digest, layout, archive, spaced = json.loads(outcome.content)
    assert image == f"--of=registry.example/shop/web@{MANIFEST}"
    assert (digest, spaced) == (str(MANIFEST), f"a b;{MANIFEST}")
    assert (Path(layout).name, Path(archive).name) == ("layout", "image.tar")
    assert not Path(layout).parent.exists()


def test_it_has_the_variables_that_are_allowed_or_stated_and_no_others(tmp_path: Path) -> None:
    program = settings(stub(tmp_path, "import json; print(json.dumps(dict(os.environ)))"), "{layout}")
    allowed = replace(program, environment=("CACHE", "UPDATES=no", "ABSENT"))
    outcome = scanned(allowed, CACHE="/cache", PRATIQUE_SECRET="x", PATH="/usr/bin")
    assert isinstance(outcome, Reported)
    found = json.loads(outcome.content)
    assert found.keys() == {"CACHE", "UPDATES", "PATH", "HOME", "TMPDIR", "LC_ALL"}
    assert (found["CACHE"], found["UPDATES"], found["HOME"]) == ("/cache", "no", found["TMPDIR"])


def test_an_image_in_a_layout_has_no_name_in_a_registry(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"use \{layout\} or \{archive\} in argv"):
        Program(settings(stub(tmp_path, ""), "{image}"), {}).scan(target(registry=None))


def test_a_program_that_is_not_there_is_said_so() -> None:
    with pytest.raises(Absent, match=r"no program '/nowhere/tool'; install it"):
        Program(settings(Path("/nowhere/tool")), {}).scan(target())


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("sys.exit(0)", "it wrote no report where it was told to"),
        ("open(sys.argv[-1], 'w').close()", "it ended with code 0 and wrote no report"),
        ("open(sys.argv[-1], 'w').write(' \\n')", "it ended with code 0 and wrote no report"),
        ("open(sys.argv[-1], 'w').write('{}'); sys.exit(2)", "it ended with code 2"),
        ("sys.stderr.write('\\x1b[31mno database\\n'); sys.exit(1)", r"it ended with code 1: \[31mno database"),
        ("os.symlink('/etc/passwd', sys.argv[-1])", "it wrote no report where it was told to"),
        ("os.mkfifo(sys.argv[-1])", "it wrote something other than a file"),
        ("os.mkdir(sys.argv[-1])", "it wrote something other than a file"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "it crashed with signal 11"),
    ],
)
def test_whatever_is_no_report_is_a_failure_with_its_reason(tmp_path: Path, lines: str, said: str) -> None:
    assert re.search(said, reason(tmp_path, lines))


@pytest.mark.parametrize("lines", ["time.sleep(600)", "subprocess.Popen(['sleep', '600']); time.sleep(600)"])
def test_a_tool_that_hangs_is_a_failure_with_its_reason(tmp_path: Path, lines: str) -> None:
    assert reason(tmp_path, lines, seconds=2) == "it was ended because it took more than 2 s"


def test_a_report_may_come_with_any_code_that_is_expected(tmp_path: Path) -> None:
    program = settings(stub(tmp_path, f"print({REPORT!r}); sys.exit(1)"), "{layout}")
    assert isinstance(scanned(program), Failed)
    assert isinstance(scanned(replace(program, exit_codes=(0, 1))), Reported)


def test_a_tool_that_cannot_say_its_version_is_not_asked_for_more(tmp_path: Path) -> None:
    program = replace(settings(stub(tmp_path, "sys.exit(9)")), version=(str(tmp_path / "bin" / "tool"), "version"))
    outcome = scanned(program)
    assert isinstance(outcome, Failed)
    assert outcome.reason == "its version could not be read: it ended with code 9"
