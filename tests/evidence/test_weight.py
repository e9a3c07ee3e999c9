"""What a document weighs once it is read is known before it is read."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from pratique.errors import Malformed
from pratique.evidence.document import open_document
from pratique.evidence.model import Parse
from pratique.evidence.read import read
from pratique.values.canonical import MAX_WEIGHT, parse_json

MIB = 1024 * 1024
SHARE = 8  # tables grow by doubling, so that an eighth of a document has an eighth of its tables
WEIGHTS = ((",", 60), ("[", 70), ("{", 70), (":", 100), ('"', 15))
SHAPES = {
    "lists in lists": ("[", "[[[]]],", "0]"),
    "objects of one": ("[", '{"a":1},', "0]"),
    "texts": ("[", '"\u00e9x",', "0]"),
    "wide texts": ("[", '"\U0001f600x",', "0]"),
    "distinct keys": ("{", '"%x":1,', '"":0}'),
    "elements": ("<a>", "<b/>", "</a>"),
}
HOLDS = """
import sys
from pathlib import Path
from pratique.errors import Malformed
from pratique.evidence.document import open_document
from pratique.evidence.read import read
read(b"x", "")  # what readers import is not the document's doing
def peak():  # of this program alone: what getrusage(2) tells includes whoever started it
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
content = Path(sys.argv[1]).read_bytes()
before = peak()
try:
    WORK
except Malformed as error:
    print("refused", error)
else:
    print("read")
print(peak() - before)
"""


def document(shape: str, parts: int) -> bytes:
    head, part, tail = SHAPES[shape]
    body = "".join(part % number for number in range(parts)) if "%x" in part else part * parts
    return (head + body + tail).encode()


def most_parts(shape: str) -> int:
    """How many parts of a shape are just not too heavy."""
    part = SHAPES[shape][1]
    if part[0] == "<":
        return MAX_WEIGHT // (120 * part.count("<") + 250 * part.count("=")) - 10
    width = 0 if part.isascii() else 1 if max(part) < "\u0100" else 4
    signs = sum(weight * part.count(sign) for sign, weight in WEIGHTS)
    return MAX_WEIGHT // (signs + 2 * width * len(part)) - 10


def held(tmp_path: Path, content: bytes, work: str = "open_document(content)") -> tuple[str, int]:
    """Work on a document in a process of its own; return what came of it, and the bytes that it took."""
    file = tmp_path / "document"
    file.write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-c", HOLDS.replace("WORK", work), file], capture_output=True, text=True, check=True
    )
    word, grown = done.stdout.splitlines()
    return word.split()[0], int(grown) * 1024


@pytest.mark.parametrize("shape", SHAPES)
def test_a_document_just_too_heavy_is_refused(shape: str) -> None:
    head, part, tail = SHAPES[shape]
    content = head + part.replace("%x", "f" * 6) * (most_parts(shape) + 100) + tail
    with pytest.raises(Malformed, match=r"fit into 384 MiB of memory, found some 384 MiB"):
        open_document(content.encode())


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_read_of_any_shape_takes_no_more_than_it_is_taken_for(tmp_path: Path, shape: str) -> None:
    word, grown = held(tmp_path, document(shape, most_parts(shape) // SHARE))
    assert word == "read"
    assert grown < 512 * MIB // SHARE


def test_the_heaviest_document_that_is_read_fits(tmp_path: Path) -> None:
    word, grown = held(tmp_path, document("texts", most_parts("texts")))
    assert word == "read"
    assert grown < 512 * MIB


LINES = {"empty lines": "\n", "carriage returns": "\r", "lines of one sign": "é\n", "separators": "\u2028"}


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_a_text_of_too_many_lines_is_refused(line: str) -> None:
    content = ("TN:\n" + line * (MAX_WEIGHT // 80 + 1)).encode()[: 64 * MIB - 3]
    assert read(content, "text/plain").reasons[0].startswith("text: expected lines that fit into 384 MiB")


@pytest.mark.parametrize("head", ["SPDXVersion: SPDX-2.3\n", "TN:\n", "cve,epss,percentile\n"])
def test_a_text_of_as_many_lines_as_are_read_fits(tmp_path: Path, head: str) -> None:
    content = (head + "x\n" * (MAX_WEIGHT // 80 // SHARE - 10)).encode()
    word, grown = held(tmp_path, content, "read(content, '')")
    assert word == "read"
    assert grown < 512 * MIB // SHARE


def test_lines_of_braces_are_not_taken_apart_when_there_are_too_many() -> None:
    assert read(b'{"output":"x"}\n' + b"{\n" * 30_000_000, "").parse is Parse.REFUSED


def test_what_is_signed_is_weighed_as_well() -> None:
    with pytest.raises(Malformed, match="payload: expected values that fit"):
        parse_json(document("lists in lists", 2_000_000), "payload")


def test_a_large_report_of_ordinary_density_is_read() -> None:
    part = '{"name":"libexample-part","version":"1.2.3-4","purl":"pkg:deb/debian/libexample-part@1.2.3-4"},'
    content = (
        '{"bomFormat":"CycloneDX","specVersion":"1.5","components":[' + part * (8 * MIB // len(part))
    ).encode()
    assert read(content[:-1] + b"]}", "application/json").parse is not Parse.REFUSED


def test_weighing_a_document_holds_nothing() -> None:
    content = document("lists in lists", 7_000_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(Malformed):
        parse_json(content, "payload")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 80 * 1024


@pytest.mark.parametrize(
    "head",
    [
        '{"rule": "r", "priority": "Error", "output": "o", "time": "2026-01-01T00:00:00Z"',
        '{"_type": "https://in-toto.io/Statement/v1", "predicateType": "x", "subject": []',
    ],
)
def test_lines_that_fit_into_memory_one_by_one_and_not_together_are_refused(head: str) -> None:
    line = f'{head}, "x": [{"[]," * (MAX_WEIGHT // 130 // 4)}[]]}}\n'.encode()
    reading = read(line * 5, "application/json")
    assert (reading.parse, reading.reasons[0].partition(":")[0]) == (Parse.REFUSED, "lines")
