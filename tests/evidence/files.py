"""The corpus of real evidence files, and what an independent program found in each."""

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CORPUS = Path(os.environ.get("PRATIQUE_CORPUS", Path(__file__).parents[3] / "shared" / "corpus"))


def contents(path: Path) -> bytes:
    """Return a file's bytes, without the gzip that the corpus adds."""
    content = path.read_bytes()
    return gzip.decompress(content) if path.suffix == ".gz" else content


def expected(corpus: Path, folder: str) -> Iterator[tuple[str, bytes, dict[str, Any]]]:
    """Yield name, bytes and expectation of every file of one format."""
    for name, expectation in json.loads((corpus / "EXPECT.json").read_bytes()).items():
        if name.startswith(f"{folder}/") and (corpus / name).is_file():
            yield name, contents(corpus / name), expectation
