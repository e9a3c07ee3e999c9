"""Writes the proofs that every later version must verify: ``python -m tests.proof.make_golden``.

Once a version has been released, its proofs stay as they are, and this only adds others. Before, run it again when
the form of a record, event or statement has changed.
"""

import json
import shutil
from dataclasses import replace
from pathlib import Path

from tests.promotion.builders import INSTALLATION, PROD
from tests.promotion.cases import CLEAN, HIGH
from tests.proof import make_kept
from tests.proof.builders import (
    GATE,
    REVIEWERS,
    ROOTS,
    VERIFIER,
    Story,
    fast_story,
    founded,
    judged_story,
    key_of,
    note_key,
    promoted_story,
)
from tests.proof.shelves import files_of
from tests.proof.test_decision import looked_again
from tests.proof.test_past import BACK, went_back
from tests.proof.waived import waived_story

from pratique.attest.seal import Level
from pratique.promotion.steps import PromotionCopied
from pratique.proof.collection import Asked, Form, Listed, build_collection
from pratique.proof.document import parse_proof
from pratique.proof.full import report_layer
from pratique.proof.report import build_report
from pratique.proof.trust import DirectoryRoot, build_trust_root, parse_trust_root
from pratique.proof.verify import verify_promotion
from pratique.service.proof_layout import write_folder, write_tar
from pratique.tlog.key import KeyKind
from pratique.values.digest import Digest

FOLDER = Path(__file__).parents[1] / "vectors" / "proof" / "golden"


def trust_root() -> bytes:
    lines = (f"log {note_key(INSTALLATION)}", f"witness w1 {note_key('w1', KeyKind.WITNESS)}", "quorum none")
    keys = tuple(key_of(f"{name}-root").public for name in ROOTS)
    return build_trust_root("".join(f"{line}\n" for line in lines), DirectoryRoot(keys, 2, 1), VERIFIER)


def ended(story: Story) -> Story:
    """Return the story told from its approval to its end."""
    story.copy()
    story.seal()
    story.finish()
    return story


def witnessed() -> Story:
    story = promoted_story()
    story.book.witnesses = ("w1",)
    return story


def admitted() -> Story:
    gate = GATE.replace("  prod:\n", "  prod:\n    enforcement: warn\n    relax: being introduced\n")
    story = judged_story(gate=gate, packages=(*CLEAN, *HIGH))
    for name in REVIEWERS:
        story.review(name)
    story.approve()
    story.copy()
    story.seal(level=Level.ADMITTED)
    return story


def looked_at_again() -> Story:
    story = looked_again(lambda decision: decision)
    story.append(PromotionCopied(2, "oci:prod/api", 1, 2, 3), story.book.keep("closure", b"[]"))
    story.seal(generation=2)
    return story


def back() -> Story:
    story = founded(gate=BACK, packages=HIGH)
    story.came(PROD)
    story.came(PROD, "current")
    story.ask()
    story.gather()
    return ended(went_back(story))


STORIES = {
    "back": back,
    "slow": promoted_story,
    "fast": lambda: ended(fast_story()),
    "waived": lambda: ended(waived_story()),
    "witnessed": witnessed,
    "admitted": admitted,
    "looked-at-again": looked_at_again,
}


def main() -> None:
    """Write them all anew."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    (FOLDER / "trust-root.json").write_bytes(trust_root())
    trust = parse_trust_root(trust_root())
    told: dict[str, dict[str, object]] = {}
    for name, tell in STORIES.items():
        story = tell()
        core = story.proof()
        established = verify_promotion(core, trust)
        (FOLDER / f"{name}.proof.json").write_bytes(core)
        page = build_report(established, core)
        files = files_of(story, (report_layer(page), page)).items()
        write_tar(FOLDER / f"{name}.proof.tar", files)
        told[name] = {
            "approvers": [one.person for one in established.approvers],
            "level": established.level,
            "record": str(established.record),
        }
    write_folder(FOLDER / "slow.proof", files_of(promoted_story()).items())
    _write_many(FOLDER / "many", FOLDER / "slow.proof.json")
    (FOLDER / "expected.json").write_text(json.dumps(told, indent=2, sort_keys=True) + "\n")
    make_kept.main(trust_root())


def _write_many(folder: Path, proof: Path) -> None:
    folder.mkdir()
    content = proof.read_bytes()
    read = parse_proof(content)
    name = f"{read.promotion}{Form.CORE}"
    (folder / name).write_bytes(content)
    listed = Listed(name, read.promotion, read.image, read.environment, Digest.of(content))
    asked = replace(Asked(), environment=read.environment)
    (folder / "index.json").write_bytes(build_collection(asked, (listed,), ()))


if __name__ == "__main__":
    main()
