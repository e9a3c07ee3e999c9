"""A foreign program is bounded in time, memory and output, and nothing of it is left afterwards."""

import ast
import os
import sys
import time
from pathlib import Path

import pytest

from pratique.scan.interface import Limits
from pratique.scan.process import Command, Ended, Stopped, run

PYTHON = Path(sys.executable)


def command(folder: Path, lines: str, output: Path | None = None, **environment: str) -> Command:
    return Command(PYTHON, ("-IS", "-c", "import os, sys, time\n" + lines), environment, folder, output)


def gone(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][0]
    except OSError:
        return True
    return state == "Z"


def test_what_it_prints_complains_and_ends_with_is_told(tmp_path: Path) -> None:
    ended = run(command(tmp_path, "print('found'); sys.stderr.write('a\\n b'); sys.exit(7)"), Limits())
    assert ended == Ended(7, b"found\n", "a b")


def test_it_has_only_the_variables_that_it_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRATIQUE_TEST_SECRET", "x")
    ended = run(command(tmp_path, "print(sorted(os.environ))", LC_ALL="C.UTF-8"), Limits())
    assert isinstance(ended, Ended)
    assert ast.literal_eval(ended.printed.decode()) == ["LC_ALL"]


def test_its_arguments_are_words_and_no_shell_sees_them(tmp_path: Path) -> None:
    word = "$(touch made); `id`; {}"
    ended = run(Command(PYTHON, ("-c", "import sys; print(sys.argv[1])", word), {}, tmp_path), Limits())
    assert isinstance(ended, Ended)
    assert ended.printed.decode().strip() == word
    assert list(tmp_path.iterdir()) == []


def test_one_that_hangs_is_ended(tmp_path: Path) -> None:
    began = time.monotonic()
    stopped = run(command(tmp_path, "time.sleep(600)"), Limits(seconds=0.5))
    assert stopped == Stopped("it was ended because it took more than 0.5 s")
    assert time.monotonic() - began < 300


@pytest.mark.parametrize("where", ["stdout", "stderr"])
def test_one_that_floods_is_ended(tmp_path: Path, where: str) -> None:
    stopped = run(command(tmp_path, f"while True: sys.{where}.write('x' * 65536)"), Limits(output=1_000_000))
    assert stopped == Stopped("it was ended because it wrote more than 1000000 bytes")


def test_one_that_floods_its_file_is_ended(tmp_path: Path) -> None:
    file = tmp_path / "report"
    lines = f"f = open({str(file)!r}, 'wb')\nwhile True: f.write(b'x' * 65536); f.flush(); time.sleep(0.001)"
    stopped = run(command(tmp_path, lines, file), Limits(output=1_000_000))
    assert stopped == Stopped("it was ended because it wrote more than 1000000 bytes")


def test_one_that_takes_too_much_memory_does_not_get_it(tmp_path: Path) -> None:
    ended = run(command(tmp_path, "x = b'x' * (400 << 20); print(len(x))"), Limits(memory=200 << 20))
    assert isinstance(ended, Ended)
    assert ended.code == 1
    assert "MemoryError" in ended.complained


def test_processes_that_take_too_much_memory_together_are_ended(tmp_path: Path) -> None:
    lines = "for _ in range(4):\n    if not os.fork():\n        x = b'x' * (70 << 20); time.sleep(120)\ntime.sleep(120)"
    stopped = run(command(tmp_path, lines), Limits(memory=200 << 20, seconds=120))
    assert stopped == Stopped("it was ended because it held more than 200 MiB")


def test_one_that_crashes_is_told_from_one_that_ends(tmp_path: Path) -> None:
    assert run(command(tmp_path, "os.abort()"), Limits()) == Stopped("it crashed with signal 6")


def test_one_that_cannot_be_started_is_told(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("no program")
    text.chmod(0o755)
    stopped = run(Command(text, (), {}, tmp_path), Limits())
    assert stopped == Stopped("it could not be started: Exec format error")


@pytest.mark.parametrize("hangs", [False, True], ids=["when it ends", "when it is ended"])
def test_what_it_leaves_behind_in_another_session_is_ended(tmp_path: Path, hangs: bool) -> None:
    noted = tmp_path / "pid"
    lines = f"""
if not os.fork():
    os.setsid()
    if not os.fork():
        open({str(noted)!r}, 'w').write(str(os.getpid()))
        time.sleep(60)
    os._exit(0)
while not (os.path.exists({str(noted)!r}) and open({str(noted)!r}).read()): time.sleep(0.01)
time.sleep({60 if hangs else 0})
"""
    run(command(tmp_path, lines), Limits(seconds=5 if hangs else 60))
    assert gone(int(noted.read_text()))


def test_it_ends_when_whoever_started_it_is_killed(tmp_path: Path) -> None:
    noted = tmp_path / "pid"
    inner = f"import os, time; open({str(noted)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    starter = os.fork()
    if not starter:
        run(Command(PYTHON, ("-IS", "-c", inner), {}, tmp_path), Limits(seconds=60))
        os._exit(0)
    end = time.monotonic() + 10
    while not (noted.exists() and noted.read_text()) and time.monotonic() < end:
        time.sleep(0.02)
    os.kill(starter, 9)
    os.waitpid(starter, 0)
    while not gone(int(noted.read_text())) and time.monotonic() < end:
        time.sleep(0.02)
    assert gone(int(noted.read_text()))
