"""What the documentation says the program prints, it prints.

A fenced block whose first line is ``$ pratique … --help`` is run, and the rest of the block must be the output.
"""

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.house.sources import ROOT

PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md")))
FENCED = re.compile(r"^```[a-z]*\n\$ (?P<command>pratique\b[^\n]*--help)\n(?P<output>.*?)^```$", re.M | re.S)


@dataclass(frozen=True, slots=True)
class Block:
    """One block: where it stands, the command, and what it says the command prints."""

    page: str
    command: str
    output: str


def blocks(page: Path) -> list[Block]:
    """Return the help blocks of one page."""
    found = FENCED.finditer(page.read_text()) if page.exists() else ()
    return [Block(page.name, block["command"], block["output"]) for block in found]


ALL = [block for page in PAGES for block in blocks(page)]


@pytest.mark.parametrize("block", ALL, ids=lambda block: f"{block.page}: {block.command}")
def test_a_help_block_is_what_the_program_prints(block: Block) -> None:
    program = Path(sys.executable).with_name("pratique")
    environment = {
        "PATH": os.environ["PATH"],
        "COLUMNS": "100",
        "NO_COLOR": "1",
        "TERM": "dumb",
        "LC_ALL": "C.UTF-8",
    }
    arguments = shlex.split(block.command)[1:]
    result = subprocess.run([program, *arguments], env=environment, capture_output=True, text=True, check=True)
    assert result.stdout.rstrip("\n") == block.output.rstrip("\n")


def test_this_test_finds_a_block_and_its_output(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("a\n```console\n$ pratique review --help\nusage\n\nmore\n```\nb\n```\n$ ls --help\nx\n```\n")
    assert [(block.command, block.output) for block in blocks(page)] == [
        ("pratique review --help", "usage\n\nmore\n")
    ]
