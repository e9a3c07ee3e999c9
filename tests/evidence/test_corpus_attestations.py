"""Real attestations: what carries them, whom they are about and who built it, as an independent program counted it."""

import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.evidence.files import expected

from pratique.evidence.facts.build import Provenance
from pratique.evidence.facts.claims import Scorecard
from pratique.evidence.facts.opaque import Opaque
from pratique.evidence.model import Parse, Reading
from pratique.evidence.pieces import pieces_of
from pratique.evidence.read import read
from pratique.evidence.summary import summarise

Expectation = dict[str, Any]
Wanted = Iterator[tuple[str, Any, Any]]
"""What is compared, what is expected, what was found."""

DIFFERENCES = Path(__file__).parent / "differences.toml"
_SHOWN = 20  # the expectation lists so many subjects at most


def statement(said: Expectation, reading: Reading) -> Wanted:
    yield "predicateType", said["predicateType"], reading.predicate_type
    stated = summarise(reading)["statement"]
    yield "subjects", True, set(said["subject_digests"]) <= set(stated["subjects"])
    if said["subjects"] <= _SHOWN:
        yield "no other subject", set(said["subject_digests"]), set(stated["subjects"])
    yield "builder_id", said.get("builder_id") or "", stated["builder_id"] or ""
    built = reading.of(Provenance)
    if not built:
        return
    yield "buildType", True, said.get("buildType") in (built[0].build_type, None)
    yield "materials", said.get("materials", 0), len(built[0].materials)
    without = sum(not item.digests for item in built[0].materials)
    yield "materials_without_digest", said.get("materials_without_digest", 0), without
    if "configSource_uri" in said:
        yield "configSource", said["configSource_uri"], built[0].config.uri if built[0].config else None
    if "entryPoint" in said:
        yield "entryPoint", said["entryPoint"], built[0].entry_point


def envelope(said: Expectation, reading: Reading) -> Wanted:
    wrapping = reading.wrapping
    assert wrapping is not None
    yield "payloadType", said["payloadType"], wrapping.payload_type
    yield "signatures", said["signatures"], wrapping.signatures
    yield "empty_signature", True, said["empty_signature"] <= wrapping.empty_signatures
    yield "keyids", {keyid for keyid in said["keyids"] if keyid} <= set(wrapping.hints), True
    if "statement" in said:
        yield from statement(said["statement"], reading)


def bundle(expect: Expectation, reading: Reading) -> Wanted:
    wrapping = reading.wrapping
    assert wrapping is not None
    yield "mediaType", expect["mediaType"], wrapping.media_type
    yield "certs", expect["certs"], wrapping.certificates
    yield "tlog_entries", expect["tlog_entries"], wrapping.log_entries
    yield "rfc3161", expect["rfc3161"], wrapping.timestamps
    if "dsse" in expect:
        yield from envelope(expect["dsse"], reading)


def cloud_build(expect: Expectation, reading: Reading) -> Wanted:
    yield "provenances", expect["provenances"], len(reading.of(Provenance))
    assert reading.wrapping is not None
    yield "signatures", sum(one["signatures"] for one in expect["dsse"]), reading.wrapping.signatures
    for said in expect["dsse"]:
        yield from statement(said["statement"], reading)


def compare(expect: Expectation, reading: Reading) -> Wanted:
    kinds: dict[str, Callable[[Expectation, Reading], Wanted]] = {
        "statement": statement,
        "dsse": envelope,
        "sigstore-bundle": bundle,
        "gcb": cloud_build,
    }
    if "kind" in expect and expect["kind"] in kinds:
        yield from kinds[expect["kind"]](expect, reading)
    elif "jsonl" in expect:
        yield "lines", expect["jsonl"], reading.wrapping.signatures if reading.wrapping else 0
    elif expect["format"] == "intoto-predicate":
        (built,) = reading.of(Provenance)
        yield "materials", "materials" in expect["top_keys"], bool(built.materials)
    elif expect["format"] == "scorecard":
        yield "checks", True, bool(reading.of(Scorecard)[0].checks)
    else:
        yield "opaque, or a bundle without its proof", True, bool(reading.of(Opaque) or reading.wrapping)


FOLDERS = (
    "intoto-statement",
    "slsa-provenance",
    "sigstore-bundle",
    "gcb-provenance",
    "oci-attestation-manifest",
    "cosign-predicate",
    "intoto-predicate",
    "scorecard",
)


def problems_of(content: bytes, expect: Expectation) -> list[str]:
    reading = read(content, "application/octet-stream")
    if expect.get("json_error"):
        return [] if reading.parse is Parse.REFUSED or reading.of(Opaque) else [f"not refused: {reading}"[:200]]
    if not reading.facts:
        return [f"refused: {reading.reasons}"]
    return [
        f"{what}: expected {want}, found {found}"
        for what, want, found in compare(expect, reading)
        if want != found
    ]


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_a_statement_says_agrees_with_an_independent_program(corpus: Path, folder: str) -> None:
    explained = tomllib.loads(DIFFERENCES.read_text())
    problems = []
    files = 0
    for name, content, expect in expected(corpus, folder):
        files += 1
        found = problems_of(content, expect)
        if found and name not in explained:
            problems.append(f"{name}: {'; '.join(found)}")
    assert files
    assert not problems, f"{len(problems)} of {files} files differ:\n" + "\n".join(problems[:20])


def test_every_attestation_of_a_list_is_a_piece_with_its_exact_bytes(corpus: Path) -> None:
    listed = [
        (name, content)
        for folder in ("slsa-provenance", "sigstore-bundle")
        for name, content, expect in expected(corpus, folder)
        if expect.get("top_keys") == ["attestations"] or "jsonl" in expect
    ]
    for name, content in listed:
        pieces = pieces_of(content)
        assert len(pieces) == 2, name
        assert all(piece in content and read(piece, "").wrapping for piece in pieces), name
    built = [fact for _, content in listed for one in pieces_of(content) for fact in read(one, "").of(Provenance)]
    assert len(listed) > 10
    assert len(built) > 10


def test_what_cloud_build_says_for_people_is_compared_with_what_was_signed(corpus: Path) -> None:
    reasons = {
        name.rpartition("/")[2]: " ".join(read(content, "").reasons)
        for name, content, _ in expected(corpus, "gcb-provenance")
    }
    assert "image_summary" in reasons["gcloud-container-mismatch-summary-digest.json"]
    assert "resourceUri" in reasons["gcloud-container-mismatch-metadata-urisha256.json"]
    assert "kind" in reasons["gcloud-container-mismatch-metadata-kind.json"]
    assert "copy for people" in reasons["gcloud-container-mismatch-text-digest.json"]
    assert "copy for people" in reasons["gcloud-container-mismatch-payload-digest.json"]
    assert "base64" in reasons["gcloud-container-invalid-signature-encoding.json"]
    assert "copy for people" not in reasons["gcloud-container-github.json"]


def test_every_build_of_the_corpus_that_names_one_repository_has_a_source(corpus: Path) -> None:
    built = [
        fact
        for folder in ("slsa-provenance", "gcb-provenance")
        for _, content, _ in expected(corpus, folder)
        for fact in read(content, "").of(Provenance)
    ]
    without = [fact for fact in built if fact.source_uri is None or fact.source_commit is None]
    assert len(built) > 90
    assert len(without) <= 5, [(fact.build_type, fact.materials) for fact in without]
