"""Writes proofs of what happened to keys and clocks since: called by ``python -m tests.proof.make_golden``.

Some must hold for ever, and some must be refused for ever; ``expected.json`` says which, and what is said.
"""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.promotion.builders import INSTALLATION, SERVICES, service
from tests.proof.builders import Story, approved_story, promoted_story
from tests.servers.timestamp_server import timestamp_server

from pratique.attest.timestamp_form import parse_timestamp
from pratique.proof.clearance import assemble_promotion
from pratique.proof.stamp import Kept
from pratique.tlog.checkpoint import Checkpoint
from pratique.tlog.proofs import root_at
from pratique.values.moment import render_moment

FOLDER = Path(__file__).parents[1] / "vectors" / "proof" / "kept"
NEXT = "seal-prod-next"


def listing(*keys: str) -> Mapping[str, Any]:
    """Return the services with these keys for the seals of prod."""
    listed = [{"kind": "ecdsa-p256", "key": service(key).pem} for key in keys]
    return {**SERVICES, "service:seal-prod": {"keys": listed, "uses": ["seal:prod"]}}


def revoked(reason: str, index: int | None = None) -> list[dict[str, Any]]:
    return [{"key": service("seal-prod").key.key_id, "reason": reason, "from_index": index}]


def replaced(story: Story) -> None:
    """Let the seals of prod have another key, in the two versions that this takes."""
    story.publish_directory(services=listing("seal-prod", NEXT))
    story.publish_directory(services=listing(NEXT), revoked=revoked("retired"))


def sealed_before() -> Story:
    story = promoted_story()
    replaced(story)
    return story


def sealed_later(key: str) -> Story:
    """Return a story that is sealed by this key after the seals got another one."""
    story = approved_story()
    story.copy()
    replaced(story)
    story.seal(key=key)
    story.finish()
    return story


def sealed_by_a_thief() -> Story:
    story = promoted_story()
    story.publish_directory(services=listing(NEXT), revoked=revoked("stolen", 3))
    return story


STORIES: Mapping[str, tuple[Callable[[], Story], int, str]] = {
    "sealed-before": (sealed_before, 0, "sealed"),
    "sealed-after": (lambda: sealed_later(NEXT), 0, "sealed"),
    "sealed-too-late": (lambda: sealed_later("seal-prod"), 1, "may not seal for prod"),
    "stolen": (sealed_by_a_thief, 1, "may not seal for prod"),
}


def main(trust_root: bytes) -> None:
    """Write them all anew, for this trust root."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    (FOLDER / "trust-root.json").write_bytes(trust_root)
    told: dict[str, dict[str, object]] = {}
    for name, (tell, code, says) in STORIES.items():
        (FOLDER / f"{name}.proof.json").write_bytes(tell().proof())
        told[name] = {"code": code, "says": says}
    told["stamped"] = {"code": 0, "says": f"existed before  {_stamped()}"}
    (FOLDER / "expected.json").write_text(json.dumps(told, indent=2, sort_keys=True) + "\n")


def _stamped() -> str:
    """Write a proof with a timestamp, and the certificates of who made it; return the time that it names."""
    story = promoted_story()
    head = Checkpoint(INSTALLATION, len(story.book.events), root_at(len(story.book.events), story.book.node))
    with TemporaryDirectory() as folder, timestamp_server(Path(folder) / "clock") as clock:
        answer = clock.answer(clock.question(head.render().encode()))
        (FOLDER / "clock.crt").write_bytes(clock.ca_file.read_bytes())
    sources = replace(story.book.sources, stamps=(Kept("clock", head, answer),))
    proof = assemble_promotion(story.id, story.book.checkpoint(), sources)
    (FOLDER / "stamped.proof.json").write_bytes(proof)
    return render_moment(parse_timestamp(answer).at)
