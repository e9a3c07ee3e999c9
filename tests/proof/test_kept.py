"""A proof that was once written stays valid, and each of its parts would be written again with the same bytes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pratique.attest.dsse import build_envelope, parse_envelope
from pratique.attest.policy import POLICY_FORM
from pratique.attest.request import REQUEST_FORM
from pratique.attest.review import REVIEW_FORM
from pratique.attest.statement import parse_statement
from pratique.attest.vsa import build_vsa, read_vsa
from pratique.promotion.directory_form import parse_document
from pratique.promotion.events import build_event, parse_event
from pratique.promotion.evidence_set import build_list, parse_list
from pratique.promotion.form import write
from pratique.promotion.image import build_manifests, parse_manifests
from pratique.promotion.record_form import build_record, parse_record
from pratique.proof.document import Logged, build_proof, parse_proof
from pratique.proof.trust import parse_trust_root
from pratique.proof.verify import verify_promotion
from pratique.values.canonical import canonical
from pratique.values.digest import Digest

KEPT = Path(__file__).parents[1] / "vectors" / "proof"
CONTENT = (KEPT / "proof.json").read_bytes()
PROOF = parse_proof(CONTENT)
OBJECTS = {digest.hex: content for digest, content in PROOF.objects}
CARRIED = [
    (item.role, OBJECTS[item.sha256])
    for logged in PROOF.entries
    for item in parse_event(logged.content).objects
    if item.sha256 in OBJECTS
]


def test_the_proof_that_was_kept_holds() -> None:
    established = verify_promotion(CONTENT, parse_trust_root((KEPT / "trust-root.json").read_bytes()))
    assert [str(approver.person) for approver in established.approvers] == ["person:bea", "person:eve"]
    assert established.record == Digest.parse(
        "sha256:d7cbcb9f58dde05720b5558be9c41e8a76d4667573c56496e73263c835234d0a"
    )


def test_the_document_is_written_with_the_same_bytes() -> None:
    assert build_proof(PROOF) == CONTENT


@pytest.mark.parametrize("logged", PROOF.entries, ids=lambda logged: parse_event(logged.content).type)
def test_an_event_is_written_with_the_same_bytes(logged: Logged) -> None:
    assert build_event(parse_event(logged.content)) == logged.content


def statement(again: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """Write an envelope again whose payload is written again."""

    def rewrite(content: bytes) -> bytes:
        envelope = parse_envelope(content)
        return build_envelope(again(envelope.payload), envelope.payload_type, envelope.signatures)

    return rewrite


AGAIN: dict[str, Callable[[bytes], bytes]] = {
    "directory": statement(lambda payload: canonical(write(parse_document(payload)))),
    "policy-signature": statement(lambda payload: POLICY_FORM.build(POLICY_FORM.parse(payload))),
    "request": statement(lambda payload: REQUEST_FORM.build(REQUEST_FORM.parse(payload))),
    "review": statement(lambda payload: REVIEW_FORM.build(REVIEW_FORM.parse(payload))),
    "seal": statement(lambda payload: build_vsa(read_vsa(parse_statement(payload)))),
    "record": lambda content: build_record(parse_record(content).decision).content,
    "evidence-list": lambda content: build_list(parse_list(content)),
    "manifests": lambda content: build_manifests(tuple(parse_manifests(content).values())),
}


@pytest.mark.parametrize(
    ("role", "content"),
    [(role, content) for role, content in CARRIED if role != "policy"],
    ids=[role for role, _ in CARRIED if role != "policy"],
)
def test_what_an_event_names_is_written_with_the_same_bytes(role: str, content: bytes) -> None:
    assert AGAIN[role](content) == content
