"""Watching a copy on a real terminal and off it."""

import io
import logging
import re
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
from tests.cli.terminal import Screen, Terminal

from pratique.cli.display import Bar, Lines, display_for
from pratique.cli.progress import Deed
from pratique.cli.watching import Watching
from pratique.registry.manifest import Descriptor
from pratique.registry.progress import Way
from pratique.values.digest import Digest

ROOT = Path(__file__).parents[2]
MIB = 2**20
PICTURE = re.compile(r"\r\x1b\[K")


def slow_copy(*words: object, columns: int = 80, **environment: str) -> Terminal:
    command = [sys.executable, "-m", "tests.cli.slow_copy", *map(str, words)]
    return Terminal(command, ROOT, columns=columns, environment=environment)


def blob(size: int) -> Descriptor:
    return Descriptor("application/octet-stream", Digest.of(b"x"), size)


def test_a_terminal_shows_one_line_in_place_and_only_the_answer_remains() -> None:
    terminal = slow_copy(100 * MIB, 0.8)
    assert terminal.ends() == 0
    screen = Screen(80)
    screen.show(terminal.written)
    assert screen.text == "the answer"
    assert re.search(r"\d+%  \[.*=.*\]  +\d+\.0/100\.0 MiB  0/1 blobs", terminal.written)


def test_the_line_is_written_ten_times_a_second_at_most() -> None:
    began = time.monotonic()
    terminal = slow_copy(100 * MIB, 2)
    assert terminal.ends() == 0
    pictures = len(PICTURE.findall(terminal.written)) - 1  # the last one empties the line
    assert 3 <= pictures <= 10 * (time.monotonic() - began) + 1


def test_the_line_follows_the_width_of_the_terminal() -> None:
    terminal = slow_copy(100 * MIB, 1.5, columns=100)
    terminal.read_until(r"/s")
    terminal.resize(30)
    before = len(terminal.written)
    assert terminal.ends() == 0
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in PICTURE.split(terminal.written[before:])[2:]]
    assert lines
    assert max(map(len, lines[:-1])) < 30


@pytest.mark.parametrize("columns", [1, 2, 5, 20, 40, 79, 200])
def test_no_width_makes_it_wrap(columns: int) -> None:
    terminal = slow_copy(100 * MIB, 0.4, columns=columns)
    assert terminal.ends() == 0
    screen = Screen(max(columns, 10))
    screen.show(terminal.written.replace("the answer", ""))
    assert screen.text == ""


def test_paint_is_left_out_where_nobody_wants_it() -> None:
    assert re.search(r"\x1b\[32m", _shown())
    assert not re.search(r"\x1b\[[0-9;]*m", _shown(NO_COLOR="1"))


def _shown(**environment: str) -> str:
    terminal = slow_copy(100 * MIB, 0.5, columns=100, **environment)
    assert terminal.ends() == 0
    return terminal.written


def test_a_dumb_terminal_gets_plain_lines() -> None:
    terminal = slow_copy(100 * MIB, 0.1, TERM="dumb")
    assert terminal.ends() == 0
    assert terminal.written.splitlines()[0] == "copying this to that: 1 blob, 100.0 MiB"
    assert "\x1b" not in terminal.written


@pytest.mark.parametrize(("keys", "number", "code"), [(b"\x03", None, 130), (b"", signal.SIGTERM, 143)])
def test_a_stopped_copy_leaves_a_clean_terminal(keys: bytes, number: signal.Signals | None, code: int) -> None:
    terminal = slow_copy(100 * MIB, 300)  # longer than its end is waited for
    terminal.read_until(r"MiB  ")
    if number:
        terminal.send(number)
    terminal.press(keys)
    assert terminal.ends() == code
    screen = Screen(80)
    screen.show(terminal.written.replace("^C", ""))  # the terminal itself shows what was typed
    (line,) = screen.text.split("\n")[-1:]
    assert line.startswith("pratique: interrupted;")
    assert "%" not in screen.text


def hangs_and_ends(presses: int) -> float:
    """Return how many seconds a transfer that hangs takes to end after Ctrl-C was pressed so often."""
    terminal = slow_copy(100 * MIB, "hang")
    terminal.read_until(r"MiB  ")
    began = time.monotonic()
    for press in range(presses):
        time.sleep(0.2 * bool(press))
        terminal.press(b"\x03")
    assert terminal.ends() == 130
    assert "interrupted" in terminal.written
    return time.monotonic() - began


def test_a_transfer_that_hangs_does_not_hold_up_the_end_and_less_so_where_one_asks_twice() -> None:
    once, twice = hangs_and_ends(1), hangs_and_ends(2)
    assert once > 1
    assert twice < once


def test_no_mode_of_the_terminal_is_changed() -> None:
    terminal = slow_copy(100 * MIB, 0.3)
    before = termios.tcgetattr(terminal.handle)
    terminal.read_until(r"MiB  ")
    assert termios.tcgetattr(terminal.handle) == before
    assert terminal.ends() == 0


def test_off_a_terminal_there_are_plain_lines_on_standard_error() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.cli.slow_copy", str(100 * MIB), "0.3"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "the answer\n")
    start, large, end = done.stderr.splitlines()
    assert start == "copying this to that: 1 blob, 100.0 MiB"
    assert re.fullmatch(r"sha256:[0-9a-f]{64}: 100\.0 MiB, 1 of 1", large)
    assert re.fullmatch(r"moved 100\.0 MiB in [0-9.]+ s, [0-9.]+ MiB/s", end)


def test_where_machines_read_there_are_no_lines() -> None:
    assert display_for(io.StringIO(), "x", as_json=True) is None


def test_small_blobs_and_those_that_were_there_take_no_line_of_a_log() -> None:
    log = io.StringIO()
    watching = Watching(Lines(log, "x"))
    with watching.showing():
        watching.planned(3, 40 * MIB)
        watching.finished(blob(MIB), Way.MOVED)
        watching.finished(blob(20 * MIB), Way.MOUNTED)
        watching.finished(blob(19 * MIB), Way.MOVED)
    assert [line.split(":")[0] for line in log.getvalue().splitlines()] == [
        "x",
        "sha256",
        "nothing moved; 20.0 MiB were there or mounted",
    ]


def test_a_copy_that_failed_claims_no_end() -> None:
    log = io.StringIO()
    watching = Watching(Lines(log, "x"))
    with pytest.raises(ZeroDivisionError), watching.showing():
        watching.planned(1 // 0, 1)
    assert log.getvalue() == ""


def test_a_stream_that_is_gone_does_not_stop_a_copy() -> None:
    log = io.StringIO()
    log.close()
    watching = Watching(Lines(log, "x"))
    with watching.showing():
        watching.planned(1, 1)


def test_nothing_is_written_after_the_end() -> None:
    log = io.StringIO()
    bar = Bar(log, colour=False)
    watching = Watching(bar)
    with watching.showing():
        watching.planned(1, 100)
        time.sleep(0.3)
    shown = log.getvalue()
    watching.moved(50)
    time.sleep(0.25)
    assert log.getvalue() == shown
    assert shown.endswith("\r\x1b[K")


def test_a_copy_that_was_told_to_stop_ends_at_its_next_bytes() -> None:
    watching = Watching(None)
    watching.moved(1)
    watching.stop()
    with pytest.raises(KeyboardInterrupt):
        watching.moved(1)


def test_a_warning_stands_above_the_bar_and_stays() -> None:
    log = io.StringIO()
    watching = Watching(Bar(log, colour=False))
    with watching.showing():
        watching.planned(1, 100)
        time.sleep(0.25)
        logging.getLogger("pratique.registry").warning("sending it\nagain")
        time.sleep(0.25)
    screen = Screen(80)
    screen.show(log.getvalue())
    assert screen.text == "sending it again"


def test_bytes_that_are_only_read_count_once() -> None:
    log = io.StringIO()
    watching = Watching(Lines(log, "x"), Deed.READ)
    with watching.showing():
        watching.planned(1, 5 * MIB)
        watching.moved(5 * MIB)
        watching.finished(blob(5 * MIB), Way.PRESENT)
    assert log.getvalue().splitlines()[-1].startswith("read 5.0 MiB in 0.0 s")
    assert "mounted" not in log.getvalue()
