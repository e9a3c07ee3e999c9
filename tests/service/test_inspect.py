"""Files of unknown origin cost so much and no more, and are answered whatever is in them."""

import gzip
import json
import os
import time
from collections.abc import Callable
from math import sqrt
from pathlib import Path
from typing import Any

import pytest
from tests.fresh import fresh

from pratique.errors import Absent
from pratique.service.confined import Limits
from pratique.service.inspect import MAX_HASHED, inspect

SBOM = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"name": "a", "purl": "pkg:pypi/a@1"}]}


def test_every_file_is_one_object_in_the_order_given(tmp_path: Path) -> None:
    names = ["b.json", "a.json", "c.txt"]
    for name in names:
        (tmp_path / name).write_text(json.dumps(SBOM) if name.endswith("json") else "words")
    found = list(inspect(tuple(tmp_path / name for name in names)))
    assert [Path(one["path"]).name for one in found] == names
    assert [one["format"] for one in found] == ["cyclonedx-json", "cyclonedx-json", "text"]
    assert found[0]["counts"]["with_purl"] == 1


def test_a_packed_file_is_read_and_named_by_the_bytes_that_lie_there(tmp_path: Path) -> None:
    packed = tmp_path / "bom.json.gz"
    packed.write_bytes(gzip.compress(json.dumps(SBOM).encode()))
    (found,) = inspect((packed,))
    assert (found["format"], found["parse"]) == ("cyclonedx-json", "ok")


def test_a_packed_bomb_is_refused(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.gz"
    bomb.write_bytes(gzip.compress(bytes(80 << 20)))
    (found,) = inspect((bomb,))
    assert found["parse"] == "refused"
    assert "expected at most" in found["reasons"][0]


def test_a_broken_pack_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken.gz"
    broken.write_bytes(gzip.compress(b"x" * 1000)[:-12])
    (found,) = inspect((broken,))
    assert found["parse"] == "refused"


def seconds_of(file: Path) -> float:
    began = time.monotonic()
    assert [found["parse"] for found in inspect((file,), Limits(seconds=600))] == ["ok"]
    return time.monotonic() - began


def test_a_file_that_takes_too_long_is_refused_and_the_next_one_is_read(tmp_path: Path) -> None:
    slow, quick = tmp_path / "slow.json", tmp_path / "quick.json"
    slow.write_text("[" + ",".join(["{}"] * 3_000_000) + "]")
    quick.write_text(json.dumps(SBOM))
    between = sqrt(seconds_of(slow) * seconds_of(quick))  # however busy the machine is
    found = list(inspect((slow, quick), Limits(seconds=between)))
    assert found[0]["parse"] == "refused"
    assert "longer than" in found[0]["reasons"][0]
    assert found[1]["parse"] == "ok"


def test_a_file_that_takes_too_much_memory_is_refused_and_the_next_one_is_read(tmp_path: Path) -> None:
    huge, quick = tmp_path / "huge.json", tmp_path / "quick.json"
    huge.write_text("[" + ",".join(["{}"] * 3_000_000) + "]")
    quick.write_text(json.dumps(SBOM))
    found = fresh(narrowly, (huge, quick))
    assert found[0]["parse"] == "refused"
    assert "more than 64 MiB" in found[0]["reasons"][0]
    assert found[1]["parse"] == "ok", found[1]["reasons"]


def narrowly(files: tuple[Path, ...]) -> list[dict[str, Any]]:
    return list(inspect(files, Limits(memory=64 << 20)))


def test_what_a_program_holds_itself_is_not_counted_against_a_file(tmp_path: Path) -> None:
    quick = tmp_path / "quick.json"
    quick.write_text(json.dumps(SBOM))
    held = bytearray(b"x") * (96 << 20)
    (found,) = inspect((quick,), Limits(memory=64 << 20))
    assert (found["parse"], len(held)) == ("ok", 96 << 20), found["reasons"]


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate((64 << 20) + 1)
    (found,) = inspect((large,))
    assert found["reasons"] == ["file: expected at most 67108864 bytes, found more"]


def test_a_file_that_takes_too_long_to_hash_has_no_digest(tmp_path: Path) -> None:
    huge = tmp_path / "huge.json"
    huge.touch()
    os.truncate(huge, MAX_HASHED + 1)
    (found,) = inspect((huge,))
    assert (found["sha256"], found["parse"]) == (None, "refused")


def test_what_never_ends_is_not_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for endless in (pipe, Path("/dev/zero")):
        with pytest.raises(Absent, match="expected a file"):
            list(inspect((endless,)))


MANY = 8000


def csaf() -> dict[str, object]:
    """As many flags as products, and products in products."""
    relationships = [
        {
            "product_reference": f"R{number + 1}",
            "relates_to_product_reference": f"P{number}",
            "full_product_name": {"name": "n", "product_id": f"R{number}"},
        }
        for number in range(MANY)
    ]
    products = [{"name": "p", "product_id": f"P{number}"} for number in range(MANY)]
    vulnerability = {
        "cve": "CVE-2026-1",
        "flags": [{"label": "x", "product_ids": [f"P{number}"]} for number in range(MANY)],
        "product_status": {"fixed": [f"{kind}{number}" for kind in "PR" for number in range(MANY)]},
    }
    return {
        "document": {"csaf_version": "2.0"},
        "product_tree": {"full_product_names": products, "relationships": relationships},
        "vulnerabilities": [vulnerability],
    }


def sarif() -> dict[str, object]:
    """As many extensions and overrides as results."""
    result = {
        "ruleId": "/" * 64,
        "rule": {"toolComponent": {"name": f"e{MANY - 1}"}},
        "provenance": {"invocationIndex": 0},
    }
    extensions = [{"name": f"e{number}", "rules": [{"id": f"r{number}"}]} for number in range(MANY)]
    run = {
        "tool": {"driver": {"name": "t"}, "extensions": extensions},
        "invocations": [{"ruleConfigurationOverrides": [{"descriptor": {"id": "r1"}}] * MANY}],
        "results": [result] * MANY,
    }
    return {"version": "2.1.0", "runs": [run]}


@pytest.mark.parametrize("document", [csaf, sarif])
def test_what_speaks_often_of_much_takes_no_longer_than_a_file_may(
    tmp_path: Path, document: Callable[[], dict[str, object]]
) -> None:
    file = tmp_path / "many.json"
    file.write_text(json.dumps(document()))
    (found,) = inspect((file,))
    assert found["parse"] in ("ok", "partial"), found["reasons"]
