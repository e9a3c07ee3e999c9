"""Files of unknown origin cost so much and no more, and are answered whatever is in them."""

import gzip
import json
from pathlib import Path

from pratique.service.inspect import Limits, inspect

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


def test_a_file_that_takes_too_long_is_refused_and_the_next_one_is_read(tmp_path: Path) -> None:
    slow, quick = tmp_path / "slow.json", tmp_path / "quick.json"
    slow.write_text("[" + ",".join(["{}"] * 3_000_000) + "]")
    quick.write_text(json.dumps(SBOM))
    found = list(inspect((slow, quick), Limits(seconds=0.1)))
    assert found[0]["parse"] == "refused"
    assert "longer than" in found[0]["reasons"][0]
    assert found[1]["parse"] == "ok"


def test_a_file_that_takes_too_much_memory_is_refused_and_the_next_one_is_read(tmp_path: Path) -> None:
    huge, quick = tmp_path / "huge.json", tmp_path / "quick.json"
    huge.write_text("[" + ",".join(["{}"] * 3_000_000) + "]")
    quick.write_text(json.dumps(SBOM))
    found = list(inspect((huge, quick), Limits(memory=128 << 20)))
    assert found[0]["parse"] == "refused"
    assert "more than 128 MiB" in found[0]["reasons"][0]
    assert found[1]["parse"] == "ok"


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate((64 << 20) + 1)
    (found,) = inspect((large,))
    assert found["reasons"] == ["file: expected at most 67108864 bytes, found more"]
